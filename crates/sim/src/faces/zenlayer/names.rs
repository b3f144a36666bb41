//! Names of machines, and the patterns in them.

use super::schema::bad;
use super::wire::{BAD_PATTERN, Refused, TOO_LONG};

const FIELD: &str = "instanceName";
/// The most characters of a name, counted after its patterns were filled in.
const LONGEST: usize = 64;

/// The name of each of `count` machines. `[begin,bits]` becomes a running number of that many digits.
///
/// Only letters, digits, `-` and `.` are allowed. The documented example has an underscore before its pattern that
/// is missing from the result: there, and only there, one is dropped.
pub(super) fn expand(name: &str, count: u32) -> Result<Vec<String>, Refused> {
    (0..count).map(|at| expand_one(name, at)).collect()
}

fn expand_one(name: &str, at: u32) -> Result<String, Refused> {
    let mut out = String::new();
    let mut rest = name;
    while let Some(start) = rest.find('[') {
        let inner = &rest[start + 1..];
        let Some(end) = inner.find(']') else { return Err(wrong("has a pattern without an end")) };
        let before = &rest[..start];
        out.push_str(before.strip_suffix('_').unwrap_or(before));
        out.push_str(&number(&inner[..end], at)?);
        rest = &inner[end + 1..];
    }
    out.push_str(rest);
    let is_allowed = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '.');
    if out.is_empty() || !out.chars().all(is_allowed) {
        return Err(wrong("may hold letters, digits, - and . only"));
    }
    if out.len() > LONGEST {
        return Err(bad(TOO_LONG, FIELD, "may have 64 characters at most, patterns counted by their bits"));
    }
    Ok(out)
}

fn number(pattern: &str, at: u32) -> Result<String, Refused> {
    let (begin, bits) = pattern.split_once(',').unwrap_or((pattern, ""));
    let read = |text: &str, default: u32, least: u32, most: u32| {
        if text.is_empty() {
            return Some(default);
        }
        let is_plain = text.chars().all(|letter| letter.is_ascii_digit());
        text.parse::<u32>().ok().filter(|number| is_plain && (least..=most).contains(number))
    };
    match (read(begin, 0, 0, 99_999), read(bits, 6, 1, 6)) {
        (Some(begin), Some(bits)) => {
            let width = usize::try_from(bits).unwrap_or(6);
            Ok(format!("{:0width$}", begin + at))
        }
        _ => Err(wrong("has a pattern that is not [begin,bits] with begin 0 to 99999 and bits 1 to 6")),
    }
}

fn wrong(why: &str) -> Refused {
    bad(BAD_PATTERN, FIELD, why)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_become_running_numbers() {
        let rows = [
            ("web", 2, vec!["web", "web"]),
            ("server_[3,3]", 1, vec!["server003"]),
            ("server_[3,3]", 2, vec!["server003", "server004"]),
            ("a[]-[8,1].b", 3, vec!["a000000-8.b", "a000001-9.b", "a000002-10.b"]),
            ("[,2]", 1, vec!["00"]),
        ];
        for (name, count, wanted) in rows {
            assert_eq!(expand(name, count).unwrap(), wanted, "{name}");
        }
    }

    #[test]
    fn what_the_pages_do_not_allow_is_refused() {
        for name in
            ["", "a_b", "a b", "ü", "a[", "a]", "a[1, 2]", "a[100000,6]", "a[1,7]", "a[1,0]", "a[+1,2]"]
        {
            assert_eq!(expand(name, 1).unwrap_err().code, BAD_PATTERN, "{name}");
        }
        assert_eq!(expand(&"a".repeat(65), 1).unwrap_err().code, TOO_LONG);
        assert_eq!(expand(&format!("{}[1,6]", "a".repeat(59)), 1).unwrap_err().code, TOO_LONG);
        assert!(expand(&"a".repeat(64), 1).is_ok());
    }
}
