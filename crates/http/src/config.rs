//! What an account may set about its HTTP.

use std::time::Duration;

use jiff::SignedDuration;
use serde::Deserialize;
use url::Url;
use vmbroker_core::{Error, ErrorKind, Result, Secret};

use crate::Pace;

/// What an account may set about its HTTP. Everything absent has the provider's default.
///
/// Durations are text such as `30s`, `1m 30s` or `250ms`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HttpConfig {
    /// How long one read may take.
    pub read_timeout: Option<SignedDuration>,
    /// How long one create or delete may take.
    pub write_timeout: Option<SignedDuration>,
    /// The time between two reads; `0s`: no limit.
    pub read_every: Option<SignedDuration>,
    /// The time between two writes; `0s`: no limit.
    pub write_every: Option<SignedDuration>,
    /// The proxy to use, as a URL. Absent: none, whatever the environment says.
    pub proxy: Option<Secret>,
}

/// A provider's defaults for what an account may set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Defaults {
    /// How long one read may take.
    pub read_timeout: Duration,
    /// How long one create or delete may take.
    pub write_timeout: Duration,
    /// How fast reads may follow each other.
    pub reads: Pace,
    /// How fast creates and deletes may follow each other.
    pub writes: Pace,
}

impl HttpConfig {
    /// These defaults with what this account sets.
    ///
    /// # Errors
    /// `InvalidConfig` where a duration is negative or a timeout is zero.
    pub fn over(&self, defaults: Defaults) -> Result<Defaults> {
        let timeout = |field: &str, given: Option<SignedDuration>, default| match given {
            None => Ok(default),
            Some(given) if given.is_positive() => positive(field, given),
            Some(given) => Err(wrong(field, given, "more than zero, such as `30s`")),
        };
        let pace = |field: &str, given: Option<SignedDuration>, default: Pace| match given {
            None => Ok(default),
            Some(given) if given.is_negative() => Err(wrong(field, given, "zero or more, such as `500ms`")),
            Some(given) => Ok(Pace { every: positive(field, given)?, ..default }),
        };
        Ok(Defaults {
            read_timeout: timeout("http.read_timeout", self.read_timeout, defaults.read_timeout)?,
            write_timeout: timeout("http.write_timeout", self.write_timeout, defaults.write_timeout)?,
            reads: pace("http.read_every", self.read_every, defaults.reads)?,
            writes: pace("http.write_every", self.write_every, defaults.writes)?,
        })
    }
}

fn positive(field: &str, given: SignedDuration) -> Result<Duration> {
    Duration::try_from(given).map_err(|_| wrong(field, given, "zero or more"))
}

fn wrong(field: &str, given: SignedDuration, allowed: &str) -> Error {
    // The longest negative time has no positive one; nobody misses the second.
    let (sign, length) = match given.is_negative() {
        true => ("-", given.checked_neg().unwrap_or(SignedDuration::MAX)),
        false => ("", given),
    };
    let message = format!("`{field}` is `{sign}{length:#}`, but it must be {allowed}");
    Error::new(ErrorKind::InvalidConfig, message)
}

/// The URL of a provider's API: https, or http to this very machine; without query, fragment and credentials.
/// It ends in a slash, so that paths can be joined to it.
///
/// # Errors
/// `InvalidConfig`, naming the field.
pub fn base_url(field: &str, text: &str) -> Result<Url> {
    let shown = vmbroker_core::clip(&vmbroker_core::printable(text), 80);
    let wrong = |allowed: &str| {
        Error::new(ErrorKind::InvalidConfig, format!("`{field}` is `{shown}`, but it must be {allowed}"))
    };
    let mut url = Url::parse(text).map_err(|_| wrong("a URL such as https://api.example.com"))?;
    if !url.username().is_empty() || url.password().is_some() {
        // Not shown: it holds a credential.
        return Err(Error::new(
            ErrorKind::InvalidConfig,
            format!("`{field}` must not hold a user name or password"),
        ));
    }
    let local = match url.host() {
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        Some(url::Host::Domain(name)) => name == "localhost",
        None => false,
    };
    match url.scheme() {
        "https" => {}
        "http" if local => {}
        "http" => return Err(wrong("https: plain http is for this machine only (127.0.0.1, localhost)")),
        _ => return Err(wrong("a URL that starts with https://")),
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(wrong("a URL without `?` and `#`"));
    }
    if !url.path().ends_with('/') {
        let path = format!("{}/", url.path());
        url.set_path(&path);
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_that_makes_no_sense_is_refused_by_name() {
        let timeout = Duration::from_secs(30);
        let defaults =
            Defaults { read_timeout: timeout, write_timeout: timeout, reads: Pace::OFF, writes: Pace::OFF };
        let refused = |config: HttpConfig| config.over(defaults).unwrap_err().message().to_owned();
        let negative = HttpConfig { read_timeout: Some("-5s".parse().unwrap()), ..HttpConfig::default() };
        assert_eq!(
            refused(negative),
            "`http.read_timeout` is `-5s`, but it must be more than zero, such as `30s`"
        );
        let backwards = HttpConfig { write_every: Some("-1s".parse().unwrap()), ..HttpConfig::default() };
        assert!(refused(backwards).starts_with("`http.write_every` is `-1s`"));
        let least = HttpConfig { write_every: Some(SignedDuration::MIN), ..HttpConfig::default() };
        assert!(refused(least).starts_with("`http.write_every` is `-2562047788015215h 30m "));
        let set = HttpConfig { write_timeout: Some("2m".parse().unwrap()), ..HttpConfig::default() };
        assert_eq!(set.over(defaults).unwrap().write_timeout, Duration::from_secs(120));
    }

    #[test]
    fn plain_http_goes_to_this_machine_only() {
        for good in
            ["https://api.example.com", "http://127.0.0.1:8080", "http://localhost:1", "http://[::1]:1/x"]
        {
            assert!(base_url("url", good).unwrap().path().ends_with('/'));
        }
        for bad in [
            "http://example.com",
            "ftp://127.0.0.1",
            "example.com",
            "",
            "https://a?b",
            "https://a#b",
            "http://127.0.0.1.example.com",
        ] {
            let error = base_url("url", bad).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidConfig, "{bad}");
            assert!(error.message().contains("`url`"), "{error}");
        }
        let error = base_url("url", "https://me:canary-secret@example.com").unwrap_err();
        assert!(!error.to_string().contains("canary-secret"));
    }
}
