//! Exact money. Never a binary float.

use std::fmt;
use std::str::FromStr;

use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{Error, ErrorKind, Result};

/// What money is counted in: an ISO 4217 currency, or a token such as USDC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Currency {
    /// A currency of ISO 4217.
    Iso(iso_currency::Currency),
    /// The stablecoin USDC.
    Usdc,
}

impl Currency {
    /// The United States dollar.
    pub const USD: Self = Self::Iso(iso_currency::Currency::USD);

    /// Its code, such as `EUR` or `USDC`.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Iso(currency) => currency.code(),
            Self::Usdc => "USDC",
        }
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code())
    }
}

impl FromStr for Currency {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let code = text.trim().to_ascii_uppercase();
        if code == "USDC" {
            return Ok(Self::Usdc);
        }
        iso_currency::Currency::from_code(&code).map(Self::Iso).ok_or_else(|| {
            Error::invalid("currency", text, "it must be an ISO 4217 code such as EUR, or USDC")
        })
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// An exact amount of one currency. Amounts of different currencies never add up.
///
/// Serialised as `{"amount": "0.29816", "currency": "USDC"}`: the amount is text, so that no reader rounds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Money {
    /// How much, to the last digit.
    pub amount: Decimal,
    /// Of what.
    pub currency: Currency,
}

impl Money {
    /// This much of this currency.
    #[must_use]
    pub fn new(amount: Decimal, currency: Currency) -> Self {
        Self { amount, currency }
    }

    /// The sum.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidRequest`] where the currencies differ or the sum has more than 28 digits.
    pub fn plus(self, other: Self) -> Result<Self> {
        if self.currency != other.currency {
            let message = format!("{} and {} cannot be added: the currencies differ", self, other);
            return Err(Error::new(ErrorKind::InvalidRequest, message));
        }
        match self.amount.checked_add(other.amount) {
            Some(amount) => Ok(Self { amount, ..self }),
            None => {
                Err(Error::new(ErrorKind::InvalidRequest, format!("{self} and {other} are too large to add")))
            }
        }
    }
}

/// Reads an amount exactly: `0.30698`, `.30698`, `-1`, `3e-7`.
///
/// # Errors
/// A sentence that says why it is not an exact amount: no number, or more than the 28 digits that are kept. Nothing
/// is ever rounded.
pub fn exact(text: &str) -> Result<Decimal, String> {
    let text = text.trim();
    let shown = || crate::clip(&crate::printable(text), 40);
    let (digits, exponent) = match text.split_once(['e', 'E']) {
        None => (text, 0),
        Some((digits, exponent)) => match exponent.parse::<i32>() {
            Ok(exponent) => (digits, exponent),
            Err(_) => return Err(format!("`{}` is no amount", shown())),
        },
    };
    let written = digits.strip_prefix(['-', '+']).unwrap_or(digits);
    let is_digit = |byte: u8| byte.is_ascii_digit() || byte == b'.';
    let dots = written.bytes().filter(|byte| *byte == b'.').count();
    if dots > 1 || !written.bytes().any(|byte| byte.is_ascii_digit()) || !written.bytes().all(is_digit) {
        return Err(format!("`{}` is no amount", shown()));
    }
    let too_long = || format!("`{}` has more digits than the 28 that are kept exactly", shown());
    let amount = Decimal::from_str_exact(digits).map_err(|_| too_long())?;
    let power = exponent.unsigned_abs();
    if power > 28 {
        return if amount.is_zero() { Ok(Decimal::ZERO) } else { Err(too_long()) };
    }
    if exponent >= 0 {
        let factor = Decimal::from_i128_with_scale(10_i128.pow(power), 0);
        return amount.checked_mul(factor).ok_or_else(too_long);
    }
    let (mut amount, scale) = (amount.normalize(), amount.normalize().scale() + power);
    amount.set_scale(scale).map_err(|_| too_long())?;
    Ok(amount)
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{} {}", self.amount.normalize(), self.currency))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn different_currencies_never_add_up() {
        let dollars = Money::new(Decimal::ONE, Currency::USD);
        let tokens = Money::new(Decimal::ONE, Currency::Usdc);
        assert_eq!(dollars.plus(dollars).unwrap().to_string(), "2 USD");
        assert_eq!(dollars.plus(tokens).unwrap_err().kind(), ErrorKind::InvalidRequest);
        let most = Money::new(Decimal::MAX, Currency::USD);
        assert!(most.plus(most).is_err());
    }

    #[test]
    fn money_is_text_on_the_outside() {
        let money = Money::new("0.2981600".parse().unwrap(), "usdc".parse().unwrap());
        let text = serde_json::to_string(&money).unwrap();
        assert_eq!(text, r#"{"amount":"0.2981600","currency":"USDC"}"#);
        assert_eq!(serde_json::from_str::<Money>(&text).unwrap(), money);
        assert!("XYZ".parse::<Currency>().is_err());
    }

    #[test]
    fn amounts_are_read_to_the_last_digit_or_not_at_all() {
        let rows = [
            ("298160", "298160"),
            (".30697", "0.30697"),
            ("25.0000000000", "25.0000000000"),
            ("1.5", "1.5"),
            ("-0.5", "-0.5"),
            ("+3", "3"),
            ("3e-7", "0.0000003"),
            ("1.5E2", "150.0"),
            ("0e99", "0"),
            ("1e28", "10000000000000000000000000000"),
            ("1e-28", "0.0000000000000000000000000001"),
            ("0.1234567890123456789012345678", "0.1234567890123456789012345678"),
        ];
        for (text, wanted) in rows {
            assert_eq!(exact(text).unwrap().to_string(), wanted, "{text}");
        }
        let refused = [
            "",
            "NaN",
            "inf",
            "-",
            ".",
            "1,5",
            "0x10",
            "1.2.3",
            "1e",
            "1_000",
            "1e99",
            "0.12345678901234567890123456789",
            "12345678901234567890123456789012",
        ];
        for text in refused {
            assert!(exact(text).is_err(), "{text}");
        }
        for text in ["1.2.3", "0x10", "1_000"] {
            assert_eq!(exact(text).unwrap_err(), format!("`{text}` is no amount"));
        }
    }
}
