//! The engine against a model of a cloud that does everything a real one may, with seeds; and beside it, question by
//! question, what it answers in each state.

mod bills;
mod choices;
mod folds;
mod lists;
mod looks;
mod model;
mod moments;
mod reactions;
mod story;
mod turns;

use model::{Setting, run};

use super::guards::{Guard, without};

const SEEDS: u64 = 400;

#[test]
fn the_invariants_hold_whatever_happens() {
    let mut creates = 0;
    for seed in 0..SEEDS {
        for setting in Setting::ALL {
            match run(seed, setting) {
                Ok(sent) => creates += sent,
                Err(complaint) => panic!("seed {seed} {setting:?}: {complaint}"),
            }
        }
    }
    println!("{creates} creates, 0 lost, 0 doubled");
    assert!(creates > 1_000, "the model does too little: {creates}");
}

/// Takes one safeguard out: somewhere the model must break.
fn is_needed(guard: Guard, setting: Setting) {
    let removed = without(guard);
    let broken = (0..SEEDS).find_map(|seed| run(seed, setting).err());
    drop(removed);
    println!("without {guard:?}: {}", broken.as_deref().unwrap_or("nothing breaks"));
    assert!(broken.is_some(), "nothing breaks without {guard:?}");
}

#[test]
fn without_the_grace_a_late_create_is_doubled() {
    is_needed(Guard::Grace, Setting::Wild);
}

#[test]
fn without_the_second_sighting_one_short_list_doubles() {
    is_needed(Guard::SecondSighting, Setting::Wild);
}

#[test]
fn without_the_cap_a_leg_sends_again_and_again() {
    is_needed(Guard::CapOnCreates, Setting::OneLossyAccount);
}

#[test]
fn without_proof_one_wrong_look_frees_a_place_that_is_taken() {
    is_needed(Guard::ProofBeforeGone, Setting::Wild);
}

#[test]
fn without_waiting_for_the_first_leg_the_second_doubles_it() {
    is_needed(Guard::OneLegAtATime, Setting::Wild);
}
