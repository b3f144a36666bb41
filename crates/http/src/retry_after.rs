//! `Retry-After`, in seconds or as a date.

use std::time::Duration;

use jiff::Timestamp;

/// The least and the most that a provider may make us wait: less would be no pause, and a longer one is asked
/// for again at its end.
const LEAST: Duration = Duration::from_millis(500);
const MOST: Duration = Duration::from_secs(60);

/// How long to wait, held between half a second and a minute; absent where the text is neither a whole number
/// of seconds nor an HTTP date.
pub(crate) fn parse(text: &str, now: Timestamp) -> Option<Duration> {
    let text = text.trim();
    let delay = match text.parse::<u64>() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) => MOST,
        Err(_) => {
            let date = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text).ok()?;
            Duration::try_from(date.duration_since(now)).unwrap_or(Duration::ZERO)
        }
    };
    Some(delay.clamp(LEAST, MOST))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_and_dates_are_read_and_held_within_bounds() {
        let now: Timestamp = "2026-11-21T08:00:00Z".parse().unwrap();
        let rows = [
            ("7", Some(7_000)),
            (" 7 ", Some(7_000)),
            ("0", Some(500)),
            ("1000000000", Some(60_000)),
            ("99999999999999999999999999", Some(60_000)),
            ("Sat, 21 Nov 2026 08:00:09 GMT", Some(9_000)),
            ("Sat, 21 Nov 2026 07:00:00 GMT", Some(500)),
            ("Sat, 21 Nov 2099 08:00:09 GMT", Some(60_000)),
            ("-1", None),
            ("1.5", None),
            ("soon", None),
            ("", None),
        ];
        for (text, wanted) in rows {
            assert_eq!(parse(text, now), wanted.map(Duration::from_millis), "{text}");
        }
    }
}
