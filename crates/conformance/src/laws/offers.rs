//! What can be rented.

use vmbroker_core::{Availability, ChargeType, LocationWish, MachineWish, Offer, OfferQuery};

use crate::verdict::{Judge, KEPT, not_applicable};
use crate::{Outcome, Subject};

/// An offer's id, put into a request, gets a machine.
///
/// # Errors
/// Where it is broken.
pub async fn an_offer_can_be_created(subject: &Subject) -> Outcome {
    let judge = Judge::of("an_offer_can_be_created");
    let mut request = subject.request();
    let query = OfferQuery {
        countries: request.location.countries.clone(),
        zone: request.location.zone.clone(),
        charge: Some(request.charge),
        ..fitting(&request.machine)
    };
    let offers = judge.ok(subject.provider().offers(&query).await, "offers")?;
    let Some(offer) = offers.into_iter().find(|offer| offer.availability != Availability::Count(0)) else {
        return Err(judge.broken("an offer for a wish that can be met", "none"));
    };
    let own = offer.provider == *subject.provider().id();
    judge.that(own, "offers of this account", format!("one of `{}`", offer.provider))?;
    request.machine = MachineWish::Offer(offer.id);
    if offer.location.zone.is_some() {
        request.location = LocationWish { countries: Vec::new(), zone: offer.location.zone };
    }
    let handle = subject.create_this(judge, &request).await?;
    subject.until_running(judge, &handle).await?;
    KEPT
}

fn fitting(machine: &MachineWish) -> OfferQuery {
    match machine {
        MachineWish::Size(size) => {
            OfferQuery { vcpus: Some(size.vcpus), memory_mib: Some(size.memory_mib), ..OfferQuery::default() }
        }
        MachineWish::Offer(_) => OfferQuery::default(),
    }
}

/// Offers are exactly those that meet the query: none too many, none too few, and none at all where nothing does.
///
/// # Errors
/// Where it is broken.
pub async fn offers_honour_the_query(subject: &Subject) -> Outcome {
    let judge = Judge::of("offers_honour_the_query");
    let every = OfferQuery::default();
    let all = judge.ok(subject.provider().offers(&every).await, "offers")?;
    let Some(first) = all.first() else { return not_applicable("this world offers nothing") };
    let paid = all.iter().find(|offer| offer.charge != ChargeType::PayAsYouGo);
    let prepaid = paid.map(|offer| format!("`{}` as {:?}", offer.id, offer.charge)).unwrap_or_default();
    judge.that(paid.is_none(), "pay-as-you-go offers where none else are asked for", prepaid)?;
    let largest = |size: fn(&Offer) -> u64| all.iter().map(size).max().unwrap_or_default();
    let vcpus = u32::try_from(largest(|offer| offer.size.vcpus.into())).unwrap_or(u32::MAX);
    let mut queries = vec![
        OfferQuery { vcpus: Some(vcpus), ..every.clone() },
        OfferQuery { memory_mib: Some(largest(|offer| offer.size.memory_mib)), ..every.clone() },
        OfferQuery { vcpus: Some(1_000_000), ..every.clone() },
        OfferQuery { zone: Some("no-such-zone-0".to_owned()), ..every.clone() },
    ];
    queries.extend(
        first.location.country.map(|country| OfferQuery { countries: vec![country], ..every.clone() }),
    );
    queries.extend(first.location.zone.clone().map(|zone| OfferQuery { zone: Some(zone), ..every.clone() }));
    for query in queries {
        let some = judge.ok(subject.provider().offers(&query).await, "offers")?;
        let expected = names(all.iter().filter(|offer| query.admits(offer.size, &offer.location)));
        let seen = names(some.iter());
        judge.that(seen == expected, format!("{expected:?} for {query:?}"), format!("{seen:?}"))?;
    }
    KEPT
}

fn names<'a>(offers: impl Iterator<Item = &'a Offer>) -> Vec<String> {
    let mut names: Vec<String> = offers.map(|offer| format!("{} in {}", offer.id, offer.location)).collect();
    names.sort_unstable();
    names
}
