//! What listing 10,000 machines costs through each adapter, against a floor in the same run.
//!
//! The floor is plain reqwest and serde_json, page after page, into the same wire structs as the adapter's. The
//! canned answers come from another process; pacing is off. CPU is this process's own time; figures are medians. Each
//! adapter is measured, with its floor, in a process of its own: what ran before shapes the heap, and with it what a
//! list costs.
//!
//! The time on the wall holds what the server needs itself, on the same cores; that is shown beside it, and so is the
//! wall of a plain way that reads the same pages side by side.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a benchmark ends where it cannot measure"
)]

mod canned;
mod measure;
mod server;
mod subject;

use std::process::{Command, Stdio};
use std::time::Duration;

use canned::MACHINES;
use measure::{ROUNDS, SLOW};
use server::Served;
use vmbroker_tests::figures::Figures;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        ["--serve", delay] => server::serve(Duration::from_millis(delay.parse().unwrap())),
        ["--measure", name, fast, slow] => measure_one(name, fast, slow),
        ["--profile", name, side] => profile(name, side),
        // As with other benchmarks: `cargo bench --bench listing -- zenlayer` measures one.
        _ => measure_all(words.iter().find(|word| !word.starts_with('-')).copied().unwrap_or_default()),
    }
}

fn measure_all(wanted: &str) {
    println!(
        "listing {MACHINES} machines; medians of {ROUNDS} rounds; floor = plain reqwest + serde_json, pages one by one"
    );
    println!(
        "wall: with {} ms an answer, against 1 + ceil((pages - 1) / 8) answers + 1.3 x the floor's CPU",
        SLOW.as_millis()
    );
    measure::head();
    let (fast, slow) = (Served::start(Duration::ZERO), Served::start(SLOW));
    let mut figures = Figures::new();
    for name in subject::NAMES.into_iter().filter(|name| name.contains(wanted)) {
        let output = Command::new(std::env::current_exe().unwrap())
            .args(["--measure", name, &fast.base, &slow.base])
            .stderr(Stdio::inherit())
            .output()
            .unwrap();
        assert!(output.status.success(), "{name} could not be measured");
        print!("{}", figures.gather(&String::from_utf8(output.stdout).unwrap()));
    }
    figures.say();
}

fn measure_one(name: &str, fast: &str, slow: &str) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let find = |base| subject::subjects(base).into_iter().find(|subject| subject.name == name).unwrap();
    runtime.block_on(measure::report(&find(fast), &find(slow), slow));
}

/// Ten lists of the adapter (`adapter`) or of the plain way (anything else) and nothing besides, for a profiler.
fn profile(name: &str, side: &str) {
    let served = Served::start(Duration::ZERO);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let subject = subject::subjects(&served.base).into_iter().find(|subject| subject.name == name).unwrap();
    for _ in 0..10 {
        runtime.block_on(async {
            match side {
                "adapter" => drop(subject.provider.list().await.unwrap()),
                _ => _ = measure::floor(&subject).await,
            }
        });
    }
}
