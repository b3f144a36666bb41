//! Times as providers write them: read to the second, or kept as they were written. The second reading counts days.

use jiff::Timestamp;
use serde_json::{Value, json};
use vmbroker_core::Instance;
use vmbroker_sim::Dialect;

use super::account::account;
use super::canned::Canned;
use super::script::Script;
use super::thread::{block_on, clock};
use super::{Double, Mark, Target};

pub(super) const TARGETS: &[Target] = &[Target {
    name: "times",
    group: "figures and times",
    corpora: &["times"],
    run: |input| times(input, |_, instance| instance.created_at),
    doubles: &[
        Double {
            lacks: "years of six digits",
            run: |input| {
                times(input, |text, instance| instance.created_at.filter(|_| !text.starts_with('+')))
            },
            says: "was read as",
        },
        Double {
            lacks: "leap days",
            run: |input| {
                times(input, |text, instance| {
                    let day = instance.created_at?.to_string();
                    if text.contains("-02-29") {
                        "2026-03-01T00:00:00Z".parse().ok()
                    } else {
                        day.parse().ok()
                    }
                })
            },
            says: "was read as",
        },
    ],
}];

/// The second since 1970 that a time in UTC stands for, where it is written as the documents have it:
/// `2025-04-01T16:50:57Z`, perhaps with a fraction, or with a year of six digits and its sign.
fn second(text: &str) -> Option<i64> {
    let (sign, rest) = match text.as_bytes().first()? {
        b'+' => (1, &text[1..]),
        _ => (0, text),
    };
    let rest = rest.strip_suffix('Z')?;
    let (rest, fraction) = rest.split_once('.').unwrap_or((rest, "0"));
    let years = if sign == 1 { 6 } else { 4 };
    let fits = |byte: u8| byte.is_ascii_digit();
    if rest.len() != years + 15 || fraction.is_empty() || fraction.len() > 9 || !fraction.bytes().all(fits) {
        return None;
    }
    let number = |from: usize, length: usize| -> Option<i64> {
        let part = rest.get(from..from + length)?;
        part.bytes().all(fits).then(|| part.parse().ok()).flatten()
    };
    let marks = [(years, b'-'), (years + 3, b'-'), (years + 6, b'T'), (years + 9, b':'), (years + 12, b':')];
    if !marks.iter().all(|(at, mark)| rest.as_bytes()[*at] == *mark) {
        return None;
    }
    let (year, month, day) = (number(0, years)?, number(years + 1, 2)?, number(years + 4, 2)?);
    let (hour, minute, second) = (number(years + 7, 2)?, number(years + 10, 2)?, number(years + 13, 2)?);
    let leap = |year: i64| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let lengths = [31, if leap(year) { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let length = *lengths.get(usize::try_from(month - 1).ok()?)?;
    // The last day of 9999 is the end of what is kept.
    if !(1..=length).contains(&day) || hour > 23 || minute > 59 || second > 59 || !(1..9_999).contains(&year)
    {
        return None;
    }
    let before = (1..year).map(|year| 365 + i64::from(leap(year))).sum::<i64>();
    let months: i64 = lengths[..usize::try_from(month - 1).ok()?].iter().sum();
    // 719,162 days lie between the first day of the year 1 and the first of 1970.
    let days = before + months + day - 1 - 719_162;
    Some(days * 86_400 + hour * 3_600 + minute * 60 + second)
}

fn times(input: &[u8], read: impl Fn(&str, &Instance) -> Option<Timestamp>) -> Mark {
    let text = String::from_utf8_lossy(input);
    let text = text.lines().next().unwrap_or_default();
    let mut mark = Mark::refused();
    let wanted = second(text);
    for dialect in [Dialect::Fluence202504, Dialect::Waldur, Dialect::Zenlayer] {
        let instance = told(dialect, text);
        let at = read(text, &instance);
        if let Some(wanted) = wanted {
            let told = at.and_then(|at| i64::try_from(at.as_nanosecond().div_euclid(1_000_000_000)).ok());
            assert!(told == Some(wanted), "{dialect:?}: {text:?} was read as {at:?}, not {wanted}");
        }
        let field = if dialect == Dialect::Zenlayer { "createTime" } else { "createdAt" };
        let kept = text.is_empty() || dialect == Dialect::Waldur || instance.extras.get(field) == Some(text);
        assert!(at.is_some() || kept, "{dialect:?}: {text:?} is lost: {instance:?}");
        mark.taken |= at.is_some();
        mark = mark.and((at.is_some(), wanted.is_some()));
    }
    mark
}

/// A machine that was created then.
fn told(dialect: Dialect, text: &str) -> Instance {
    let uuid = super::account::RESOURCE;
    let rows = match dialect {
        Dialect::Fluence202504 | Dialect::Fluence202505 => json!([{ "id": "0x1", "createdAt": text }]),
        Dialect::Wayscloud | Dialect::Waldur => json!([{ "uuid": uuid, "state": "OK", "created": text }]),
        Dialect::Zenlayer => {
            json!({ "response": { "totalCount": 1, "dataSet": [{ "instanceId": "1", "createTime": text }] } })
        }
    };
    block_on(async {
        let canned = std::sync::Arc::new(Canned::new(script(&rows), super::account::defaults(dialect)));
        let listing = account(dialect, canned, clock()).list().await.unwrap();
        listing.into_instances().remove(0)
    })
}

fn script(rows: &Value) -> Script {
    let text = rows.to_string();
    // The flavors that Waldur is asked for beside its list are another list.
    let mut script = Script::read(b"> /openstack-flavors/ 404\n\n{}\n", "");
    let more = Script::read(format!("> * 200\nx-result-count: 1\n\n{text}").as_bytes(), "");
    script.answers.extend(more.answers);
    script
}
