//! All sets of up to three faults at one cloud, in every order, for each adapter: no machine is lost or doubled,
//! whatever they are, all comes to its end, and each bill lies within its receipt.
#![expect(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "a test")]

mod door;
mod kind;
mod lack;
mod life;
mod mortal;
mod plain;
mod plot;
mod script;
mod search;
mod set;
mod story;

use lack::Lack;
use plot::Plot;
use search::{Sizes, Tried};
use set::FaultSet;
use story::Manner;
use vmbroker::Clock;
use vmbroker_sim::Dialect;
use vmbroker_tests::proof;

fn main() {
    let order = Order::read();
    if let Some(set) = &order.set {
        return retell(&order, set);
    }
    if order.is_for_others {
        return;
    }
    set::check_texts();
    let loud = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let clock = Clock::system();
    let mut complaints = Vec::new();
    for dialect in order.clouds() {
        let plot = Plot::of(dialect);
        let started = clock.elapsed();
        let tried = search::all(&plot, Manner::default(), order.sizes());
        let took = (clock.elapsed() - started).as_secs_f64();
        println!(
            "faults: {dialect}: {} runs in {took:.1} s; {:?}; {:?}",
            tried.runs(),
            tried.points,
            tried.counts()
        );
        complaints.extend(complaints_of(&plot, None, &tried));
    }
    std::panic::set_hook(loud);
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

/// A line for each failing set, by which it is told again.
fn complaints_of(plot: &Plot, lack: Option<Lack>, tried: &Tried) -> Vec<String> {
    let without = lack.map(|lack| format!(" --without {lack}")).unwrap_or_default();
    let line = |(set, complaint): &(FaultSet, String)| {
        let cloud = plot.dialect;
        format!(
            "cargo test -p vmbroker-tests --test faults -- --cloud {cloud}{without} --set '{set}'\n  {complaint}"
        )
    };
    tried.failed.iter().map(line).collect()
}

/// Tells one run, with every point and event.
fn retell(order: &Order, set: &FaultSet) {
    for dialect in order.clouds() {
        let manner = Manner { sqlite: order.sqlite, lack: order.lack, loud: true };
        match story::tell(&Plot::of(dialect), manner, set) {
            Ok(told) => println!("{dialect}: {set}: nothing is wrong; {} points", told.passed.len()),
            Err(complaint) => panic!("{dialect}: {set}: {complaint}"),
        }
    }
}

#[derive(Debug, Default)]
struct Order {
    cloud: Option<Dialect>,
    set: Option<FaultSet>,
    lack: Option<Lack>,
    wide: bool,
    sqlite: bool,
    is_for_others: bool,
    sizes: Option<usize>,
}

impl Order {
    fn read() -> Self {
        let mut order = Self::default();
        let mut args = std::env::args().skip(1);
        while let Some(arg) = args.next() {
            let mut value = || args.next().unwrap();
            match arg.as_str() {
                "--cloud" => order.cloud = Some(value().parse().unwrap()),
                "--set" => order.set = Some(value().parse().unwrap()),
                "--without" => order.lack = Some(value().parse().unwrap()),
                "--sizes" => order.sizes = Some(value().parse().unwrap()),
                "--wide" => order.wide = true,
                "--sqlite" => order.sqlite = true,
                "--list" => order.is_for_others = true,
                _ => {}
            }
        }
        order
    }

    fn clouds(&self) -> Vec<Dialect> {
        self.cloud.map_or_else(
            || vec![Dialect::Fluence202505, Dialect::Wayscloud, Dialect::Waldur, Dialect::Zenlayer],
            |cloud| vec![cloud],
        )
    }

    fn sizes(&self) -> Sizes {
        match self.sizes.unwrap_or(1) {
            1 => Sizes { core: 1, more: 1, all: 1, sqlite: 1 },
            2 => Sizes { core: 2, more: 1, all: 1, sqlite: 1 },
            _ => Sizes { core: 3, more: 2, all: 1, sqlite: 1 },
        }
    }
}
