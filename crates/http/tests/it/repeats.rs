//! How often one call is sent, counted by the listener.

use std::sync::Arc;

use jiff::Timestamp;
use vmbroker_core::{ErrorKind, Secret};
use vmbroker_http::{Answer, Channel, Defaults, Dialect, HttpTransport, Nature, Pace, Refusal, Request};

use super::scripted::{Act, Scripted, answer};
use super::{call, clock, send};

/// A dialect that learns something from each refusal with status 401, and asks for the same call at once.
#[derive(Debug)]
struct Learning;

impl Dialect for Learning {
    fn authorise(&self, _: &mut Request, _: Timestamp) {}

    fn refusal(&self, _: &'static str, nature: Nature, answer: &Answer, _: Timestamp) -> Refusal {
        Refusal { send_again: answer.status == 401, ..Refusal::of_status(nature, answer, "the clock is off") }
    }

    fn secrets(&self) -> Vec<Secret> {
        Vec::new()
    }
}

fn learning() -> Channel {
    let timeout = std::time::Duration::from_secs(30);
    let settings =
        Defaults { read_timeout: timeout, write_timeout: timeout, reads: Pace::OFF, writes: Pace::OFF };
    let transport = Arc::new(HttpTransport::new(None).unwrap());
    Channel::new("test".parse().unwrap(), Arc::new(Learning), transport, clock(), settings)
}

#[tokio::test(start_paused = true)]
async fn what_a_dialect_has_learnt_sends_a_read_once_more_and_never_a_create() {
    let refused = answer(401, "", "{}");
    for (nature, requests) in [(Nature::Read, 2), (Nature::Repeatable, 2), (Nature::Once, 1)] {
        let scripted = Scripted::start(vec![refused.clone()]).await;
        let error = learning().send(call(nature, scripted.port)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unauthenticated);
        assert_eq!(scripted.seen().requests.len(), requests, "{nature:?}");
    }
    let scripted = Scripted::start(vec![refused, answer(200, "", "{}")]).await;
    assert!(learning().send(call(Nature::Read, scripted.port)).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_call_that_may_be_repeated_is_sent_four_times_at_most() {
    for nature in [Nature::Read, Nature::Repeatable] {
        for act in [answer(503, "", "{}"), Act::Close] {
            let (result, seen) = send(nature, vec![act]).await;
            assert!(result.is_err());
            assert_eq!(seen.requests.len(), 4, "{nature:?}");
        }
    }
}
