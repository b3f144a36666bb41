//! What happens in the demonstration, at any accounts.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use vmbroker::{
    ComputeProvider, ComputeProviderExt, CreateRequest, Error, ErrorKind, Goal, Handle, ImageWish, Instance,
    Marker, Owner, Registry, Size, SshKey, Wait,
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
    // A create whose outcome is unknown may have made a machine that only a list shows.
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
