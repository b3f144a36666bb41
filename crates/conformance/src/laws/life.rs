//! The whole life of a machine.

use vmbroker_core::{DeleteMode, Handle, Observation, PublicAddress, State};

use crate::steps::{finding, is_over};
use crate::verdict::{Judge, KEPT, not_applicable};
use crate::{Outcome, Subject};

/// A created machine runs, gets its public address, and after its deletion is gone by status, by the list and by
/// the ledger.
///
/// # Errors
/// Where it is broken.
pub async fn a_machine_runs_and_ends(subject: &Subject) -> Outcome {
    let judge = Judge::of("a_machine_runs_and_ends");
    let (request, handle) = subject.create(judge).await?;
    let mut handle = subject.until_running(judge, &handle).await?;
    if request.public_address != PublicAddress::None {
        let reachable = |seen: &Observation| {
            seen.state() == Some(State::Running)
                && seen.instance().is_some_and(|it| !it.public_addresses.is_empty())
        };
        handle = subject.look_until(judge, &handle, "reachable", reachable).await?.handle;
    }
    let listed = subject.listed(judge, request.marker).await?;
    judge.that(listed.len() == 1, "the running machine in the list", listed.len())?;
    let live = subject.world().live_machines(request.marker).await;
    judge.that(live.is_none_or(|live| live == 1), "one live machine in the ledger", format!("{live:?}"))?;
    handle = subject.end(judge, &handle).await?;
    let listed = subject.listed(judge, request.marker).await?;
    judge.that(listed.is_empty(), "no machine in the list after the end", listed.len())?;
    let seen = subject.look_at(judge, &handle).await?;
    judge.that(is_over(&seen), "the end to last", finding(&seen))?;
    match subject.world().live_machines(request.marker).await {
        None => not_applicable("the machine is gone from status and list, but this world has no ledger"),
        Some(live) => {
            judge.that(live == 0, "no live machine in the ledger after the end", live)?;
            KEPT
        }
    }
}

/// What a machine goes through fits the semantics: approval, recycle bin and deletion order only where they say so.
///
/// # Errors
/// Where it is broken.
pub async fn a_life_fits_the_semantics(subject: &Subject) -> Outcome {
    let judge = Judge::of("a_life_fits_the_semantics");
    let semantics = subject.provider().semantics();
    let (_, handle) = subject.create(judge).await?;
    let fits = |seen: &Observation| match seen.state() {
        Some(State::AwaitingApproval) => semantics.approval_possible,
        Some(State::Recycled) => semantics.delete == DeleteMode::RecycleBin,
        _ => order_fits(&seen.handle, semantics.delete),
    };
    let ends = |seen: &Observation| seen.state() == Some(State::Running) || !fits(seen);
    let seen = subject.look_until(judge, &handle, "running", ends).await?;
    judge.that(fits(&seen), format!("a state that {semantics:?} allows"), finding(&seen))?;
    let mut handle = seen.handle;
    let until = subject.clock().elapsed().saturating_add(subject.patience());
    while subject.clock().elapsed() < until {
        handle = subject.delete(judge, &handle).await?.handle;
        judge.that(
            order_fits(&handle, semantics.delete),
            format!("an end as {:?}", semantics.delete),
            format!("{handle:?}"),
        )?;
        for _ in 0..10 {
            let seen = subject.look_at(judge, &handle).await?;
            if is_over(&seen) {
                return KEPT;
            }
            judge.that(fits(&seen), format!("a state that {semantics:?} allows"), finding(&seen))?;
            handle = seen.handle;
            subject.pause().await;
        }
    }
    Err(judge.broken(format!("an end within {:?}", subject.patience()), format!("`{handle}` still there")))
}

fn order_fits(handle: &Handle, mode: DeleteMode) -> bool {
    handle.deletion_order.is_none() || mode == DeleteMode::Order
}

/// The semantics make sense: batches, pace and delays are more than nothing, and a marker fits into a name.
///
/// # Errors
/// Where it is broken.
pub async fn the_semantics_make_sense(subject: &Subject) -> Outcome {
    let judge = Judge::of("the_semantics_make_sense");
    let semantics = subject.provider().semantics();
    let shown = format!("{semantics:?}");
    judge.that(!semantics.kind.is_empty(), "a kind", &shown)?;
    judge.that(semantics.status_batch != Some(0), "batches of at least one handle", &shown)?;
    judge.that(!semantics.poll_every.is_zero(), "a pace of more than nothing", &shown)?;
    judge.that(!semantics.create_applies_within.is_zero(), "a D of more than nothing", &shown)?;
    let marker = subject.request().marker;
    judge.that(semantics.name.allows(marker.as_str()), "names that can carry a marker", &shown)?;
    KEPT
}
