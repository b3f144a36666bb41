//! Each adapter in each dialect, asked through the trait over canned answers: what must hold of what it makes of them.

mod create;
mod end;
mod look;
mod offers;
mod whole;

use std::sync::Arc;

use vmbroker_core::{ComputeProvider, Instance};
use vmbroker_sim::Dialect;

use super::account::{account, defaults};
use super::canned::{Canned, Served};
use super::script::Script;
use super::thread::{block_on, clock};
use super::{Double, Target};

/// What an adapter might do wrong. The checks are the same for one that does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flaw {
    None,
    /// A created machine has no id.
    NoId,
    /// A create whose outcome is unknown is said to have changed nothing.
    NoEffect,
    /// A create is sent again.
    Twice,
    /// A list ends one machine early.
    Short,
    /// One machine of several is left out of a look.
    Forgetful,
    /// A failed look is absence.
    Believing,
    /// A failed deletion is a machine that is gone.
    Done,
    /// An offer has no name.
    Nameless,
}

macro_rules! targets {
    ($($dialect:ident $name:literal $corpus:literal $group:literal;)*) => {
        /// Every operation of every dialect.
        pub(super) const TARGETS: &[Target] = &[$(
            target!($dialect concat!($name, "-offers"), concat!($corpus, "-offers"), $group, offers,
                "nameless" Nameless "without a name"),
            target!($dialect concat!($name, "-create"), concat!($corpus, "-create"), $group, create,
                "an id" NoId "without an id",
                "the effect" NoEffect "may have made a machine",
                "that a create is sent once" Twice "more than once"),
            target!($dialect concat!($name, "-list"), concat!($corpus, "-list"), $group, list,
                "the last row" Short "is not the whole list"),
            target!($dialect concat!($name, "-status"), concat!($corpus, "-list"), $group, status,
                "one answer" Forgetful "for each machine",
                "doubt" Believing "nothing was answered"),
            target!($dialect concat!($name, "-delete"), concat!($corpus, "-delete"), $group, delete,
                "doubt" Done "nothing was answered"),
        )*];
    };
}

macro_rules! target {
    ($dialect:ident $name:expr, $corpus:expr, $group:literal, $run:ident,
     $($lacks:literal $flaw:ident $says:literal),*) => {
        Target {
            name: $name,
            group: $group,
            corpora: &[$corpus],
            run: |input| $run(Dialect::$dialect, Flaw::None, input),
            doubles: &[$(Double {
                lacks: $lacks,
                run: |input| $run(Dialect::$dialect, Flaw::$flaw, input),
                says: $says,
            }),*],
        }
    };
}

use create::create;
use end::delete;
use look::{list, status};
use offers::offers;

targets! {
    Fluence202504 "fluence-2025-04" "fluence" "answers of Fluence";
    Fluence202505 "fluence-2025-05" "fluence" "answers of Fluence";
    Wayscloud "wayscloud" "wayscloud" "answers of WAYSCloud and Waldur";
    Waldur "waldur" "waldur" "answers of WAYSCloud and Waldur";
    Zenlayer "zenlayer" "zenlayer" "answers of Zenlayer";
}

/// Asks an account over the answers of this input, whose bare body answers `main`; what it said, and every call.
fn ask<T>(
    dialect: Dialect,
    input: &[u8],
    main: &str,
    question: impl AsyncFnOnce(&dyn ComputeProvider, &Script) -> T,
) -> (T, Vec<Served>) {
    block_on(async {
        let canned = Arc::new(Canned::new(Script::read(input, main), defaults(dialect)));
        let provider = account(dialect, Arc::clone(&canned) as _, clock());
        let said = question(&*provider, canned.question()).await;
        (said, canned.served())
    })
}

/// Whether this answer is a success.
fn is_success(served: &Served) -> bool {
    served.status.is_some_and(|status| (200..300).contains(&status))
}

/// Whether any answer came at all.
fn answered(served: &[Served]) -> bool {
    served.iter().any(|call| call.status.is_some())
}

/// What must hold of every machine that is told of.
fn check_instance(instance: &Instance) {
    let text = serde_json::to_string(instance).unwrap();
    let back: Instance = serde_json::from_str(&text).unwrap();
    assert!(back == *instance, "a machine is another after it was written down: {text}");
    let negative = |amount: rust_decimal::Decimal| amount.is_sign_negative() && !amount.is_zero();
    let charges = instance.price.charges();
    assert!(
        !charges.iter().any(|charge| negative(charge.amount)),
        "a machine costs less than nothing: {text}"
    );
}
