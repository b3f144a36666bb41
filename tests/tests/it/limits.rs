//! A limit of price is kept or refused, never forgotten.

use vmbroker_core::{Currency, Effect, ErrorKind, Money, Period, PriceLimit};
use vmbroker_sim::Dialect;
use vmbroker_tests::{Stage, wish};

#[tokio::test(start_paused = true)]
async fn a_price_limit_is_sent_or_the_wish_refused_before_anything_is_sent() {
    for dialect in Dialect::ALL {
        let stage = Stage::set(dialect).await;
        let mut wish = wish();
        let limit = |amount: &str| PriceLimit {
            amount: Money::new(amount.parse().unwrap(), Currency::USD),
            per: Period::DAY,
        };
        wish.price_limit = Some(limit("0.01"));
        let error = stage.provider.create(&wish).await.unwrap_err();
        assert_eq!(
            (error.effect(), stage.cloud.ledger().entries.len()),
            (Effect::None, 0),
            "{dialect}: {error}"
        );
        if matches!(dialect, Dialect::Fluence202504 | Dialect::Fluence202505) {
            assert_eq!(error.kind(), ErrorKind::OutOfCapacity, "{dialect}: nothing is that cheap: {error}");
            wish.price_limit = Some(limit("5"));
            stage.provider.create(&wish).await.unwrap();
        } else {
            assert_eq!(error.kind(), ErrorKind::IncompatibleOffer, "{dialect}: {error}");
            assert!(error.message().contains("price_limit"), "{dialect}: {error}");
            assert_eq!(stage.cloud.count_calls(None), 0, "{dialect}");
        }
    }
}
