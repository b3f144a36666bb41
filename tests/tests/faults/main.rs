//! All sets of up to three faults at one cloud, in every order, for each adapter: no machine is lost or doubled, all
//! comes to its end, and each bill lies within its receipt.
//!
//! The story: one machine is wanted, of two offers of one cloud; it comes up and is taken down, and a sweep finds
//! nothing. When the program dies another one goes on. Each call to the cloud and each commit of the journal that a run
//! passes is a point; a set is told by a run, and is widened by each kind of fault at each point that this very run
//! passed after its last fault. So every order in which faults can follow each other is told, once, with points that
//! are there only because of earlier faults. Nothing is drawn: a run follows from its set.
//!
//! What the sets hold is told by `kind`: kinds of the rank `Core` are one of each meaning, `More` leave something else
//! behind or are told otherwise, `All` is everything else that wires were seen to do. Of look-ups that follow each
//! other, what goes wrong at those after the first is `More` at least. What exceeds a provider's promises (a complete
//! list that lies, a create that is applied after D) is in no set.
//!
//! | run | clouds | ones | twos | threes | also over SQLite |
//! |---|---|---|---|---|---|
//! | of the gate | Fluence 2025-05, WAYSCloud, Zenlayer | `All` | `More` | `Core` | ones, and twos of `Core` |
//! | of the gate | Waldur | `All` | `Core` | none | ones, and twos of `Core` |
//! | `--wide` | all of these | `All` | `All` | `Core` | ones and twos of `More` |
//!
//! Not here is Fluence's contract 2025-04: what its list does not show is looked for until a person answers, thousands
//! of looks long, each a point. `tests/flood` has it, in one world of eight; `--cloud fluence-2025-04 --set …` tells a set.
//!
//! A set that fails is printed as the command that tells it again, with each point and event:
//! `cargo test -p vmbroker-tests --test faults -- --cloud zenlayer --set 'create#1=lost commit#4=dies-after'`.
//! Programs that lack a safeguard (`lack`) must be found out, by at most two faults.
#![expect(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "a test")]

mod door;
mod kind;
mod lack;
mod life;
mod mortal;
mod order;
mod plain;
mod plot;
mod script;
mod search;
mod set;
mod story;

use lack::Lack;
use order::Order;
use plot::Plot;
use search::{Limits, Sizes, Tried};
use set::FaultSet;
use story::Manner;
use vmbroker::Clock;
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
    // What fails is told by its set, not where it was noticed.
    let loud = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let complaints: Vec<String> =
        order.clouds().into_iter().flat_map(|cloud| try_out(&order, cloud)).collect();
    std::panic::set_hook(loud);
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

/// Everything at one cloud; what is wrong.
fn try_out(order: &Order, cloud: vmbroker_sim::Dialect) -> Vec<String> {
    let (plot, clock) = (Plot::of(cloud), Clock::system());
    let unseen: Vec<String> = Lack::ALL.into_iter().filter_map(|lack| unseen(&plot, lack)).collect();
    let tried = search::all(&plot, Manner::default(), order.limits(cloud));
    println!(
        "faults: {cloud}: {} runs in {} s, each of up to {} points; without faults it passes {:?}",
        tried.runs(),
        clock.elapsed().as_secs(),
        tried.longest,
        tried.points
    );
    let failed: Vec<String> = tried.failed.iter().map(|failed| command(&plot, None, failed)).collect();
    if failed.is_empty() {
        let kinds = if order.wide { "all kinds of faults" } else { "each meaning of a fault" };
        proof::tried(&format!("sets of up to three faults, {kinds}, {cloud}"), &tried.counts(), "");
    }
    failed.into_iter().chain(unseen).collect()
}

/// Prints by which set a program is found out that lacks this; a complaint where none does.
fn unseen(plot: &Plot, lack: Lack) -> Option<String> {
    let manner = Manner { lack: Some(lack), ..Manner::default() };
    let none = Sizes { core: 0, more: 0, all: 0 };
    let tell = |core| search::all(plot, manner, Limits { plain: Sizes { core, ..none }, sqlite: none });
    let Some(found) = (0..=2).map(tell).find_map(|tried: Tried| tried.failed.into_iter().next()) else {
        return Some(format!("{}: nobody sees that {lack} is lacking", plot.dialect));
    };
    let line = found.1.lines().next().unwrap_or_default();
    println!("faults: {}: without {lack}, found out by '{}': {line}", plot.dialect, found.0);
    let is_what_it_is_for =
        ["lost", "doubled", "written down", "a sweep finds"].iter().any(|word| line.contains(word));
    (!is_what_it_is_for).then(|| command(plot, Some(lack), &found))
}

/// The command by which a failing set is told again, with the complaint.
fn command(plot: &Plot, lack: Option<Lack>, (set, complaint): &(FaultSet, String)) -> String {
    let without = lack.map(|lack| format!(" --without {lack}")).unwrap_or_default();
    let cloud = plot.dialect;
    format!(
        "cargo test -p vmbroker-tests --test faults -- --cloud {cloud}{without} --set '{set}'\n  {complaint}"
    )
}

/// Tells one run, with each point and event.
fn retell(order: &Order, set: &FaultSet) {
    for cloud in order.clouds() {
        let manner = Manner { sqlite: order.sqlite, lack: order.lack, loud: true };
        match story::tell(&Plot::of(cloud), manner, set) {
            Ok(told) => println!("{cloud}: `{set}`: nothing is wrong, over {} points", told.passed.len()),
            Err(complaint) => panic!("{cloud}: `{set}`: {complaint}"),
        }
    }
}
