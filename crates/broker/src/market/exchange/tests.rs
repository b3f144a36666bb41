use super::*;

fn currency(code: &str) -> Currency {
    code.parse().unwrap()
}

fn rate_of(from: &str, to: &str, rate: &str) -> ExchangeRate {
    let date = Some("2026-11-02".parse().unwrap());
    let (from, to, rate) = (currency(from), currency(to), rate.parse().unwrap());
    ExchangeRate { from, to, rate, date, source: "a bank".to_owned() }
}

fn rates(rows: &[(&str, &str, &str)]) -> ExchangeRates {
    ExchangeRates::new(rows.iter().map(|(from, to, rate)| rate_of(from, to, rate))).unwrap()
}

/// What an amount becomes, or that no rate says it.
fn converted(rates: &ExchangeRates, amount: &str, from: &str, to: &str) -> Option<String> {
    let conversion = rates.conversion(currency(from), currency(to))?;
    let money = Money::new(amount.parse().unwrap(), currency(from));
    Some(conversion.apply(money).unwrap().to_string())
}

#[test]
fn a_rate_serves_both_directions_and_no_two_are_joined_but_through_the_token() {
    let none = ExchangeRates::default();
    let some = rates(&[("EUR", "USD", "1.25"), ("USD", "NOK", "10")]);
    let own = rates(&[("USDC", "USD", "0.5"), ("EUR", "USD", "1.25")]);
    let back = rates(&[("USD", "USDC", "2")]);
    let direct = rates(&[("USDC", "EUR", "0.7"), ("EUR", "USD", "1.25")]);
    let rows = [
        (&none, "USD", "USD", Some("3 USD")),
        (&none, "USDC", "USD", Some("3 USD")),
        (&none, "USD", "USDC", Some("3 USDC")),
        (&none, "EUR", "USD", None),
        (&none, "USDC", "EUR", None),
        (&some, "EUR", "USD", Some("3.75 USD")),
        (&some, "USD", "EUR", Some("2.4 EUR")),
        (&some, "USDC", "EUR", Some("2.4 EUR")),
        (&some, "EUR", "USDC", Some("3.75 USDC")),
        (&some, "EUR", "NOK", None),
        (&own, "USDC", "USD", Some("1.5 USD")),
        (&own, "USD", "USDC", Some("6 USDC")),
        (&own, "USDC", "EUR", Some("1.2 EUR")),
        (&back, "USDC", "USD", Some("1.5 USD")),
        (&direct, "USDC", "EUR", Some("2.1 EUR")),
    ];
    for (rates, from, to, wanted) in rows {
        assert_eq!(converted(rates, "3", from, to).as_deref(), wanted, "{from} to {to} by {rates:?}");
    }
}

#[test]
fn a_conversion_says_what_it_rests_on() {
    let words =
        |rates: &ExchangeRates, from, to| rates.conversion(currency(from), currency(to)).unwrap().to_string();
    let some = rates(&[("EUR", "USD", "1.2500")]);
    assert_eq!(words(&some, "USD", "EUR"), "1 EUR = 1.25 USD (a bank, 2026-11-02)");
    let both = "1 USDC = 1 USD (assumed), 1 EUR = 1.25 USD (a bank, 2026-11-02)";
    assert_eq!(words(&some, "USDC", "EUR"), both);
    assert_eq!(words(&some, "EUR", "EUR"), "");
}

#[test]
fn division_is_the_last_step() {
    let thirds = rates(&[("USD", "USDC", "3"), ("USD", "EUR", "3")]);
    // Divided by 3 and multiplied by 3: a quotient that was rounded in between would be 0.9999…
    assert_eq!(converted(&thirds, "1", "USDC", "EUR").unwrap(), "1 EUR");
}

#[test]
fn an_amount_of_another_currency_or_too_many_digits_is_not_converted() {
    let some = rates(&[("EUR", "USD", "1.25")]);
    let conversion = some.conversion(currency("EUR"), currency("USD")).unwrap();
    assert_eq!(conversion.apply(Money::new(Decimal::ONE, currency("NOK"))), None);
    assert_eq!(conversion.apply(Money::new(Decimal::MAX, currency("EUR"))), None);
}

#[test]
fn wrong_rates_are_refused_by_name() {
    let refused = |rows: &[(&str, &str, &str)]| {
        let rows = rows.iter().map(|(from, to, rate)| rate_of(from, to, rate));
        let error = ExchangeRates::new(rows).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidConfig);
        error.message().to_owned()
    };
    let zero = refused(&[("EUR", "USD", "0")]);
    assert_eq!(zero, "the exchange rate from EUR to USD is 0, but it must be more than 0");
    assert!(refused(&[("EUR", "USD", "-1")]).contains("is -1"));
    assert!(refused(&[("EUR", "EUR", "1")]).contains("between a currency and itself"));
    assert!(refused(&[("EUR", "USD", "1"), ("USD", "EUR", "1")]).contains("is given twice"));
}

#[test]
fn a_rate_is_read_whole_and_exact_or_not_at_all() {
    let whole = r#"{"from": "EUR", "to": "USD", "rate": "1.0832", "date": "2026-11-02", "source": "ECB"}"#;
    let rate: ExchangeRate = serde_json::from_str(whole).unwrap();
    assert_eq!(rate.to_string(), "1 EUR = 1.0832 USD (ECB, 2026-11-02)");
    let changes = [
        ("\"1.0832\"", "1.0832"),
        ("1.0832", "NaN"),
        ("1.0832", "0.12345678901234567890123456789"),
        ("\"2026-11-02\"", "null"),
        (r#""date": "2026-11-02", "#, ""),
        (r#", "source": "ECB""#, ""),
        ("EUR", "DOGE"),
        ("source", "sauce"),
    ];
    for (old, new) in changes {
        let text = whole.replace(old, new);
        assert_ne!(text, whole);
        assert!(serde_json::from_str::<ExchangeRate>(&text).is_err(), "{text}");
    }
}
