//! Exchange rates: only those that the configuration names. None is ever assumed but that of USDC.

use jiff::civil::Date;
use rust_decimal::Decimal;
use toml::{Table, Value};
use vmbroker::{Currency, ExchangeRate, clip, exact, printable};

use super::near;
use crate::failure::Failure;

const KEYS: [&str; 5] = ["from", "to", "rate", "date", "source"];

/// Reads `[[exchange]]`.
pub(super) fn read(shown: &str, value: Option<Value>) -> Result<Vec<ExchangeRate>, Failure> {
    let entries = match value {
        None => return Ok(Vec::new()),
        Some(Value::Array(entries)) => entries,
        Some(_) => return Err(not_a_list(shown)),
    };
    let mut rates: Vec<ExchangeRate> = Vec::new();
    for (at, entry) in entries.into_iter().enumerate() {
        let Value::Table(table) = entry else { return Err(not_a_list(shown)) };
        let place = format!("exchange[{}]", at + 1);
        let rate = one(shown, &place, table)?;
        let pair = |it: &ExchangeRate| [(it.from, it.to), (it.to, it.from)].contains(&(rate.from, rate.to));
        if rates.iter().any(pair) {
            let message = format!(
                "{shown}`{place}` is a second rate between {} and {}: which one holds?",
                rate.from, rate.to
            );
            return Err(Failure::configuration(message).hint("one rate between two currencies is enough"));
        }
        rates.push(rate);
    }
    Ok(rates)
}

fn not_a_list(shown: &str) -> Failure {
    Failure::configuration(format!("{shown}`exchange` must be a list of tables"))
        .hint("a rate begins with `[[exchange]]`")
}

fn one(shown: &str, place: &str, mut table: Table) -> Result<ExchangeRate, Failure> {
    let mut take = |key: &str| table.remove(key);
    let (from, to, rate, date, source) =
        (take("from"), take("to"), take("rate"), take("date"), take("source"));
    if let Some(unknown) = table.keys().next() {
        return Err(near::unknown_key(shown, place, "", unknown, KEYS.into_iter()));
    }
    let key = |name: &'static str| Key { shown, place, name };
    let from = key("from").currency(from)?;
    let to_key = key("to");
    let to = to_key.currency(to)?;
    if from == to {
        return Err(to_key.wrong(&to.to_string(), "it must be another currency than `from`"));
    }
    Ok(ExchangeRate {
        from,
        to,
        rate: key("rate").rate(rate)?,
        date: Some(key("date").date(date)?),
        source: key("source").text(source)?,
    })
}

/// A key of one entry, for saying what is wrong with it.
struct Key<'a> {
    shown: &'a str,
    place: &'a str,
    name: &'static str,
}

impl Key<'_> {
    fn missing(&self) -> Failure {
        let Self { shown, place, name } = self;
        Failure::configuration(format!("{shown}`{place}.{name}` is missing"))
            .hint("a rate needs `from`, `to`, `rate`, `date` and `source`")
    }

    fn wrong(&self, given: &str, allowed: &str) -> Failure {
        let Self { shown, place, name } = self;
        let given = clip(&printable(given), 80);
        Failure::configuration(format!("{shown}`{place}.{name}` is `{given}`, but {allowed}"))
    }

    fn text(&self, value: Option<Value>) -> Result<String, Failure> {
        match value {
            None => Err(self.missing()),
            Some(Value::String(text)) if !text.trim().is_empty() => Ok(text),
            Some(other) => Err(self.wrong(&other.to_string(), "it must be a text that is not empty")),
        }
    }

    fn currency(&self, value: Option<Value>) -> Result<Currency, Failure> {
        let text = self.text(value)?;
        text.parse().map_err(|_| self.wrong(&text, "it must be an ISO 4217 code such as EUR, or USDC"))
    }

    /// A number with a point would be a binary float before it could be read exactly.
    fn rate(&self, value: Option<Value>) -> Result<Decimal, Failure> {
        let allowed =
            "it must be an amount of more than zero in quotes, such as \"1.08\", so that no digit is lost";
        let (text, number) = match value {
            None => return Err(self.missing()),
            Some(Value::String(text)) => (text.clone(), exact(&text).ok()),
            Some(Value::Integer(whole)) => (whole.to_string(), Some(Decimal::from(whole))),
            Some(other) => (other.to_string(), None),
        };
        number.filter(|rate| *rate > Decimal::ZERO).ok_or_else(|| self.wrong(&text, allowed))
    }

    fn date(&self, value: Option<Value>) -> Result<Date, Failure> {
        let text = match value {
            None => return Err(self.missing()),
            Some(Value::String(text)) => text,
            Some(other) => other.to_string(),
        };
        let day = text.len() == "2026-11-20".len();
        day.then(|| text.parse().ok())
            .flatten()
            .ok_or_else(|| self.wrong(&text, "it must be a day such as 2026-11-20"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(text: &str) -> Result<Vec<ExchangeRate>, String> {
        let mut table: Table = text.parse().unwrap();
        read("", table.remove("exchange")).map_err(|failure| failure.message.clone())
    }

    const GOOD: &str =
        "[[exchange]]\nfrom = \"EUR\"\nto = \"USD\"\nrate = \"1.0834\"\ndate = 2026-11-20\nsource = \"ECB\"";

    #[test]
    fn a_rate_is_exact_and_says_where_it_is_from() {
        let rates = read_text(GOOD).unwrap();
        assert_eq!(rates[0].rate.to_string(), "1.0834");
        assert_eq!(
            (rates[0].date.unwrap().to_string().as_str(), rates[0].source.as_str()),
            ("2026-11-20", "ECB")
        );
        assert_eq!(read_text("").unwrap(), []);
        assert!(read_text(&GOOD.replace("2026-11-20", "\"2026-11-20\"")).is_ok());
        assert_eq!(read_text(&GOOD.replace("\"1.0834\"", "2")).unwrap()[0].rate, Decimal::TWO);
    }

    #[test]
    fn what_is_wrong_with_a_rate_is_said() {
        let cases = [
            ("exchange = 5".to_owned(), "`exchange` must be a list of tables"),
            (GOOD.replace("source", "sauce"), "`exchange[1].sauce` is not a known key"),
            (GOOD.replace("source = \"ECB\"", ""), "`exchange[1].source` is missing"),
            (
                GOOD.replace("EUR", "XYZ"),
                "`exchange[1].from` is `XYZ`, but it must be an ISO 4217 code such as EUR, or USDC",
            ),
            (
                GOOD.replace("EUR", "USD"),
                "`exchange[1].to` is `USD`, but it must be another currency than `from`",
            ),
            (
                GOOD.replace("\"1.0834\"", "1.0834"),
                "`exchange[1].rate` is `1.0834`, but it must be an amount of more than zero in quotes, such as \"1.08\", \
                 so that no digit is lost",
            ),
            (
                GOOD.replace("1.0834", "-1"),
                "`exchange[1].rate` is `-1`, but it must be an amount of more than zero in quotes, such as \"1.08\", \
                 so that no digit is lost",
            ),
            (
                GOOD.replace("2026-11-20", "\"yesterday\""),
                "`exchange[1].date` is `yesterday`, but it must be a day such as 2026-11-20",
            ),
            (
                format!("{GOOD}\n{GOOD}"),
                "`exchange[2]` is a second rate between EUR and USD: which one holds?",
            ),
        ];
        for (text, sentence) in cases {
            assert_eq!(read_text(&text).unwrap_err(), sentence, "{text}");
        }
    }
}
