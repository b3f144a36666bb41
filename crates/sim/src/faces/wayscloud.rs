//! WAYSCloud's marketplace in two speeches: as its documents say, and as a running Waldur answers.
//!
//! The documents are learn.wayscloud.services (virtual machine and resource management pages); the Waldur speech
//! follows what a Waldur MasterMind 7.0.7 was seen to answer. Where both are silent, the comment at that place says
//! what was chosen.
//!
//! Settings that tests may change through [`Account::shelf`](crate::Account::shelf)`("settings")`:
//! `provisioning_limit` (number; the Waldur speech builds 5 machines at a time unless told otherwise) and
//! `token_lifetime` (seconds; a token that rests for longer is refused; absent: it never ends), `own_plan` (1: the
//! Waldur's offering has no parent, is billed by itself and lists a plan of its own, as one that a provider made by
//! hand; absent: it lists its parent's plan, as one that came with a tenant).

mod catalogue;
mod create;
mod delete;
mod desk;
mod documented;
mod door;
mod filter;
mod ids;
mod instance;
mod key;
mod link;
mod order;
mod page;
mod plan;
mod record;
mod refuse;
mod resource;
mod review;
mod route;
mod view;
mod waldur;

use crate::{Answer, Cloud, Face, FaultKind, Refusal, Request};

use desk::Desk;
pub(crate) use ids::furnish;
pub use ids::{WALDUR_IDS, WaldurIds};
pub(crate) use review::review;
use route::Route;

/// Which of the two it speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Speech {
    /// As the documents say: bare ids in and out, Creating, Success and Erred.
    Documented,
    /// As a running Waldur answers: hyperlinks, orders for everything, instances beside resources.
    Waldur,
}

/// The face.
#[derive(Debug)]
pub(crate) struct Wayscloud {
    speech: Speech,
}

impl Wayscloud {
    pub(crate) fn new(speech: Speech) -> Self {
        Self { speech }
    }
}

impl Face for Wayscloud {
    fn operation(&self, request: &Request) -> &'static str {
        let path = format!("{}/", request.path.trim_end_matches('/'));
        Route::read(self.speech, &path).map_or("other", |route| route.operation(&request.method))
    }

    fn answer(&self, cloud: &Cloud, request: &Request, fault: Option<&FaultKind>) -> Answer {
        let now = cloud.now();
        let mut account = cloud.account();
        let mut desk = Desk::new(self.speech, &mut account, now, request, fault);
        door::answer(&mut desk)
    }

    fn refusal(&self, refusal: Refusal) -> Answer {
        refuse::refusal(refusal)
    }

    fn throttled(&self) -> Answer {
        // Waldur itself limits nothing on these paths: a 429 comes from a proxy before it, and is no JSON.
        Answer {
            body: b"<html><head><title>429 Too Many Requests</title></head></html>".to_vec(),
            content_type: "text/html",
            ..Answer::empty(429)
        }
    }
}
