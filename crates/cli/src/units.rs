//! Words on the command line that stand for numbers, sizes, times and money.

mod run_time;

use std::collections::BTreeMap;
use std::str::FromStr;
use std::time::Duration;

use jiff::SignedDuration;
use rust_decimal::Decimal;
use vmbroker::{Currency, DataDisk, Error, Money, Period, PriceLimit, printable};

pub(crate) use run_time::{Start, run_time, run_time_words, start};

/// Reads a word that has a type of its own; what is wrong is one sentence. The argument's name and what was given
/// stand before it.
pub(crate) fn word<T: FromStr<Err = Error>>(text: &str) -> Result<T, String> {
    text.parse().map_err(|error: Error| {
        let message = error.message();
        message.split_once("`, but ").map_or(message, |(_, allowed)| allowed).to_owned()
    })
}

/// Memory in MiB: `512MiB` or `4GiB`.
pub(crate) fn memory_mib(text: &str) -> Result<u64, String> {
    sized(text, &[("MiB", 1), ("GiB", 1_024), ("TiB", 1_024 * 1_024)])
        .ok_or_else(|| "a whole number and a unit are wanted, such as 512MiB or 4GiB".to_owned())
}

/// A disk in GiB: `25GiB` or `1TiB`.
pub(crate) fn disk_gib(text: &str) -> Result<u64, String> {
    sized(text, &[("GiB", 1), ("TiB", 1_024)])
        .ok_or_else(|| "a whole number and a unit are wanted, such as 25GiB or 1TiB".to_owned())
}

/// A further disk: `100GiB` or, with the provider's word for its kind, `100GiB:NVMe`.
pub(crate) fn data_disk(text: &str) -> Result<DataDisk, String> {
    let (size, kind) = text.split_once(':').map_or((text, None), |(size, kind)| (size, Some(kind)));
    let kind = kind.filter(|kind| !kind.is_empty()).map(str::to_owned);
    Ok(DataDisk { size_gib: disk_gib(size)?, kind })
}

fn sized(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    let end = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at(end);
    let (_, factor) = units.iter().find(|(name, _)| unit.trim_start().eq_ignore_ascii_case(name))?;
    number.parse::<u64>().ok()?.checked_mul(*factor)
}

/// A time: `90s`, `15m`, `1h 30m`.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let parsed = text.parse::<SignedDuration>().ok().and_then(|it| Duration::try_from(it).ok());
    parsed
        .filter(|it| !it.is_zero())
        .ok_or_else(|| "a time of more than zero is wanted, such as 90s, 15m or 1h30m".to_owned())
}

/// The same, or a number of seconds without a unit.
pub(crate) fn duration_or_seconds(text: &str) -> Result<Duration, String> {
    let whole = text.parse::<u64>().ok().filter(|seconds| *seconds > 0);
    whole.map_or_else(|| duration(text), |seconds| Ok(Duration::from_secs(seconds)))
}

/// The most a machine may cost: `1.5 USD/day`.
pub(crate) fn price_limit(text: &str) -> Result<PriceLimit, String> {
    let read = || {
        let (money, period) = text.rsplit_once('/')?;
        let (amount, currency) = money.trim().split_once(' ')?;
        let amount = Decimal::from_str_exact(amount.trim()).ok().filter(|it| *it > Decimal::ZERO)?;
        let currency: Currency = currency.trim().parse().ok()?;
        let per = match period.trim() {
            "hour" => Period::HOUR,
            "day" => Period::DAY,
            "month" => Period::MONTH,
            _ => return None,
        };
        Some(PriceLimit { amount: Money::new(amount, currency), per })
    };
    read().ok_or_else(|| {
        "an amount, a currency and a period (hour, day, month) are wanted, such as '1.5 USD/day'".to_owned()
    })
}

/// An amount of money of more than zero: `0.5 EUR` or `1.2USD`.
pub(crate) fn money(text: &str) -> Result<Money, String> {
    let read = || {
        let text = text.trim();
        let end = text.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (amount, currency) = text.split_at(end);
        // A bare point or a point at an end is not how an amount is written.
        let written = amount.starts_with(|c: char| c.is_ascii_digit()) && !amount.ends_with('.');
        let amount = Decimal::from_str_exact(amount).ok().filter(|it| written && *it > Decimal::ZERO)?;
        Some(Money::new(amount, currency.trim().parse().ok()?))
    };
    read().ok_or_else(|| {
        "an amount of more than zero and a currency are wanted, such as '0.5 EUR' or 1.2USD".to_owned()
    })
}

/// A label: `key=value`.
pub(crate) fn label(text: &str) -> Result<(String, String), String> {
    let pair = text.split_once('=').filter(|(key, _)| !key.is_empty());
    let (key, value) = pair.ok_or_else(|| "a label is key=value".to_owned())?;
    Ok((key.to_owned(), value.to_owned()))
}

/// What one provider's wire knows besides: `kind.key=value`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ProviderOption {
    pub kind: String,
    pub key: String,
    /// JSON, a plain word, or `@` and a file.
    pub value: String,
}

/// Reads `kind.key=value`.
pub(crate) fn provider_option(text: &str) -> Result<ProviderOption, String> {
    let read = || {
        let (name, value) = text.split_once('=')?;
        let (kind, key) = name.split_once('.')?;
        (!kind.is_empty() && !key.is_empty()).then(|| ProviderOption {
            kind: kind.to_owned(),
            key: key.to_owned(),
            value: value.to_owned(),
        })
    };
    // The value is not repeated: it may be one that should not have been an argument.
    read().ok_or_else(|| "an option is kind.key=value, such as fluence.units=2".to_owned())
}

/// `key=value` pairs, each key once.
pub(crate) fn labels(pairs: &[(String, String)]) -> Result<BTreeMap<String, String>, String> {
    let mut labels = BTreeMap::new();
    for (key, value) in pairs {
        if labels.insert(key.clone(), value.clone()).is_some() {
            return Err(format!("the label `{}` is given twice", printable(key)));
        }
    }
    Ok(labels)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_binary_units_and_are_never_guessed() {
        assert_eq!(memory_mib("4GiB").unwrap(), 4_096);
        assert_eq!(memory_mib("512 mib").unwrap(), 512);
        assert_eq!(disk_gib("1TiB").unwrap(), 1_024);
        for bad in
            ["4", "4GB", "GiB", "-1GiB", "1.5GiB", "", "99999999999999999999GiB", "18446744073709551615TiB"]
        {
            assert!(memory_mib(bad).is_err(), "{bad}");
        }
        let disk = data_disk("100GiB:NVMe").unwrap();
        assert_eq!((disk.size_gib, disk.kind.as_deref()), (100, Some("NVMe")));
    }

    #[test]
    fn a_price_limit_is_exact() {
        assert_eq!(price_limit("0.29816 USDC/day").unwrap().to_string(), "0.29816 USDC/day");
        for bad in ["1.5", "1.5 USD", "1.5 XYZ/day", "-1 USD/day", "0 USD/day", "1,5 USD/day", "1 USD/week"] {
            assert!(price_limit(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn money_is_an_exact_amount_and_a_currency() {
        assert_eq!(money("0.5 EUR").unwrap().to_string(), "0.5 EUR");
        assert_eq!(money("1.2usd").unwrap().to_string(), "1.2 USD");
        assert_eq!(money("10USDC").unwrap().to_string(), "10 USDC");
        assert_eq!(money("0.0000000000000000000000000001 USD").unwrap().amount.scale(), 28);
        for bad in [
            "",
            "5",
            "EUR",
            "0 EUR",
            "-1 EUR",
            "1,5 EUR",
            ".5 EUR",
            "5. EUR",
            "1 XYZ",
            "1e3 EUR",
            "NaN EUR",
            "0.00000000000000000000000000001 USD",
        ] {
            assert!(money(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn times_labels_and_options_are_read() {
        assert_eq!(duration("1h 30m").unwrap().as_secs(), 5_400);
        assert!(duration("0s").is_err() && duration("-5s").is_err() && duration("soon").is_err());
        assert_eq!(label("role=web=1").unwrap(), ("role".into(), "web=1".into()));
        assert!(label("role").is_err() && label("=x").is_err());
        assert!(labels(&[label("a=1").unwrap(), label("a=2").unwrap()]).is_err());
        let option = provider_option("zenlayer.tags={\"a\":1}").unwrap();
        assert_eq!((option.kind.as_str(), option.key.as_str()), ("zenlayer", "tags"));
        assert!(!provider_option("canary").unwrap_err().contains("canary"));
    }
}
