use std::collections::BTreeSet;
use std::time::Duration;

use fastrand::Rng;
use vmbroker_core::{
    Alignment, Billing, Charge, ChargeType, Location, OfferId, OfferQuery, Period, Price, Size,
};

use super::*;

const SEEDS: u64 = 300;

fn currency(random: &mut Rng) -> Currency {
    let codes = ["USD", "USDC", "EUR", "NOK"];
    codes[random.usize(..codes.len())].parse().unwrap()
}

fn price(random: &mut Rng) -> Price {
    // Few different amounts, so that equal totals come up.
    let amount = Decimal::new(random.i64(-1..8), random.u32(0..3));
    let increments = [Period::SECOND, Period::HOUR, Period::DAY, Period::MONTH];
    let mut billing = Billing::begun(increments[random.usize(..4)]);
    if random.u8(..4) == 0 {
        billing.alignment = Alignment::Clock { offset_seconds: 0 };
    }
    let mut charges = vec![Charge::rate("machine", amount, increments[random.usize(1..4)], billing)];
    if random.u8(..3) == 0 {
        charges.push(Charge::once("setup", Decimal::new(random.i64(0..3), 1)));
    }
    let price = Price::new(currency(random), charges);
    if random.u8(..5) == 0 { price.and_unknown("traffic") } else { price }
}

fn offer(random: &mut Rng, number: usize) -> Offer {
    let countries = ["DE", "FR", "US"];
    let country = (random.u8(..5) > 0).then(|| countries[random.usize(..3)].parse().unwrap());
    Offer {
        provider: "any".parse().unwrap(),
        id: OfferId(format!("offer-{number}")),
        size: Size { vcpus: 1 << random.u32(..4), memory_mib: 1_024 << random.u32(..4) },
        disk_gib: None,
        location: Location { country, ..Location::default() },
        charge: if random.bool() { ChargeType::PayAsYouGo } else { ChargeType::Prepaid { months: 1 } },
        price: price(random),
        availability: if random.u8(..6) == 0 { Availability::Count(0) } else { Availability::Unknown },
        extras: Default::default(),
    }
}

/// Some accounts, a question and some rates.
fn world(random: &mut Rng) -> (Vec<Look>, Question, ExchangeRates) {
    let at = "2026-03-01T12:00:00Z".parse().unwrap();
    let look = |account: usize, random: &mut Rng| {
        let provider: ProviderId = format!("account-{account}").parse().unwrap();
        let offers = (0..random.usize(..30)).map(|number| offer(random, number)).collect();
        let snapshot = Snapshot::new(&provider, OfferQuery::default(), at, offers);
        Look { provider, snapshot: Arc::new(snapshot), cached: random.bool() }
    };
    let looks = (0..random.usize(1..5)).map(|account| look(account, random)).collect();
    let query = OfferQuery {
        vcpus: random.bool().then(|| random.u32(1..5)),
        countries: if random.bool() { vec!["DE".parse().unwrap()] } else { Vec::new() },
        ..OfferQuery::default()
    };
    let run = Duration::from_secs(random.u64(0..40 * 86_400));
    let mut question = Question::new(query, at, run);
    question.currency = random.bool().then(|| currency(random));
    question.price_ceiling =
        (random.u8(..3) == 0).then(|| Money::new(Decimal::new(random.i64(1..500), 1), currency(random)));
    let pairs =
        [("EUR", "USD", "1.1"), ("USD", "NOK", "10.3"), ("USDC", "USD", "0.99"), ("EUR", "NOK", "11.7")];
    let rate = |(from, to, rate): (&str, &str, &str)| super::super::ExchangeRate {
        from: from.parse().unwrap(),
        to: to.parse().unwrap(),
        rate: rate.parse().unwrap(),
        date: Some("2026-02-27".parse().unwrap()),
        source: "a bank".to_owned(),
    };
    let rates = pairs.into_iter().filter(|_| random.bool()).map(rate);
    (looks, question, ExchangeRates::new(rates.collect::<Vec<_>>()).unwrap())
}

fn key(offer: &Offer) -> (String, String) {
    (offer.provider.to_string(), offer.id.to_string())
}

/// What breaks the laws of a ranking, if anything: judged from the offers, not from how the ranking was made.
fn complaint(
    looks: &[Look],
    question: &Question,
    rates: &ExchangeRates,
    ranking: &Ranking,
) -> Option<String> {
    let wanted: BTreeSet<_> = looks
        .iter()
        .flat_map(|look| look.snapshot.offers())
        .filter(|offer| question.query.admits(&offer.id, offer.size, &offer.location))
        .filter(|offer| offer.charge == ChargeType::PayAsYouGo)
        .map(|offer| key(offer))
        .collect();
    let places = ranking.ranked.iter().map(|it| &it.offer);
    let places = places.chain(ranking.unranked.iter().map(|it| &it.offer));
    let mut found: Vec<_> =
        places.chain(ranking.excluded.iter().map(|it| &it.offer)).map(|offer| key(offer)).collect();
    found.sort();
    if !found.iter().eq(wanted.iter()) {
        return Some(format!("{found:?} instead of {wanted:?}"));
    }
    for ranked in &ranking.ranked {
        let total = ranked.offer.price.total(question.start, question.run).exact();
        let currency = ranking.currency?;
        let conversion = rates.conversion(ranked.total.currency, currency);
        let right = total == Some(ranked.total)
            && conversion.and_then(|it| it.apply(ranked.total)) == Some(ranked.converted)
            && ranked.converted.amount > Decimal::ZERO
            && ranked.offer.availability != Availability::Count(0);
        if !right {
            return Some(format!("{ranked:?} did not earn its place"));
        }
        let (Some(ceiling), Some(total)) = (question.price_ceiling, total) else { continue };
        let known = rates.conversion(total.currency, ceiling.currency).and_then(|it| it.apply(total));
        if known.is_none_or(|total| total.amount > ceiling.amount) {
            return Some(format!("{ranked:?} is not known to be below the limit"));
        }
    }
    let order = |it: &Ranked| (it.converted.amount, key(&it.offer));
    let sorted = ranking.ranked.windows(2).all(|pair| order(&pair[0]) < order(&pair[1]));
    if !sorted {
        return Some("a dearer offer stands before a cheaper one".to_owned());
    }
    let after = |pair: &[Unranked]| pair[0].converted.is_some() || pair[1].converted.is_none();
    (!ranking.unranked.windows(2).all(after)).then(|| "what is known in part comes first".to_owned())
}

#[test]
fn every_offer_has_one_place_and_the_ranking_is_earned() {
    let mut shown = [0; 3];
    for seed in 0..SEEDS {
        let (looks, question, rates) = world(&mut Rng::with_seed(seed));
        let ranking = rank(&question, &looks, &rates);
        assert_eq!(complaint(&looks, &question, &rates, &ranking), None, "seed {seed}");
        assert_eq!(ranking.meeting.iter().sum::<usize>(), total(&ranking), "seed {seed}");
        shown[0] += ranking.ranked.len();
        shown[1] += ranking.unranked.len();
        shown[2] += ranking.excluded.len();
    }
    assert!(shown.iter().all(|count| *count > 300), "the worlds show something: {shown:?}");
}

fn total(ranking: &Ranking) -> usize {
    ranking.ranked_in_all + ranking.unranked.len() + ranking.excluded.len()
}

#[test]
fn a_broken_ranking_is_noticed() {
    type Break = fn(&mut Ranking);
    let breaks: [(&str, Break); 5] = [
        ("an offer is dropped", |ranking| drop(ranking.ranked.pop())),
        ("the order is reversed", |ranking| ranking.ranked.reverse()),
        ("a total is another", |ranking| {
            ranking.ranked.iter_mut().for_each(|it| it.total.amount += Decimal::ONE);
        }),
        ("one is for nothing", |ranking| {
            ranking.ranked.iter_mut().for_each(|it| it.converted.amount = Decimal::ZERO);
        }),
        ("an offer is there twice", |ranking| ranking.excluded.extend_from_within(..)),
    ];
    for (name, destroy) in breaks {
        let noticed = (0..SEEDS).any(|seed| {
            let (looks, question, rates) = world(&mut Rng::with_seed(seed));
            let mut ranking = rank(&question, &looks, &rates);
            destroy(&mut ranking);
            complaint(&looks, &question, &rates, &ranking).is_some()
        });
        assert!(noticed, "{name}");
    }
}

#[test]
fn the_ranking_is_the_same_whatever_order_the_offers_come_in() {
    for seed in 0..SEEDS {
        let mut random = Rng::with_seed(seed);
        let (looks, question, rates) = world(&mut random);
        let shuffled = |look: &Look, random: &mut Rng| {
            let mut offers: Vec<Offer> = look.snapshot.offers().iter().map(|it| (**it).clone()).collect();
            random.shuffle(&mut offers);
            let snapshot = Snapshot::new(&look.provider, OfferQuery::default(), look.snapshot.at, offers);
            Look { snapshot: Arc::new(snapshot), ..look.clone() }
        };
        let others: Vec<Look> = looks.iter().map(|look| shuffled(look, &mut random)).collect();
        let (one, other) = (rank(&question, &looks, &rates), rank(&question, &others, &rates));
        assert_eq!(one.ranked, other.ranked, "seed {seed}");
        assert_eq!(one.unranked, other.unranked, "seed {seed}");
        assert_eq!(one.excluded, other.excluded, "seed {seed}");
    }
}

#[test]
fn a_limit_keeps_the_cheapest_and_says_how_many_there_are() {
    for seed in 0..SEEDS {
        let mut random = Rng::with_seed(seed);
        let (looks, question, rates) = world(&mut random);
        let all = rank(&question, &looks, &rates);
        let limit = random.usize(..12);
        let some = rank(&Question { limit: Some(limit), ..question }, &looks, &rates);
        assert_eq!(some.ranked[..], all.ranked[..limit.min(all.ranked.len())], "seed {seed}");
        assert_eq!((some.ranked_in_all, total(&some)), (all.ranked.len(), total(&all)), "seed {seed}");
    }
}

#[test]
fn totals_that_are_too_far_apart_for_one_unit_are_sorted_all_the_same() {
    let at = "2026-03-01T12:00:00Z".parse().unwrap();
    let once = |id: &str, amount: &str| {
        let amount = vmbroker_core::exact(amount).unwrap();
        Offer { price: Price::new(Currency::USD, vec![Charge::once("setup", amount)]), ..plain(id) }
    };
    let offers = vec![once("much", "7e27"), once("some", "1"), once("little", "1e-28"), once("more", "2.50")];
    let provider: ProviderId = "a".parse().unwrap();
    let snapshot = Arc::new(Snapshot::new(&provider, OfferQuery::default(), at, offers));
    let looks = [Look { provider, snapshot, cached: false }];
    let question = Question::new(OfferQuery::default(), at, Duration::from_secs(60));
    let ranking = rank(&question, &looks, &ExchangeRates::default());
    let ids: Vec<&str> = ranking.ranked.iter().map(|it| it.offer.id.0.as_str()).collect();
    assert_eq!(ids, ["little", "some", "more", "much"]);
}

#[test]
fn a_ranking_flips_with_the_run_time() {
    let at = "2026-03-01T17:50:00Z".parse().unwrap();
    let rate = |amount: &str, per, billing| {
        Price::new(Currency::USD, vec![Charge::rate("machine", amount.parse().unwrap(), per, billing)])
    };
    let daily = Offer {
        price: rate("0.5", Period::DAY, Billing::at_the_clock(Period::DAY, 64_500)),
        ..plain("daily")
    };
    let hourly = Offer { price: rate("0.05", Period::HOUR, Billing::begun(Period::HOUR)), ..plain("hourly") };
    let provider: ProviderId = "a".parse().unwrap();
    let snapshot = Arc::new(Snapshot::new(&provider, OfferQuery::default(), at, vec![daily, hourly]));
    let looks = [Look { provider, snapshot, cached: false }];
    let rows = [
        (600, [("hourly", "0.05"), ("daily", "1.0")]),
        (30 * 86_400, [("daily", "15.5"), ("hourly", "36.00")]),
    ];
    for (seconds, wanted) in rows {
        let question = Question::new(OfferQuery::default(), at, Duration::from_secs(seconds));
        let ranking = rank(&question, &looks, &ExchangeRates::default());
        let found: Vec<(&str, String)> = ranking
            .ranked
            .iter()
            .map(|it| (it.offer.id.0.as_str(), it.converted.amount.to_string()))
            .collect();
        assert_eq!(found, wanted.map(|(id, amount)| (id, amount.to_owned())));
        assert!(ranking.conversions.is_empty(), "nothing was converted");
    }
}

fn plain(id: &str) -> Offer {
    let mut random = Rng::with_seed(1);
    let offer = offer(&mut random, 0);
    let (charge, availability) = (ChargeType::PayAsYouGo, Availability::Unknown);
    Offer { id: OfferId(id.to_owned()), charge, availability, ..offer }
}
