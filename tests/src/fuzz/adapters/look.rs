//! Looking: a list is whole or an error, and a failed look is never absence.

use vmbroker_core::{Finding, Handle, Listing, Observation, Pages, Result};
use vmbroker_sim::Dialect;

use super::super::Mark;
use super::super::canned::Served;
use super::super::harmless::check_error;
use super::super::question::handles;
use super::super::thread::now;
use super::whole::{is_shown, rows_of_list};
use super::{Flaw, answered, ask, check_instance};

fn call(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Fluence202504 | Dialect::Fluence202505 => "GET /vms/v",
        Dialect::Wayscloud | Dialect::Waldur => "/marketplace-resources/",
        Dialect::Zenlayer => "DescribeInstances$",
    }
}

pub(super) fn list(dialect: Dialect, flaw: Flaw, input: &[u8]) -> Mark {
    let (said, served) = ask(dialect, input, call(dialect), async |provider, _| provider.list().await);
    let listing = match said {
        Ok(listing) => shortened(flaw, listing),
        Err(error) => return check_error(&error).and(served.len().min(16)),
    };
    let instances = listing.instances();
    instances.iter().for_each(check_instance);
    if let Some(rows) = rows_of_list(dialect, &served) {
        // WAYSCloud and Waldur list rows that are no machines.
        let may_be_fewer = matches!(dialect, Dialect::Wayscloud | Dialect::Waldur) && flaw == Flaw::None;
        let fits = instances.len() == rows || (may_be_fewer && instances.len() < rows);
        assert!(fits, "{} machines of {rows} rows: this is not the whole list", instances.len());
    }
    let states: std::collections::BTreeSet<_> = instances.iter().map(|it| it.state).collect();
    Mark::taken().and((instances.len().min(4), states, served.len().min(16)))
}

fn shortened(flaw: Flaw, listing: Listing) -> Listing {
    if flaw != Flaw::Short || listing.instances().is_empty() {
        return listing;
    }
    let mut instances = listing.into_instances();
    instances.pop();
    let mut pages = Pages::new();
    pages.add(instances, 0, None, true);
    pages.finish(now()).unwrap()
}

pub(super) fn status(dialect: Dialect, flaw: Flaw, input: &[u8]) -> Mark {
    let (said, served) = ask(dialect, input, call(dialect), async |provider, script| {
        let handles = handles(dialect, script);
        (provider.status(&handles).await, handles)
    });
    let (said, handles) = said;
    let observations = match spoiled(flaw, said, &handles) {
        Ok(observations) => observations,
        Err(error) => return check_error(&error).and(served.len().min(16)),
    };
    assert!(
        observations.len() == handles.len(),
        "{} observations, which is not one for each machine of {}",
        observations.len(),
        handles.len()
    );
    assert!(answered(&served), "machines are told of though nothing was answered: {observations:?}");
    let mut mark = Mark::taken().and(served.len().min(16));
    for (handle, observation) in handles.iter().zip(&observations) {
        check(dialect, handle, observation, &served);
        mark = mark.and(observation.state());
    }
    mark
}

fn spoiled(flaw: Flaw, said: Result<Vec<Observation>>, handles: &[Handle]) -> Result<Vec<Observation>> {
    match (flaw, said) {
        (Flaw::Forgetful, Ok(mut observations)) => {
            observations.pop();
            Ok(observations)
        }
        (Flaw::Believing, Err(_)) => {
            Ok(handles.iter().map(|handle| Observation::not_found(handle.clone(), now())).collect())
        }
        (_, said) => said,
    }
}

fn check(dialect: Dialect, handle: &Handle, observation: &Observation, served: &[Served]) {
    assert!(observation.handle.provider == handle.provider, "{observation:?}");
    // Fluence writes ids in other letters at times, and UUIDs have dashes or not.
    let plain = |handle: &Handle| handle.id().replace('-', "").to_ascii_lowercase();
    let same = plain(&observation.handle) == plain(handle) || handle.instance.is_none();
    assert!(same, "this was asked for: {handle:?}, and this was told: {observation:?}");
    match &observation.finding {
        Finding::NotFound => {
            assert!(!is_shown(dialect, handle, served), "it is in the answer: {observation:?} {served:?}");
        }
        Finding::Found { instance, .. } => {
            if let Some(instance) = instance {
                check_instance(instance);
                assert!(instance.handle == observation.handle, "{observation:?}");
            }
        }
    }
}
