//! Runs a model and says what came of it.

use std::fmt::Debug;
use std::hash::Hash;

use stateright::{Checker, HasDiscoveries, Model, Path};
use vmbroker_tests::proof;

/// Walks every state; every law must hold, and everything that must be reached is. Prints how many states there were
/// and returns the number.
pub(crate) fn holds<M>(name: &str, model: M) -> usize
where
    M: Model + Send + Sync + 'static,
    M::State: Clone + Debug + Hash + PartialEq + Send + Sync,
    M::Action: Clone + Debug + PartialEq + Send + Sync,
{
    let checker = model.checker().threads(2).finish_when(HasDiscoveries::AnyFailures).spawn_bfs().join();
    let (states, depth) = (checker.unique_state_count(), checker.max_depth());
    println!("{name}: {states} states, the farthest {depth} steps away");
    for property in checker.model().properties() {
        let found = checker.discovery(property.name);
        if property.expectation.discovery_is_failure() {
            if let Some(path) = found {
                show(property.name, path, usize::MAX);
                panic!("{name}: a law is broken: {}", property.name);
            }
        } else {
            assert!(found.is_some(), "{name}: it is never reached that {}", property.name);
        }
    }
    proof::tried("model of a create, every state", &[("states", u64::try_from(states).unwrap())], "");
    states
}

/// Walks until this law is broken, and prints the last steps to that.
pub(crate) fn breaks<M>(name: &str, model: M, law: &'static str)
where
    M: Model + Send + Sync + 'static,
    M::State: Clone + Debug + Hash + PartialEq + Send + Sync,
    M::Action: Clone + Debug + PartialEq + Send + Sync,
{
    let until = HasDiscoveries::AllOf([law].into());
    let checker = model.checker().finish_when(until).spawn_bfs().join();
    let path = checker.discovery(law);
    println!("{name}: {} states", checker.unique_state_count());
    let path = path.unwrap_or_else(|| panic!("{name}: no state breaks the law: {law}"));
    show(law, path, 12);
    proof::tried("model without one safeguard, must break", &[("broken models found out", 1)], "");
}

/// Prints the last steps of a path.
fn show<State, Action: Debug>(law: &str, path: Path<State, Action>, most: usize) {
    let steps = path.into_actions();
    println!("  against: {law}");
    for (number, step) in steps.iter().enumerate().skip(steps.len().saturating_sub(most)) {
        println!("  {:>3}. {step:?}", number + 1);
    }
}
