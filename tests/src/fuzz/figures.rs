//! Figures, to the last digit or not at all. The second reading here counts digits by hand.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::Deserialize;
use vmbroker_core::exact;
use vmbroker_http::scalar::{Figure, one};

use super::harmless::check_sentence;
use super::{Double, Mark, Target};

pub(super) const TARGETS: &[Target] = &[
    Target {
        name: "decimals",
        group: "figures and times",
        corpora: &["decimals"],
        run: |input| decimals(input, exact),
        doubles: &[
            Double {
                lacks: "exactness",
                run: |input| {
                    decimals(input, |text| {
                        let float = text.trim().parse().ok().and_then(Decimal::from_f64_retain);
                        float.map(|amount| amount.round_dp(12)).ok_or_else(|| "no amount".to_owned())
                    })
                },
                says: "was read as",
            },
            Double {
                lacks: "small amounts",
                run: |input| decimals(input, |text| exact(text).map(|amount| amount.round_dp(6))),
                says: "was read as",
            },
        ],
    },
    Target {
        name: "figures",
        group: "figures and times",
        corpora: &["decimals", "nouns"],
        run: |input| figures(input, Figure::whole),
        doubles: &[Double {
            lacks: "the last digits of a large number",
            run: |input| {
                figures(input, |figure| figure.decimal().ok()?.to_f64()?.round().to_string().parse().ok())
            },
            says: "is read as",
        }],
    },
];

/// A figure by its digits: whether it is below zero, its digits from the first that counts to the last, and by how many
/// places the point stands behind them. Absent where it is no figure.
fn digits(text: &str) -> Option<(bool, String, i64)> {
    let text = text.trim();
    let (number, exponent) = match text.find(['e', 'E']) {
        None => (text, 0),
        Some(at) => (&text[..at], exponent(&text[at + 1..])?),
    };
    let negative = number.starts_with('-');
    let number = number.strip_prefix(['-', '+']).unwrap_or(number);
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let all = format!("{whole}{fraction}");
    if all.is_empty() || !all.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let places = exponent - i64::try_from(fraction.len()).ok()?;
    let kept = all.trim_start_matches('0');
    let short = kept.trim_end_matches('0');
    if short.is_empty() {
        return Some((false, String::new(), 0));
    }
    Some((negative, short.to_owned(), places + i64::try_from(kept.len() - short.len()).ok()?))
}

/// An exponent; one that is too long to be counted with is as good as any that is too large.
fn exponent(text: &str) -> Option<i64> {
    let (sign, number) = match text.strip_prefix('-') {
        Some(number) => (-1, number),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let is_whole = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    is_whole.then(|| sign * number.parse::<i64>().unwrap_or(1 << 40).min(1 << 40))
}

fn decimals(input: &[u8], read: impl Fn(&str) -> Result<Decimal, String>) -> Mark {
    let text = String::from_utf8_lossy(input);
    let mut mark = Mark::refused();
    for line in text.split('\n') {
        match read(line) {
            Ok(amount) => {
                let told = digits(line);
                assert!(told == digits(&amount.to_string()), "{line:?} was read as {amount}");
                mark.taken = true;
                mark = mark.and(("ok", amount.scale().min(3), amount.is_sign_negative()));
            }
            Err(why) => {
                check_sentence("a reason", &why);
                let plain =
                    line.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') && line.len() <= 28;
                assert!(!plain || digits(line).is_none(), "{line:?} is not read: {why}");
                mark = mark.and_words(&why);
            }
        }
    }
    mark
}

#[derive(Deserialize)]
struct Loosely {
    #[serde(rename = "i", deserialize_with = "one")]
    signed: Option<i64>,
    #[serde(rename = "u", deserialize_with = "one")]
    whole: Option<u64>,
    #[serde(rename = "s", deserialize_with = "one")]
    text: Option<String>,
    #[serde(rename = "f", deserialize_with = "one")]
    real: Option<f64>,
    #[serde(rename = "b", deserialize_with = "one")]
    flag: Option<bool>,
}

/// Any JSON as a figure, and as each of the things that a field may be read as.
fn figures(input: &[u8], whole: impl Fn(&Figure) -> Option<i64>) -> Mark {
    let Ok(figure) = serde_json::from_slice::<Figure>(input) else { return Mark::refused() };
    let json = String::from_utf8_lossy(input);
    assert!(
        serde_json::to_string(&figure).unwrap() == json.trim_ascii(),
        "a figure is kept letter by letter: {json}"
    );
    check_sentence("a figure", &figure.shown());
    let text = figure.text();
    let same = |number: &dyn ToString| digits(&number.to_string()) == digits(&text);
    match figure.decimal() {
        Ok(amount) => assert!(same(&amount), "{json} is read as {amount}"),
        Err(why) => check_sentence("a reason", &why),
    }
    if let Some(number) = whole(&figure) {
        assert!(same(&number), "{json} is read as {number}");
    }
    let loosely = format!("{{\"i\":{json},\"u\":{json},\"s\":{json},\"f\":{json},\"b\":{json}}}");
    let read: Result<Loosely, _> = serde_json::from_str(&loosely);
    // What no float holds, such as `1e400`, is no number to a reader of numbers.
    let Ok(read) = read else { return Mark::refused().and(1) };
    // As much as a float keeps: a number with a point or an exponent was one.
    let bare = json.trim_ascii();
    let short = digits(&text).is_none_or(|(_, digits, places)| digits.len() <= 15 && places.abs() <= 22);
    let kept = short || bare.starts_with('"') || !bare.contains(['.', 'e', 'E']);
    for number in [read.signed.map(i128::from), read.whole.map(i128::from)].into_iter().flatten() {
        assert!(same(&number) || !kept, "{json} is read as {number}");
    }
    if let Some(text) = read.text.as_ref().filter(|_| short)
        && !bare.starts_with('"')
        && !["true", "false"].contains(&text.as_str())
    {
        assert!(same(text), "{json} is read as the text {text:?}");
    }
    assert!(read.real.is_none_or(f64::is_finite), "{json} is read as {:?}", read.real);
    let kinds =
        (read.signed.is_some(), read.whole.is_some(), read.text.is_some(), read.real.is_some(), read.flag);
    Mark::taken().and(kinds).and((figure.decimal().is_ok(), figure.whole().is_some()))
}
