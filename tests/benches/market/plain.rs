//! The floor: what somebody would write who has just these offers and just these ways to bill.

use std::path::Path;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use rust_decimal::{Decimal, RoundingStrategy};
use serde::Deserialize;
use vmbroker::{Alignment, Availability, Country, Currency, Due, Offer, OfferQuery, Question};

/// One offer with nothing that the question does not need.
pub(crate) struct Row {
    account: u8,
    pub(crate) id: String,
    zone: Option<String>,
    vcpus: u32,
    memory_mib: u64,
    country: Option<Country>,
    left: Option<u64>,
    currency: Currency,
    amounts: Vec<Decimal>,
    billed: Billed,
}

#[derive(Clone, Copy)]
enum Billed {
    Hours,
    DaysAt(i64),
    ShareOfMonth,
}

pub(crate) struct Place<'a> {
    pub(crate) total: Decimal,
    pub(crate) row: &'a Row,
}

impl Row {
    pub(crate) fn of(offer: &Offer) -> Self {
        let charge = &offer.price.charges()[0];
        let Due::Rate { billing, .. } = charge.due else { unreachable!("all are rates") };
        let billed = match billing.alignment {
            Alignment::Start => Billed::Hours,
            Alignment::Clock { offset_seconds } => Billed::DaysAt(i64::from(offset_seconds)),
            Alignment::CalendarMonth => Billed::ShareOfMonth,
        };
        let left = match offer.availability {
            Availability::Count(left) => Some(left),
            Availability::Unknown => None,
        };
        Self {
            account: offer.provider.as_str().as_bytes()[8],
            id: offer.id.0.clone(),
            zone: offer.location.zone.clone(),
            vcpus: offer.size.vcpus,
            memory_mib: offer.size.memory_mib,
            country: offer.location.country,
            left,
            currency: offer.price.currency().unwrap(),
            amounts: offer.price.charges().iter().map(|charge| charge.amount).collect(),
            billed,
        }
    }

    fn meets(&self, query: &OfferQuery) -> bool {
        query.vcpus.is_none_or(|vcpus| self.vcpus >= vcpus)
            && query.memory_mib.is_none_or(|memory| self.memory_mib >= memory)
            && (query.countries.is_empty() || self.country.is_some_and(|it| query.countries.contains(&it)))
            && self.left != Some(0)
    }

    fn total(&self, start: i64, end: i64) -> Decimal {
        self.amounts.iter().map(|amount| self.billed.cost(*amount, start, end)).sum()
    }
}

impl Billed {
    fn cost(self, amount: Decimal, start: i64, end: i64) -> Decimal {
        match self {
            Self::Hours => amount * Decimal::from((end - start + 3_599) / 3_600),
            Self::DaysAt(offset) => {
                let days = 1 + (end - offset).div_euclid(86_400) - (start - offset).div_euclid(86_400);
                amount * Decimal::from(days)
            }
            Self::ShareOfMonth => {
                let up = |value: Decimal| value.round_dp_with_strategy(2, RoundingStrategy::AwayFromZero);
                let mut first = start;
                let mut total = Decimal::ZERO;
                while first < end {
                    let day = date(first);
                    let next = day.first_of_month() + 1.month();
                    let next = next.to_zoned(TimeZone::UTC).unwrap().timestamp().as_second();
                    let until = next.min(end);
                    let last = until - i64::from(until == next);
                    let whole = day.day() == 1 && date(last).day() == day.days_in_month();
                    let days =
                        if whole { i64::from(day.days_in_month()) } else { (last - first) / 86_400 + 1 };
                    let share = up(Decimal::from(days) / Decimal::from(day.days_in_month()));
                    total += up(amount * share);
                    first = until;
                }
                total
            }
        }
    }
}

fn date(second: i64) -> Date {
    TimeZone::UTC.to_datetime(Timestamp::from_second(second).unwrap()).date()
}

/// Filter, quote, convert, sort.
pub(crate) fn rank<'a>(rows: &'a [Row], question: &Question) -> Vec<Place<'a>> {
    let euro = "EUR".parse().unwrap();
    let rate = Decimal::new(10_832, 4);
    let start = question.start.as_second();
    let end = start + i64::try_from(question.run.as_secs()).unwrap();
    let mut places = Vec::new();
    for row in rows {
        if row.meets(&question.query) {
            let mut total = row.total(start, end);
            if row.currency == euro {
                total *= rate;
            }
            places.push(Place { total, row });
        }
    }
    places.sort_unstable_by(|a, b| {
        let name = |place: &Place<'a>| (place.row.account, place.row.id.as_str(), place.row.zone.as_deref());
        a.total.cmp(&b.total).then_with(|| name(a).cmp(&name(b)))
    });
    places.truncate(question.limit.unwrap_or(usize::MAX));
    places
}

/// Reads a file's offers with nothing but serde_json.
pub(crate) fn read(path: &Path) -> usize {
    #[derive(Deserialize)]
    struct Snapshot {
        offers: Vec<Offer>,
    }
    let bytes = std::fs::read(path).unwrap();
    let body = bytes.iter().position(|byte| *byte == b'\n').unwrap();
    let snapshots: Vec<Snapshot> = serde_json::from_slice(&bytes[body..]).unwrap();
    snapshots.iter().map(|snapshot| snapshot.offers.len()).sum()
}
