//! How a provider behaves where callers must know.

use std::time::Duration;

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use crate::{Error, ErrorKind, Result};

/// How a provider behaves where callers must know. All durations are settings of the account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Semantics {
    /// Which cloud this is, as the configuration names it: `fluence`, `wayscloud`, `zenlayer`.
    pub kind: &'static str,
    /// How many handles one status call to the provider covers; absent where one call covers all.
    /// A watcher needs no batching of its own: this tells what a round costs.
    pub status_batch: Option<usize>,
    /// Whether create answers with an order that becomes an instance later.
    pub creates_order: bool,
    /// Whether a person may have to approve an order before anything happens.
    pub approval_possible: bool,
    /// What a machine's name may be.
    pub name: NameRule,
    /// D: how long after our last byte a create may still be applied.
    pub create_applies_within: Duration,
    /// S: how old a list may be.
    pub list_lags_by: Duration,
    /// How long a new machine may be invisible to `status` and `list`; absent where nobody can say, so that
    /// absence is never proven.
    pub visible_within: Option<Duration>,
    /// Whether `status` and `list` show a machine that is not running, such as one that was suspended. Where they do
    /// not, one that they no longer show may still cost money: only a deletion that was accepted makes its absence a
    /// proof.
    pub lists_inactive: bool,
    /// How a machine ends.
    pub delete: DeleteMode,
    /// How long to wait between two looks at a machine that changes.
    pub poll_every: Duration,
}

/// What a machine's name may be at a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct NameRule {
    /// The most characters.
    pub longest: usize,
    /// Whether capital letters are allowed besides `[a-z0-9-]`.
    pub capitals: bool,
    /// Whether a full stop is allowed.
    pub full_stop: bool,
}

impl NameRule {
    /// Whether this name is allowed: its length, its alphabet, and a letter or digit at both ends.
    #[must_use]
    pub fn allows(&self, name: &str) -> bool {
        let fits = |byte: u8| match byte {
            b'a'..=b'z' | b'0'..=b'9' | b'-' => true,
            b'A'..=b'Z' => self.capitals,
            b'.' => self.full_stop,
            _ => false,
        };
        let end = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric());
        name.len() <= self.longest
            && name.bytes().all(fits)
            && end(name.bytes().next())
            && end(name.bytes().last())
    }

    /// The name a machine gets: `<user name>-<marker>` where that is allowed, else the marker alone.
    #[must_use]
    pub fn compose(&self, user_name: Option<&str>, marker: &crate::Marker) -> String {
        let whole = user_name.map(|name| format!("{name}-{marker}")).filter(|name| self.allows(name));
        whole.unwrap_or_else(|| marker.to_string())
    }
}

/// How a machine ends at a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DeleteMode {
    /// One call; the machine leaves the list some time later.
    Direct,
    /// An order of its own, which may have to wait until the machine is off.
    Order,
    /// First into a recycle bin, then released.
    RecycleBin,
}

/// What an account may set about its provider's timing. Everything absent has the provider's default.
///
/// Durations are text such as `30s`, `5m` or `1m 30s`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Timing {
    /// D: how long after our last byte a create may still be applied.
    pub create_applies_within: Option<SignedDuration>,
    /// S: how old a list may be.
    pub list_lags_by: Option<SignedDuration>,
    /// How long a new machine may be invisible.
    pub visible_within: Option<SignedDuration>,
    /// How long to wait between two looks at a machine that changes.
    pub poll_every: Option<SignedDuration>,
}

impl Timing {
    /// These semantics with what this account sets.
    ///
    /// # Errors
    /// `InvalidConfig`, naming the field, where a duration is negative or `poll_every` is zero.
    pub fn over(&self, mut semantics: Semantics) -> Result<Semantics> {
        let read = |field: &str, given: SignedDuration| {
            Duration::try_from(given).map_err(|_| {
                // The longest negative time has no positive one; nobody misses the second.
                let length = given.checked_neg().unwrap_or(SignedDuration::MAX);
                let message = format!("`timing.{field}` is `-{length:#}`, but it must not be negative");
                Error::new(ErrorKind::InvalidConfig, message)
            })
        };
        if let Some(given) = self.create_applies_within {
            semantics.create_applies_within = read("create_applies_within", given)?;
        }
        if let Some(given) = self.list_lags_by {
            semantics.list_lags_by = read("list_lags_by", given)?;
        }
        if let Some(given) = self.visible_within {
            semantics.visible_within = Some(read("visible_within", given)?);
        }
        if let Some(given) = self.poll_every {
            semantics.poll_every = read("poll_every", given)?;
            if given.is_zero() {
                let message = "`timing.poll_every` is `0s`, but it must be more than zero, such as `10s`";
                return Err(Error::new(ErrorKind::InvalidConfig, message));
            }
        }
        Ok(semantics)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_below_zero_is_refused_by_name_down_to_the_longest_there_is() {
        let semantics = Semantics {
            kind: "test",
            status_batch: None,
            creates_order: false,
            approval_possible: false,
            name: NameRule { longest: 25, capitals: false, full_stop: false },
            create_applies_within: Duration::ZERO,
            list_lags_by: Duration::ZERO,
            visible_within: None,
            lists_inactive: true,
            delete: DeleteMode::Direct,
            poll_every: Duration::from_secs(1),
        };
        for (given, shown) in
            [(SignedDuration::from_secs(-1), "-1s"), (SignedDuration::MIN, "-2562047788015215h")]
        {
            let timing = Timing { list_lags_by: Some(given), ..Timing::default() };
            let error = timing.over(semantics.clone()).unwrap_err();
            assert!(error.message().starts_with(&format!("`timing.list_lags_by` is `{shown}")), "{error}");
        }
    }
}
