//! Totals as people read them: the same number of decimals in the whole column, and none that says nothing.

use rust_decimal::{Decimal, RoundingStrategy};
use vmbroker::Total;

use super::view::known;

/// However small, totals are shown with no more decimals than this.
const MOST_DECIMALS: u32 = 8;
/// The least total is shown with so many digits that differ from zero, or with cents.
const DIGITS: u32 = 3;

/// How many decimals all these totals are shown with.
pub(super) fn decimals(totals: impl Iterator<Item = Total>) -> u32 {
    let amounts = totals.filter_map(known).map(|money| money.amount);
    let Some(least) = amounts.filter(|amount| *amount > Decimal::ZERO).min() else { return 2 };
    let mut decimals = 2;
    let mut scaled = least;
    // Each step makes one more of its digits a leading one.
    while decimals < MOST_DECIMALS && scaled < Decimal::ONE {
        scaled *= Decimal::TEN;
        decimals += 1;
    }
    decimals.clamp(DIGITS - 1, MOST_DECIMALS)
}

/// A total as a cell; whether anything of it had to be rounded away.
pub(super) fn cell(total: Total, decimals: u32) -> (String, bool) {
    match total {
        Total::Exact(money) => shown(money.amount, decimals),
        Total::AtLeast(money) => {
            let (text, rounded) = shown(money.amount, decimals);
            (format!("at least {text}"), rounded)
        }
        Total::Unknown => ("unknown".to_owned(), false),
    }
}

fn shown(amount: Decimal, decimals: u32) -> (String, bool) {
    let rounded = amount.round_dp_with_strategy(decimals, RoundingStrategy::MidpointAwayFromZero);
    let places = usize::try_from(decimals).unwrap_or(2);
    (format!("{rounded:.places$}"), rounded != amount)
}

#[cfg(test)]
mod tests {
    use vmbroker::{Currency, Money};

    use super::*;

    fn exact(amount: &str) -> Total {
        Total::Exact(Money::new(amount.parse().unwrap(), Currency::USD))
    }

    #[test]
    fn the_least_total_keeps_three_digits() {
        let cases = [
            (&["12.5", "300"][..], 2),
            (&["0.30698", "0.024"], 4),
            (&["0.5"], 3),
            (&["0.0000001"], 8),
            (&[], 2),
        ];
        for (amounts, wanted) in cases {
            let totals = amounts.iter().map(|amount| exact(amount)).chain([Total::Unknown]);
            assert_eq!(decimals(totals), wanted, "{amounts:?}");
        }
    }

    #[test]
    fn rounding_is_seen_and_what_is_unknown_is_no_number() {
        assert_eq!(cell(exact("0.30698"), 4), ("0.3070".to_owned(), true));
        assert_eq!(cell(exact("0.024"), 4), ("0.0240".to_owned(), false));
        assert_eq!(cell(exact("1.005"), 2), ("1.01".to_owned(), true));
        assert_eq!(cell(Total::AtLeast(Money::new(Decimal::ONE, Currency::USD)), 2).0, "at least 1.00");
        assert_eq!(cell(Total::Unknown, 2), ("unknown".to_owned(), false));
    }
}
