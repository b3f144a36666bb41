//! A figure exactly as it was written.

use std::borrow::Cow;

use rust_decimal::Decimal;
use serde::de::{Deserialize, Deserializer};
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;
use vmbroker_core::{clip, exact, printable};

/// A figure as a provider wrote it, as a JSON number or as text: both are met, even in one object. It is kept letter
/// by letter and never becomes a binary float, so that [`decimal`](Self::decimal) is exact or refused.
///
/// Any JSON is taken, so that a bad figure never sinks the row that it stands in. A field that may be null or missing
/// is an `Option<Figure>`. What it counts is not known here.
///
/// It must be read from JSON's own text, or from a [`Value`](serde_json::Value) whose numbers have been through a
/// float by then; never below `#[serde(flatten)]` or in an untagged enum, which keep no text: there it fails.
#[derive(Clone, Debug)]
pub struct Figure(Box<RawValue>);

impl Figure {
    /// The amount, to the last digit: of `0.30698`, `"0.30698"`, `".30698"` and `"-1"`.
    ///
    /// # Errors
    /// A sentence that says why there is none: it is no number, or has more digits than the 28 that are kept. Nothing
    /// is ever rounded.
    pub fn decimal(&self) -> Result<Decimal, String> {
        match self.0.get().as_bytes().first() {
            // Of all JSON only texts, numbers and constants can hold an amount, and `exact` refuses constants.
            Some(b'{' | b'[') => Err(format!("`{}` is no amount", self.shown())),
            _ => exact(&self.text()),
        }
    }

    /// The whole number, where it is written as one: `298160` or `"359440"`, not `2.0`.
    #[must_use]
    pub fn whole(&self) -> Option<i64> {
        self.text().parse().ok()
    }

    /// What was written, a text without its quotes.
    #[must_use]
    pub fn text(&self) -> Cow<'_, str> {
        let written = self.0.get();
        match written.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
            None => Cow::Borrowed(written),
            Some(plain) if !plain.contains('\\') => Cow::Borrowed(plain),
            // Valid JSON, so it can be read; if not, it is shown as it stands.
            Some(escaped) => serde_json::from_str(written).map_or(Cow::Borrowed(escaped), Cow::Owned),
        }
    }

    /// What was written as one harmless line of at most 40 characters, for a sentence.
    #[must_use]
    pub fn shown(&self) -> String {
        clip(&printable(&self.text()), 40)
    }
}

impl PartialEq for Figure {
    /// The same letters.
    fn eq(&self, other: &Self) -> bool {
        self.0.get() == other.0.get()
    }
}

impl<'de> Deserialize<'de> for Figure {
    fn deserialize<D: Deserializer<'de>>(source: D) -> Result<Self, D::Error> {
        Box::<RawValue>::deserialize(source).map(Self)
    }
}

impl Serialize for Figure {
    /// As it was written.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figure(json: &str) -> Figure {
        serde_json::from_str(json).unwrap()
    }

    /// The figures of the documents, and every other way in which one is met.
    #[test]
    fn a_figure_is_exact_in_every_form_that_is_met() {
        let rows = [
            ("298160", Some(298_160), "298160"),
            (r#""359440""#, Some(359_440), "359440"),
            (r#""17846000""#, Some(17_846_000), "17846000"),
            (r#"".30697""#, None, "0.30697"),
            (r#""1.5""#, None, "1.5"),
            ("0.30698", None, "0.30698"),
            ("13.3", None, "13.3"),
            (r#""25.0000000000""#, None, "25.0000000000"),
            ("-0.5", None, "-0.5"),
            (r#""-1""#, Some(-1), "-1"),
            ("3e-7", None, "0.0000003"),
            (r#"" 2 ""#, None, "2"),
            (r#""\u0032""#, Some(2), "2"),
            ("0.1000000000000000055511151231", None, "0.1000000000000000055511151231"),
            ("9007199254740993", Some(9_007_199_254_740_993), "9007199254740993"),
        ];
        for (json, whole, decimal) in rows {
            let figure = figure(json);
            assert_eq!(figure.whole(), whole, "{json}");
            assert_eq!(figure.decimal().unwrap().to_string(), decimal, "{json}");
            assert_eq!(serde_json::to_string(&figure).unwrap(), json);
        }
    }

    #[test]
    fn what_is_no_exact_amount_is_refused_with_its_reason() {
        let too_long = "has more digits than the 28 that are kept exactly";
        let rows = [
            (r#""NaN""#, "`NaN` is no amount"),
            (r#""""#, "`` is no amount"),
            (r#"".""#, "`.` is no amount"),
            (r#""1,5""#, "`1,5` is no amount"),
            (r#""1_000""#, "`1_000` is no amount"),
            (r#""1.2.3""#, "is no amount"),
            ("true", "`true` is no amount"),
            ("null", "`null` is no amount"),
            ("[1]", "`[1]` is no amount"),
            (r#"{"amount":2}"#, r#"`{"amount":2}` is no amount"#),
            (r#""\u001b[31m""#, r"`\u{1b}[31m` is no amount"),
            ("0.12345678901234567890123456789", too_long),
            (r#""0.12345678901234567890123456789""#, too_long),
            ("99999999999999999999999999999", too_long),
            ("1e40", too_long),
        ];
        for (json, wanted) in rows {
            let complaint = figure(json).decimal().unwrap_err();
            assert!(complaint.contains(wanted), "{json}: {complaint}");
        }
    }

    #[derive(Debug, serde::Deserialize)]
    struct Priced {
        price: Option<Figure>,
    }

    /// The variant that reads numbers as serde offers them rounds without a word: this is why the text is kept.
    #[test]
    fn a_long_number_is_refused_and_not_rounded() {
        let long = r#"{"price":0.12345678901234567890123456789}"#;
        let priced: Priced = serde_json::from_str(long).unwrap();
        assert!(priced.price.unwrap().decimal().is_err());
        let rounded: serde_json::Value = serde_json::from_str(long).unwrap();
        let rounded: Priced = serde_json::from_value(rounded).unwrap();
        assert_eq!(rounded.price.unwrap().text(), "0.12345678901234568");
    }

    #[test]
    fn a_missing_figure_and_null_are_absent_and_every_reader_keeps_the_letters() {
        for json in ["{}", r#"{"price":null}"#] {
            assert!(serde_json::from_str::<Priced>(json).unwrap().price.is_none());
        }
        let json = r#"{"price":0.10}"#;
        let mut source = serde_json::Deserializer::from_str(json);
        let by_path: Priced = serde_path_to_error::deserialize(&mut source).unwrap();
        let by_slice: Priced = serde_json::from_slice(json.as_bytes()).unwrap();
        let by_reader: Priced = serde_json::from_reader(json.as_bytes()).unwrap();
        let by_row: super::super::Row<Priced> = serde_json::from_str(json).unwrap();
        for priced in [by_path, by_slice, by_reader, by_row.0.unwrap()] {
            assert_eq!(priced.price.unwrap().text(), "0.10");
        }
    }
}
