//! What can be rented: a price is exact and above zero, or it says that it is not known.

use std::time::Duration;

use vmbroker_core::{Offer, Total, exact};
use vmbroker_sim::Dialect;

use super::super::Mark;
use super::super::canned::Served;
use super::super::harmless::{LONGEST, check_error};
use super::super::question::query;
use super::super::spans::scalars;
use super::super::thread::now;
use super::{Flaw, ask};

fn call(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Fluence202504 | Dialect::Fluence202505 => "/marketplace/offers",
        Dialect::Wayscloud | Dialect::Waldur => "/marketplace-public-offerings/",
        Dialect::Zenlayer => "InquiryPriceCreateInstance",
    }
}

pub(super) fn offers(dialect: Dialect, flaw: Flaw, input: &[u8]) -> Mark {
    let (said, served) = ask(dialect, input, call(dialect), async |provider, script| {
        let query = query(script);
        (provider.offers(&query).await, query.disk_gib)
    });
    let (said, disk_gib) = said;
    let mut offers = match said {
        Ok(offers) => offers,
        Err(error) => return check_error(&error),
    };
    if let (Flaw::Nameless, Some(first)) = (flaw, offers.first_mut()) {
        first.id.0.clear();
    }
    offers.iter().for_each(|offer| check(offer, dialect));
    if call(dialect) == "/marketplace/offers" && disk_gib.is_none() {
        offers.iter().for_each(|offer| check_told(offer, &served));
    }
    let known = offers.iter().filter(|offer| offer.price.is_known()).count();
    let parts = offers.iter().map(|offer| offer.price.charges().len()).max();
    Mark::of(!offers.is_empty()).and((offers.len().min(4), known.min(3), parts, served.len().min(8)))
}

fn check(offer: &Offer, dialect: Dialect) {
    assert!(!offer.id.0.is_empty(), "an offer without a name cannot be ordered: {offer:?}");
    assert!(offer.provider.as_str() == dialect.name(), "{offer:?}");
    let text = serde_json::to_string(offer).unwrap();
    let back: Offer = serde_json::from_str(&text).unwrap();
    assert!(back == *offer, "an offer is another after it was written down: {text}");
    let mut before = None;
    for run in [1, 3_600, 86_401, 2_592_000].map(Duration::from_secs) {
        let total = offer.price.total(now(), run);
        if let Total::Exact(money) = total {
            assert!(money.amount > rust_decimal::Decimal::ZERO, "a run is free: {text}");
            assert!(before.is_none_or(|before| before <= money.amount), "more time costs less: {text}");
            before = Some(money.amount);
        }
    }
    for why in offer.price.unknown_parts() {
        assert!(why.chars().count() <= LONGEST, "a reason without end: {why:.400}");
    }
}

/// A price without any reckoning is one that stands in the answer, to the last digit.
fn check_told(offer: &Offer, served: &[Served]) {
    for charge in offer.price.charges() {
        let is_it = |text: &str| exact(text) == Ok(charge.amount);
        let told = served.iter().any(|call| scalars(&call.body).any(|text| is_it(&text)));
        assert!(told, "nobody said this price: {charge:?}");
    }
}
