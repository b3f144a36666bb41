//! Single machines: ordered at one account, known by their marker, deleted by their handle.

use vmbroker_core::{CreateRequest, Currency, Error, ErrorKind, Handle, MachineWish, Marker, Money, OfferId};
use vmbroker_core::{Location, Price, ProviderId, Result};

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tracing::instrument::WithSubscriber;

use super::driver::{Book, write};
use super::engine::{Decision, Deployment, Fault, Leg, Mode, Reason, What};
use super::rows::Versions;
use super::run::News;
use super::{Broker, Choice, DeployError, DeploySpec, Policy, Ready, Strategy};

/// Nobody waits so long for a machine that they ordered themselves: only they decide that it takes too long.
const NEVER: Duration = Duration::from_secs(3_650 * 86_400);

/// A create that is on its way. Its intent is in the journal.
///
/// Dropping it loses nothing as long as the runtime lives: the answer is written down all the same. If the process
/// ends before, the next one that writes the journal looks for the machine by its marker.
#[derive(Debug)]
pub struct Order {
    answer: oneshot::Receiver<Result<Handle>>,
    news: mpsc::UnboundedReceiver<News>,
    written: JoinHandle<()>,
}

impl Order {
    /// What the provider answered.
    ///
    /// # Errors
    /// As [`ComputeProvider::create`](vmbroker_core::ComputeProvider::create).
    pub async fn answer(&mut self) -> Result<Handle> {
        (&mut self.answer).await.unwrap_or_else(|_| {
            let message = "the adapter failed in the middle of the create";
            Err(Error::new(ErrorKind::Protocol, message).with_effect(vmbroker_core::Effect::Unknown))
        })
    }

    /// Waits until the answer is in the journal; or tells, once, why it cannot be written so far.
    pub async fn written(&mut self) -> Option<News> {
        loop {
            tokio::select! {
                biased;
                news = self.news.recv() => match news {
                    Some(news @ News::NotWritten { .. }) => return Some(news),
                    Some(News::Happened(_)) => {}
                    None => return None,
                },
                _ = &mut self.written => return None,
            }
        }
    }
}

impl Broker {
    /// Orders one machine as it is wished, at this account alone, once. It is a deployment of one whose name is its
    /// marker, and which starts nothing else: what becomes of the create is looked at by [`look`](Self::look).
    ///
    /// # Errors
    /// `InvalidRequest` where the wish makes no sense or the account is not there; the journal's errors. Nothing was
    /// sent then.
    ///
    /// # Idempotency
    /// None: a marker is good for one order.
    pub async fn order(&self, account: &ProviderId, request: CreateRequest) -> Result<Order, DeployError> {
        let provider = self.accounts().await?.get(account).map_err(DeployError::Wish)?;
        let spec = alone(account, &request);
        spec.check().map_err(DeployError::Wish)?;
        let claim = self.claim(&spec.name).await?;
        if self.load(&spec.name).await?.is_some() {
            let message = format!("the marker `{}` has been used", spec.name);
            return Err(DeployError::Wish(Error::new(ErrorKind::InvalidRequest, message)));
        }
        let terms = Box::new(self.terms(&spec).await?);
        let now = self.registry().clock().now();
        let (book, news) = self.book(&claim, (Deployment::new(&spec.name, now), Versions::new()));
        let leg = request.marker;
        let choice = spec.choices.into_iter().next().map(Box::new);
        book.record(move |_, _| {
            let planned = choice.map(|choice| What::Planned { leg, intent: 1, number: 1, choice });
            let mut events = vec![
                What::Opened { terms, blocks: Vec::new() },
                What::Turned { mode: Mode::Held },
                What::Wanted { intent: 1 },
            ];
            events.extend(planned);
            events.push(What::Sending { leg });
            events
        })
        .await?;
        let (tell, answer) = oneshot::channel();
        let sending = async move {
            let said = provider.create(&request).await;
            let outcome = match &said {
                Ok(handle) => Ok(handle.clone()),
                Err(error) => Err(Fault::from(error)),
            };
            // Nobody has to wait for it.
            let _ = tell.send(said);
            let refused = matches!(&outcome, Err(fault) if fault.effect == vmbroker_core::Effect::None);
            let written = write(&book, leg, outcome).await;
            if refused && written.is_ok() {
                give_up(&book).await;
            }
        };
        let written = tokio::spawn(sending.with_current_subscriber());
        Ok(Order { answer, news, written })
    }

    /// Writes down that the machine with this handle is to be deleted, and is no longer wanted; whether the journal
    /// knows it: by its handle, else by the handle's marker. Sends nothing.
    ///
    /// # Errors
    /// The journal's.
    ///
    /// # Idempotency
    /// Safe to repeat.
    pub async fn condemn(&self, handle: &Handle) -> Result<bool, DeployError> {
        let Some((book, leg)) = self.find(handle).await? else { return Ok(false) };
        let handle = handle.clone();
        // One process writes the journal: who was sending when it ended is not sending any more.
        book.record(|state, _| state.interrupted()).await?;
        book.record(move |state, _| {
            state.legs.get(&leg).map(|row| ended_by_hand(state, row, &handle)).unwrap_or_default()
        })
        .await?;
        book.record(Deployment::tick).await?;
        Ok(true)
    }

    /// Writes down that the machine with this handle is proven gone; whether the journal knows it.
    ///
    /// # Errors
    /// The journal's.
    ///
    /// # Idempotency
    /// Safe to repeat.
    pub async fn gone(&self, handle: &Handle) -> Result<bool, DeployError> {
        let Some((book, leg)) = self.find(handle).await? else { return Ok(false) };
        let handle = handle.clone();
        book.record(move |state, _| {
            let Some(row) = state.legs.get(&leg) else { return Vec::new() };
            let is_live = |at: &usize| row.machines.get(*at).is_some_and(|machine| machine.gone_at.is_none());
            let live = row.place_of(&handle).filter(is_live);
            live.map(|machine| What::Gone { leg, machine }).into_iter().collect()
        })
        .await?;
        Ok(true)
    }

    /// The leg in the journal that the machine with this handle belongs to, with its deployment.
    async fn find(&self, handle: &Handle) -> Result<Option<(Book, Marker)>, DeployError> {
        let handles = self.journal().handles().await?;
        let known = handles.iter().find(|row| row.handle.is_same(handle)).map(|row| row.leg);
        let known = known.or(handle.marker);
        let Some(marker) = known else { return Ok(None) };
        let legs = self.journal().legs().await?;
        let leg = legs.iter().find(|leg| leg.marker == marker && leg.account == handle.provider);
        let Some(leg) = leg else { return Ok(None) };
        let claim = self.claim(&leg.deployment).await?;
        let Some(state) = self.load(&leg.deployment).await? else { return Ok(None) };
        let (book, _news) = self.book(&claim, state);
        Ok(Some((book, marker)))
    }
}

/// What follows when a person deletes this machine of a leg. What is wanted is dropped only where it is the one that is
/// kept for it: the further machine of a doubled create, or what is left of an earlier leg, is nobody's wish.
fn ended_by_hand(state: &Deployment, leg: &Leg, handle: &Handle) -> Vec<What> {
    let marker = leg.marker;
    let is_open = state.open_leg(leg.intent).is_some_and(|open| open.marker == marker);
    let wanted = is_open && state.intents.get(&leg.intent).is_some_and(|intent| intent.wanted);
    let dropped = wanted.then_some(What::Dropped { intent: leg.intent });
    match (leg.place_of(handle), leg.machine()) {
        (Some(0), _) => dropped.into_iter().collect(),
        (Some(_), _) => Vec::new(),
        // Whoever deletes the machine of a create whose answer was lost says that it was made.
        (None, None) if leg.is_stuck() => {
            let decision = Decision::Adopt(handle.clone());
            [What::Decided { leg: marker, decision }].into_iter().chain(dropped).collect()
        }
        (None, Some(kept)) if kept.gone_at.is_none() => {
            vec![What::Doubled { leg: marker, handles: vec![kept.handle.clone(), handle.clone()] }]
        }
        (None, _) => vec![
            What::Found { leg: marker, handle: Box::new(handle.clone()) },
            What::Condemned { leg: marker, reason: Reason::Unwanted },
        ],
    }
}

/// Nothing was ordered, and nothing will be.
async fn give_up(book: &Book) {
    // What cannot be written here is said of the next commit: nothing is lost with it.
    let _ = book.record(|_, _| vec![What::Dropped { intent: 1 }]).await;
    let _ = book.record(Deployment::tick).await;
}

/// The deployment of one that such an order is.
fn alone(account: &ProviderId, request: &CreateRequest) -> DeploySpec {
    let nothing = Money::new(rust_decimal::Decimal::ZERO, Currency::USD);
    let offer = match &request.machine {
        MachineWish::Offer(offer) => offer.clone(),
        MachineWish::Size(size) => OfferId(format!("{} vCPU, {} MiB", size.vcpus, size.memory_mib)),
    };
    let country = match request.location.countries.as_slice() {
        [only] => Some(*only),
        _ => None,
    };
    let location = Location { country, zone: request.location.zone.clone(), ..Location::default() };
    let choice = Choice {
        account: account.clone(),
        offer,
        location,
        price: Price::not_asked(),
        quote: nothing,
        reserve: nothing,
    };
    DeploySpec {
        name: request.marker.to_string(),
        count: 1,
        template: request.clone(),
        file_hash: String::new(),
        fields: BTreeMap::new(),
        choices: vec![choice],
        policy: Policy {
            strategy: Strategy::InOrder,
            ready: Ready::Running,
            provision_within: NEVER,
            approval_within: NEVER,
            ..Policy::default()
        },
    }
}
