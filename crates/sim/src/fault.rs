//! What can go wrong at a simulated cloud.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Something that goes wrong: what, at which operation, how often.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// What goes wrong.
    pub kind: FaultKind,
    /// At which operation of the face: `create`, `list`, `status`, `delete`, `offers`, …; absent: at any.
    #[serde(default)]
    pub operation: Option<String>,
    /// How many calls of that operation pass before it starts.
    #[serde(default)]
    pub after: u32,
    /// How often it happens; absent: until it is cleared.
    #[serde(default)]
    pub times: Option<u32>,
}

impl Fault {
    /// Goes wrong once, at the next call of this operation.
    #[must_use]
    pub fn once(operation: &str, kind: FaultKind) -> Self {
        Self { kind, operation: Some(operation.to_owned()), after: 0, times: Some(1) }
    }

    /// Goes wrong at every call of this operation until it is cleared.
    #[must_use]
    pub fn always(operation: &str, kind: FaultKind) -> Self {
        Self { kind, operation: Some(operation.to_owned()), after: 0, times: None }
    }
}

/// What goes wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// The request is refused as the documents say, and nothing is done.
    Refuse(Refusal),
    /// Too many calls: HTTP 429, with this `Retry-After` where one is given. Nothing is done.
    Throttle {
        /// The text of the header.
        #[serde(default)]
        retry_after: Option<String>,
    },
    /// It is done, and the connection ends before a byte of the answer.
    LoseAnswer,
    /// It is done, and the body of the answer stops after half of its bytes.
    TruncateAnswer,
    /// It is done, and answered with this status and an empty JSON object.
    StatusAfter(u16),
    /// It is done, and answered with 200 and this body: garbage, a page, an object without an id.
    BodyAfter(String),
    /// It is not done, and answered with this status and a page of HTML.
    Html(u16),
    /// It is not done, and answered with 200 and a page of HTML.
    HtmlSuccess,
    /// It is not done, and answered with a permanent redirect to the same path below `/elsewhere`.
    Redirect,
    /// It is not done, and the connection ends without a byte.
    Reset,
    /// It is not done, and never answered.
    Hang,
    /// It is done, and the answer waits this many milliseconds.
    Slow(u64),
    /// It is done, and answered with a body without end (256 MiB at most).
    Endless,
    /// A refusal that repeats the request's own headers in each of its texts. It is not done.
    Echo,
    /// Create: never answered, and done this many seconds later.
    ApplyLate(u64),
    /// Create: the machine is invisible for this many seconds.
    Hide(u64),
    /// Create: the machine takes this many seconds longer.
    Delay(u64),
    /// Create: the machine never leaves the first phases.
    Stuck,
    /// Create: the machine fails after it was built half, stays, and is billed. The text is its reason.
    FailLater(String),
    /// Create: a person must approve the order, and nobody does before [`Cloud::review`](crate::Cloud::review).
    AwaitApproval,
    /// Delete: accepted, and the machine comes back as it was.
    Revert,
    /// List or look: answered as everything stood this many seconds ago, where the face can tell: at Fluence and at
    /// Zenlayer, whose answers may be old. Elsewhere nothing goes wrong.
    Stale(u64),
    /// Every price is this many percent higher from now on.
    PriceMoved(u32),
}

/// Why a request is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// The offer is sold out.
    SoldOut,
    /// The account may not hold more.
    Quota,
    /// The account cannot pay.
    Funds,
    /// The credentials are not accepted.
    Credentials,
    /// The credentials are known and not allowed to do this.
    Permission,
    /// The offer does not go with the rest of the wish.
    Incompatible,
    /// An internal error, as the provider words it.
    Internal,
    /// Unavailable for now, as the provider words it.
    Unavailable,
}

/// As of when a look is answered at this time.
pub(crate) fn stale(fault: Option<&FaultKind>, now: Timestamp) -> Timestamp {
    match fault {
        Some(FaultKind::Stale(seconds)) => {
            now.checked_sub(Duration::from_secs(*seconds)).unwrap_or(Timestamp::MIN)
        }
        _ => now,
    }
}

/// The faults that are armed.
#[derive(Debug, Default)]
pub(crate) struct Faults(Vec<Fault>);

impl Faults {
    pub(crate) fn arm(&mut self, fault: Fault) {
        self.0.push(fault);
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    pub(crate) fn armed(&self) -> &[Fault] {
        &self.0
    }

    /// What goes wrong with this call of this operation, if anything: the first armed fault that fits.
    pub(crate) fn strike(&mut self, operation: &str) -> Option<FaultKind> {
        let mut struck = None;
        for fault in &mut self.0 {
            if fault.operation.as_deref().is_some_and(|wanted| wanted != operation) {
                continue;
            }
            if fault.after > 0 {
                fault.after -= 1;
            } else if struck.is_none() && fault.times != Some(0) {
                fault.times = fault.times.map(|times| times - 1);
                struck = Some(fault.kind.clone());
            }
        }
        self.0.retain(|fault| fault.times != Some(0));
        struck
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_strike_their_operation_as_often_as_told() {
        let mut faults = Faults::default();
        faults.arm(Fault {
            kind: FaultKind::Hang,
            operation: Some("create".into()),
            after: 1,
            times: Some(2),
        });
        assert_eq!(faults.strike("list"), None);
        let struck: Vec<bool> = (0..4).map(|_| faults.strike("create").is_some()).collect();
        assert_eq!(struck, [false, true, true, false]);
        assert!(faults.armed().is_empty());
    }
}
