//! A transport that answers from a script, and keeps what was asked.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use vmbroker_http::{Answer, Limits, Request, Transport, TransportError};

use super::script::{Answered, End, Script};

/// After so many answers the connection is gone: what follows pages without end finds no more of them.
const MOST_ANSWERS: usize = 48;
/// Who still asks after so many calls more does not know when to end: 40 look-ups may be under way, each may be
/// repeated three times while the budget lasts, and a list is read three times.
const MOST_CALLS: usize = MOST_ANSWERS + 250;

/// A transport that answers from a script: each call takes the first answer to it that is left, the last one for ever.
/// What the script does not answer is answered by the defaults, and what these do not, by a 404.
pub(super) struct Canned {
    script: Script,
    defaults: &'static Script,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    used: Vec<bool>,
    served: Vec<Served>,
}

/// A call and its end.
#[derive(Clone)]
pub(super) struct Served {
    /// The verb, the path with its query, and the action where a header names one.
    pub(super) name: String,
    /// What was sent.
    pub(super) sent: Vec<u8>,
    /// Whether it had a connection of its own.
    pub(super) alone: bool,
    /// The status; absent where no answer came.
    pub(super) status: Option<u16>,
    /// How it ended, where no answer came.
    pub(super) end: End,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

impl fmt::Debug for Served {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, sent, end, headers, body, .. } = self;
        let (sent, body) = (String::from_utf8_lossy(sent), String::from_utf8_lossy(body));
        write!(f, "{name} {sent:.100} -> {end:?} {headers:?} {body:.200}")
    }
}

impl Canned {
    pub(super) fn new(script: Script, defaults: &'static Script) -> Self {
        let used = vec![false; script.answers.len()];
        Self { script, defaults, kept: Mutex::new(Kept { used, served: Vec::new() }) }
    }

    /// What is asked.
    pub(super) fn question(&self) -> &Script {
        &self.script
    }

    /// Every call so far, in order.
    pub(super) fn served(&self) -> Vec<Served> {
        std::mem::take(&mut self.kept.lock().unwrap_or_else(PoisonError::into_inner).served)
    }

    fn answer(&self, name: &str, used: &mut [bool]) -> Option<&Answered> {
        let fits = |answer: &Answered| match answer.to.strip_suffix('$') {
            Some(end) => name.trim_end().ends_with(end),
            None => answer.to == "*" || name.contains(answer.to.as_str()),
        };
        let fitting = || self.script.answers.iter().enumerate().filter(|(_, answer)| fits(answer));
        let found = fitting().find(|(at, _)| !used[*at]).or_else(|| fitting().next_back());
        if let Some((at, answer)) = found {
            used[at] = true;
            return Some(answer);
        }
        self.defaults.answers.iter().find(|answer| fits(answer))
    }
}

impl fmt::Debug for Canned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Canned({} answers)", self.script.answers.len())
    }
}

#[async_trait]
impl Transport for Canned {
    async fn round_trip(&self, request: &Request, limits: Limits) -> Result<Answer, TransportError> {
        let path = request.url.path();
        let action = request.headers.iter().find(|header| header.name == "x-zc-action");
        let action = action.map_or("", |header| header.value.as_str());
        let query = request.url.query().map(|query| format!("?{query}")).unwrap_or_default();
        let name = format!("{} {path}{query} {action}", request.method);
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let calls = kept.served.len();
        assert!(calls < MOST_CALLS, "the adapter asks without end: {name}");
        let (end, headers, body) = match self.answer(&name, &mut kept.used) {
            _ if calls >= MOST_ANSWERS => (End::Lost, Vec::new(), Vec::new()),
            Some(answer) if answer.body.len() > limits.cap => (End::Refused, Vec::new(), Vec::new()),
            Some(answer) => (answer.end, answer.headers.clone(), answer.body.clone()),
            None => (End::Status(404), Vec::new(), br#"{"detail":"Not found."}"#.to_vec()),
        };
        let outcome = match end {
            End::Status(status) => Ok(Answer { status, headers: headers.clone(), body: body.clone() }),
            End::Lost => Err(TransportError::Interrupted("the connection was reset".to_owned())),
            End::Unsent => Err(TransportError::NotSent("the connection was refused".to_owned())),
            End::Refused => Err(TransportError::Unacceptable("it is compressed".to_owned())),
        };
        let (sent, alone) = (request.body.clone().unwrap_or_default(), request.own_connection);
        let status = outcome.as_ref().ok().map(|answer| answer.status);
        kept.served.push(Served { name, sent, alone, status, end, headers, body });
        outcome
    }
}
