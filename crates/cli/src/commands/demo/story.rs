//! What happens in the demonstration, at any accounts.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use vmbroker::{
    ComputeProvider, ComputeProviderExt, CreateRequest, Effect, Error, ErrorKind, Goal, Handle, ImageWish,
    Instance, Marker, Owner, Registry, Size, SshKey, Wait,
};

use super::board::Board;
use crate::failure::Failure;
use crate::installation::new_marker;
use crate::progress::Watched;

/// How long anything may take on the clouds' clock: far longer than a simulated cloud takes for it.
const PATIENCE: Duration = Duration::from_secs(2 * 3_600);

/// Orders this many machines at each account, waits until all can be reached, and deletes all that there are:
/// what went wrong on the way, and what is left.
pub(crate) async fn play(
    registry: &Registry,
    owner: Owner,
    machines: usize,
    board: &Board,
) -> Result<(Vec<Error>, Vec<Instance>), Failure> {
    let mut errors = Vec::new();
    let mut plans = Vec::new();
    for id in registry.ids() {
        let provider: Arc<dyn ComputeProvider> = Arc::new(watched(registry.get(id)?, board));
        let markers = (0..machines).map(|_| new_marker(owner)).collect::<Result<Vec<_>, _>>()?;
        plans.push((provider, markers));
    }
    let mut handles = Vec::new();
    for (mut ordered, mut failed) in
        join_all(plans.iter().map(|(at, markers)| start(at, markers, registry, board))).await
    {
        handles.append(&mut ordered);
        errors.append(&mut failed);
    }
    // A create whose outcome is unknown may have made a machine that only a list shows, and only after a while.
    if errors.iter().any(|error: &Error| error.effect() == Effect::Unknown) {
        let longest = plans.iter().map(|(provider, _)| provider.semantics()).map(|semantics| {
            let late = semantics.create_applies_within + semantics.list_lags_by;
            late.max(semantics.visible_within.unwrap_or_default())
        });
        registry.clock().sleep(longest.max().unwrap_or_default()).await;
    }
    let lists = join_all(plans.iter().map(|(provider, _)| provider.list())).await;
    for listing in lists {
        let found = listing.map(vmbroker::Listing::into_instances).unwrap_or_else(|error| {
            errors.push(error);
            Vec::new()
        });
        let ours = found.into_iter().filter(|it| it.marker.is_some_and(|marker| marker.owner() == owner));
        let strays = ours.filter(|it| !handles.iter().any(|known: &Handle| known.marker == it.marker));
        handles.extend(strays.map(|it| it.handle).collect::<Vec<_>>());
    }
    let ends = join_all(handles.iter().map(|handle| end(&plans, handle, registry, board))).await;
    errors.extend(ends.into_iter().filter_map(Result::err));
    let mut left = Vec::new();
    for listing in join_all(plans.iter().map(|(provider, _)| provider.list())).await {
        match listing {
            Ok(listing) => left.extend(listing.into_instances().into_iter().filter(|it| is_left(it, owner))),
            Err(error) => errors.push(error),
        }
    }
    Ok((errors, left))
}

fn watched(provider: Arc<dyn ComputeProvider>, board: &Board) -> Watched {
    let board = board.clone();
    Watched::new(provider, Arc::new(move |_, observation| board.seen(observation)))
}

/// Orders machines at one account, and waits for all that were ordered in one go.
async fn start(
    provider: &Arc<dyn ComputeProvider>,
    markers: &[Marker],
    registry: &Registry,
    board: &Board,
) -> (Vec<Handle>, Vec<Error>) {
    let order = async |marker: &Marker| {
        board.ordering(provider.id(), *marker);
        let handle = provider.create(&wish(*marker)?).await?;
        board.accepted(*marker, &handle);
        Ok(handle)
    };
    let (mut handles, mut errors) = (Vec::new(), Vec::new());
    for answer in join_all(markers.iter().map(order)).await {
        match answer {
            Ok(handle) => handles.push(handle),
            Err(error) => errors.push(error),
        }
    }
    let wait = Wait::new(registry.clock().clone(), PATIENCE);
    match provider.wait_all(&handles, Goal::Reachable, &wait, &mut |_| {}).await {
        Err(error) => errors.push(error),
        Ok(ends) => {
            for (handle, end) in handles.iter_mut().zip(ends) {
                match end {
                    Ok(seen) => *handle = seen.handle,
                    Err(error) => errors.push(error),
                }
            }
        }
    }
    (handles, errors)
}

/// Deletes one machine and waits for the proof.
async fn end(
    plans: &[(Arc<dyn ComputeProvider>, Vec<Marker>)],
    handle: &Handle,
    registry: &Registry,
    board: &Board,
) -> Result<(), Error> {
    let provider = plans.iter().map(|(provider, _)| provider).find(|it| *it.id() == handle.provider);
    let missing = || Error::new(ErrorKind::InvalidRequest, format!("no account for `{handle}`"));
    let provider = provider.ok_or_else(missing)?;
    let wait = Wait::new(registry.clock().clone(), PATIENCE);
    if let Some(marker) = handle.marker {
        board.deleting(marker);
    }
    provider.delete_until_gone(handle, &wait).await?;
    if let Some(marker) = handle.marker {
        board.gone(marker);
    }
    Ok(())
}

fn is_left(instance: &Instance, owner: Owner) -> bool {
    instance.marker.is_some_and(|marker| marker.owner() == owner) && instance.state != vmbroker::State::Gone
}

/// What is ordered: a machine that every simulated cloud can make.
fn wish(marker: Marker) -> Result<CreateRequest, Error> {
    let key: SshKey = super::super::create::SANDBOX_KEY.parse()?;
    let image: ImageWish = "ubuntu-22.04".parse()?;
    Ok(CreateRequest::new(marker, Size { vcpus: 2, memory_mib: 4_096 }, image, key))
}

#[cfg(test)]
mod tests {
    use vmbroker_sim::{Fault, FaultKind, Refusal};

    use super::*;
    use crate::Stream;
    use crate::args::Format;
    use crate::installation::sandbox_owner;
    use crate::sandbox::{Sandbox, Settings};
    use crate::terminal::Terminal;

    /// Plays the story with this fault at this account; what went wrong, and how many machines still cost money.
    async fn play_with(account: &str, fault: Fault) -> (Vec<Error>, usize, usize) {
        let from = "2026-01-01T00:00:00Z".parse().unwrap();
        let sandbox = Sandbox::start(&Settings::embedded(from, 1)).await.unwrap();
        sandbox.arm(account, fault);
        let registry = sandbox.config().unwrap().open(sandbox.clock()).unwrap();
        let sink = || Stream { to: Box::new(std::io::sink()), width: None };
        let board = Board::new(sandbox.clock(), &Terminal::new(sink(), sink(), Format::Json));
        let (errors, left) = play(&registry, sandbox_owner(), 2, &board).await.unwrap();
        let open = sandbox.ledgers().iter().map(|ledger| ledger.open).sum();
        (errors, left.len(), open)
    }

    #[tokio::test(start_paused = true)]
    async fn whatever_goes_wrong_is_told_and_nothing_is_left() {
        // Fluence's April contract lists active machines only: one that fails there is never seen.
        let failed =
            |account| if account == "fluence" { ErrorKind::NotFound } else { ErrorKind::MachineFailed };
        for account in ["fluence", "wayscloud", "zenlayer"] {
            for (kind, wanted) in [
                (FaultKind::LoseAnswer, ErrorKind::Unavailable),
                (FaultKind::Refuse(Refusal::Permission), ErrorKind::PermissionDenied),
                (FaultKind::FailLater("no disk".to_owned()), failed(account)),
            ] {
                let fault = Fault::once("create", kind.clone());
                let (errors, left, open) = play_with(account, fault).await;
                let kinds: Vec<ErrorKind> = errors.iter().map(Error::kind).collect();
                assert_eq!((kinds, left, open), (vec![wanted], 0, 0), "{account} {kind:?}: {errors:?}");
            }
        }
    }
}
