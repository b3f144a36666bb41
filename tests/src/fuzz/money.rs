//! Prices and exchange rates as they stand in files: what they come to is exact, and more time never costs less.

use std::time::Duration;

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::Deserialize;
use vmbroker::{ExchangeRate, ExchangeRates};
use vmbroker_core::{Currency, Meter, Money, Price, Total};

use super::harmless::check_error;
use super::{Double, Mark, Target};

pub(super) const TARGETS: &[Target] = &[
    Target {
        name: "prices",
        group: "prices and rates",
        corpora: &["prices"],
        run: |input| prices(input, Price::total),
        doubles: &[
            Double {
                lacks: "the last month",
                run: |input| {
                    prices(input, |price, start, run| {
                        let most = Duration::from_secs(86_400 * 20);
                        price.total(start, if run > most { run - most } else { run })
                    })
                },
                says: "costs",
            },
            Double {
                lacks: "what cannot be known",
                run: |input| {
                    prices(input, |price, start, run| match price.total(start, run) {
                        Total::AtLeast(money) => Total::Exact(money),
                        total => total,
                    })
                },
                says: "is not known",
            },
        ],
    },
    Target {
        name: "rates",
        group: "prices and rates",
        corpora: &["rates"],
        run: |input| rates(input, |amount| amount),
        doubles: &[Double {
            lacks: "the point of an amount",
            run: |input| rates(input, |amount| amount * Decimal::TEN),
            says: "comes back as",
        }],
    },
];

#[derive(Deserialize)]
struct Asked {
    price: Price,
    start: Timestamp,
    run: u32,
}

fn prices(input: &[u8], total: impl Fn(&Price, Timestamp, Duration) -> Total) -> Mark {
    let Ok(Asked { price, start, run }) = serde_json::from_slice::<Asked>(input) else {
        return Mark::refused();
    };
    let run = Duration::from_secs(u64::from(run));
    let longer = run.saturating_add(Duration::from_secs(86_399)).saturating_mul(2);
    let (now, later) = (total(&price, start, run), total(&price, start, longer));
    if let (Total::Exact(now), Total::Exact(later)) = (now, later) {
        assert!(now.amount <= later.amount, "{run:?} costs {now}, {longer:?} costs {later}: {price:?}");
    }
    for total in [now, later] {
        if let Total::Exact(money) = total {
            assert!(money.amount > Decimal::ZERO, "a run is free, or less: {price:?}");
            assert!(
                price.is_known() && price.currency() == Some(money.currency),
                "it is not known: {price:?}"
            );
        }
    }
    let quote = price.quote(start, run);
    assert!(
        quote.total == now,
        "a quote says another total, {:?}, than {now:?}: it costs another",
        quote.total
    );
    assert!(Meter::new(start, run).total(&price) == now, "a meter says another total than {now:?}");
    let words: usize = quote.lines.iter().map(|line| line.how.len()).sum();
    assert!(words <= 500 * price.charges().len(), "{words} bytes say how a total was made");
    let _shown = price.to_string();
    let kind = std::mem::discriminant(&now);
    Mark::taken().and(kind).and((price.charges().len().min(4), price.unknown_parts().len().min(3)))
}

fn rates(input: &[u8], spoil: impl Fn(Decimal) -> Decimal) -> Mark {
    let Ok(rates) = serde_json::from_slice::<Vec<ExchangeRate>>(input) else { return Mark::refused() };
    let named: Vec<Currency> = rates.iter().flat_map(|rate| [rate.from, rate.to]).take(6).collect();
    let rates = match ExchangeRates::new(rates) {
        Ok(rates) => rates,
        Err(error) => return check_error(&error),
    };
    let mut converted = 0;
    for from in named.iter().chain(&[Currency::USD, Currency::Usdc]) {
        for to in named.iter().chain(&[Currency::USD, Currency::Usdc]) {
            let there = rates.conversion(*from, *to);
            assert!(
                there.is_some() == rates.conversion(*to, *from).is_some(),
                "{from} to {to} goes one way only"
            );
            let (Some(there), Some(back)) = (there, rates.conversion(*to, *from)) else { continue };
            let money = Money::new(Decimal::ONE_HUNDRED, *from);
            let Some(other) = there.apply(money) else { continue };
            assert!(other.currency == *to && other.amount >= Decimal::ZERO, "{money} is {other}: {there}");
            let other = Money { amount: spoil(other.amount), ..other };
            // Where the rate is so small or so large that digits are lost, nothing can be said of the way back.
            if let Some(again) =
                back.apply(other).filter(|_| other.amount.scale() < 24 && !other.amount.is_zero())
            {
                let off = (again.amount - money.amount).abs();
                assert!(
                    off < Decimal::new(1, 3),
                    "{money} is {other}, which comes back as {again}: {there}; {back}"
                );
            }
            converted += 1;
        }
    }
    Mark::taken().and((named.len(), converted))
}
