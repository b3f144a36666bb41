use super::*;
use crate::{Currency, Unit};

const HALF_AN_HOUR: u64 = 1_800;
const HOUR: u64 = 3_600;
const DAY: u64 = 86_400;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn price(amount: &str, per: Period, billing: Billing) -> Price {
    Price::new(Currency::USD, vec![Charge::rate("machine", decimal(amount), per, billing)])
}

fn total(price: &Price, start: &str, seconds: u64) -> String {
    price.total(at(start), Duration::from_secs(seconds)).exact().unwrap().amount.normalize().to_string()
}

/// One price of each kind of billing, all at different rates.
fn kinds() -> Vec<Price> {
    let capped = Billing { cap: Some(decimal("10")), ..Billing::begun(Period::HOUR) };
    let capped_clock = Billing { cap: Some(decimal("3")), ..Billing::at_the_clock(Period::DAY, 64_500) };
    let minimum = Billing { minimum_seconds: 600, ..Billing::begun(Period::SECOND) };
    let committed = Billing { commitment_months: 2, ..Billing::begun(Period::HOUR) };
    let month = |count| Period::new(count, Unit::Month);
    vec![
        price("0.024", Period::HOUR, Billing::begun(Period::HOUR)),
        price("0.012", Period::HOUR, Billing::begun(Period::SECOND)),
        price("0.07", Period::HOUR, Billing::begun(Period::MINUTE)),
        price("0.5", Period::HOUR, minimum),
        price("0.30698", Period::DAY, Billing::at_the_clock(Period::DAY, 64_500)),
        price("0.76", Period::HOUR, Billing::at_the_clock(Period::HOUR, 0)),
        price("0.05", Period::HOUR, Billing::monthly(Period::HOUR)),
        price("1.1", Period::DAY, Billing::monthly(Period::DAY)),
        price("26.25", Period::MONTH, Billing::monthly(Period::DAY)),
        price("26.25", Period::MONTH, Billing::monthly(Period::MONTH)),
        price("13.3", month(3), Billing::begun(month(3))),
        price("9", Period::MONTH, Billing::at_the_clock(Period::MONTH, 0)),
        price("30", Period::MONTH, Billing::begun(Period::HOUR)),
        price("0.02", Period::HOUR, capped),
        price("0.5", Period::DAY, capped_clock),
        price("0.01", Period::HOUR, committed),
    ]
}

fn random_start(random: &mut Random) -> Timestamp {
    // Whole days, boundaries and ends of months come up as often as anything else.
    let second = 1_767_225_600 + random.below(3 * 366 * DAY);
    let rounded = match random.below(4) {
        0 => second,
        1 => second / DAY * DAY,
        2 => second / DAY * DAY + 64_500,
        _ => second / HOUR * HOUR,
    };
    Timestamp::from_second(i64::try_from(rounded).unwrap()).unwrap()
}

fn random_run(random: &mut Random) -> u64 {
    match random.below(5) {
        0 => random.below(100),
        1 => random.below(2 * DAY),
        2 => random.below(90) * DAY,
        3 => random.below(200 * DAY),
        _ => random.below(100) * HOUR,
    }
}

/// Small numbers from a seed: core has no random numbers of its own.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

#[test]
fn more_time_never_costs_less() {
    let mut random = Random(1);
    for price in kinds() {
        for _ in 0..2_000 {
            let (start, short) = (random_start(&mut random), random_run(&mut random));
            let long = short + random_run(&mut random);
            let cost = |run| price.total(start, Duration::from_secs(run)).exact().unwrap().amount;
            assert!(cost(short) <= cost(long), "{price} from {start}: {short} s against {long} s");
        }
    }
}

#[test]
fn a_meter_tells_the_same_for_many_prices_as_each_alone() {
    let mut random = Random(11);
    let kinds = kinds();
    for _ in 0..200 {
        let (start, run) = (random_start(&mut random), Duration::from_secs(random_run(&mut random)));
        let mut meter = Meter::new(start, run);
        for price in kinds.iter().chain(kinds.iter().rev()) {
            assert_eq!(meter.total(price), price.total(start, run), "{start} {run:?} {price}");
        }
        assert_eq!(meter.rules.len(), kinds.len(), "what is billed alike is counted once");
    }
}

#[test]
fn a_bill_is_the_sum_of_its_parts_where_one_piece_ends() {
    let mut random = Random(2);
    let cost = |price: &Price, start: Timestamp, run: u64| {
        price.total(start, Duration::from_secs(run)).exact().unwrap().amount
    };
    let later = |start: Timestamp, seconds: u64| start.checked_add(Duration::from_secs(seconds)).unwrap();
    let whole_hours = price("0.024", Period::HOUR, Billing::begun(Period::HOUR));
    let clock = price("0.30698", Period::DAY, Billing::at_the_clock(Period::DAY, 64_500));
    for _ in 0..2_000 {
        let start = random_start(&mut random);
        let (first, second) = (HOUR * (1 + random.below(100)), 1 + random_run(&mut random));
        let parts = cost(&whole_hours, start, first) + cost(&whole_hours, later(start, first), second);
        assert_eq!(cost(&whole_hours, start, first + second), parts, "{start} {first} {second}");

        // At a boundary of the clock the second part pays its own start: that is the piece counted twice.
        let to_boundary = 64_500 + DAY - start.as_second().rem_euclid(86_400).unsigned_abs();
        let parts = cost(&clock, start, to_boundary) + cost(&clock, later(start, to_boundary), second);
        assert_eq!(cost(&clock, start, to_boundary + second) + decimal("0.30698"), parts, "{start} {second}");
    }
    // Calendar months are billed apart from each other, whatever the increment.
    for billing in [Billing::monthly(Period::HOUR), Billing::monthly(Period::DAY)] {
        let monthly = price("0.24", Period::DAY, billing);
        let (start, boundary) = (at("2026-01-20T10:30:00Z"), at("2026-02-01T00:00:00Z"));
        let first = boundary.duration_since(start).as_secs().unsigned_abs();
        for second in [1, 5_000, 20 * DAY] {
            let parts = cost(&monthly, start, first) + cost(&monthly, boundary, second);
            assert_eq!(cost(&monthly, start, first + second), parts);
        }
    }
}

#[test]
fn nothing_is_rounded_before_the_last_step() {
    let seconds = Billing::begun(Period::SECOND);
    let third = |item| Charge::rate(item, decimal("0.01"), Period::HOUR, seconds);
    let thirds = Price::new(Currency::USD, vec![third("a"), third("b"), third("c")]);
    // A second costs 0.01 / 3,600 three times: 1,200 seconds come to 0.01, to the last digit.
    assert_eq!(total(&thirds, "2026-03-01T00:00:00Z", 1_200), "0.01");
    let alone = price("0.01", Period::HOUR, seconds);
    assert_eq!(total(&alone, "2026-03-01T00:00:00Z", 1), "0.0000027777777777777777777778");
    // A fraction is shortened before it is multiplied: what can be told is told, to the last of 28 digits.
    let huge = price("100000000000000000000000000", Period::HOUR, Billing::begun(Period::HOUR));
    assert_eq!(total(&huge, "2026-03-01T00:00:00Z", 600), "100000000000000000000000000");
    let long = price("0.1234567890123456789012345678", Period::HOUR, Billing::begun(Period::HOUR));
    assert_eq!(total(&long, "2026-03-01T00:00:00Z", 600), "0.1234567890123456789012345678");
    let mixed = Price::new(
        Currency::USD,
        vec![
            third("a"),
            Charge::rate("b", decimal("0.1"), Period::DAY, seconds),
            Charge::rate("c", decimal("1"), Period::MONTH, seconds),
            Charge::once("setup", decimal("2")),
        ],
    );
    assert_eq!(total(&mixed, "2026-03-01T00:00:00Z", 30 * DAY), "13.2");
}

#[test]
fn an_invoice_rounds_the_line_of_each_month_up() {
    let hourly = price("0.012", Period::HOUR, Billing::monthly(Period::HOUR));
    let rows = [
        // What was started is on the bill.
        ("2026-03-01T10:00:00Z", 0, "0.02"),
        ("2026-03-01T10:00:00Z", 1, "0.02"),
        ("2026-03-01T10:00:00Z", 5 * HOUR, "0.06"),
        ("2026-03-01T10:00:00Z", 6 * HOUR, "0.08"),
        // One hour in each of two months.
        ("2026-03-31T23:30:00Z", HOUR, "0.04"),
    ];
    for (start, run, wanted) in rows {
        assert_eq!(total(&hourly, start, run), wanted, "{start} {run}");
    }
    // Two lines are rounded each for itself.
    let line = |item| Charge::rate(item, decimal("0.012"), Period::HOUR, Billing::monthly(Period::HOUR));
    let both = Price::new(Currency::USD, vec![line("cores"), line("ram")]);
    assert_eq!(total(&both, "2026-03-01T10:00:00Z", 1), "0.04");
}

#[test]
fn a_share_of_a_month_counts_the_days_begun_from_the_start() {
    let share = price("31", Period::MONTH, Billing::monthly(Period::DAY));
    let rows = [
        // Over midnight is not two days.
        ("2026-03-10T23:50:00Z", 40 * 60, "1.24"),
        ("2026-03-10T12:00:00Z", DAY - 1, "1.24"),
        ("2026-03-10T12:00:00Z", DAY, "2.17"),
        ("2026-03-01T12:00:00Z", 29 * DAY, "30.07"),
        // From the first to the last day is the whole month, whatever the hour.
        ("2026-03-01T12:00:00Z", 29 * DAY + 12 * HOUR, "31"),
        ("2026-03-01T23:00:00Z", 31 * DAY, "32.24"),
        ("2026-03-02T00:00:00Z", 30 * DAY, "30.07"),
        ("2026-03-31T23:59:59Z", 0, "1.24"),
        ("2026-03-31T23:59:59Z", 1, "1.24"),
        ("2026-03-31T23:59:59Z", 2, "2.48"),
    ];
    for (start, run, wanted) in rows {
        assert_eq!(total(&share, start, run), wanted, "{start} {run}");
    }
}

#[test]
fn the_ranking_flips_with_the_run_time() {
    let fluence = price("0.30698", Period::DAY, Billing::at_the_clock(Period::DAY, 64_500));
    let hourly = price("0.024", Period::HOUR, Billing::begun(Period::HOUR));
    // Ten minutes from 17:50 on: two days there, one hour here.
    assert_eq!(total(&fluence, "2026-03-01T17:50:00Z", 600), "0.61396");
    assert_eq!(total(&hourly, "2026-03-01T17:50:00Z", 600), "0.024");
    assert_eq!(total(&fluence, "2026-03-01T18:00:00Z", 30 * DAY), "9.51638");
    assert_eq!(total(&hourly, "2026-03-01T18:00:00Z", 30 * DAY), "17.28");
}

#[test]
fn a_cap_a_minimum_and_a_commitment_hold() {
    let start = "2026-01-30T12:00:00Z";
    let capped = Billing { cap: Some(decimal("0.5")), ..Billing::begun(Period::HOUR) };
    let capped = price("0.02", Period::HOUR, capped);
    // 36 hours in January at 0.72 meet the cap; 5 in February do not.
    assert_eq!(total(&capped, start, 41 * HOUR), "0.6");
    assert_eq!(total(&capped, start, 36 * HOUR), "0.5");
    assert_eq!(total(&capped, start, 90 * DAY), "2");
    let minimum = Billing { minimum_seconds: 600, ..Billing::begun(Period::SECOND) };
    let minimum = price("0.36", Period::HOUR, minimum);
    assert_eq!(total(&minimum, start, 1), "0.06");
    assert_eq!(total(&minimum, start, 601), "0.0601");
    let committed = Billing { commitment_months: 1, ..Billing::begun(Period::HOUR) };
    let committed = price("0.01", Period::HOUR, committed);
    assert_eq!(total(&committed, "2026-02-01T00:00:00Z", HALF_AN_HOUR), "6.72");
    assert_eq!(total(&committed, "2026-03-01T00:00:00Z", 31 * DAY + 1), "7.45");
}

#[test]
fn what_cannot_be_known_is_never_exact() {
    let start = at("2026-03-01T00:00:00Z");
    let hour = Duration::from_secs(HOUR);
    assert_eq!(Price::untold().total(start, hour), Total::Unknown);
    let known = price("1", Period::HOUR, Billing::begun(Period::HOUR));
    let one = Money::new(Decimal::ONE, Currency::USD);
    assert_eq!(known.total(start, hour), Total::Exact(one));
    let partly = known.and_unknown("traffic beyond 1 TB");
    assert_eq!(partly.total(start, hour), Total::AtLeast(one));
    assert_eq!(partly.quote(start, hour).unknown, ["traffic beyond 1 TB"]);
    let endless = price("79228162514264337593543950335", Period::HOUR, Billing::begun(Period::HOUR));
    assert_eq!(endless.total(start, 2 * hour), Total::Unknown);
    assert_eq!(endless.quote(start, 2 * hour).total, Total::Unknown);
    for price in kinds() {
        for run in [Duration::ZERO, Duration::MAX] {
            for start in [Timestamp::MIN, Timestamp::MAX, Timestamp::UNIX_EPOCH] {
                assert!(matches!(price.total(start, run), Total::Exact(_) | Total::Unknown));
            }
        }
    }
}

#[test]
fn a_quote_tells_how_each_line_was_made() {
    let committed = Billing { commitment_months: 1, ..Billing::begun(Period::MONTH) };
    let capped = Billing { cap: Some(decimal("20")), ..Billing::monthly(Period::HOUR) };
    let charges = vec![
        Charge::once("setup", decimal("5.00")),
        Charge::rate("machine", decimal("0.30698"), Period::DAY, Billing::at_the_clock(Period::DAY, 64_500)),
        Charge::rate("address", decimal("0.005"), Period::HOUR, Billing::begun(Period::HOUR)),
        Charge::rate("plan", decimal("26.25"), Period::MONTH, Billing::monthly(Period::DAY)),
        Charge::rate("disk", decimal("0.1"), Period::HOUR, capped),
        Charge::rate("bandwidth", decimal("2"), Period::MONTH, committed),
    ];
    let quote =
        Price::new(Currency::USD, charges).quote(at("2026-03-01T17:50:00Z"), Duration::from_secs(600));
    let lines: Vec<String> =
        quote.lines.iter().map(|line| format!("{}: {} = {}", line.item, line.how, line.amount)).collect();
    assert_eq!(
        lines,
        [
            "setup: once, up front = 5 USD",
            "machine: 2 days x 0.30698 USD/day, one at the start and one at each 17:55 UTC (first at 2026-03-01 \
             17:55 UTC) = 0.61396 USD",
            "address: 1 hour x 0.005 USD/hour, each hour begun = 0.005 USD",
            "plan: 0.04 of a month x 26.25 USD/month, the days begun of each calendar month, as a share rounded \
             up to the hundredth; each month's line, too = 1.05 USD",
            "disk: 1 hour x 0.1 USD/hour, each hour begun, anew in each calendar month, whose line is rounded up to \
             the hundredth, at most 20 USD in a calendar month = 0.1 USD",
            "bandwidth: 1 month x 2 USD/month, each month begun, for at least 1 month = 2 USD",
        ]
    );
    assert_eq!(quote.total.exact().unwrap().to_string(), "8.76896 USD");
    assert_eq!(quote.lines.iter().map(|line| line.amount.amount).sum::<Decimal>(), decimal("8.76896"));
}

#[test]
fn a_quote_says_which_boundaries_of_the_clock_were_reached() {
    let how = |per: Period, billing: Billing, seconds: u64| {
        let quote = price("1", per, billing).quote(at("2026-03-01T17:50:00Z"), Duration::from_secs(seconds));
        quote.lines[0].how.clone()
    };
    let hourly = |offset| Billing::at_the_clock(Period::HOUR, offset);
    let words = "one at the start and one at each 15 minutes past the hour";
    assert_eq!(how(Period::HOUR, hourly(900), 600), format!("1 hour x 1 USD/hour, {words}"));
    // A boundary exactly at the end is reached.
    let words = "one at the start and one at each 00 minutes past the hour (first at 2026-03-01 18:00 UTC)";
    assert_eq!(how(Period::HOUR, hourly(0), 600), format!("2 hours x 1 USD/hour, {words}"));
    assert_eq!(how(Period::HOUR, hourly(0), HOUR + 600), format!("3 hours x 1 USD/hour, {words}"));
    let monthly = |offset| Billing::at_the_clock(Period::MONTH, offset);
    let words = "one at the start and one at each month of the clock";
    assert_eq!(how(Period::MONTH, monthly(0), 600), format!("1 month x 1 USD/month, {words}"));
    let first = format!("2 months x 1 USD/month, {words} (first at 2026-04-01 00:00 UTC)");
    assert_eq!(how(Period::MONTH, monthly(0), 31 * DAY), first);
    let first = format!("2 months x 1 USD/month, {words} (first at 2026-03-02 00:00 UTC)");
    assert_eq!(how(Period::MONTH, monthly(86_400), DAY), first);
    let minimum = Billing { minimum_seconds: 3_600, ..Billing::begun(Period::SECOND) };
    let words = "3600 seconds x 1 USD/hour, each second begun, for at least 3600 seconds";
    assert_eq!(how(Period::HOUR, minimum, 600), words);
    assert_eq!(how(Period::HOUR, minimum, HOUR), "3600 seconds x 1 USD/hour, each second begun");
}

#[test]
fn a_line_of_each_calendar_month_is_rounded_and_a_term_of_several_is_not_a_line_of_each() {
    let start = "2026-01-15T00:00:00Z";
    let term = Period::new(3, Unit::Month);
    let quarter = price("13.3", term, Billing::monthly(term));
    assert_eq!(total(&quarter, start, 76 * DAY), "13.3");
    assert_eq!(total(&quarter, start, 76 * DAY + 1), "26.6");
    let month = price("26.251", Period::MONTH, Billing::monthly(Period::MONTH));
    assert_eq!(total(&month, start, DAY), "26.26");
    assert_eq!(total(&month, start, 17 * DAY), "26.26");
    assert_eq!(total(&month, start, 17 * DAY + 1), "52.52");
    let pairs = price("0.012", Period::HOUR, Billing::monthly(Period::new(2, Unit::Hour)));
    assert_eq!(total(&pairs, start, 1), "0.03");
}

#[test]
fn months_begun_are_counted_to_the_second() {
    let start = "2026-01-31T12:00:00Z";
    let (month, term) = (Period::MONTH, Period::new(3, Unit::Month));
    // The last day of a month stands for the days that a shorter one does not have.
    let rows = [
        (month, 0, 1),
        (month, 28 * DAY, 1),
        (month, 28 * DAY + 1, 2),
        (month, 59 * DAY, 2),
        (month, 59 * DAY + 1, 3),
        (month, 3_652 * DAY, 120),
        (month, 3_652 * DAY + 1, 121),
        (term, 89 * DAY, 1),
        (term, 89 * DAY + 1, 2),
        (term, 181 * DAY, 2),
        (term, 181 * DAY + 1, 3),
    ];
    for (per, run, count) in rows {
        let cost = total(&price("7", per, Billing::begun(per)), start, run);
        assert_eq!(cost, (7 * count).to_string(), "{per}: {run} s");
    }
    // However long, as long as time lasts.
    for (start, months) in [(at(start), 12_000), (Timestamp::MIN, 130_000)] {
        let endless = Billing { commitment_months: months, ..Billing::begun(month) };
        let cost = price("1", month, endless).total(start, Duration::ZERO).exact();
        assert_eq!(cost.map(|money| money.amount), Some(months.into()));
    }
    // On the clock: the fifth of each month, and the first of each quarter.
    let rows = [
        (month, 4 * 86_400, "2026-01-04T00:00:00Z", DAY - 1, 1),
        (month, 4 * 86_400, "2026-01-04T00:00:00Z", DAY, 2),
        (month, 4 * 86_400, "2026-01-05T00:00:00Z", 31 * DAY - 1, 1),
        (month, 4 * 86_400, "2026-01-05T00:00:00Z", 31 * DAY, 2),
        (term, 0, "2026-02-15T00:00:00Z", 45 * DAY - 1, 1),
        (term, 0, "2026-02-15T00:00:00Z", 45 * DAY, 2),
    ];
    for (per, offset, start, run, count) in rows {
        let cost = total(&price("7", per, Billing::at_the_clock(per, offset)), start, run);
        assert_eq!(cost, (7 * count).to_string(), "{per}: {run} s from {start}");
    }
}

#[test]
fn a_cap_holds_for_the_pieces_that_begin_in_each_calendar_month() {
    let capped = |amount: &str, cap: &str, billing: Billing| {
        price(amount, billing.increment, Billing { cap: Some(decimal(cap)), ..billing })
    };
    let hourly = capped("0.02", "0.03", Billing::begun(Period::HOUR));
    let on_the_hour = capped("0.02", "0.03", Billing::at_the_clock(Period::HOUR, 0));
    let daily = capped("0.5", "3", Billing::at_the_clock(Period::DAY, 64_500));
    let invoiced = capped("0.02", "0.03", Billing::monthly(Period::HOUR));
    let terms = capped("2", "1.5", Billing::begun(Period::MONTH));
    let quarters = capped("13.3", "10", Billing::monthly(Period::new(3, Unit::Month)));
    let rows = [
        // What begins with the first second of a month is that month's.
        (&hourly, "2026-01-31T23:00:00Z", HOUR, "0.02"),
        (&hourly, "2026-01-31T23:00:00Z", 2 * HOUR, "0.04"),
        (&hourly, "2026-01-31T23:00:00Z", 3 * HOUR, "0.05"),
        (&hourly, "2026-01-31T22:59:59Z", 2 * HOUR, "0.03"),
        (&hourly, "2026-01-31T22:59:59Z", 2 * HOUR + 1, "0.05"),
        (&on_the_hour, "2026-01-31T22:30:00Z", HOUR, "0.03"),
        (&on_the_hour, "2026-01-31T22:30:00Z", HOUR + HALF_AN_HOUR, "0.05"),
        (&daily, "2026-01-30T12:00:00Z", 2 * DAY, "1.5"),
        (&daily, "2026-01-30T12:00:00Z", 11 * DAY, "4.5"),
        (&invoiced, "2026-01-31T23:00:00Z", HOUR, "0.02"),
        (&invoiced, "2026-01-31T23:00:00Z", 4 * HOUR, "0.05"),
        (&terms, "2026-01-31T12:00:00Z", 59 * DAY, "3"),
        (&quarters, "2026-01-15T00:00:00Z", 76 * DAY, "10"),
        (&quarters, "2026-01-15T00:00:00Z", 76 * DAY + 1, "20"),
        (&hourly, "2026-01-15T00:00:00Z", 365 * DAY, "0.39"),
        // Up to the last month that there is.
        (&hourly, "9998-01-01T00:00:00Z", 700 * DAY, "0.72"),
    ];
    for (price, start, run, wanted) in rows {
        assert_eq!(total(price, start, run), wanted, "{price}: {run} s from {start}");
    }
}
