//! The state of a deployment: what folding its events gives.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use vmbroker_core::{Error, ErrorKind, Marker, OfferId, ProviderId, Result};

use super::{Fault, Leg, LegState, Rules};
use crate::deploy::{Choice, Policy};

/// What is done with a deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// It is brought up, and kept up to its count.
    Up,
    /// Nothing new is started; what was started is brought to its end.
    Held,
    /// All its machines are deleted.
    Down,
}

/// Something that is not worth trying for a while.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Block {
    /// At this account.
    pub account: ProviderId,
    /// Only this offer; absent: all of them.
    pub offer: Option<OfferId>,
    /// Only at this place, in words; absent: everywhere.
    pub location: Option<String>,
    /// Until when; absent: until the next run.
    pub until: Option<Timestamp>,
    /// What went wrong.
    pub kind: ErrorKind,
    /// Its sentence.
    pub why: String,
}

impl Block {
    /// Whether it speaks against this choice at this time.
    #[must_use]
    pub fn bars(&self, choice: &Choice, now: Timestamp) -> bool {
        self.account == choice.account
            && self.offer.as_ref().is_none_or(|offer| *offer == choice.offer)
            && self.location.as_ref().is_none_or(|place| *place == choice.location.to_string())
            && self.until.is_none_or(|until| now < until)
    }
}

/// One wanted machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intent {
    /// Its number in the deployment, from 1.
    pub number: u32,
    /// Whether it is still wanted.
    pub wanted: bool,
    /// Why there is nothing left to try, account by account; empty: there is, or it is up.
    pub failed: Vec<String>,
    /// Legs up to this number were tried in earlier runs and bar no choice in this one.
    pub tried_before: u32,
}

/// What there is of a deployment besides its intents and legs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// Its name.
    pub name: String,
    /// When it was first asked for.
    pub created_at: Timestamp,
    /// What is done with it.
    pub mode: Mode,
    /// Why nothing more is sent; absent: nothing speaks against it.
    pub halted: Option<Fault>,
    /// What its file hashes to.
    pub file_hash: String,
    /// The hash of each field that may not change.
    pub fields: BTreeMap<String, String>,
    /// What may be rented, in order.
    pub choices: Vec<Choice>,
    /// What to do when it goes wrong.
    pub policy: Policy,
    /// How long each account keeps us in the dark.
    pub rules: BTreeMap<ProviderId, Rules>,
    /// How many creates of other deployments are unresolved, by account.
    pub unresolved_elsewhere: BTreeMap<ProviderId, u32>,
    /// What is not worth trying for a while.
    pub blocks: Vec<Block>,
}

/// How old the answers of an account may be that is no longer configured.
const UNKNOWN_LAG: std::time::Duration = std::time::Duration::from_secs(300);

impl Head {
    /// How old an answer of this account may be.
    pub(crate) fn lists_lag(&self, account: &ProviderId) -> std::time::Duration {
        self.rules.get(account).map_or(UNKNOWN_LAG, |rules| rules.lists_lag)
    }
}

/// A deployment, as its events left it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deployment {
    /// What there is besides intents and legs.
    pub head: Arc<Head>,
    /// The wanted machines, by number.
    pub intents: BTreeMap<u32, Arc<Intent>>,
    /// The attempts, by marker.
    pub legs: BTreeMap<Marker, Arc<Leg>>,
    /// The markers of each intent's legs, in their order.
    pub(crate) by_intent: BTreeMap<u32, Vec<Marker>>,
}

impl Deployment {
    /// A deployment of which nothing has happened yet.
    #[must_use]
    pub fn new(name: impl Into<String>, at: Timestamp) -> Self {
        let head = Head {
            name: name.into(),
            created_at: at,
            mode: Mode::Up,
            halted: None,
            file_hash: String::new(),
            fields: BTreeMap::new(),
            choices: Vec::new(),
            policy: Policy::default(),
            rules: BTreeMap::new(),
            unresolved_elsewhere: BTreeMap::new(),
            blocks: Vec::new(),
        };
        Self {
            head: Arc::new(head),
            intents: BTreeMap::new(),
            legs: BTreeMap::new(),
            by_intent: BTreeMap::new(),
        }
    }

    /// What its terms are called and what it is.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.head.name
    }

    /// The leg with this marker.
    ///
    /// # Errors
    /// `InvalidRequest` where the deployment has none.
    pub fn leg(&self, marker: Marker) -> Result<&Leg> {
        self.legs.get(&marker).map(|leg| &**leg).ok_or_else(|| {
            let message = format!("`{}` has no machine with marker `{marker}`", self.name());
            Error::new(ErrorKind::InvalidRequest, message)
        })
    }

    /// The legs of an intent, in their order.
    pub fn legs_of(&self, intent: u32) -> impl DoubleEndedIterator<Item = &Leg> {
        let markers = self.by_intent.get(&intent).map(Vec::as_slice).unwrap_or_default();
        markers.iter().filter_map(|marker| self.legs.get(marker)).map(|leg| &**leg)
    }

    /// The leg of an intent that is not over; at most one.
    #[must_use]
    pub fn open_leg(&self, intent: u32) -> Option<&Leg> {
        self.legs_of(intent).rev().find(|leg| !leg.state.is_over())
    }

    /// The numbers of the machines that are wanted.
    pub fn wanted(&self) -> impl Iterator<Item = u32> {
        self.intents.values().filter(|intent| intent.wanted).map(|intent| intent.number)
    }

    /// The rules of an account. One that is no longer configured keeps us in the dark without limit.
    #[must_use]
    pub fn rules(&self, account: &ProviderId) -> Rules {
        self.head.rules.get(account).cloned().unwrap_or_else(|| Rules {
            applies_within: std::time::Duration::from_secs(300),
            lists_lag: UNKNOWN_LAG,
            visible_within: None,
            lists_inactive: false,
            on_uncertain: crate::deploy::OnUncertain::Ask,
            poll_every: std::time::Duration::from_secs(10),
        })
    }

    /// How many legs are in this state.
    #[must_use]
    pub fn count(&self, state: LegState) -> usize {
        self.legs.values().filter(|leg| leg.state == state).count()
    }
}
