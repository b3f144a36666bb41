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

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{} {}", self.amount.normalize(), self.currency))
    }
}

/// The time one rate pays for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Period {
    /// 3,600 seconds.
    Hour,
    /// 24 hours. At Fluence: one epoch.
    Day,
    /// A calendar month.
    Month,
}

impl Period {
    /// The period as one word.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Month => "month",
        }
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.words())
    }
}

/// What something costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Price {
    /// The provider has not told. Never to be read as free.
    Unknown,
    /// A rate for a period.
    Rate {
        /// How much each period costs.
        amount: Money,
        /// The period the amount pays for.
        per: Period,
    },
}

impl fmt::Display for Price {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown => f.pad("unknown"),
            Self::Rate { amount, per } => f.pad(&format!("{amount}/{per}")),
        }
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
}
