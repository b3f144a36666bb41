//! What is measured of one adapter, in a process of its own.

use std::time::Duration;

use cpu_time::ProcessTime;
use futures_util::{StreamExt, stream};
use tokio::time::Instant;
use vmbroker_tests::figures::Figures;

use crate::canned::MACHINES;
use crate::server::cpu_of;
use crate::subject::Subject;

/// How often each side is measured, in turn.
pub(crate) const ROUNDS: usize = 15;
/// How long an answer takes where the wall is looked at.
pub(crate) const SLOW: Duration = Duration::from_millis(50);
/// How much more CPU than the floor a list may take.
const BOUND: f64 = 1.3;
/// How many pages the bound of the wall has side by side.
const SIDE_BY_SIDE: usize = 8;

/// The CPU time of the adapter and of the floor.
pub(crate) async fn cpu(subject: &Subject) -> (Duration, Duration) {
    let (mut adapter, mut floor) = (Vec::new(), Vec::new());
    for _ in 0..=ROUNDS {
        let start = ProcessTime::now();
        let listing = subject.provider.list().await.unwrap();
        adapter.push(start.elapsed());
        assert_eq!(listing.instances().len(), MACHINES);
        drop(listing);
        let start = ProcessTime::now();
        let rows = self::floor(subject).await;
        floor.push(start.elapsed());
        assert_eq!(rows, MACHINES);
    }
    (median(adapter), median(floor))
}

/// How many rows the plain way finds, page after page.
pub(crate) async fn floor(subject: &Subject) -> usize {
    let mut rows = 0;
    for at in 0..subject.requests.len() {
        rows += page(subject, at).await;
    }
    rows
}

/// The time on the wall of the adapter and of a plain way that asks for the first page and then for the others side by
/// side, and the server's own CPU time for one list of the adapter.
pub(crate) async fn wall(subject: &Subject, base: &str) -> (Duration, Duration, Duration) {
    let (mut adapter, mut plain, mut server) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..=ROUNDS {
        let used = cpu_of(base);
        let start = Instant::now();
        let listing = subject.provider.list().await.unwrap();
        adapter.push(start.elapsed());
        drop(listing);
        server.push(cpu_of(base) - used);
        let start = Instant::now();
        let mut rows = page(subject, 0).await;
        let rest = stream::iter(1..subject.requests.len()).map(|at| page(subject, at));
        rows += rest.buffer_unordered(SIDE_BY_SIDE).fold(0, async |sum, rows| sum + rows).await;
        plain.push(start.elapsed());
        assert_eq!(rows, MACHINES);
    }
    (median(adapter), median(plain), median(server))
}

/// How many rows the plain way finds on one page.
async fn page(subject: &Subject, at: usize) -> usize {
    let request = subject.requests[at].try_clone().unwrap();
    let body = subject.plain.execute(request).await.unwrap().bytes().await.unwrap();
    (subject.decode)(&body)
}

/// The heads of the columns of [`report`].
pub(crate) fn head() {
    println!(
        "{:<18} {:>6} {:>8} {:>9} {:>6} {:>9} {:>9} {:>6} {:>9} {:>10}",
        "adapter",
        "pages",
        "CPU ms",
        "floor ms",
        "ratio",
        "wall ms",
        "bound ms",
        "ratio",
        "plain ms",
        "server ms"
    );
}

/// Measures one adapter and prints its row and its figures.
pub(crate) async fn report(fast: &Subject, slow: &Subject, slow_base: &str) {
    let (adapter, floor) = cpu(fast).await;
    let (wall, plain, server) = wall(slow, slow_base).await;
    let answers = u32::try_from(1 + (slow.pages - 1).div_ceil(SIDE_BY_SIDE)).unwrap();
    let bound = SLOW * answers + floor.mul_f64(BOUND);
    let ms = |duration: Duration| duration.as_secs_f64() * 1_000.0;
    let (cpu_ratio, wall_ratio) = (ms(adapter) / ms(floor), ms(wall) / ms(bound));
    println!(
        "{:<18} {:>6} {:>8.1} {:>9.1} {cpu_ratio:>6.2} {:>9.1} {:>9.1} {wall_ratio:>6.2} {:>9.1} {:>10.1}",
        fast.name,
        fast.pages,
        ms(adapter),
        ms(floor),
        ms(wall),
        ms(bound),
        ms(plain),
        ms(server)
    );
    let mut figures = Figures::new();
    let name = |what: &str| format!("listing 10,000, {}, {what}", fast.name);
    figures.keep(&name("CPU"), cpu_ratio, Some(BOUND), "the CPU of plain reqwest and serde_json");
    let of = format!("{answers} answers of 50 ms and 1.3 x the floor's CPU");
    figures.keep(&name("wall"), wall_ratio, Some(1.0), &of);
    let of = "the wall of plain reqwest and serde_json, eight pages side by side";
    figures.keep(&name("wall against plain"), ms(wall) / ms(plain), None, of);
    figures.say();
}

/// The first round warms up and does not count.
fn median(mut figures: Vec<Duration>) -> Duration {
    figures.remove(0);
    figures.sort();
    figures[figures.len() / 2]
}
