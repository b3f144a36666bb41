//! Twenty thousand creates that something goes wrong with, in one run: every machine is known, none is there twice, and
//! each bill lies within its receipt. The simulated ledgers are the judge.
//!
//! Each world is four simulated clouds behind HTTP, a journal, and a deployment whose program dies and goes on. All of
//! it follows from a seed: `cargo test -p vmbroker-tests --test flood -- --seed 7` tells one world again.
#![expect(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "a test")]

mod account;
mod judge;
mod life;
mod trouble;
mod world;

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use account::Lack;
use world::Count;

/// How many creates must have met a fault.
const FAULTED: usize = 20_000;
/// Worlds side by side: each is one thread, and the gate has two cores.
const AT_ONCE: usize = 2;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if let Some(at) = args.iter().position(|arg| arg == "--seed") {
        println!("{}", world::tell(args[at + 1].parse().unwrap(), None));
        return;
    }
    // The names of other tests, or a list of names, are asked of every binary.
    let other = args.iter().any(|arg| !arg.starts_with("--") && !"flood".contains(arg.as_str()));
    if other || args.iter().any(|arg| arg == "--list") {
        return;
    }
    for lack in [Lack::Marker, Lack::WholeLists] {
        println!("flood: without {lack:?}: {}", found_out(lack));
    }
    let clock = vmbroker::Clock::system();
    let (next, faulted, sum) = (AtomicU64::new(0), AtomicUsize::new(0), Mutex::new(Count::default()));
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while faulted.load(Ordering::SeqCst) < FAULTED {
                    let count = world::tell(next.fetch_add(1, Ordering::SeqCst), None);
                    faulted.fetch_add(count.faulted, Ordering::SeqCst);
                    sum.lock().unwrap().add(&count);
                }
            });
        }
    });
    let sum = sum.into_inner().unwrap();
    assert!(sum.faulted >= FAULTED && sum.crashes > 50, "{sum}");
    println!("flood: seeds 0 to {}, {} s: {sum}", next.into_inner() - 1, clock.elapsed().as_secs());
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
