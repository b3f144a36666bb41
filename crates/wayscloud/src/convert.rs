//! Their words in ours. Pure.

mod limits;
mod price;
mod states;
mod step;

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Duration;

use jiff::Timestamp;
use vmbroker_core::{Disk, Extras, Handle, Image, Instance, Location, Observation, ProviderId, Size, State};

use crate::config::Dialect;
use crate::wire::{Order, Resource, fits_path, last_segment, plain_uuid};

pub(crate) use limits::{Taken, limits};
pub(crate) use price::price;
pub(crate) use states::{Phase, Stage};
pub(crate) use step::{Step, Target, next_step};

/// What looking for one thing showed.
#[derive(Clone, Debug, Default)]
pub(crate) enum Seen<T> {
    /// It was not looked for, or looking could not tell.
    #[default]
    NotAsked,
    /// The provider does not know it.
    Missing,
    /// There it is.
    Found(T),
}

impl<T> Seen<T> {
    pub(crate) fn found(&self) -> Option<&T> {
        match self {
            Self::Found(it) => Some(it),
            Self::NotAsked | Self::Missing => None,
        }
    }

    pub(crate) fn is_missing(&self) -> bool {
        matches!(self, Self::Missing)
    }
}

impl<T> From<Option<T>> for Seen<T> {
    fn from(answer: Option<T>) -> Self {
        answer.map_or(Self::Missing, Self::Found)
    }
}

/// Everything that one look at one machine showed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sight {
    /// The order that makes it.
    pub(crate) order: Seen<Order>,
    /// The order that ends it.
    pub(crate) deletion: Seen<Order>,
    /// The machine.
    pub(crate) resource: Seen<Resource>,
    /// Why it failed, where that was told at an earlier look.
    pub(crate) failure: Option<String>,
    /// Whether it is known to have ended, or never to have come to be, though a row of it stays.
    pub(crate) is_dead: bool,
}

impl Sight {
    /// Whether an order to end the machine is still open.
    pub(crate) fn deletion_is_open(&self) -> bool {
        self.deletion.found().is_some_and(|order| phase_of(order).is_open())
    }
}

/// What conversion needs besides the answer.
#[derive(Debug)]
pub(crate) struct Context<'a> {
    pub(crate) provider: &'a ProviderId,
    pub(crate) dialect: Dialect,
    pub(crate) location: &'a Location,
    /// The sizes of the flavors that are known, by plain UUID.
    pub(crate) sizes: &'a HashMap<String, Size>,
    /// After this long the machine of an order must be shown.
    pub(crate) settles_in: Duration,
}

/// Where an order is in its life.
pub(crate) fn phase_of(order: &Order) -> Phase {
    Phase::of(order.state.as_deref().unwrap_or_default())
}

/// Where a resource is in its life.
pub(crate) fn stage_of(resource: &Resource) -> Stage {
    Stage::of(resource.state.as_deref().unwrap_or_default())
}

/// What a look means for the machine that was asked for.
pub(crate) fn observe(asked: Handle, sight: Sight, context: &Context<'_>, at: Timestamp) -> Observation {
    let mut handle = asked;
    // A row that was seen and is there no more has ended, whatever its order says.
    let has_vanished = handle.instance.is_some() && handle.last_seen.is_some() && sight.resource.is_missing();
    if let Some(order) = sight.order.found() {
        handle.order = order.id().map(str::to_owned).or(handle.order);
        let resource = order.marketplace_resource_uuid.as_deref().filter(|id| fits_path(id));
        handle.instance = handle.instance.or(resource.map(str::to_owned));
    }
    // An order to end it that ended otherwise leaves the machine as it was: it may be ended anew.
    let over = match &sight.deletion {
        Seen::NotAsked => false,
        Seen::Missing => true,
        Seen::Found(order) => matches!(phase_of(order), Phase::Failed | Phase::Ended),
    };
    if over {
        handle.deletion_order = None;
    }
    if let Seen::Found(resource) = &sight.resource {
        let (state, word) = state_of(resource, &sight, context.dialect);
        let failure = (state == State::Failed).then(|| failure_of(&sight)).flatten();
        let mut instance = instance(resource.clone(), state, word, context);
        instance.failure = failure;
        return Observation::of_instance(handle, instance, at);
    }
    let Some(order) = sight.order.found() else { return Observation::not_found(handle, at) };
    let word = order.state.clone().unwrap_or_default();
    let state = match phase_of(order) {
        _ if sight.is_dead => State::Gone,
        Phase::Awaiting => State::AwaitingApproval,
        Phase::Working => State::Ordered,
        Phase::Done | Phase::Failed if has_vanished => return Observation::not_found(handle, at),
        // The row that a fulfilled order names is not there; one that is not named may still come.
        Phase::Done if handle.instance.is_some() && sight.resource.is_missing() => {
            return Observation::not_found(handle, at);
        }
        // Nor is one that has its name, and the order is so old that it is no more: an order says Success for ever.
        Phase::Done if sight.resource.is_missing() && is_settled(order, at, context) => {
            return Observation::not_found(handle, at);
        }
        Phase::Done => State::Provisioning,
        Phase::Failed => State::Failed,
        Phase::Ended => State::Gone,
        Phase::Unknown => State::Unrecognised,
    };
    let told = (state == State::Failed).then(|| failure_of(&sight)).flatten();
    let mut observation = Observation::found(handle, at, state, word);
    if let vmbroker_core::Finding::Found { failure, .. } = &mut observation.finding {
        *failure = told;
    }
    observation
}

/// Whether an order is so old that its machine, if there is one, must be shown. One that does not tell its age never is.
fn is_settled(order: &Order, at: Timestamp, context: &Context<'_>) -> bool {
    let created = order.created.as_deref().and_then(|text| text.parse::<Timestamp>().ok());
    let age = created.and_then(|created| Duration::try_from(at.duration_since(created)).ok());
    age.is_some_and(|age| age > context.settles_in)
}

/// The state of a machine that has a row, and the provider's word for it.
pub(crate) fn state_of(resource: &Resource, sight: &Sight, dialect: Dialect) -> (State, String) {
    let own = resource.state.as_deref().unwrap_or_default();
    let stage = Stage::of(own);
    if let Seen::Found(order) = &sight.deletion
        && phase_of(order) != Phase::Failed
        && phase_of(order) != Phase::Ended
        && !matches!(stage, Stage::Terminated)
    {
        return (State::Deleting, joined(own, order.state.as_deref()));
    }
    match stage {
        Stage::Creating => {
            let order = sight.order.found();
            let word = order.and_then(|order| order.state.as_deref());
            let state = match order.map(phase_of) {
                // Deleted, canceled or rejected: the row stays for ever, and nothing is behind it.
                _ if sight.is_dead || sight.order.is_missing() => State::Gone,
                Some(Phase::Ended) => State::Gone,
                Some(Phase::Awaiting) => State::AwaitingApproval,
                Some(Phase::Failed) => State::Failed,
                Some(Phase::Working | Phase::Done | Phase::Unknown) | None => State::Provisioning,
            };
            let says_more = !matches!(state, State::Provisioning);
            (state, joined(own, word.filter(|_| says_more)))
        }
        Stage::Ok | Stage::Updating => of_machine(resource, stage, own, dialect),
        Stage::Erred if sight.is_dead => (State::Gone, own.to_owned()),
        Stage::Erred => (State::Failed, own.to_owned()),
        Stage::Terminating => (State::Deleting, own.to_owned()),
        Stage::Terminated => (State::Gone, own.to_owned()),
        Stage::Unknown => (State::Unrecognised, own.to_owned()),
    }
}

/// The state of a machine that was built: what the row says counts only together with the machine's own state.
fn of_machine(resource: &Resource, stage: Stage, own: &str, dialect: Dialect) -> (State, String) {
    let metadata = resource.backend_metadata.as_ref();
    let is_stopping = metadata
        .is_some_and(|it| it.action.as_deref().is_some_and(|action| action.eq_ignore_ascii_case("stop")));
    let runtime = resource.runtime();
    let word = joined(own, runtime);
    let state = match runtime {
        _ if is_stopping => State::Stopping,
        Some("") => State::Provisioning,
        Some(runtime) => states::of_runtime(runtime),
        // The documented pages do not promise that the machine's own state is told.
        None if dialect == Dialect::Documented && stage == Stage::Ok && metadata.is_none() => State::Running,
        None => State::Provisioning,
    };
    (state, word)
}

fn joined(own: &str, more: Option<&str>) -> String {
    match more {
        Some(more) if !more.is_empty() => {
            let mut word = String::with_capacity(own.len() + 1 + more.len());
            word.push_str(own);
            word.push('/');
            word.push_str(more);
            word
        }
        _ => own.to_owned(),
    }
}

fn failure_of(sight: &Sight) -> Option<String> {
    let resource = sight.resource.found().and_then(|it| it.error_message.as_deref());
    let order = sight.order.found().and_then(|it| it.error_message.as_deref());
    let told = [resource, order].into_iter().flatten().find(|text| !text.is_empty());
    told.map(str::to_owned).or_else(|| sight.failure.clone())
}

/// The machine of a row, which is in this state.
pub(crate) fn instance(resource: Resource, state: State, word: String, context: &Context<'_>) -> Instance {
    let of_scope = |scope: &str| last_segment(scope).to_owned();
    let machine = resource.resource_uuid.or_else(|| resource.scope.as_deref().map(of_scope));
    let id = resource.uuid.filter(|id| fits_path(id)).unwrap_or_default();
    let handle = Handle::of_instance(context.provider, id);
    let mut it = Instance::new(handle, resource.name.unwrap_or_default(), state, word);
    it.handle.marker = it.marker;
    it.location = context.location.clone();
    it.created_at = resource.created.and_then(|text| text.parse().ok());
    it.failure = resource.error_message.filter(|text| !text.is_empty());
    if let Some(machine) = machine.filter(|id| !id.is_empty()) {
        it.extras.insert("resource_uuid", machine);
    }
    if let Some(id) = resource.backend_id.filter(|id| !id.is_empty()) {
        it.extras.insert("backend_id", id);
    }
    let mut image = Image::default();
    if let Some(metadata) = resource.backend_metadata {
        it.public_addresses = addresses(metadata.external_ips, "external_ips", &mut it.extras);
        it.private_addresses = addresses(metadata.internal_ips, "internal_ips", &mut it.extras);
        image.name = metadata.system_volume_image_name.filter(|name| !name.is_empty());
    }
    if let Some(attributes) = resource.attributes {
        image.id = attributes.image.as_deref().map(|image| last_segment(image).to_owned());
        if let Some(size_mib) = attributes.system_volume_size {
            it.disks.push(Disk { id: None, size_mib, kind: None, system: true });
        }
        if let Some(flavor) =
            attributes.flavor.as_deref().map(last_segment).filter(|_| !context.sizes.is_empty())
        {
            let known = context.sizes.get(flavor).or_else(|| context.sizes.get(&plain_uuid(flavor)));
            it.size = known.copied().unwrap_or_default();
        }
    }
    if image != Image::default() {
        it.image = Some(image);
    }
    it
}

/// The addresses that are addresses; the others are kept as told.
fn addresses(told: Vec<String>, field: &'static str, extras: &mut Extras) -> Vec<IpAddr> {
    let mut addresses = Vec::with_capacity(told.len());
    for text in told {
        match text.trim().parse() {
            Ok(address) => addresses.push(address),
            Err(_) => {
                extras.append(field, " ", &text);
            }
        }
    }
    addresses
}

#[cfg(test)]
mod tests;
