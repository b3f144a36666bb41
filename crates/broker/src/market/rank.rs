//! Which offers meet a question, what each comes to, and which is cheapest. No I/O and no waiting.

mod judge;

use std::cmp::Ordering;
use std::sync::Arc;

use rust_decimal::Decimal;
use vmbroker_core::{Availability, Currency, Meter, Money, Offer, ProviderId, Total};

use super::snapshot::{Snapshot, by_name};
use super::{Conversion, ExchangeRates, Excluded, Exclusion, Question, Ranked, Seen, Unranked};
use judge::{Judge, Verdict};

/// What one account offers.
#[derive(Clone, Debug)]
pub(super) struct Look {
    pub(super) provider: ProviderId,
    pub(super) snapshot: Arc<Snapshot>,
    pub(super) cached: bool,
}

impl Look {
    pub(super) fn seen(&self) -> Seen {
        Seen { at: self.snapshot.at, cached: self.cached }
    }
}

/// All offers that meet a question, each in one place.
#[derive(Debug, Default)]
pub(super) struct Ranking {
    pub(super) currency: Option<Currency>,
    pub(super) ranked: Vec<Ranked>,
    pub(super) ranked_in_all: usize,
    pub(super) unranked: Vec<Unranked>,
    pub(super) excluded: Vec<Excluded>,
    pub(super) conversions: Vec<Conversion>,
    /// How many offers of each look meet the query.
    pub(super) meeting: Vec<usize>,
}

/// An offer that meets the query and has not sold out, with what the run comes to.
#[derive(Clone, Copy, Debug)]
struct Candidate<'a> {
    look: &'a Look,
    offer: &'a Arc<Offer>,
    total: Total,
}

/// A candidate with its place in the ranking.
#[derive(Clone, Copy, Debug)]
struct Place<'a> {
    converted: Decimal,
    total: Money,
    look: &'a Look,
    offer: &'a Arc<Offer>,
}

/// The looks are sorted by account.
pub(super) fn rank(question: &Question, looks: &[Look], rates: &ExchangeRates) -> Ranking {
    let mut ranking = Ranking::default();
    let candidates = candidates(question, looks, &mut ranking);
    ranking.currency = buyers_currency(question, &candidates);
    let mut judge = Judge::new(rates, ranking.currency, question.price_ceiling);
    let mut places = Vec::with_capacity(candidates.len());
    for Candidate { look, offer, total } in candidates {
        match judge.judge(&offer.price, total) {
            Verdict::Ranked { total, converted } => places.push(Place { converted, total, look, offer }),
            Verdict::Unranked { doubt, converted } => {
                let (offer, seen) = (Arc::clone(offer), look.seen());
                ranking.unranked.push(Unranked { offer, total, converted, doubt, seen });
            }
            Verdict::Excluded(why) => {
                ranking.excluded.push(Excluded { offer: Arc::clone(offer), why, seen: look.seen() });
            }
        }
    }
    ranking.conversions = judge.into_conversions();
    ranking.ranked_in_all = places.len();
    if let Some(currency) = ranking.currency {
        ranking.ranked = cheapest_first(&places, question.limit, currency);
    }
    ranking.unranked.sort_by(by_known_amount);
    ranking.excluded.sort_by(|a, b| by_name(&a.offer, &b.offer));
    ranking
}

/// What meets the query, with its totals; what has sold out goes to the excluded.
fn candidates<'a>(question: &Question, looks: &'a [Look], ranking: &mut Ranking) -> Vec<Candidate<'a>> {
    let mut candidates = Vec::new();
    let mut meter = Meter::new(question.start, question.run);
    for look in looks {
        let before = candidates.len() + ranking.excluded.len();
        for offer in look.snapshot.meeting(&question.query) {
            if offer.availability == Availability::Count(0) {
                let (offer, why) = (Arc::clone(offer), Exclusion::SoldOut);
                ranking.excluded.push(Excluded { offer, why, seen: look.seen() });
            } else {
                let total = meter.total(&offer.price);
                candidates.push(Candidate { look, offer, total });
            }
        }
        ranking.meeting.push(candidates.len() + ranking.excluded.len() - before);
    }
    candidates
}

/// The currency to compare in: as asked, else that of the ceiling, else the only one there is, else USD.
fn buyers_currency(question: &Question, candidates: &[Candidate<'_>]) -> Option<Currency> {
    let asked = question.currency.or(question.price_ceiling.map(|ceiling| ceiling.currency));
    if asked.is_some() {
        return asked;
    }
    let mut currencies = candidates.iter().filter_map(|candidate| match candidate.total {
        Total::Exact(money) | Total::AtLeast(money) => Some(money.currency),
        Total::Unknown => None,
    });
    let first = currencies.next()?;
    Some(if currencies.all(|other| other == first) { first } else { Currency::USD })
}

/// The cheapest, as many as are wanted; only those are sorted and shared.
fn cheapest_first(places: &[Place<'_>], limit: Option<usize>, currency: Currency) -> Vec<Ranked> {
    let order = match scaled(places) {
        Some(keys) => order(keys, limit),
        None => order(places.iter().map(|place| place.converted).collect(), limit),
    };
    let ranked = |(place, offer): (&Place<'_>, Arc<Offer>)| {
        let converted = Money::new(place.converted, currency);
        Ranked { offer, total: place.total, converted, seen: place.look.seen() }
    };
    if order.len() < places.len() {
        let few = order.into_iter().map(|at| (&places[at], Arc::clone(places[at].offer)));
        return few.map(ranked).collect();
    }
    // All are shared in the order in which they lie in memory: in the order of their totals it takes twice as long.
    let mut offers: Vec<_> = places.iter().map(|place| Some(Arc::clone(place.offer))).collect();
    order.into_iter().filter_map(|at| offers[at].take().map(|offer| ranked((&places[at], offer)))).collect()
}

/// All totals as whole numbers of one small unit, which are faster to compare; absent where they have too many digits.
fn scaled(places: &[Place<'_>]) -> Option<Vec<i128>> {
    let scale = places.iter().map(|place| place.converted.scale()).max()?;
    let whole = |amount: Decimal| {
        10_i128.checked_pow(scale - amount.scale()).and_then(|unit| amount.mantissa().checked_mul(unit))
    };
    places.iter().map(|place| whole(place.converted)).collect()
}

/// Which places come first by these keys, as many as are wanted. Equal ones stay as they are: by account, because the
/// looks are, and by offer, because a snapshot is.
fn order<K: Ord + Copy>(keys: Vec<K>, limit: Option<usize>) -> Vec<usize> {
    let mut order: Vec<(K, usize)> = keys.into_iter().zip(0..).collect();
    if let Some(limit) = limit.filter(|limit| *limit < order.len()) {
        if limit > 0 {
            order.select_nth_unstable(limit - 1);
        }
        order.truncate(limit);
    }
    order.sort_unstable();
    order.into_iter().map(|(_, at)| at).collect()
}

fn by_known_amount(a: &Unranked, b: &Unranked) -> Ordering {
    let amount = |it: &Unranked| it.converted.map(|money| money.amount);
    match (amount(a), amount(b)) {
        (Some(a), Some(b)) => a.cmp(&b),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => Ordering::Equal,
    }
    .then_with(|| by_name(&a.offer, &b.offer))
}

#[cfg(test)]
mod tests;
