//! Nouns as JSON, as they stand in files and in the output for programs: read, written and read again they are the same.

use serde::Serialize;
use serde::de::DeserializeOwned;
use vmbroker::PriceHistory;
use vmbroker::deploy::{Choice, Policy};
use vmbroker_core::{Deletion, Handle, Instance, Location, Money, Observation, Offer, OfferQuery, Price};
use vmbroker_http::Exchange;

use super::{Double, Mark, Target};

pub(super) const TARGETS: &[Target] = &[Target {
    name: "nouns",
    group: "words and nouns",
    corpora: &["nouns"],
    run: |input| each(input, |noun| noun),
    doubles: &[Double {
        lacks: "the fraction of an amount",
        run: |input| each(input, |noun: Money| Money { amount: noun.amount.trunc(), ..noun }),
        says: "another noun",
    }],
}];

fn each(input: &[u8], spoil: impl Fn(Money) -> Money) -> Mark {
    let read = [
        same::<Handle>(input),
        same_but(input, spoil),
        same::<Price>(input),
        same::<Location>(input),
        same::<Offer>(input),
        same::<OfferQuery>(input),
        same::<Instance>(input),
        same::<Observation>(input),
        same::<Deletion>(input),
        same::<Choice>(input),
        same::<Policy>(input),
        same::<PriceHistory>(input),
        same::<Exchange>(input),
    ];
    Mark::of(read.contains(&true)).and(read)
}

fn same<T: DeserializeOwned + Serialize + PartialEq>(input: &[u8]) -> bool {
    same_but::<T>(input, |noun| noun)
}

/// Whether the input is such a noun.
fn same_but<T: DeserializeOwned + Serialize + PartialEq>(input: &[u8], spoil: impl Fn(T) -> T) -> bool {
    let Ok(noun) = serde_json::from_slice::<T>(input) else { return false };
    let text = serde_json::to_string(&noun);
    assert!(text.is_ok(), "what was read cannot be written: {}", String::from_utf8_lossy(input));
    let text = text.unwrap_or_default();
    let back = serde_json::from_str::<T>(&text).map(spoil);
    assert!(back.is_ok_and(|back| back == noun), "another noun after it was written down: {text}");
    true
}
