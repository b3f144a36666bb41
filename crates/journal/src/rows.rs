//! The rows. States are words and bodies are JSON: whoever writes them understands them.

use jiff::Timestamp;
use vmbroker_core::{Handle, Marker, Money, OfferId, ProviderId};

/// A named set of wanted machines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeploymentRow {
    /// Its name, unique in the journal.
    pub name: String,
    /// What the file it was made from hashes to. Never the file itself: it may hold user data.
    pub file_hash: String,
    /// When it was first asked for.
    pub created_at: Timestamp,
    /// The version this row gets: 1 makes it, and each change adds one.
    pub version: u64,
    /// Where it is in its life, as a word.
    pub state: String,
    /// Everything else, as JSON.
    pub body: String,
}

/// One wanted machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IntentRow {
    /// The deployment it belongs to.
    pub deployment: String,
    /// Its number in the deployment, from 1.
    pub number: u32,
    /// The version this row gets: 1 makes it, and each change adds one.
    pub version: u64,
    /// Where it is in its life, as a word.
    pub state: String,
    /// Everything else, as JSON.
    pub body: String,
}

/// One attempt of an intent at one provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LegRow {
    /// The token in the machine's name, unique in the journal.
    pub marker: Marker,
    /// The deployment it belongs to.
    pub deployment: String,
    /// The number of its intent.
    pub intent: u32,
    /// Its number in the intent, from 1.
    pub number: u32,
    /// At which account.
    pub account: ProviderId,
    /// Which offer.
    pub offer: OfferId,
    /// Where, in words.
    pub location: String,
    /// The most it may cost for each hour; absent: no limit.
    pub price_limit: Option<Money>,
    /// What is held back for it.
    pub reserved: Money,
    /// Where it is in its life, as a word.
    pub state: String,
    /// Since when it is in that state.
    pub since: Timestamp,
    /// Whether nobody knows if its create was carried out.
    pub unresolved: bool,
    /// Whether a machine of it may exist and cost money.
    pub live: bool,
    /// The version this row gets: 1 makes it, and each change adds one.
    pub version: u64,
    /// Everything else, as JSON.
    pub body: String,
}

/// One create that was or may have been sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttemptRow {
    /// The leg it was for.
    pub leg: Marker,
    /// Its number in the leg, from 1.
    pub number: u32,
    /// When it was about to be sent.
    pub sent_at: Timestamp,
    /// When its outcome was known; absent: it is not.
    pub ended_at: Option<Timestamp>,
    /// What became of it, as a word; absent: not known yet.
    pub outcome: Option<String>,
}

/// A provider's reference to a machine of a leg.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandleRow {
    /// The leg it belongs to.
    pub leg: Marker,
    /// 0 for the leg's own machine, 1 and up for the further ones of a doubled create.
    pub number: u32,
    /// The reference, with what was last seen.
    pub handle: Handle,
    /// Whether it may still exist.
    pub live: bool,
}

/// Something that is not worth trying for a while.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockRow {
    /// At which account.
    pub account: ProviderId,
    /// Only this offer; absent: all of the account's.
    pub offer: Option<OfferId>,
    /// Only at this place, in words; absent: everywhere.
    pub location: Option<String>,
    /// Until when.
    pub until: Timestamp,
    /// The kind of error, as a word.
    pub kind: String,
    /// Why, for a person.
    pub why: String,
}

/// A look that somebody has to take later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LookRow {
    /// At the machine of this leg.
    pub leg: Marker,
    /// The deployment it belongs to.
    pub deployment: String,
    /// At which account.
    pub account: ProviderId,
    /// When it is due.
    pub due_at: Timestamp,
    /// When looking ends; absent: not before it is settled.
    pub until: Option<Timestamp>,
}

/// When a machine was seen first and last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SightingRow {
    /// At which account.
    pub account: ProviderId,
    /// The provider's id of it.
    pub machine: String,
    /// The marker in its name; absent where there is none.
    pub marker: Option<Marker>,
    /// When it was seen first. Kept from the first time on.
    pub first_at: Timestamp,
    /// When it was seen last.
    pub last_at: Timestamp,
}

/// Something that happened. Never changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventRow {
    /// Its place in the journal, given when it is written: 0 until then.
    pub number: u64,
    /// The deployment it is about.
    pub deployment: String,
    /// When.
    pub at: Timestamp,
    /// The intent it is about, if one.
    pub intent: Option<u32>,
    /// The leg it is about, if one.
    pub leg: Option<Marker>,
    /// What, as a word.
    pub kind: String,
    /// All of it, as JSON.
    pub body: String,
}

/// A deployment with everything that belongs to it but its events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The deployment.
    pub deployment: DeploymentRow,
    /// Its intents, by number.
    pub intents: Vec<IntentRow>,
    /// Its legs, by intent and number.
    pub legs: Vec<LegRow>,
}
