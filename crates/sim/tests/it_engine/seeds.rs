//! Everything follows from the seed and the clock.

use serde_json::{Value, json};
use vmbroker_core::Clock;
use vmbroker_sim::Dialect;

use crate::speaker::{Bench, FROM};

/// What a short life at a cloud of this seed looks like from outside, byte by byte, and its ledger.
async fn life(dialect: Dialect, seed: u64) -> (Vec<Vec<u8>>, Value) {
    let bench = Bench::of(dialect, seed).await;
    let list = if dialect == Dialect::Fluence202504 { "/vms/v2" } else { "/vms/v3" };
    let mut bodies = Vec::new();
    for name in ["one", "two", "three"] {
        bodies.push(bench.create_named(name).await.body().to_vec());
        bench.step(20);
        bodies.push(bench.ask("GET", list, None).await.body().to_vec());
    }
    bench.step(3_600);
    bodies.push(bench.ask("GET", list, None).await.body().to_vec());
    (bodies, ledger(&bench))
}

/// The ledger without the time at which it was read: real time is not stopped to the nanosecond.
fn ledger(bench: &Bench) -> Value {
    json!(bench.cloud.ledger().entries)
}

#[tokio::test(start_paused = true)]
async fn the_same_seed_gives_the_same_answers_and_ledger_and_another_does_not() {
    for dialect in [Dialect::Fluence202504, Dialect::Fluence202505] {
        let (bodies, ledger) = life(dialect, 7).await;
        assert_eq!(ledger.as_array().unwrap().len(), 3, "{dialect}");
        assert!(String::from_utf8_lossy(bodies.last().unwrap()).contains("203.0.113.1"), "{dialect}");
        let (again, ledger_again) = life(dialect, 7).await;
        assert_eq!((&bodies, &ledger), (&again, &ledger_again), "{dialect}");
        let (other, other_ledger) = life(dialect, 8).await;
        assert_ne!(bodies[0], other[0], "{dialect}: another seed, another id");
        assert_ne!(ledger, other_ledger, "{dialect}");
    }
}

/// What is drawn from a seed: furniture, ids, addresses, durations.
fn drawn(dialect: Dialect, seed: u64) -> (String, Vec<String>) {
    let cloud = dialect.cloud(Clock::simulated(FROM.parse().unwrap(), 1), seed);
    let now = FROM.parse().unwrap();
    let mut account = cloud.account();
    let offer = account.inventory[0].clone();
    let mut machines = Vec::new();
    for _ in 0..8 {
        let id = account.hex(32) + &account.digits(19);
        let at = account.accept(id, "vm", &offer, now, None);
        machines.push(format!("{:?}", account.machines[at]));
    }
    (format!("{:?}", account.things), machines)
}

#[test]
fn every_cloud_is_furnished_and_builds_as_its_seed_says() {
    for dialect in Dialect::ALL {
        let (things, machines) = drawn(dialect, 7);
        assert_eq!((&things, &machines), (&drawn(dialect, 7).0, &drawn(dialect, 7).1), "{dialect}");
        let (_, other) = drawn(dialect, 8);
        assert!(machines.iter().zip(&other).all(|(one, two)| one != two), "{dialect}");
    }
}
