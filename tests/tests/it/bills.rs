//! Worked bills: each was calculated by hand, and is billed by a simulated cloud that counts in its own way.

use std::time::Duration;

use jiff::Timestamp;
use rust_decimal::Decimal;
use vmbroker_core::{Billing, Charge, Clock, Currency, Period, Price, Unit};
use vmbroker_sim::{Billing as SimBilling, Cloud, Place, SimOffer};

const MINUTE: u64 = 60;
const HOUR: u64 = 3_600;
const DAY: u64 = 86_400;

/// One kind of billing: our words for it, and the simulated cloud's.
struct Kind {
    amount: &'static str,
    per: Period,
    ours: Billing,
    theirs: SimBilling,
}

fn kind(amount: &'static str, per: Period, ours: Billing, theirs: SimBilling) -> Kind {
    Kind { amount, per, ours, theirs }
}

fn whole_days() -> Kind {
    kind("0.30698", Period::DAY, Billing::at_the_clock(Period::DAY, 64_500), SimBilling::WholeDays)
}

fn begun_hours() -> Kind {
    kind("0.63", Period::HOUR, Billing::begun(Period::HOUR), SimBilling::StartedHours)
}

fn capped_hours() -> Kind {
    let cap = Some(Decimal::from(7));
    let ours = Billing { cap, ..Billing::begun(Period::HOUR) };
    kind("0.01", Period::HOUR, ours, SimBilling::CappedHours(700))
}

fn seconds() -> Kind {
    let ours = Billing { minimum_seconds: 60, ..Billing::begun(Period::SECOND) };
    kind("0.0001", Period::SECOND, ours, SimBilling::Seconds(60))
}

fn term(months: u32) -> Kind {
    let months_long = Period::new(months, Unit::Month);
    kind("13.3", months_long, Billing::begun(months_long), SimBilling::Term(months))
}

fn plan(amount: &'static str, per: Period, increment: Period, theirs: SimBilling) -> Kind {
    kind(amount, per, Billing::monthly(increment), theirs)
}

/// (kind, start, run time in seconds, total).
fn rows() -> Vec<(Kind, &'static str, u64, &'static str)> {
    let hours = || plan("0.05", Period::HOUR, Period::HOUR, SimBilling::MonthlyHours);
    let days = || plan("1.25", Period::DAY, Period::DAY, SimBilling::MonthlyDays);
    let share = || plan("26.25", Period::MONTH, Period::DAY, SimBilling::MonthlyShare);
    vec![
        // Fluence: a day at creation, and one at each 17:55 UTC.
        (whole_days(), "2026-03-01T10:00:00Z", 40 * MINUTE, "0.30698"),
        (whole_days(), "2026-03-01T17:50:00Z", 10 * MINUTE, "0.61396"),
        (whole_days(), "2026-03-01T17:54:58Z", 1, "0.30698"),
        (whole_days(), "2026-03-01T17:54:59Z", 1, "0.61396"),
        (whole_days(), "2026-03-01T17:55:00Z", DAY - 1, "0.30698"),
        (whole_days(), "2026-03-01T17:55:00Z", DAY, "0.61396"),
        (whole_days(), "2026-03-01T17:56:00Z", DAY, "0.61396"),
        (whole_days(), "2026-03-01T00:00:00Z", 30 * DAY, "9.51638"),
        (whole_days(), "2026-12-31T18:00:00Z", DAY, "0.61396"),
        (whole_days(), "2028-02-28T18:00:00Z", 2 * DAY, "0.92094"),
        // Zenlayer: each hour begun.
        (begun_hours(), "2026-03-01T10:20:00Z", 1, "0.63"),
        (begun_hours(), "2026-03-01T10:20:00Z", 40 * MINUTE, "0.63"),
        (begun_hours(), "2026-03-01T10:20:00Z", HOUR, "0.63"),
        (begun_hours(), "2026-03-01T10:20:00Z", HOUR + 1, "1.26"),
        (begun_hours(), "2026-01-31T23:30:00Z", 2 * HOUR, "1.26"),
        (begun_hours(), "2026-03-01T00:00:00Z", 30 * DAY, "453.6"),
        // An hour's rate with a limit for each calendar month: 700 hours.
        (capped_hours(), "2026-01-01T00:00:00Z", 700 * HOUR, "7"),
        (capped_hours(), "2026-01-01T00:00:00Z", 31 * DAY, "7"),
        (capped_hours(), "2026-01-01T00:00:00Z", 31 * DAY + 1, "7.01"),
        (capped_hours(), "2026-01-31T12:00:00Z", 28 * DAY, "6.72"),
        (capped_hours(), "2026-01-31T12:30:00Z", 30 * DAY, "7.2"),
        (capped_hours(), "2026-01-15T00:00:00Z", 60 * DAY, "14.4"),
        (capped_hours(), "2026-03-01T00:00:00Z", 45 * DAY, "10.36"),
        // Each second, at least a minute.
        (seconds(), "2026-03-01T10:00:00Z", 1, "0.006"),
        (seconds(), "2026-03-01T10:00:00Z", 59, "0.006"),
        (seconds(), "2026-03-01T10:00:00Z", 61, "0.0061"),
        (seconds(), "2026-03-01T10:00:00Z", DAY, "8.64"),
        // Zenlayer prepaid: whole terms from the start.
        (term(1), "2026-03-01T10:00:00Z", 40 * MINUTE, "13.3"),
        (term(1), "2026-03-01T10:00:00Z", 31 * DAY, "13.3"),
        (term(1), "2026-03-01T10:00:00Z", 31 * DAY + 1, "26.6"),
        (term(1), "2026-01-31T10:00:00Z", 28 * DAY, "13.3"),
        (term(1), "2026-01-31T10:00:00Z", 28 * DAY + 1, "26.6"),
        (term(3), "2026-01-15T00:00:00Z", 90 * DAY, "13.3"),
        (term(3), "2026-01-15T00:00:00Z", 90 * DAY + 1, "26.6"),
        (term(12), "2026-01-15T00:00:00Z", DAY, "13.3"),
        // Waldur, plan per hour: hours begin anew on the first of a month.
        (hours(), "2026-03-01T10:20:00Z", 40 * MINUTE, "0.05"),
        (hours(), "2026-01-31T23:30:00Z", HOUR, "0.1"),
        (hours(), "2026-01-31T23:30:00Z", 2 * HOUR, "0.15"),
        (hours(), "2026-03-01T00:00:00Z", 30 * DAY, "36"),
        // Waldur, plan per day.
        (days(), "2026-03-01T10:20:00Z", 1, "1.25"),
        (days(), "2026-03-01T10:20:00Z", DAY + 1, "2.5"),
        (days(), "2026-01-31T23:30:00Z", HOUR, "2.5"),
        // Waldur rounds the line of each month up to the hundredth.
        (
            plan("0.012", Period::HOUR, Period::HOUR, SimBilling::MonthlyHours),
            "2026-03-31T23:30:00Z",
            HOUR,
            "0.04",
        ),
        (
            plan("0.012", Period::HOUR, Period::HOUR, SimBilling::MonthlyHours),
            "2026-03-01T10:00:00Z",
            6 * HOUR,
            "0.08",
        ),
        // Waldur, plan per month: the days begun as a share, rounded up to the hundredth.
        (share(), "2026-01-10T23:50:00Z", 40 * MINUTE, "1.05"),
        (share(), "2026-01-10T12:00:00Z", DAY, "1.84"),
        (share(), "2026-01-01T12:00:00Z", 30 * DAY, "26.25"),
        (share(), "2026-01-01T00:00:00Z", 31 * DAY, "26.25"),
        (share(), "2026-01-10T12:00:00Z", 40 * MINUTE, "1.05"),
        (share(), "2026-02-27T12:00:00Z", 2 * DAY, "3.15"),
        (share(), "2026-01-16T00:00:00Z", 16 * DAY, "13.65"),
        (share(), "2026-01-16T00:00:00Z", 16 * DAY + 1, "14.7"),
        (share(), "2026-01-01T00:00:00Z", 59 * DAY, "52.5"),
    ]
}

/// What the simulated cloud bills.
fn billed(kind: &Kind, start: Timestamp, run: Duration) -> Decimal {
    let clock = Clock::simulated(start, 1);
    let place = Place { country: "FR", city: "Paris", zone: "PAR-A" };
    let offer = SimOffer::new("offer", 2, 4_096, 25, place, kind.amount, "USD", kind.theirs, 1);
    let cloud = Cloud::new(clock.clone(), 1, vec![offer.clone()]);
    cloud.account().profile.delete = Duration::ZERO;
    let machine = cloud.account().accept("1".to_owned(), "one", &offer, cloud.now(), None);
    clock.step(run);
    let now = cloud.now();
    cloud.account().remove(machine, now, None);
    let ledger = cloud.ledger();
    assert_eq!(ledger.open().count(), 0);
    ledger.total()
}

#[tokio::test(start_paused = true)]
async fn each_worked_bill_is_quoted_and_billed_to_the_last_digit() {
    let rows = rows();
    assert!(rows.len() >= 40, "{} rows", rows.len());
    for (kind, start, run, wanted) in rows {
        let (start, run): (Timestamp, _) = (start.parse().unwrap(), Duration::from_secs(run));
        let charge = Charge::rate("machine", kind.amount.parse().unwrap(), kind.per, kind.ours);
        let quoted = Price::new(Currency::USD, vec![charge]).total(start, run).exact().unwrap().amount;
        let row = format!("{:?} from {start} for {run:?}", kind.theirs);
        assert_eq!(quoted.normalize().to_string(), wanted, "quoted: {row}");
        assert_eq!(billed(&kind, start, run).normalize().to_string(), wanted, "billed: {row}");
    }
}

#[tokio::test(start_paused = true)]
async fn any_run_is_quoted_as_it_is_billed() {
    let seed = 20_260_301;
    let mut random = fastrand::Rng::with_seed(seed);
    let kinds = || {
        [
            whole_days(),
            begun_hours(),
            capped_hours(),
            seconds(),
            term(1),
            term(3),
            plan("0.05", Period::HOUR, Period::HOUR, SimBilling::MonthlyHours),
            plan("1.25", Period::DAY, Period::DAY, SimBilling::MonthlyDays),
            plan("26.25", Period::MONTH, Period::DAY, SimBilling::MonthlyShare),
        ]
    };
    for _ in 0..300 {
        let start = Timestamp::from_second(1_767_225_600 + random.i64(0..94_608_000)).unwrap();
        let longest = [HOUR, 3 * DAY, 100 * DAY][random.usize(0..3)];
        let run = Duration::from_secs(random.u64(1..longest));
        for kind in kinds() {
            let charge = Charge::rate("machine", kind.amount.parse().unwrap(), kind.per, kind.ours);
            let quoted = Price::new(Currency::USD, vec![charge]).total(start, run).exact().unwrap().amount;
            let row = format!("{:?} from {start} for {run:?}, seed {seed}", kind.theirs);
            assert_eq!(quoted, billed(&kind, start, run), "{row}");
        }
    }
}
