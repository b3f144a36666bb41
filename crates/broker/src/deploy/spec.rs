//! What is wanted: how many machines, where they may stand, and what to do when it goes wrong.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use vmbroker_core::{CreateRequest, Error, Location, Money, OfferId, Price, ProviderId, Result};

/// A deployment that is wanted.
#[derive(Clone, Debug)]
pub struct DeploySpec {
    /// Its name: 1 to 40 characters of `[a-z0-9-]`. The same name again resumes it.
    pub name: String,
    /// How many machines, 0 to [`MOST_MACHINES`]. More or fewer than before adds or removes some.
    pub count: u32,
    /// What each machine is to be. Its marker is replaced by a new one for each leg, its machine and place by
    /// those of the [`Choice`]. Never written to the journal.
    pub template: CreateRequest,
    /// What the file it was made from hashes to; empty where there is no file.
    pub file_hash: String,
    /// A hash of each field that may not change while the deployment stands, by the field's name. A name that is
    /// given both times with different hashes is refused. Empty: nothing is compared.
    pub fields: BTreeMap<String, String>,
    /// What may be rented, in the order of preference; a choice is tried once for each machine and run.
    pub choices: Vec<Choice>,
    /// What to do when it goes wrong.
    pub policy: Policy,
}

impl DeploySpec {
    /// This many machines of these choices, under the default policy. What the machines are to be may then change under
    /// the same name: only what stands in `fields` is compared.
    #[must_use]
    pub fn new(name: impl Into<String>, count: u32, template: CreateRequest, choices: Vec<Choice>) -> Self {
        Self {
            name: name.into(),
            count,
            template,
            file_hash: String::new(),
            fields: BTreeMap::new(),
            choices,
            policy: Policy::default(),
        }
    }

    /// Whether the wish makes sense.
    ///
    /// # Errors
    /// `InvalidRequest`, naming the field, what was given and what is allowed.
    pub fn check(&self) -> Result<()> {
        let fits = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-');
        let ends = self.name.starts_with('-') || self.name.ends_with('-');
        if self.name.is_empty() || self.name.len() > 40 || !self.name.bytes().all(fits) || ends {
            let allowed = "a name is 1 to 40 characters of a-z, 0-9 and `-`, with no hyphen at either end";
            return Err(Error::invalid("name", &self.name, allowed));
        }
        if self.count > MOST_MACHINES {
            return Err(Error::invalid("count", self.count, format!("it must be from 0 to {MOST_MACHINES}")));
        }
        if self.policy.unresolved_most == 0 {
            return Err(Error::invalid("unresolved_most", 0, "it must be 1 or more"));
        }
        self.template.check()
    }
}

/// The most machines of one deployment: what a person can still look through, and ten times what was measured.
pub const MOST_MACHINES: u32 = 10_000;

/// One thing to rent: an offer of an account at a place, with what it costs for the time wanted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// At which account.
    pub account: ProviderId,
    /// Which offer.
    pub offer: OfferId,
    /// Where.
    pub location: Location,
    /// How it is billed, by which the receipt is made; a price that is not told gives a receipt without amounts.
    #[serde(default = "Price::untold")]
    pub price: Price,
    /// What one machine costs for the run time wanted, in the buyer's currency. The order of `cheapest`.
    pub quote: Money,
    /// What is held back of the budget for one machine: the worst case for the run time, in the budget's
    /// currency.
    pub reserve: Money,
}

/// What to do when it goes wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// In which order choices are tried. Default: the cheapest first.
    pub strategy: Strategy,
    /// When a machine counts as up. Default: once it is reachable.
    pub ready: Ready,
    /// How long a machine may take from the accepted create to [`ready`](Self::ready); then it is deleted, and the
    /// next choice is tried once it is proven gone. Default: 20 minutes.
    pub provision_within: Duration,
    /// How long an order may wait for a person's approval; then it is withdrawn. Default: an hour.
    pub approval_within: Duration,
    /// How long a deletion may take to be proven; then a person is asked. Default: an hour.
    pub delete_within: Duration,
    /// For how long a machine will run, by which its price is asked once more before its create: at most once an offer
    /// and minute. Where it comes to more than what the [`Choice`] holds back, the create is not sent. Absent: prices
    /// are not asked again.
    #[serde(default)]
    pub run: Option<Duration>,
    /// The most that all machines together may cost for the run time wanted. Absent: no limit.
    pub budget: Option<Money>,
    /// What to do when a create's outcome stays unknown, by account. Absent: by what the provider can prove.
    pub on_uncertain: BTreeMap<ProviderId, OnUncertain>,
    /// How many creates of one account may be on their way or of unknown outcome at once, 1 or more. Default: 3.
    pub unresolved_most: u32,
    /// How long after an absence was proven a machine that comes all the same is still looked for. Default: a day.
    pub late_watch: Duration,
}

impl Default for Policy {
    fn default() -> Self {
        let minutes = |minutes: u64| Duration::from_secs(60 * minutes);
        Self {
            strategy: Strategy::Cheapest,
            ready: Ready::Reachable,
            // Four times what users of these clouds report for slow days.
            provision_within: minutes(20),
            approval_within: minutes(60),
            delete_within: minutes(60),
            run: None,
            budget: None,
            on_uncertain: BTreeMap::new(),
            unresolved_most: 3,
            late_watch: minutes(24 * 60),
        }
    }
}

/// In which order choices are tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Strategy {
    /// The lowest quote first.
    Cheapest,
    /// In the order they are given.
    InOrder,
    /// Where fewest machines of the deployment are: by account, then by country, then the lowest quote.
    Spread,
}

/// When a machine counts as up, and is handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ready {
    /// It is on.
    Running,
    /// It is on and has a public address.
    Reachable,
}

/// What to do when a create's outcome stays unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnUncertain {
    /// Go on once the machine is proven absent.
    Proceed,
    /// Never go on without a person's word.
    Ask,
}
