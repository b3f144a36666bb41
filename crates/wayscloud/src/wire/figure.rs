//! A figure exactly as it was written.

use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use vmbroker_core::{clip, exact, printable};

/// A figure as it was written, as a number or as text: Waldur writes both, even within one plan. It never becomes a
/// binary float. Any JSON is taken: a bad figure never sinks the row that it stands in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Figure(String);

impl Figure {
    /// The amount, to the last digit.
    ///
    /// # Errors
    /// A sentence that says why there is none: no number, or more than the 28 digits that are kept.
    pub(crate) fn decimal(&self) -> Result<Decimal, String> {
        if self.0.starts_with(['{', '[']) {
            return Err(format!("`{}` is no amount", clip(&printable(&self.0), 40)));
        }
        exact(&serde_json::from_str(&self.0).unwrap_or_else(|_| self.0.clone()))
    }
}

impl<'de> Deserialize<'de> for Figure {
    fn deserialize<D: Deserializer<'de>>(source: D) -> Result<Self, D::Error> {
        Ok(Self(Box::<RawValue>::deserialize(source)?.get().to_owned()))
    }
}
