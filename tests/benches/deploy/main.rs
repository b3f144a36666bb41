//! What it takes to deploy machines: commits, HTTP calls and CPU a machine, and decisions a second.
//!
//! Over HTTP the floor is the same accounts without broker and journal: creates one after the other, then one wait for
//! all. CPU is that of the whole process, the simulated clouds with it. Without HTTP, the accounts answer at once and
//! the journal keeps nothing: what is left is the broker's own work. Clocks are simulated and paused, so that counts
//! are nearly the same every time.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "a benchmark ends where it cannot measure, and prints ratios of small counts"
)]

mod instant;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use cpu_time::ProcessTime;
use instant::{Forgetful, Instant};
use vmbroker::deploy::engine::{Deployment, Event};
use vmbroker::deploy::{Choice, News, Strategy};
use vmbroker::journal::{Probe, Side, SqliteJournal};
use vmbroker::{Clock, ComputeProviderExt, Goal, Location, OfferId, Price, Registry, Wait};
use vmbroker_sim::Dialect;
use vmbroker_tests::figures::Figures;
use vmbroker_tests::{Fleet, broker, dollars, spec, wish};

/// How many machines are deployed over HTTP.
const MACHINES: u32 = 1_000;
const CLOUDS: [Dialect; 3] = [Dialect::Zenlayer, Dialect::Wayscloud, Dialect::Fluence202505];

fn main() {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    let mut figures = Figures::new();
    runtime.block_on(over_http(&mut figures));
    println!();
    println!("the broker alone: accounts that answer at once, a journal that keeps nothing");
    println!(
        "{:>8} {:>9} {:>8} {:>10} {:>14} {:>12} {:>14}",
        "machines", "commits/m", "events", "CPU us/m", "decisions/s", "fold us", "folded/s"
    );
    for machines in [250, 500, 1_000, 2_000] {
        let decisions = runtime.block_on(alone(machines));
        let name = format!("deploy {machines} machines, decisions a second");
        figures.keep(&name, decisions, None, "events, the broker alone");
    }
    figures.say();
}

/// Clouds at which nothing takes any time.
async fn fleet() -> Fleet {
    let fleet = Fleet::set(&CLOUDS).await;
    for cloud in fleet.clouds() {
        let mut account = cloud.account();
        account.shelf("settings").insert("provisioning_limit".to_owned(), MACHINES.into());
        let profile = &mut account.profile;
        for step in [&mut profile.queue, &mut profile.build, &mut profile.address, &mut profile.power] {
            *step = Duration::ZERO;
        }
    }
    fleet
}

fn calls(fleet: &Fleet) -> usize {
    fleet.clouds().map(|cloud| cloud.count_calls(None)).sum()
}

async fn over_http(figures: &mut Figures) {
    let (bare, bare_calls) = bare().await;
    let fleet = fleet().await;
    let folder = tempfile::tempdir().unwrap();
    let commits = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&commits);
    let probe = Probe::new(move |point| {
        counted.fetch_add(usize::from(point.side == Side::After), Ordering::SeqCst);
        Ok(())
    });
    let journal = SqliteJournal::open(folder.path(), fleet.clock.now(), Some(probe)).await.unwrap();
    let mut wanted = spec("web", MACHINES, fleet.choices(&CLOUDS).await);
    wanted.policy.strategy = Strategy::Spread;
    let broker = broker(fleet.registry(), Arc::new(journal));
    let (before, start) = (calls(&fleet), ProcessTime::now());
    let report = broker.deploy(wanted).await.unwrap().finish().await.unwrap();
    let cpu = start.elapsed();
    assert!(report.is_complete() && fleet.creates() == usize::try_from(MACHINES).unwrap());
    let each = |count: usize| count as f64 / f64::from(MACHINES);
    let calls = calls(&fleet) - before;
    println!("{MACHINES} machines over HTTP at three clouds without delay, journal in SQLite");
    println!("commits a machine    {:>8.2}", each(commits.load(Ordering::SeqCst)));
    println!("HTTP calls a machine {:>8.2}   without broker {:>8.2}", each(calls), each(bare_calls));
    println!(
        "CPU ms a machine     {:>8.3}   without broker {:>8.3}   ratio {:.2}",
        ms(cpu) / f64::from(MACHINES),
        ms(bare) / f64::from(MACHINES),
        ms(cpu) / ms(bare)
    );
    let mut keep = |what: &str, value, of: &str| {
        figures.keep(&format!("deploy {MACHINES} machines, {what}"), value, None, of);
    };
    keep("commits", each(commits.load(Ordering::SeqCst)), "commits of the journal a machine");
    keep(
        "calls",
        each(calls) / each(bare_calls),
        "the HTTP calls of the same accounts without broker and journal",
    );
    keep("CPU", ms(cpu) / ms(bare), "the CPU of the same accounts without broker and journal");
}

/// The same machines without broker and journal.
async fn bare() -> (Duration, usize) {
    let fleet = fleet().await;
    let registry = fleet.registry();
    let start = ProcessTime::now();
    for (place, id) in registry.ids().enumerate() {
        let provider = registry.get(id).unwrap();
        let share = usize::try_from(MACHINES).unwrap() / CLOUDS.len() + usize::from(place == 0);
        let mut handles = Vec::new();
        for _ in 0..share {
            handles.push(provider.create(&wish()).await.unwrap());
        }
        let wait = Wait::new(fleet.clock.clone(), Duration::from_secs(24 * 3_600));
        let ends = provider.wait_all(&handles, Goal::Reachable, &wait, &mut |_| {}).await.unwrap();
        assert!(ends.iter().all(Result::is_ok));
    }
    (start.elapsed(), calls(&fleet))
}

/// How many events the broker decides in a second.
async fn alone(machines: u32) -> f64 {
    let at = "2026-11-21T08:00:00Z".parse().unwrap();
    let mut registry = Registry::new(Clock::simulated(at, 1));
    let mut choices = Vec::new();
    for (place, id) in (1..).zip(["one", "two", "three"]) {
        registry.add(Arc::new(Instant::open(id, at))).unwrap();
        choices.push(Choice {
            account: id.parse().unwrap(),
            offer: OfferId("small".to_owned()),
            location: Location::default(),
            price: Price::untold(),
            quote: dollars(place),
            reserve: dollars(1),
        });
    }
    let mut wanted = spec("web", machines, choices);
    wanted.policy.strategy = Strategy::Spread;
    wanted.fields = BTreeMap::new();
    let journal = Arc::new(Forgetful::default());
    let broker = broker(registry, journal.clone());
    let start = ProcessTime::now();
    let mut run = broker.deploy(wanted).await.unwrap();
    let mut events: Vec<Event> = Vec::new();
    while let Some(news) = run.next().await {
        if let News::Happened(event) = news {
            events.push(event);
        }
    }
    let cpu = start.elapsed();
    assert!(run.report().is_complete(), "{:#?}", run.report());
    let start = ProcessTime::now();
    let folded = Deployment::folded("web", &events).unwrap();
    let fold = start.elapsed();
    assert_eq!(folded, *run.state(), "folding the events gives the state");
    let (count, number) = (events.len() as f64, f64::from(machines));
    println!(
        "{machines:>8} {:>9.2} {:>8} {:>10.1} {:>14.0} {:>12.0} {:>14.0}",
        journal.commits.load(Ordering::SeqCst) as f64 / number,
        events.len(),
        ms(cpu) * 1_000.0 / number,
        count / cpu.as_secs_f64(),
        ms(fold) * 1_000.0,
        count / fold.as_secs_f64()
    );
    count / cpu.as_secs_f64()
}

fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}
