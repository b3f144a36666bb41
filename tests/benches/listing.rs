//! What listing 10,000 machines costs through each adapter, against a floor in the same run.
//!
//! The floor is plain reqwest and serde_json, page after page, into the same wire structs as the adapter's. The
//! canned answers come from another process; pacing is off. CPU is this process's own time; figures are medians.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a benchmark ends where it cannot measure"
)]

mod canned;

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use canned::{MACHINES, WALDUR_PAGE, ZENLAYER_PAGE};
use cpu_time::ProcessTime;
use vmbroker_core::{Clock, ComputeProvider, Secret};

/// How often each side is measured, in turn.
const ROUNDS: usize = 15;
const SLOW: Duration = Duration::from_millis(50);

/// A process that serves the canned answers, ended with this value.
struct Served {
    child: Child,
    base: String,
}

impl Served {
    fn start(delay: Duration) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--serve", &delay.as_millis().to_string()])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Self { child, base: format!("http://127.0.0.1:{}", line.trim()) }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// One adapter and the plain way to the same rows.
struct Subject {
    name: &'static str,
    pages: usize,
    provider: Arc<dyn ComputeProvider>,
    /// The requests of the plain way, one a page.
    requests: Vec<reqwest::Request>,
    /// Decodes one page into the adapter's wire structs; how many rows it has.
    decode: fn(&[u8]) -> usize,
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    if let Some(at) = arguments.iter().position(|argument| argument == "--serve") {
        let delay = Duration::from_millis(arguments[at + 1].parse().unwrap());
        runtime.block_on(canned::serve(delay));
        return;
    }
    println!(
        "listing {MACHINES} machines; medians of {ROUNDS} rounds; floor = plain reqwest + serde_json, pages one by one"
    );
    println!("{:<22} {:>6} {:>12} {:>12} {:>8}", "adapter", "pages", "CPU ms", "floor ms", "ratio");
    let (fast, slow) = (Served::start(Duration::ZERO), Served::start(SLOW));
    let floors: Vec<Duration> =
        subjects(&fast.base).iter().map(|subject| runtime.block_on(compare(subject))).collect();
    println!(
        "\nwith {} ms an answer: wall, against 1 + ceil((pages - 1) / 8) answers + 1.3 x the floor's CPU",
        SLOW.as_millis()
    );
    println!("{:<22} {:>6} {:>12} {:>12} {:>8}", "adapter", "pages", "wall ms", "bound ms", "ratio");
    for (subject, floor) in subjects(&slow.base).iter().zip(floors) {
        runtime.block_on(wait(subject, floor));
    }
}

async fn compare(subject: &Subject) -> Duration {
    let plain = reqwest::Client::builder().no_proxy().tls_backend_preconfigured(tls()).build().unwrap();
    let (mut adapter, mut floor) = (Vec::new(), Vec::new());
    for _ in 0..=ROUNDS {
        let start = ProcessTime::now();
        let listing = subject.provider.list().await.unwrap();
        adapter.push(start.elapsed());
        assert_eq!(listing.instances().len(), MACHINES);
        drop(listing);
        let start = ProcessTime::now();
        let mut rows = 0;
        for request in &subject.requests {
            let body = plain.execute(request.try_clone().unwrap()).await.unwrap().bytes().await.unwrap();
            rows += (subject.decode)(&body);
        }
        floor.push(start.elapsed());
        assert_eq!(rows, MACHINES);
    }
    let (adapter, floor) = (median(adapter), median(floor));
    print_row(subject, adapter, floor);
    floor
}

async fn wait(subject: &Subject, floor: Duration) {
    let mut walls = Vec::new();
    for _ in 0..=ROUNDS / 3 {
        let start = tokio::time::Instant::now();
        subject.provider.list().await.unwrap();
        walls.push(start.elapsed());
    }
    let answers = 1 + (subject.pages - 1).div_ceil(8);
    let bound = SLOW * u32::try_from(answers).unwrap() + floor.mul_f64(1.3);
    print_row(subject, median(walls), bound);
}

/// The first round warms up and does not count.
fn median(mut figures: Vec<Duration>) -> Duration {
    figures.remove(0);
    figures.sort();
    figures[figures.len() / 2]
}

fn print_row(subject: &Subject, figure: Duration, against: Duration) {
    let ms = |duration: Duration| duration.as_secs_f64() * 1_000.0;
    let ratio = figure.as_secs_f64() / against.as_secs_f64();
    println!(
        "{:<22} {:>6} {:>12.1} {:>12.1} {:>8.2}",
        subject.name,
        subject.pages,
        ms(figure),
        ms(against),
        ratio
    );
}
