//! `vmbroker offers`: totals, their order, their explanation, and every form they are shown in.

use std::sync::Arc;

use rust_decimal::Decimal;
use vmbroker::{Availability, Billing, Charge, Currency, Period, Price};

use crate::cloud::{Cloud, Mood, offer};
use crate::world::World;

const RATES: &str =
    "[[exchange]]\nfrom = \"EUR\"\nto = \"USD\"\nrate = \"1.0834\"\ndate = 2025-12-31\nsource = \"ECB\"\n";

fn amount(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn currency(code: &str) -> Currency {
    code.parse().unwrap()
}

/// Whole days, charged at the start and at each 17:55 UTC.
fn by_the_day(rate: &str) -> Price {
    let billing = Billing::at_the_clock(Period::DAY, 64_500);
    Price::new(currency("USDC"), vec![Charge::rate("machine", amount(rate), Period::DAY, billing)])
}

/// Each hour that was begun.
fn by_the_hour(rate: &str, code: &str) -> Price {
    let billing = Billing::begun(Period::HOUR);
    let disk = Charge::rate("system disk", amount("0.0005"), Period::HOUR, billing);
    Price::new(currency(code), vec![Charge::rate("machine", amount(rate), Period::HOUR, billing), disk])
}

/// Three clouds that bill by the day, by the hour and by the hour in euros, and two whose totals cannot be known.
fn world() -> World {
    let world = World::new()
        .with(Cloud::selling("daily", by_the_day("0.30698")))
        .with(Cloud::selling("hourly", by_the_hour("0.0235", "USD")))
        .with(Cloud::selling("euro", by_the_hour("0.04", "EUR")))
        .with(Cloud::selling("silent", Price::untold()))
        .with(Cloud::selling("traffic", by_the_hour("0.001", "USD").and_unknown("traffic")));
    world.file("vmbroker.toml", RATES, 0o644);
    world
}

#[tokio::test(start_paused = true)]
async fn the_ranking_flips_with_the_run_time_and_what_cannot_be_known_is_last() {
    let world = world();
    let short = world.run(&["offers", "--for", "40m"]).await;
    assert_eq!(short.code, 0, "{}", short.err);
    insta::assert_snapshot!(short.out, @"
    PROVIDER  OFFER  SIZE            DISK  WHERE  LEFT  RATE                        TOTAL USD
    hourly    small  2 vCPU 4 GiB  25 GiB  DE        ?  0.024 USD/hour                0.02400
    euro      small  2 vCPU 4 GiB  25 GiB  DE        ?  0.0405 EUR/hour               0.04388
    daily     small  2 vCPU 4 GiB  25 GiB  DE        ?  0.30698 USDC/day              0.30698
    traffic   small  2 vCPU 4 GiB  25 GiB  DE        ?  0.0015 USD/hour + ?  at least 0.00150
    silent    small  2 vCPU 4 GiB  25 GiB  DE        ?  unknown                       unknown
    ");
    insta::assert_snapshot!(short.err, @"
    note: totals are for 40 min from 2026-01-01 00:00:00 UTC on
    note: USDC is counted in USD: 1 USDC = 1 USD (assumed)
    note: EUR is counted in USD: 1 EUR = 1.0834 USD (ECB, 2025-12-31)
    note: totals are rounded here; `--explain`, csv and json have every digit
    note: 2 offers have no exact total, which never means free; `--explain` says why for each
    ");
    let long = world.run(&["offers", "--for", "30d"]).await;
    insta::assert_snapshot!(long.out, @"
    PROVIDER  OFFER  SIZE            DISK  WHERE  LEFT  RATE                     TOTAL USD
    daily     small  2 vCPU 4 GiB  25 GiB  DE        ?  0.30698 USDC/day              9.52
    hourly    small  2 vCPU 4 GiB  25 GiB  DE        ?  0.024 USD/hour               17.28
    euro      small  2 vCPU 4 GiB  25 GiB  DE        ?  0.0405 EUR/hour              31.59
    traffic   small  2 vCPU 4 GiB  25 GiB  DE        ?  0.0015 USD/hour + ?  at least 1.08
    silent    small  2 vCPU 4 GiB  25 GiB  DE        ?  unknown                    unknown
    ");
}

#[tokio::test(start_paused = true)]
async fn without_a_run_time_the_rate_is_shown_and_ours_is_named() {
    let mut world = world();
    world.width = Some(60);
    let outcome = world.run(&["offers"]).await;
    insta::assert_snapshot!(outcome.out, @"
    PROVIDER  OFFER  WHERE  RATE                     TOTAL USD
    daily     small  DE     0.30698 USDC/day              9.52
    hourly    small  DE     0.024 USD/hour               17.28
    euro      small  DE     0.0405 EUR/hour              31.59
    traffic   small  DE     0.0015 USD/hour + ?  at least 1.08
    silent    small  DE     unknown                    unknown
    ");
    assert!(
        outcome
            .err
            .contains("totals are for 30 d from 2026-01-01 00:00:00 UTC on; `--for` sets another run time"),
        "{}",
        outcome.err
    );
}

#[tokio::test(start_paused = true)]
async fn no_line_is_wider_than_the_terminal_and_a_narrow_one_shows_all_the_same() {
    let mut world = world();
    for width in [120, 80, 60, 50] {
        world.width = Some(width);
        for more in [&[][..], &["--explain"], &["--excluded", "--max-total", "0.05 USD"]] {
            let args: Vec<&str> =
                ["offers", "--for", "40m"].into_iter().chain(more.iter().copied()).collect();
            let outcome = world.run(&args).await;
            let widest = outcome.out.lines().map(|line| line.chars().count()).max().unwrap();
            assert!(widest <= usize::from(width), "{width} {more:?}\n{}", outcome.out);
        }
    }
    let outcome = world.run(&["offers", "--for", "40m", "--limit", "2"]).await;
    assert!(
        outcome.err.contains("note: 3 more, 2 of them without an exact total, cut off by `--limit`"),
        "{}",
        outcome.err
    );
}

#[tokio::test(start_paused = true)]
async fn long_names_are_whole_at_every_width() {
    let id = "fluence".parse().unwrap();
    let (slug, uuid) = ("cpu-2-ram-4gb-storage-25gb@PL", "5f1b2c3d4e5f406172839405b6c7d8e9");
    let cloud = Cloud::selling("fluence", Price::untold());
    cloud.sell(vec![
        offer(&id, slug, 2, "PL", by_the_day("0.30698")),
        offer(&id, uuid, 16, "NO", by_the_hour("0.9", "USD")),
    ]);
    let mut world = World::new().with(cloud);
    world.width = Some(80);
    insta::assert_snapshot!(world.run(&["offers"]).await.out, @"
    PROVIDER  OFFER                             WHERE  RATE              TOTAL USD
    fluence   cpu-2-ram-4gb-storage-25gb@PL     PL     0.30698 USDC/day       9.52
    fluence   5f1b2c3d4e5f406172839405b6c7d8e9  NO     0.9005 USD/hour      648.36
    ");
    world.width = Some(50);
    insta::assert_snapshot!(world.run(&["offers"]).await.out, @"
    9.52 USD  fluence
      cpu-2-ram-4gb-storage-25gb@PL
      2 vCPU 4 GiB, PL
      0.30698 USDC/day
    648.36 USD  fluence
      5f1b2c3d4e5f406172839405b6c7d8e9
      16 vCPU 32 GiB, NO
      0.9005 USD/hour
    ");
    insta::assert_snapshot!(world.run(&["offers", "--explain", "--limit", "1"]).await.out, @"
    1. fluence cpu-2-ram-4gb-storage-25gb@PL: 9.51638
       USD (2 vCPU 4 GiB, PL)
       machine  9.51638 USDC  31 days x 0.30698
                USDC/day, one at the start and one at
                each 17:55 UTC (first at 2026-01-01
                17:55 UTC)
       in USD   9.51638 USD   1 USDC = 1 USD (assumed)
       asked                  at 2026-01-01 00:00:00
                UTC, kept since; `--refresh` asks
                again
    ");
    insta::assert_snapshot!(world.run(&["offers", "--max-total", "10 USD", "--excluded"]).await.out, @"
    9.52 USD  fluence
      cpu-2-ram-4gb-storage-25gb@PL
      2 vCPU 4 GiB, PL
      0.30698 USDC/day

    Out of the question:
    fluence
      5f1b2c3d4e5f406172839405b6c7d8e9
      648.36 USD is above the limit of 10 USD
    ");
}

#[tokio::test(start_paused = true)]
async fn each_total_is_explained_to_the_last_digit() {
    let world = world();
    let outcome = world.run(&["offers", "--for", "10m", "--from", "2026-01-01T17:50:00Z", "--explain"]).await;
    assert_eq!(outcome.code, 0, "{}", outcome.err);
    insta::assert_snapshot!(outcome.out, @"
    1. hourly small: 0.024 USD (2 vCPU 4 GiB, DE)
       machine      0.0235 USD  1 hour x 0.0235 USD/hour, each hour begun
       system disk  0.0005 USD  1 hour x 0.0005 USD/hour, each hour begun
       together     0.024 USD
       asked                    at 2026-01-01 00:00:00 UTC

    2. euro small: 0.0438777 USD (2 vCPU 4 GiB, DE)
       machine      0.04 EUR       1 hour x 0.04 EUR/hour, each hour begun
       system disk  0.0005 EUR     1 hour x 0.0005 EUR/hour, each hour begun
       together     0.0405 EUR
       in USD       0.0438777 USD  1 EUR = 1.0834 USD (ECB, 2025-12-31)
       asked                       at 2026-01-01 00:00:00 UTC

    3. daily small: 0.61396 USD (2 vCPU 4 GiB, DE)
       machine  0.61396 USDC  2 days x 0.30698 USDC/day, one at the start and one at each 17:55 UTC (first at 2026-01-01 17:55 UTC)
       in USD   0.61396 USD   1 USDC = 1 USD (assumed)
       asked                  at 2026-01-01 00:00:00 UTC

    - traffic small: at least 0.0015 USD (2 vCPU 4 GiB, DE)
       machine      0.001 USD            1 hour x 0.001 USD/hour, each hour begun
       system disk  0.0005 USD           1 hour x 0.0005 USD/hour, each hour begun
       together     at least 0.0015 USD
       not sure                          not known beforehand: traffic
       asked                             at 2026-01-01 00:00:00 UTC

    - silent small: unknown (2 vCPU 4 GiB, DE)
       not sure  the provider tells no price
       asked     at 2026-01-01 00:00:00 UTC
    ");
}

#[tokio::test(start_paused = true)]
async fn programs_get_every_digit_as_text() {
    let world = world();
    let outcome = world.run(&["offers", "--for", "40m", "--currency", "EUR", "--output", "json"]).await;
    let document = outcome.json();
    assert_eq!((&document["currency"], &document["run_seconds"]), (&"EUR".into(), &2_400.into()));
    let offers = document["offers"].as_array().unwrap();
    let of = |offer: &serde_json::Value| {
        (offer["provider"].as_str().unwrap().to_owned(), offer["rank"].clone(), offer["certainty"].clone())
    };
    let seen: Vec<_> = offers.iter().map(of).collect();
    assert_eq!(seen[0], ("hourly".to_owned(), 1.into(), "exact".into()), "{seen:?}");
    assert_eq!(seen[3].2, "at_least", "{seen:?}");
    assert_eq!(seen[4], ("silent".to_owned(), serde_json::Value::Null, "unknown".into()));
    // 0.024 / 1.0834, to 28 digits.
    assert_eq!(offers[0]["total"]["amount"], "0.02215248292412774598486247");
    assert_eq!(offers[0]["quote"]["total"]["exact"]["amount"], "0.0240");
    assert_eq!(offers[4]["total"], serde_json::Value::Null);
    let conversions = document["conversions"].as_array().unwrap();
    let dollars = conversions.iter().find(|it| it["from"] == "USD").unwrap();
    assert_eq!(dollars["steps"][0]["rate"]["date"], "2025-12-31", "{dollars}");
    assert_eq!(dollars["words"], "1 EUR = 1.0834 USD (ECB, 2025-12-31)");
    assert!(offers[3]["doubt"].as_str().unwrap().contains("traffic"));
}

#[tokio::test(start_paused = true)]
async fn a_spreadsheet_gets_a_line_for_each_offer() {
    let world = world();
    let outcome = world.run(&["offers", "--for", "40m", "--output", "csv", "--explain"]).await;
    assert_eq!(outcome.code, 0, "{}", outcome.err);
    insta::assert_snapshot!(outcome.out, @r#"
    rank,provider,offer,vcpus,memory_mib,disk_gib,country,city,zone,charge,left,price,total,currency,provider_total,provider_currency,certainty,remarks
    1,hourly,small,2,4096,25,DE,,,pay_as_you_go,,0.024 USD/hour,0.024,USD,0.024,USD,exact,"machine: 1 hour x 0.0235 USD/hour, each hour begun = 0.0235 USD; system disk: 1 hour x 0.0005 USD/hour, each hour begun = 0.0005 USD"
    2,euro,small,2,4096,25,DE,,,pay_as_you_go,,0.0405 EUR/hour,0.0438777,USD,0.0405,EUR,exact,"machine: 1 hour x 0.04 EUR/hour, each hour begun = 0.04 EUR; system disk: 1 hour x 0.0005 EUR/hour, each hour begun = 0.0005 EUR; 1 EUR = 1.0834 USD (ECB, 2025-12-31)"
    3,daily,small,2,4096,25,DE,,,pay_as_you_go,,0.30698 USDC/day,0.30698,USD,0.30698,USDC,exact,"machine: 1 day x 0.30698 USDC/day, one at the start and one at each 17:55 UTC = 0.30698 USDC; 1 USDC = 1 USD (assumed)"
    ,traffic,small,2,4096,25,DE,,,pay_as_you_go,,0.0015 USD/hour + ?,0.0015,USD,0.0015,USD,at_least,"not known beforehand: traffic; machine: 1 hour x 0.001 USD/hour, each hour begun = 0.001 USD; system disk: 1 hour x 0.0005 USD/hour, each hour begun = 0.0005 USD"
    ,silent,small,2,4096,25,DE,,,pay_as_you_go,,unknown,,,,,unknown,the provider tells no price
    "#);
    let outcome = world.run(&["offers", "--max-total", "0.01 USD", "--output", "csv", "--excluded"]).await;
    assert!(outcome.out.contains(",excluded,"), "{}", outcome.out);
    let refused = world.run(&["list", "--output", "csv"]).await;
    assert_eq!(refused.code, 2, "{}", refused.err);
}

#[tokio::test(start_paused = true)]
async fn what_is_out_of_the_question_is_one_flag_away_with_its_reason() {
    let world = world();
    let sold_out = Cloud::selling("full", by_the_hour("0.01", "USD"));
    let mut offers = sold_out.offers_now();
    offers[0].availability = Availability::Count(0);
    sold_out.sell(offers);
    let world = world.with(sold_out);
    let asked = ["offers", "--for", "40m", "--max-total", "0.03 USD"];
    let outcome = world.run(&[&asked[..], &["--excluded"]].concat()).await;
    insta::assert_snapshot!(outcome.out, @"
    PROVIDER  OFFER  SIZE            DISK  WHERE  LEFT  RATE                        TOTAL USD
    hourly    small  2 vCPU 4 GiB  25 GiB  DE        ?  0.024 USD/hour                0.02400
    traffic   small  2 vCPU 4 GiB  25 GiB  DE        ?  0.0015 USD/hour + ?  at least 0.00150
    silent    small  2 vCPU 4 GiB  25 GiB  DE        ?  unknown                       unknown

    OUT OF THE QUESTION  OFFER  SIZE          WHERE  REASON
    daily                small  2 vCPU 4 GiB  DE     0.30698 USD is above the limit of 0.03 USD
    euro                 small  2 vCPU 4 GiB  DE     0.0438777 USD is above the limit of 0.03 USD
    full                 small  2 vCPU 4 GiB  DE     sold out
    ");
    let without = world.run(&asked).await;
    assert!(!without.out.contains("sold out") && !without.out.contains("daily"), "{}", without.out);
    let nothing = world.run(&["offers", "--for", "40m", "--provider", "full"]).await;
    assert_eq!((nothing.code, nothing.out.as_str()), (0, ""));
    insta::assert_snapshot!(nothing.err, @"
    no offer meets this wish at `full`
    note: 1 offer is out of the question; `--excluded` says why
    ");
}

#[tokio::test(start_paused = true)]
async fn a_total_without_a_rate_is_marked_and_has_no_place() {
    let world = World::new()
        .with(Cloud::selling("hourly", by_the_hour("0.0235", "USD")))
        .with(Cloud::selling("crowns", by_the_hour("0.001", "NOK")));
    let outcome = world.run(&["offers", "--for", "40m"]).await;
    insta::assert_snapshot!(outcome.out, @"
    PROVIDER  OFFER  SIZE            DISK  WHERE  LEFT  RATE             TOTAL USD
    hourly    small  2 vCPU 4 GiB  25 GiB  DE        ?  0.024 USD/hour      0.0240
    crowns    small  2 vCPU 4 GiB  25 GiB  DE        ?  0.0015 NOK/hour    unknown
    ");
    assert!(outcome.err.contains("hint: `[[exchange]]` in vmbroker.toml gives a rate"), "{}", outcome.err);
}

#[tokio::test(start_paused = true)]
async fn who_fails_or_hangs_is_named_beside_the_others() {
    let world = World::new()
        .with(Cloud::selling("hourly", by_the_hour("0.0235", "USD")))
        .with(Cloud::new("down", Mood::Down))
        .with(Cloud::new("slow", Mood::Hangs));
    let outcome = world.run(&["offers", "--for", "40m", "--deadline", "1500ms"]).await;
    assert_eq!(outcome.code, 1);
    assert!(outcome.out.contains("hourly"), "{}", outcome.out);
    for words in ["error: down", "error: slow offers: deadline exceeded: no answer within 1500 ms"] {
        assert!(outcome.err.contains(words), "{words}: {}", outcome.err);
    }
    let document = world.run(&["offers", "--output", "json", "--deadline", "2s"]).await.json();
    assert_eq!(document["failures"].as_array().unwrap().len(), 2);
    assert_eq!(document["offers"].as_array().unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn offers_are_sorted_as_asked_and_unknown_totals_stay_last() {
    let one = Cloud::selling("one", Price::untold());
    let id = "one".parse().unwrap();
    one.sell(vec![
        offer(&id, "dear-small", 1, "NO", by_the_hour("0.9", "USD")),
        offer(&id, "cheap-large", 8, "DE", by_the_hour("0.1", "USD")),
        offer(&id, "silent-tiny", 1, "AT", Price::untold()),
    ]);
    let world = World::new().with(one);
    for (key, first) in [("total", "cheap-large"), ("size", "dear-small"), ("place", "cheap-large")] {
        let outcome = world.run(&["offers", "--sort", key, "--output", "csv"]).await;
        let lines: Vec<&str> = outcome.out.lines().collect();
        assert!(lines[1].contains(first) && lines[3].contains("silent-tiny"), "{key}: {lines:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_chart_is_drawn_over_an_older_one_and_over_nothing_else() {
    let world = world();
    let outcome = world.run(&["offers", "--for", "40m", "--chart", "costs.svg"]).await;
    assert_eq!(outcome.code, 0, "{}", outcome.err);
    assert!(outcome.err.contains("chart: [folder]/costs.svg"), "{}", outcome.err);
    let svg = std::fs::read_to_string(world.path("costs.svg")).unwrap();
    for words in
        ["daily small DE", "hourly small DE", "euro small DE", "class=\"ring\"", "asked for: 40 min", "ECB"]
    {
        assert!(svg.contains(words), "{words}");
    }
    assert!(
        !svg.contains("silent small") && !svg.contains("traffic small"),
        "what is not known is not drawn"
    );
    assert!(svg.contains("Not drawn: 2 offers whose total cannot be known."));
    let again = world.run(&["offers", "--for", "3h", "--chart", "costs.svg", "--output", "json"]).await;
    assert_eq!((again.code, again.err.as_str()), (0, "{\"chart\":\"[folder]/costs.svg\"}\n"));
    world.file("notes.txt", "mine", 0o644);
    let outcome = world.run(&["offers", "--chart", "notes.txt"]).await;
    assert_eq!(
        (outcome.code, std::fs::read_to_string(world.path("notes.txt")).unwrap().as_str()),
        (2, "mine")
    );
}

#[tokio::test(start_paused = true)]
async fn a_provider_is_asked_once_and_again_only_when_told() {
    let cloud = Cloud::selling("hourly", by_the_hour("0.0235", "USD"));
    let mut world = World::new().with(Arc::clone(&cloud) as Arc<_>);
    world.run(&["offers"]).await;
    world.now = "2026-01-01T00:05:00Z".parse().unwrap();
    let second = world.run(&["offers", "--explain"]).await;
    assert_eq!(cloud.asked(), 1, "the second command was answered from the catalogue");
    assert!(second.out.contains("at 2026-01-01 00:00:00 UTC, kept since"), "{}", second.out);
    world.run(&["offers", "--refresh"]).await;
    assert_eq!(cloud.asked(), 2);
    world.now = "2026-01-01T01:00:00Z".parse().unwrap();
    world.run(&["offers"]).await;
    assert_eq!(cloud.asked(), 3, "an hour later it is too old");
}

#[tokio::test(start_paused = true)]
async fn prices_that_moved_are_remembered() {
    let cloud = Cloud::selling("hourly", by_the_hour("0.0235", "USD"));
    let mut world = World::new().with(Arc::clone(&cloud) as Arc<_>);
    let before = world.run(&["offers", "history"]).await;
    assert_eq!((before.code, before.out.as_str()), (0, ""));
    assert!(before.err.contains("no offers were seen so far"), "{}", before.err);
    world.run(&["offers"]).await;
    assert_eq!(world.run(&["offers", "history", "--moved"]).await.out, "");
    world.now = "2026-01-01T02:00:00Z".parse().unwrap();
    cloud.sell(vec![offer(&"hourly".parse().unwrap(), "small", 2, "DE", by_the_hour("0.03", "USD"))]);
    world.run(&["offers"]).await;
    let asked = cloud.asked();
    insta::assert_snapshot!(world.run(&["offers", "history", "--moved"]).await.out, @"
    PROVIDER  OFFER  WHERE    DISK  SINCE                 PRICE
    hourly    small  DE     25 GiB  2026-01-01 00:00 UTC  0.024 USD/hour
    hourly    small  DE     25 GiB  2026-01-01 02:00 UTC  0.0305 USD/hour
    ");
    let document = world.run(&["offers", "--output", "json", "history"]).await.json();
    assert_eq!(document["offers"][0]["changes"].as_array().unwrap().len(), 2);
    assert_eq!(world.run(&["offers", "history", "--output", "csv"]).await.out.lines().count(), 3);
    assert_eq!(cloud.asked(), asked, "history asks nobody");
}
