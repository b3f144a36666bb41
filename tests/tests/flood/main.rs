//! Twenty thousand creates that something goes wrong with, in one run: every machine is known, none is there twice, and
//! each bill lies within its receipt. The simulated ledgers are the judge.
//!
//! Each world is four simulated clouds behind HTTP, a journal, and a deployment whose program dies and goes on. All of
//! it follows from a seed: `cargo test -p vmbroker-tests --test flood -- --seed 7` tells one world again, and
//! `-- --faulted 100000` tells more of them, `--first 7` from that seed on.
#![expect(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "a test")]

mod account;
mod life;
mod trouble;
mod world;

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use account::Lack;
use vmbroker_tests::{Arguments, proof};
use world::Count;

/// How many creates must have met a fault, unless the command line says another number.
const FAULTED: u64 = 20_000;
/// Worlds side by side: each is one thread, which waits for its journal about half of the time, and the gate has two cores.
const AT_ONCE: usize = 4;

fn main() {
    let given = Arguments::with(&["--seed", "--faulted", "--first"]);
    if let Some(seed) = given.number("--seed") {
        println!("{}", world::tell(seed, None));
        return;
    }
    if !given.ask_for("whole::flood") || given.has("--list") {
        return;
    }
    let least = usize::try_from(given.number("--faulted").unwrap_or(FAULTED)).unwrap();
    for lack in [Lack::Marker, Lack::WholeLists] {
        println!("flood: without {lack:?}: {}", found_out(lack));
    }
    let clock = vmbroker::Clock::system();
    let first = given.number("--first").unwrap_or(0);
    let (next, faulted, sum) = (AtomicU64::new(first), AtomicUsize::new(0), Mutex::new(Count::default()));
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while faulted.load(Ordering::SeqCst) < least {
                    let count = world::tell(next.fetch_add(1, Ordering::SeqCst), None);
                    faulted.fetch_add(count.faulted, Ordering::SeqCst);
                    sum.lock().unwrap().add(&count);
                }
            });
        }
    });
    let sum = sum.into_inner().unwrap();
    assert!(sum.faulted >= least && sum.crashes * 100 > sum.faulted, "{sum}");
    let seeds = format!("{first} to {}", next.into_inner() - 1);
    println!("flood: seeds {seeds}, {} s: {sum}", clock.elapsed().as_secs());
    proof::tried("flood of faulted creates, over HTTP", &sum.counts(), &seeds);
}

/// How the judge finds out that the accounts lack something.
fn found_out(lack: Lack) -> String {
    let loud = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let told = (0..8).find_map(|seed| std::panic::catch_unwind(|| world::tell(seed, Some(lack))).err());
    std::panic::set_hook(loud);
    let Some(complaint) = told else { panic!("the judge does not see that {lack:?} is missing") };
    let complaint = complaint.downcast::<String>().unwrap();
    assert!(complaint.contains("lost") || complaint.contains("doubled"), "{complaint}");
    complaint.lines().next().unwrap_or_default().to_owned()
}
