//! What Fluence says a create would cost.

use rust_decimal::Decimal;
use vmbroker_core::Price;

use super::price;
use crate::wire::Estimate;

/// The price of the one machine of an estimate, and `spread` on top of it. Source: "Estimate", `POST /vms/v3/estimate`.
pub(crate) fn estimated(estimate: &Estimate, spread: Decimal) -> Price {
    if let Some(instances) = estimate.instances.as_ref().filter(|it| it.whole() != Some(1)) {
        let count = instances.shown();
        return Price::unknown(format!(
            "Fluence's estimate is for {count} machines, not for the one asked for"
        ));
    }
    let Some(total) = &estimate.total_price_per_epoch else { return Price::untold() };
    let amount = match total.decimal() {
        Ok(amount) => amount,
        Err(why) => return Price::unknown(format!("`totalPricePerEpoch`: {why}")),
    };
    // Of one machine the dearest is all of them.
    if let Some(most) = estimate.max_price_per_epoch.as_ref().filter(|most| most.decimal() != Ok(amount)) {
        let (total, most) = (total.shown(), most.shown());
        return Price::unknown(format!(
            "Fluence's estimate says that one machine costs {total} in all and {most} at most"
        ));
    }
    let told = price(amount);
    match amount.checked_add(spread) {
        Some(amount) if told.is_known() => price(amount),
        Some(_) | None => told,
    }
}

#[cfg(test)]
mod tests {
    use vmbroker_core::{Currency, Money};

    use super::*;

    fn told(json: &str, spread: &str) -> Price {
        estimated(&serde_json::from_str(json).unwrap(), spread.parse().unwrap())
    }

    #[test]
    fn an_estimate_for_one_machine_is_its_price() {
        let one = r#"{"depositAmountUsdc":"0.71586","depositEpochs":2,"totalPricePerEpoch":"0.35793",
                      "maxPricePerEpoch":".357930","instances":1}"#;
        assert_eq!(told(one, "0"), price("0.35793".parse().unwrap()));
        assert_eq!(told(one, "0.00007"), price("0.358".parse().unwrap()));
        assert_eq!(told(one, "0").currency(), Some(Currency::Usdc));
        assert_eq!(told(r#"{"totalPricePerEpoch":0.35793}"#, "0"), price("0.35793".parse().unwrap()));
    }

    #[test]
    fn an_estimate_that_cannot_be_believed_is_marked_and_never_a_price() {
        // The documents' own example: it answers for ten machines, where its request names three.
        let ten = r#"{"depositAmountUsdc":"7.01532","depositEpochs":2,"totalPricePerEpoch":"3.50766",
                      "maxPricePerEpoch":"0.35793","instances":10}"#;
        let rows = [
            (ten, "is for 10 machines"),
            ("{}", "the provider tells no price"),
            (r#"{"totalPricePerEpoch":null}"#, "the provider tells no price"),
            (r#"{"totalPricePerEpoch":"NaN"}"#, "`NaN` is no amount"),
            (r#"{"totalPricePerEpoch":0.12345678901234567890123456789}"#, "more digits than the 28"),
            (r#"{"totalPricePerEpoch":"0"}"#, "it is said to cost nothing"),
            (r#"{"totalPricePerEpoch":"-1"}"#, "is said to cost -1 USDC"),
            (r#"{"totalPricePerEpoch":"1","maxPricePerEpoch":"2"}"#, "costs 1 in all and 2 at most"),
            (r#"{"totalPricePerEpoch":"1","maxPricePerEpoch":"x"}"#, "costs 1 in all and x at most"),
        ];
        for (json, wanted) in rows {
            let price = told(json, "5");
            assert!(price.charges().is_empty(), "{json}");
            assert!(price.unknown_parts()[0].contains(wanted), "{json}: {price:?}");
        }
    }

    #[test]
    fn an_estimate_at_the_end_of_all_digits_stays_what_it_is() {
        let most = format!(r#"{{"totalPricePerEpoch":"{}"}}"#, Decimal::MAX);
        assert_eq!(told(&most, "1"), price(Money::new(Decimal::MAX, Currency::Usdc).amount));
    }
}
