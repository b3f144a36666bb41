//! Carries out what the engine decides: over the accounts, the journal and the clock.
//!
//! What is about to be sent is in the journal before a byte leaves. A send and the first write after it run in a
//! task of their own, and every commit in one as well: whoever drops the future loses nothing. Looks are taken
//! account by account, each in as few calls as the account allows, and a slow account holds up no other.

mod book;
mod ending;
mod requote;
mod round;
mod send;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use jiff::Timestamp;
use tokio::sync::mpsc;
use tracing::instrument::WithSubscriber;
use vmbroker_core::{CreateRequest, Error, ErrorKind, MachineWish, Marker, Owner, ProviderId};
use vmbroker_journal::JournalError;

pub(crate) use book::{Book, Time};
pub(crate) use ending::Endings;
pub(crate) use requote::Quotes;
use round::{Round, RoundEnd};
pub(crate) use send::write;

use super::claims::RunMark;
use super::engine::guards::{Guard, holds};
use super::engine::{Deployment, Looked, Mode, What, later};
use super::run::Hold;
use super::{Choice, DeployError, Draw};
use crate::Registry;

/// How long a create may take, look-ups before it included. Longer than any adapter's own limit: what takes so long
/// is not coming.
const SEND_WITHIN: Duration = Duration::from_secs(600);
/// How often the driver looks around although nothing is due: a bound on what a missed wake-up can cost.
const LOOK_AROUND: Duration = Duration::from_secs(600);

/// One run over one deployment.
#[derive(Debug)]
pub(crate) struct Driver {
    pub(crate) registry: Registry,
    pub(crate) book: Book,
    pub(crate) owner: Owner,
    pub(crate) draw: Draw,
    /// What each machine is to be; absent where none is ever made.
    pub(crate) template: Option<CreateRequest>,
    pub(crate) hold: Hold,
    pub(crate) looked: BTreeMap<ProviderId, Looked>,
    pub(crate) not_before: BTreeMap<ProviderId, Timestamp>,
    pub(crate) endings: Endings,
    /// What choices cost now.
    pub(crate) quotes: Quotes,
    /// Whether machines that were handed over are looked at once.
    pub(crate) verify: bool,
    /// Where it is a run's: it works only while its owner polls it.
    #[expect(dead_code, reason = "it is held, never read")]
    pub(crate) mark: Option<RunMark>,
}

impl Driver {
    /// Works until what is wanted is up, or nothing more can be done now.
    pub(crate) async fn run(mut self) -> Result<(), DeployError> {
        self.book.record(|state, _| state.interrupted()).await?;
        let (sent, mut answered) = mpsc::unbounded_channel();
        let mut rounds: FuturesUnordered<BoxFuture<'static, Result<RoundEnd, DeployError>>> =
            FuturesUnordered::new();
        let mut inline: FuturesUnordered<BoxFuture<'static, ()>> = FuturesUnordered::new();
        let mut busy = BTreeSet::new();
        loop {
            if self.hold.is_asked() && self.book.view().head.mode == Mode::Up {
                self.book.record(|_, _| vec![What::Turned { mode: Mode::Held }]).await?;
            }
            let looked: BTreeSet<ProviderId> = self.looked.keys().cloned().collect();
            self.book
                .record(move |state, now| state.tick_but(now, |account| !looked.contains(account)))
                .await?;
            for marker in self.start().await? {
                let task = self.send(marker, sent.clone());
                if holds(Guard::OwnTask) {
                    // Who listens to the log here listens there, too.
                    tokio::spawn(task.with_current_subscriber());
                } else {
                    inline.push(Box::pin(task));
                }
            }
            let state = self.book.view();
            let now = self.book.now();
            if state.is_settled(now) && !self.is_anything_due(&state, now) && rounds.is_empty() {
                return Ok(());
            }
            let mut next = state.next_moment().unwrap_or(Timestamp::MAX).min(later(now, LOOK_AROUND));
            for account in state.accounts() {
                if busy.contains(&account) {
                    continue;
                }
                match self.due(&state, &account) {
                    Some(at) if at <= now => {
                        let round = self.round(&state, &account);
                        busy.insert(account);
                        rounds.push(Box::pin(round.take()));
                    }
                    Some(at) => next = next.min(at),
                    None => {}
                }
            }
            // A deadline that has passed at an account nobody looked at yet: its first look is on its way.
            let pause = Duration::try_from(next.duration_since(now)).unwrap_or(Duration::from_secs(1));
            tokio::select! {
                Some(end) = rounds.next() => {
                    let end = end?;
                    busy.remove(&end.account);
                    self.note(end);
                }
                Some(written) = answered.recv() => written?,
                Some(()) = inline.next(), if !inline.is_empty() => {}
                () = self.hold.asked(), if !self.hold.is_asked() => {}
                () = self.book.sleep(pause.max(Duration::from_millis(1))) => {}
            }
        }
    }

    /// Takes one look at everything that is due by now, and writes down what it showed. Nothing is sent but steps
    /// towards the end of machines that are to be deleted.
    pub(crate) async fn look_once(mut self, legs: &BTreeSet<Marker>) -> Result<(), DeployError> {
        self.book.record(|state, _| state.interrupted()).await?;
        self.book.record(|state, now| state.tick_but(now, |_| true)).await?;
        let state = self.book.view();
        let of = |marker: &Marker| state.legs.get(marker).map(|leg| leg.choice.account.clone());
        let accounts: BTreeSet<ProviderId> = legs.iter().filter_map(of).collect();
        let rounds = accounts.iter().map(|account| {
            let mut round = self.round(&state, account);
            round.list =
                state.legs.values().any(|leg| leg.choice.account == *account && state.wants_a_list(leg));
            round.take()
        });
        let ends: Vec<_> = futures_util::future::join_all(rounds.collect::<Vec<_>>()).await;
        let mut asked = BTreeSet::new();
        for end in ends {
            let end = end?;
            asked.extend(end.asked_at.map(|_| end.account.clone()));
            self.note(end);
        }
        self.book.record(move |state, now| state.tick_but(now, |account| !asked.contains(account))).await?;
        Ok(())
    }

    /// Writes down what is to be sent now: the legs whose create is.
    async fn start(&self) -> Result<Vec<Marker>, DeployError> {
        let (draw, owner) = (self.draw.clone(), self.owner);
        let failed = std::sync::Arc::new(std::sync::Mutex::new(None));
        let seen = std::sync::Arc::clone(&failed);
        let started = self
            .book
            .record(move |state, now| {
                let mut marker = || match draw.marker(owner) {
                    Ok(marker) => Some(marker),
                    Err(error) => {
                        *seen.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(error);
                        None
                    }
                };
                state.starts(now, &mut marker)
            })
            .await?;
        if let Some(error) = failed.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take() {
            return Err(DeployError::Wish(error));
        }
        let sent = self
            .book
            .record(|state, now| state.sends(now).into_iter().map(|leg| What::Sending { leg }).collect())
            .await?;
        let sending = |event: super::engine::Event| match event.what {
            What::Sending { leg } => Some(leg),
            _ => None,
        };
        Ok(started.into_iter().chain(sent).filter_map(sending).collect())
    }

    fn send(
        &self,
        marker: Marker,
        done: mpsc::UnboundedSender<Result<(), JournalError>>,
    ) -> impl Future<Output = ()> + Send + 'static {
        let prepared = self.prepare(marker);
        let (book, quotes) = (self.book.clone(), self.quotes.clone());
        async move {
            let written = match prepared {
                Ok((provider, choice, request)) => {
                    match quotes.check(&book, &*provider, &choice, &request).await {
                        Ok(()) => send::send(&book, provider, request, SEND_WITHIN).await,
                        Err(fault) => write(&book, marker, Err(fault)).await,
                    }
                }
                Err(error) => write(&book, marker, Err((&error).into())).await,
            };
            // The driver may be gone; then nobody waits for this.
            let _ = done.send(written);
        }
    }

    fn prepare(
        &self,
        marker: Marker,
    ) -> Result<(std::sync::Arc<dyn vmbroker_core::ComputeProvider>, Choice, CreateRequest), Error> {
        let state = self.book.view();
        let leg = state.leg(marker)?;
        let provider = self.registry.get(&leg.choice.account)?;
        let Some(template) = &self.template else {
            return Err(Error::new(ErrorKind::InvalidRequest, "what the machine is to be is not known"));
        };
        let mut request = template.clone();
        request.marker = marker;
        request.machine = MachineWish::Offer(leg.choice.offer.clone());
        request.location.countries = leg.choice.location.country.into_iter().collect();
        request.location.zone.clone_from(&leg.choice.location.zone);
        Ok((provider, leg.choice.clone(), request))
    }

    fn looked(&self, account: &ProviderId) -> Looked {
        self.looked.get(account).copied().unwrap_or_default()
    }

    /// When there is something to do at this account; absent: nothing.
    fn due(&self, state: &Deployment, account: &ProviderId) -> Option<Timestamp> {
        let looked = self.looked(account);
        let legs = state.legs.values().filter(|leg| leg.choice.account == *account);
        let looks =
            legs.flat_map(|leg| [state.list_due(leg, &looked), state.status_due(leg, &looked, self.verify)]);
        let ends = state.endings(account).into_iter().map(|target| self.endings.due(&target, state));
        let at = looks.flatten().chain(ends).min()?;
        Some(self.not_before.get(account).map_or(at, |not_before| at.max(*not_before)))
    }

    /// Whether a first look is still owed to machines that were handed over, or the time that a run gives the spares of
    /// what is gone.
    fn is_anything_due(&self, state: &Deployment, now: Timestamp) -> bool {
        let goes = |target: &super::engine::Target| {
            state.legs.get(&target.leg).is_some_and(|leg| leg.state.is_over())
                && self.endings.has_time(target, state.head.policy.delete_within, now)
        };
        if state.head.mode == Mode::Down
            && state.accounts().iter().any(|account| state.endings(account).iter().any(goes))
        {
            return true;
        }
        self.verify
            && state.accounts().iter().any(|account| {
                self.looked(account).asked_at.is_none()
                    && self.due(state, account).is_some_and(|at| at <= now)
            })
    }

    fn round(&self, state: &Deployment, account: &ProviderId) -> Round {
        let (now, looked) = (self.book.now(), self.looked(account));
        let legs: Vec<_> = state.legs.values().filter(|leg| leg.choice.account == *account).collect();
        let list = legs.iter().filter_map(|leg| state.list_due(leg, &looked)).any(|at| at <= now);
        let ends = state.endings(account).into_iter();
        let ends = ends.filter(|target| self.endings.due(target, state) <= now).collect();
        let verify = self.verify && looked.asked_at.is_none();
        Round {
            account: account.clone(),
            provider: self.registry.get(account),
            within: self.registry.answer_within(),
            book: self.book.clone(),
            ends,
            list,
            verify,
        }
    }

    /// Paces the next round by what this one showed.
    fn note(&mut self, end: RoundEnd) {
        let state = self.book.view();
        let rules = state.rules(&end.account);
        let looked = self.looked.entry(end.account.clone()).or_default();
        looked.listed_at = end.listed_at.or(looked.listed_at);
        looked.asked_at = end.asked_at.or(looked.asked_at);
        looked.quiet = if end.progress { 0 } else { looked.quiet.saturating_add(1) };
        let now = self.book.now();
        if end.failed {
            let pause = (rules.poll_every / 2).saturating_mul(1 << looked.quiet.min(3)).max(end.told_to_wait);
            self.not_before.insert(end.account, later(now, pause));
        } else {
            self.not_before.remove(&end.account);
        }
        for (target, step) in end.steps {
            self.endings.note(&target, &step, &state, rules.poll_every, now);
        }
    }
}

#[cfg(test)]
mod tests;
