//! What can be rented.

use std::time::Duration;

use vmbroker_core::{
    Availability, ChargeType, CreateRequest, LocationWish, MachineWish, Offer, OfferId, OfferQuery, Total,
};

use crate::verdict::{Judge, KEPT, not_applicable};
use crate::{Outcome, Subject};

/// An offer's id, put into a request, gets a machine.
///
/// # Errors
/// Where it is broken.
pub async fn an_offer_can_be_created(subject: &Subject) -> Outcome {
    let judge = Judge::of("an_offer_can_be_created");
    let mut request = subject.request();
    let offers = judge.ok(subject.provider().offers(&meeting(&request)).await, "offers")?;
    let Some(offer) = offers.into_iter().find(|offer| offer.availability != Availability::Count(0)) else {
        return Err(judge.broken("an offer for a wish that can be met", "none"));
    };
    let own = offer.provider == *subject.provider().id();
    judge.that(own, "offers of this account", format!("one of `{}`", offer.provider))?;
    choose(&mut request, offer);
    let handle = subject.create_this(judge, &request).await?;
    subject.until_running(judge, &handle).await?;
    KEPT
}

/// The query that this request's offers meet.
fn meeting(request: &CreateRequest) -> OfferQuery {
    OfferQuery {
        countries: request.location.countries.clone(),
        zone: request.location.zone.clone(),
        charge: Some(request.charge),
        disk_gib: request.disk_gib,
        ..fitting(&request.machine)
    }
}

/// Makes this very offer wanted.
fn choose(request: &mut CreateRequest, offer: Offer) {
    request.machine = MachineWish::Offer(offer.id);
    if offer.location.zone.is_some() {
        request.location = LocationWish { countries: Vec::new(), zone: offer.location.zone };
    }
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
        OfferQuery { offer: Some(first.id.clone()), ..every.clone() },
        OfferQuery { offer: Some(OfferId("no-such-offer".to_owned())), ..every.clone() },
        OfferQuery { zone: Some("no-such-zone-0".to_owned()), ..every.clone() },
    ];
    queries.extend(
        first.location.country.map(|country| OfferQuery { countries: vec![country], ..every.clone() }),
    );
    queries.extend(first.location.zone.clone().map(|zone| OfferQuery { zone: Some(zone), ..every.clone() }));
    for query in queries {
        let some = judge.ok(subject.provider().offers(&query).await, "offers")?;
        let expected = names(all.iter().filter(|offer| query.admits(&offer.id, offer.size, &offer.location)));
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

/// What an offer's price comes to for the time that a machine of it ran is what the cloud charged, to the last digit.
///
/// # Errors
/// Where it is broken.
pub async fn a_quote_is_the_bill(subject: &Subject) -> Outcome {
    let judge = Judge::of("a_quote_is_the_bill");
    let mut request = subject.request();
    let offers = judge.ok(subject.provider().offers(&meeting(&request)).await, "offers")?;
    let fits = |offer: &Offer| offer.price.is_known() && offer.availability != Availability::Count(0);
    let Some(offer) = offers.into_iter().find(fits) else {
        return not_applicable("no price here is known");
    };
    let price = offer.price.clone();
    choose(&mut request, offer);
    let handle = subject.create_this(judge, &request).await?;
    let handle = subject.until_running(judge, &handle).await?;
    subject.end(judge, &handle).await?;
    let Some(bill) = subject.world().bill(request.marker).await else {
        return not_applicable("this world has no ledger that tells what a machine cost");
    };
    let run = Duration::try_from(bill.to.duration_since(bill.from)).unwrap_or_default();
    let quoted = price.total(bill.from, run);
    let same = quoted == Total::Exact(bill.charged);
    judge.that(same, format!("{} for {run:?} from {}", bill.charged, bill.from), format!("{quoted:?}"))?;
    KEPT
}
