//! How long a machine runs, as people write it.

use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;
const WEEK: u64 = 7 * DAY;

/// Nobody plans a machine's cost for longer, and no provider sells a longer term.
const LONGEST: u64 = 3_650 * DAY;

/// A run time: `40m`, `3h`, `30d`, `2w`, `1d12h`. A day is 24 hours, a week 7 days.
pub(crate) fn run_time(text: &str) -> Result<Duration, String> {
    let seconds = seconds(text)
        .ok_or("whole numbers with a unit (s, m, h, d, w) are wanted, such as 40m, 3h, 30d or 1d12h")?;
    match seconds {
        0 => Err("it must be more than zero".to_owned()),
        1..=LONGEST => Ok(Duration::from_secs(seconds)),
        _ => Err("it must be at most 3650d".to_owned()),
    }
}

fn seconds(text: &str) -> Option<u64> {
    let mut rest = text.trim();
    if rest.is_empty() {
        return None;
    }
    let mut sum = 0_u64;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit())?;
        let (number, after) = rest.split_at(end);
        let unit = after.trim_start();
        let word = unit.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(unit.len());
        let (unit, after) = unit.split_at(word);
        let each = match unit {
            "s" | "sec" => 1,
            "m" | "min" => MINUTE,
            "h" => HOUR,
            "d" => DAY,
            "w" => WEEK,
            _ => return None,
        };
        sum = sum.checked_add(number.parse::<u64>().ok()?.checked_mul(each)?)?;
        rest = after.trim_start();
    }
    Some(sum)
}

/// A run time as a person says it, in its two largest units: `40 min`, `5 h 15 min`, `30 d`.
pub(crate) fn run_time_words(time: Duration) -> String {
    let seconds = time.as_secs();
    let units = [(DAY, "d"), (HOUR, "h"), (MINUTE, "min"), (1, "s")];
    let at = units.iter().position(|(size, _)| seconds >= *size).unwrap_or(3);
    let (large, large_word) = units[at];
    let Some((small, small_word)) = units.get(at + 1) else { return format!("{seconds} s") };
    // Rounded to the smaller of the two units, so that 3,601 seconds are 1 h.
    let rounded = (seconds + small / 2) / small * small;
    if at > 0 && rounded >= units[at - 1].0 {
        return run_time_words(Duration::from_secs(rounded));
    }
    match (rounded / large, rounded % large / small) {
        (0, few) => format!("{few} {small_word}"),
        (many, 0) => format!("{many} {large_word}"),
        (many, few) => format!("{many} {large_word} {few} {small_word}"),
    }
}

/// When the run starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Start {
    /// When the question is asked.
    Now,
    /// Then.
    At(Timestamp),
}

impl Start {
    /// The start as a time, where the clock shows `now`.
    pub(crate) fn at(self, now: Timestamp) -> Timestamp {
        match self {
            Self::Now => now,
            Self::At(time) => time,
        }
    }
}

/// A start: `now`, a time of RFC 3339, or a date, which means its midnight UTC.
pub(crate) fn start(text: &str) -> Result<Start, String> {
    let text = text.trim();
    if text.eq_ignore_ascii_case("now") {
        return Ok(Start::Now);
    }
    if let Ok(time) = text.parse::<Timestamp>() {
        return Ok(Start::At(time));
    }
    let midnight = |date: Date| date.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|it| it.timestamp());
    let date = (text.len() == "2026-12-01".len()).then(|| text.parse::<Date>().ok()).flatten();
    date.and_then(midnight).map(Start::At).ok_or_else(|| {
        "`now`, a date, or a time with its zone is wanted, such as 2026-12-01 or 2026-12-01T17:50:00Z"
            .to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn run_times_are_whole_numbers_with_units() {
        let cases = [
            ("40m", 2_400),
            ("3h", 10_800),
            ("30d", 2_592_000),
            ("2w", 1_209_600),
            ("1d12h", 129_600),
            (" 1 h 30 min ", 5_400),
            ("90s", 90),
            ("3650d", LONGEST),
        ];
        for (text, seconds) in cases {
            assert_eq!(run_time(text).unwrap(), Duration::from_secs(seconds), "{text}");
        }
        for bad in
            ["", "40", "h", "1.5h", "-1h", "0m", "3651d", "1y", "1 month", "99999999999999999999d", "soon"]
        {
            assert!(run_time(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn run_times_are_said_in_two_units() {
        let cases = [
            (1, "1 s"),
            (59, "59 s"),
            (60, "1 min"),
            (90, "1 min 30 s"),
            (2_400, "40 min"),
            (3_599, "59 min 59 s"),
            (3_601, "1 h"),
            (18_900, "5 h 15 min"),
            (86_401, "1 d"),
            (86_399, "1 d"),
            (2_592_000, "30 d"),
            (187_300, "2 d 4 h"),
        ];
        for (seconds, words) in cases {
            assert_eq!(run_time_words(Duration::from_secs(seconds)), words, "{seconds}");
        }
    }

    #[test]
    fn a_start_is_never_guessed() {
        let now: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let at = |text: &str| start(text).unwrap().at(now).to_string();
        assert_eq!(at("now"), "2026-01-01T00:00:00Z");
        assert_eq!(at("2026-12-01"), "2026-12-01T00:00:00Z");
        assert_eq!(at("2026-12-01T17:50:00+01:00"), "2026-12-01T16:50:00Z");
        for bad in ["", "tomorrow", "2026-12-01T17:50:00", "2026-13-01", "17:50", "2026-12"] {
            assert!(start(bad).is_err(), "{bad}");
        }
    }
}
