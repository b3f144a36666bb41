//! What the list of all machines tells.

use vmbroker_core::{Handle, State};

use crate::steps::finding;
use crate::verdict::{Judge, KEPT, not_applicable};
use crate::{Fault, Outcome, Subject, Violation};

/// The most machines that a law makes to fill a page.
const MOST_MACHINES: usize = 20;

/// Every running machine of ours is in the list, once.
///
/// # Errors
/// Where it is broken.
pub async fn the_list_shows_every_machine(subject: &Subject) -> Outcome {
    let judge = Judge::of("the_list_shows_every_machine");
    every_machine(judge, subject, 2).await?;
    KEPT
}

/// The list is complete when the machines fill more than one page.
///
/// # Errors
/// Where it is broken.
pub async fn the_list_is_complete_over_all_pages(subject: &Subject) -> Outcome {
    let judge = Judge::of("the_list_is_complete_over_all_pages");
    let Some(rows) = subject.world().page_rows().await else {
        return not_applicable("this world's lists have no pages, or it does not tell");
    };
    if rows >= MOST_MACHINES {
        return not_applicable(format!("a page of {rows} rows is too large to fill"));
    }
    every_machine(judge, subject, rows + 1).await?;
    KEPT
}

async fn every_machine(judge: Judge, subject: &Subject, count: usize) -> Result<(), Violation> {
    let fleet = subject.running_fleet(judge, count).await?;
    let listing = subject.list(judge).await?;
    for (marker, handle) in fleet {
        let rows = listing.with_marker(marker).count();
        judge.that(
            rows == 1,
            format!("`{handle}` with `{marker}` in the list, once"),
            format!("{rows} rows"),
        )?;
    }
    Ok(())
}

/// A page that cannot be read fails the whole list.
///
/// # Errors
/// Where it is broken.
pub async fn a_failing_page_fails_the_list(subject: &Subject) -> Outcome {
    let judge = Judge::of("a_failing_page_fails_the_list");
    let rows = subject.world().page_rows().await.unwrap_or(0);
    subject.running_fleet(judge, if rows < MOST_MACHINES { rows + 1 } else { 1 }).await?;
    if let Err(skip) = subject.arm(Fault::ListPageFails).await {
        return skip;
    }
    let result = subject.provider().list().await;
    subject.world().disarm().await;
    let result = result.map(|listing| format!("a list of {}", listing.instances().len()));
    judge.err(result, "list while a page fails")?;
    KEPT
}

/// The handle of a listed machine serves to look at it.
///
/// # Errors
/// Where it is broken.
pub async fn a_listed_handle_is_accepted(subject: &Subject) -> Outcome {
    let judge = Judge::of("a_listed_handle_is_accepted");
    let (request, handle) = subject.create(judge).await?;
    subject.until_running(judge, &handle).await?;
    let listed = subject.listed(judge, request.marker).await?;
    let Some(instance) = listed.first() else {
        return Err(judge.broken(format!("`{handle}` in the list"), "a list without it"));
    };
    let text = judge.ok(instance.handle.to_string().parse::<Handle>(), "reading the listed handle")?;
    for handle in [&instance.handle, &text] {
        let seen = subject.look_at(judge, handle).await?;
        judge.that(seen.state() == Some(State::Running), format!("`{handle}` to run"), finding(&seen))?;
    }
    KEPT
}
