//! The front door: deploy, destroy, look, resolve.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::{Mutex, mpsc};
use vmbroker_core::{Error, ErrorKind, Marker, Owner, ProviderId, Result};
use vmbroker_journal::Journal;

use super::claims::{Claim, Claims};
use super::driver::{Book, Driver, Quotes, Time};
use super::engine::{Deployment, Event, LegState, Mode, Rules, Terms, What};
use super::rows::{self, Versions};
use super::run::{Hold, News, Run};
use super::{DeployError, DeploySpec, Receipt, Report};
use crate::Registry;
use crate::market::ExchangeRates;

/// Where the random part of markers comes from.
///
/// ```
/// use vmbroker::Owner;
/// use vmbroker::deploy::Draw;
///
/// // An application has one text of its own here, and keeps it: by the owner it knows its machines again.
/// let marker = Draw::system().marker(Owner::of_installation("my-broker"))?;
/// assert_eq!(marker.to_string().len(), 23);
/// # Ok::<(), vmbroker::Error>(())
/// ```
#[derive(Clone)]
pub struct Draw(Arc<dyn Fn() -> Result<[u8; 10]> + Send + Sync>);

impl Draw {
    /// From this. It must never give the same bytes twice.
    #[must_use]
    pub fn new(draw: impl Fn() -> Result<[u8; 10]> + Send + Sync + 'static) -> Self {
        Self(Arc::new(draw))
    }

    /// From the operating system.
    #[must_use]
    pub fn system() -> Self {
        Self::new(|| {
            let mut bytes = [0; 10];
            getrandom::fill(&mut bytes).map_err(|error| {
                let message = "the operating system gives no random numbers";
                Error::new(ErrorKind::Unavailable, message).with_source(error.to_string())
            })?;
            Ok(bytes)
        })
    }

    /// A new marker of this owner: for one machine, and never again.
    ///
    /// # Errors
    /// `Unavailable` where the operating system gives no random numbers; of a draw of one's own, what it says.
    pub fn marker(&self, owner: Owner) -> Result<Marker> {
        Ok(Marker::new(owner, self.draw()?))
    }

    pub(crate) fn draw(&self) -> Result<[u8; 10]> {
        (self.0)()
    }
}

impl fmt::Debug for Draw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Draw")
    }
}

/// Deployments over all accounts and one journal.
///
/// Before anything is sent it is in the journal; whatever happens to this process then, the next one that opens the
/// journal finds every machine. At most one process writes a journal: see
/// [`SqliteJournal::open`](vmbroker_journal::SqliteJournal::open). In it one broker and its clones do: they let one
/// another end what they have begun with a deployment.
#[derive(Clone, Debug)]
pub struct Broker {
    registry: Registry,
    journal: Arc<dyn Journal>,
    owner: Owner,
    draw: Draw,
    exchange: ExchangeRates,
    claims: Claims,
    /// The accounts once they are known; absent until then.
    known: Arc<Mutex<Option<Registry>>>,
}

impl Broker {
    /// Over these accounts and this journal. Machines carry this owner's tag in their names.
    #[must_use]
    pub fn new(registry: Registry, journal: Arc<dyn Journal>, owner: Owner) -> Self {
        let (draw, exchange, claims) = (Draw::system(), ExchangeRates::default(), Claims::default());
        Self { registry, journal, owner, draw, exchange, claims, known: Arc::default() }
    }

    /// The same broker, with markers drawn from this; from the operating system where this is not called.
    #[must_use]
    pub fn drawing(mut self, draw: Draw) -> Self {
        self.draw = draw;
        self
    }

    /// The same broker, with these exchange rates for prices that are asked again before a create; only USDC counts
    /// as USD where this is not called.
    #[must_use]
    pub fn exchanging(mut self, rates: ExchangeRates) -> Self {
        self.exchange = rates;
        self
    }

    /// The accounts as they were given.
    #[must_use]
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// The journal.
    #[must_use]
    pub fn journal(&self) -> &Arc<dyn Journal> {
        &self.journal
    }

    /// The owner whose tag machines carry.
    #[must_use]
    pub fn owner(&self) -> Owner {
        self.owner
    }

    /// Brings a deployment up, or takes it up again where a former run left it. Nothing is sent before the run is
    /// polled.
    ///
    /// # Errors
    /// `InvalidRequest` where the wish makes no sense, or changes a field that may not change while the deployment
    /// stands; `Conflict` where a run of this broker works on it; the journal's errors.
    ///
    /// # Idempotency
    /// The same name with the same wish starts nothing that is up already; another count adds or removes machines.
    pub async fn deploy(&self, spec: DeploySpec) -> Result<Run, DeployError> {
        spec.check().map_err(DeployError::Wish)?;
        let accounts = self.accounts().await?;
        let claim = self.claim(&spec.name).await?;
        let before = self.load(&spec.name).await?;
        if let Some((state, _)) = &before {
            check_unchanged(state, &spec).map_err(DeployError::Wish)?;
        }
        let now = self.registry.clock().now();
        let blocks = self.journal.blocks(now).await?;
        let blocks = blocks.iter().map(rows::block).collect::<Result<Vec<_>, _>>()?;
        let terms = Box::new(self.terms(&spec).await?);
        let state = before.unwrap_or_else(|| (Deployment::new(&spec.name, now), Versions::new()));
        let (book, news) = self.book(&claim, state);
        let count = spec.count;
        book.record(move |state, _| {
            let counted = counted(state, count);
            [What::Opened { terms, blocks }].into_iter().chain(counted).collect()
        })
        .await?;
        Ok(self.start(accounts, book, news, Some(spec.template)))
    }

    /// Deletes every machine of a deployment, each with proof.
    ///
    /// # Errors
    /// `InvalidRequest` where there is none of this name; `Conflict` where a run of this broker works on it; the
    /// journal's errors.
    ///
    /// # Idempotency
    /// Safe to repeat: what is gone is left alone, and what could not be proven gone is tried again.
    pub async fn destroy(&self, name: &str) -> Result<Run, DeployError> {
        let accounts = self.accounts().await?;
        let claim = self.claim(name).await?;
        let state = self.load(name).await?.ok_or_else(|| unknown(name))?;
        let (book, news) = self.book(&claim, state);
        book.record(|state, now| {
            [What::Turned { mode: Mode::Down }].into_iter().chain(state.ends_again(now)).collect()
        })
        .await?;
        Ok(self.start(accounts, book, news, None))
    }

    /// Takes every look that is due, in all deployments: late machines, unknown outcomes, deletions without proof.
    /// Every command that writes the journal does this first. One report for each deployment that was looked at;
    /// those that a run of this broker works on, or that have a create on its way, are left alone.
    ///
    /// # Errors
    /// The journal's. An account that cannot be asked is asked again the next time.
    ///
    /// # Idempotency
    /// Safe to repeat. Sends nothing but further steps towards the end of machines that are to be deleted.
    pub async fn look(&self) -> Result<Vec<Report>, DeployError> {
        let now = self.registry.clock().now();
        let mut due: BTreeMap<String, BTreeSet<Marker>> = BTreeMap::new();
        for look in self.journal.looks().await?.into_iter().filter(|look| look.due_at <= now) {
            due.entry(look.deployment).or_default().insert(look.leg);
        }
        if due.is_empty() {
            return Ok(Vec::new());
        }
        let accounts = self.accounts().await?;
        let mut reports = Vec::new();
        for (name, legs) in due {
            // What else is at it looks as well, or has a create on its way.
            let Ok(claim) = self.claims.try_take(&name) else { continue };
            let Some(state) = self.load(&name).await? else { continue };
            let (book, _news) = self.book(&claim, state);
            self.driver(accounts.clone(), book.clone(), None).look_once(&legs).await?;
            reports.push(Report::of(&book.view(), book.now()));
        }
        Ok(reports)
    }

    /// How a deployment stands, by the journal alone; absent where there is none of this name.
    ///
    /// # Errors
    /// The journal's.
    pub async fn report(&self, name: &str) -> Result<Option<Report>, DeployError> {
        let now = self.registry.clock().now();
        Ok(self.load(name).await?.map(|(state, _)| Report::of(&state, now)))
    }

    /// The state of a deployment, by the journal alone; absent where there is none of this name.
    ///
    /// # Errors
    /// The journal's.
    pub async fn state(&self, name: &str) -> Result<Option<Deployment>, DeployError> {
        Ok(self.load(name).await?.map(|(state, _)| state))
    }

    /// What the machines of a deployment cost so far, by the journal alone; absent where there is none of this name.
    ///
    /// # Errors
    /// The journal's.
    pub async fn receipt(&self, name: &str) -> Result<Option<Receipt>, DeployError> {
        let now = self.registry.clock().now();
        Ok(self.load(name).await?.map(|(state, _)| Receipt::of(&state, now)))
    }

    /// What happened to a deployment, oldest first.
    ///
    /// # Errors
    /// The journal's.
    pub async fn events(&self, name: &str) -> Result<Vec<Event>, DeployError> {
        let rows = self.journal.events(name, 0).await?;
        Ok(rows.iter().map(rows::event).collect::<Result<Vec<_>, _>>()?)
    }

    pub(super) async fn load(&self, name: &str) -> Result<Option<(Deployment, Versions)>, DeployError> {
        let record = self.journal.deployment(name).await?;
        Ok(record.as_ref().map(rows::load).transpose()?)
    }

    /// Claims this deployment, before its rows are read to be changed.
    pub(super) async fn claim(&self, name: &str) -> Result<Arc<Claim>, DeployError> {
        self.claims.take(name).await
    }

    pub(super) fn book(
        &self,
        claim: &Arc<Claim>,
        state: (Deployment, Versions),
    ) -> (Book, mpsc::UnboundedReceiver<News>) {
        let latest = state.0.legs.values().map(|leg| leg.since).max();
        let time = Time::starting(self.registry.clock(), latest.unwrap_or(Timestamp::UNIX_EPOCH));
        let (tell, news) = mpsc::unbounded_channel();
        (Book::new(Arc::clone(&self.journal), time, state, tell, Arc::clone(claim)), news)
    }

    /// The accounts once they are known.
    pub(super) fn known(&self) -> &Mutex<Option<Registry>> {
        &self.known
    }

    fn driver(
        &self,
        registry: Registry,
        book: Book,
        template: Option<vmbroker_core::CreateRequest>,
    ) -> Driver {
        Driver {
            registry,
            book,
            owner: self.owner,
            draw: self.draw.clone(),
            verify: template.is_some(),
            template,
            hold: Hold::default(),
            looked: BTreeMap::new(),
            not_before: BTreeMap::new(),
            endings: super::driver::Endings::default(),
            quotes: Quotes::new(self.exchange.clone(), self.registry.answer_within()),
            mark: None,
        }
    }

    fn start(
        &self,
        accounts: Registry,
        book: Book,
        news: mpsc::UnboundedReceiver<News>,
        template: Option<vmbroker_core::CreateRequest>,
    ) -> Run {
        let reader = book.reader();
        let driver = Driver { mark: book.mark(), ..self.driver(accounts, book, template) };
        let hold = driver.hold.clone();
        Run::new(Box::pin(driver.run()), news, reader, hold)
    }

    pub(super) async fn terms(&self, spec: &DeploySpec) -> Result<Terms, DeployError> {
        let mut rules = BTreeMap::new();
        for id in self.registry.ids() {
            if let Ok(provider) = self.registry.get(id) {
                let wanted = spec.policy.on_uncertain.get(id).copied();
                rules.insert(id.clone(), Rules::of(provider.semantics(), wanted));
            }
        }
        let mut unresolved_elsewhere: BTreeMap<ProviderId, u32> = BTreeMap::new();
        for leg in self.journal.legs().await? {
            if leg.unresolved && leg.deployment != spec.name {
                *unresolved_elsewhere.entry(leg.account).or_default() += 1;
            }
        }
        Ok(Terms {
            file_hash: spec.file_hash.clone(),
            fields: spec.fields.clone(),
            choices: spec.choices.clone(),
            policy: spec.policy.clone(),
            rules,
            unresolved_elsewhere,
        })
    }
}

pub(super) fn unknown(name: &str) -> DeployError {
    DeployError::Wish(Error::invalid("name", name, "there is no deployment of this name"))
}

/// Whether no field changed that may not while the deployment stands.
fn check_unchanged(state: &Deployment, spec: &DeploySpec) -> Result<()> {
    let stands = state.legs.values().any(|leg| !leg.state.is_over());
    let changed = spec
        .fields
        .iter()
        .find(|(field, hash)| state.head.fields.get(*field).is_some_and(|before| before != *hash));
    match changed.filter(|_| stands) {
        None => Ok(()),
        Some((field, _)) => {
            let message = format!(
                "`{field}` is another than when `{}` was deployed, but only `count` may change while it stands: \
                 destroy it first, or deploy under another name",
                spec.name
            );
            Err(Error::new(ErrorKind::InvalidRequest, message))
        }
    }
}

/// What brings the number of wanted machines to this count: the lowest numbers are added, and taken away are those
/// that are not up, then the highest numbers.
pub(super) fn counted(state: &Deployment, count: u32) -> Vec<What> {
    let wanted: BTreeSet<u32> = state.wanted().collect();
    let have = u32::try_from(wanted.len()).unwrap_or(u32::MAX);
    if have <= count {
        let free = (1..=u32::MAX).filter(|number| !wanted.contains(number) && !is_taken(state, *number));
        let missing = usize::try_from(count - have).unwrap_or(0);
        return free.take(missing).map(|intent| What::Wanted { intent }).collect();
    }
    let is_up = |number: &u32| state.open_leg(*number).is_some_and(|leg| leg.state == LegState::Running);
    let mut order: Vec<u32> = wanted.into_iter().collect();
    order.sort_by_key(|number| (is_up(number), std::cmp::Reverse(*number)));
    let most = usize::try_from(have - count).unwrap_or(0);
    order.into_iter().take(most).map(|intent| What::Dropped { intent }).collect()
}

/// Whether a machine that is no longer wanted under this number is not proven gone.
fn is_taken(state: &Deployment, number: u32) -> bool {
    state.open_leg(number).is_some()
}
