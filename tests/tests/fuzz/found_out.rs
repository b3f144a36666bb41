//! Whether the loop would notice: each broken double is found out by the check that is meant for it.

use vmbroker_tests::fuzz::{Double, Target, sentinels};

use crate::blocks::{BLOCK, Failure, Ground};

/// How many blocks a double may take: nearly all are found out by the corpus itself.
const BLOCKS: u64 = 60;
/// How many one may take that hides behind a rare input.
const RARE: u64 = 2_000;

/// Checks the doubles of these targets, and those that hide.
pub(crate) fn check(targets: &[Target]) {
    let mut found = 0;
    for target in targets {
        let ground = Ground::new(*target);
        assert!(!target.doubles.is_empty(), "`{}` has no broken double", target.name);
        for double in target.doubles {
            found_out(&ground, double, BLOCKS);
            found += 1;
        }
    }
    if let Some(target) = targets.iter().find(|target| target.name == "zenlayer-list") {
        let ground = Ground::new(*target);
        for double in sentinels() {
            let after = found_out(&ground, double, RARE);
            println!("fuzz: {} is made after {after} executions", double.lacks);
            found += 1;
        }
    }
    println!("fuzz: {found} broken doubles were found out");
}

/// How many executions it takes.
fn found_out(ground: &Ground, double: &Double, blocks: u64) -> u64 {
    let name = ground.target.name;
    let mut count = 0;
    let mut failure = ground.corpus(double.run).err();
    for number in 0..blocks {
        if failure.is_some() {
            break;
        }
        failure = ground.block_of(double.run, 1, number, BLOCK, &mut |_, _| count += 1).err();
    }
    match failure {
        None => panic!("`{name}`: nobody notices that it lacks {}", double.lacks),
        Some(Failure { said, .. }) => {
            assert!(
                said.contains(double.says),
                "`{name}`: that it lacks {} is noticed as: {said}",
                double.lacks
            );
        }
    }
    count
}
