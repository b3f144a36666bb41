//! What a test tried, said in a line that a program can read: `cargo xtask proof` gathers these lines in its table.

use serde_json::json;

/// Prints what was tried, how often, and from which seeds (empty: nothing random). It is said at the end, when nothing
/// failed: what fails, panics before.
///
/// Lines of the same `what` are added up, count by count, so `what` names the kind of trial and each count its unit, in
/// the plural: `("creates that met a fault", 20_070)`.
#[expect(clippy::print_stdout, reason = "it is the test's result")]
pub fn tried(what: &str, counts: &[(&str, u64)], seeds: &str) {
    let counts: Vec<_> = counts.iter().map(|(unit, number)| json!([unit, number])).collect();
    println!("proof: {}", json!({ "what": what, "counts": counts, "seeds": seeds }));
}
