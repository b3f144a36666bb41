//! All accounts of one application, side by side.

use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{BoxFuture, Either, join_all, select};
use vmbroker_core::{
    Clock, ComputeProvider, Error, ErrorKind, Handle, Listing, Observation, Offer, OfferQuery, ProviderId,
    Result, Retry,
};

/// How long an account may take to answer before the others are shown without it: a large account's list over
/// all pages with one repeat of a slow page, and still less than a person waits.
const ANSWER_WITHIN: Duration = Duration::from_secs(60);
/// However fast a simulated clock runs, an account has this much real time to answer.
const REAL_TIME_AT_LEAST: Duration = Duration::from_secs(5);

/// All accounts of one application, by name.
///
/// Asking all of them takes as long as the slowest, and never longer than the deadline: what has not answered
/// by then is an error beside the answers of the others.
///
/// ```
/// use vmbroker::{Account, Clock, Kind, Registry, Secret};
/// # #[cfg(feature = "fluence")] {
/// let clock = Clock::system();
/// let account = Account {
///     id: "fluence".parse()?,
///     kind: Kind::Fluence,
///     settings: Default::default(),
///     credentials: [("api_key".to_owned(), Secret::new("key-from-a-vault"))].into(),
/// };
/// let mut registry = Registry::new(clock.clone());
/// registry.add(account.open(&clock)?)?;
/// assert!(registry.get(&"fluence".parse()?).is_ok());
/// # }
/// # Ok::<(), vmbroker::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Registry {
    accounts: BTreeMap<ProviderId, Entry>,
    clock: Clock,
    answer_within: Duration,
}

#[derive(Clone, Debug)]
enum Entry {
    Open(Arc<dyn ComputeProvider>),
    Unusable { kind: ErrorKind, message: String },
}

impl Entry {
    fn unusable(why: &Error) -> Self {
        Self::Unusable { kind: why.kind(), message: why.message().to_owned() }
    }
}

/// What one account answered.
#[derive(Debug)]
pub struct Answer<T> {
    /// The account.
    pub provider: ProviderId,
    /// What it said, or why it said nothing.
    pub result: Result<T>,
}

impl Registry {
    /// No accounts yet; deadlines are measured by this clock.
    #[must_use]
    pub fn new(clock: Clock) -> Self {
        let answer_within = ANSWER_WITHIN.max(REAL_TIME_AT_LEAST.saturating_mul(clock.speed()));
        Self { accounts: BTreeMap::new(), clock, answer_within }
    }

    /// The same accounts, each of which may take this long to answer; 60 seconds where this is not called.
    #[must_use]
    pub fn answering_within(mut self, deadline: Duration) -> Self {
        self.answer_within = deadline;
        self
    }

    /// Adds an account under its own name.
    ///
    /// # Errors
    /// `InvalidConfig` where the name is taken.
    pub fn add(&mut self, provider: Arc<dyn ComputeProvider>) -> Result<()> {
        self.insert(provider.id().clone(), Entry::Open(provider))
    }

    /// Adds an account that cannot be used, such as one whose credentials are missing: whatever is asked of it
    /// answers with this kind and message.
    ///
    /// # Errors
    /// `InvalidConfig` where the name is taken.
    pub fn add_unusable(&mut self, id: ProviderId, why: &Error) -> Result<()> {
        self.insert(id, Entry::unusable(why))
    }

    /// The same for an account that is there.
    pub(crate) fn replace_unusable(&mut self, id: &ProviderId, why: &Error) {
        self.accounts.insert(id.clone(), Entry::unusable(why));
    }

    fn insert(&mut self, id: ProviderId, entry: Entry) -> Result<()> {
        if self.accounts.contains_key(&id) {
            let message = format!("there are two accounts `{id}`");
            return Err(Error::new(ErrorKind::InvalidConfig, message));
        }
        self.accounts.insert(id, entry);
        Ok(())
    }

    /// The names of all accounts, sorted.
    pub fn ids(&self) -> impl Iterator<Item = &ProviderId> {
        self.accounts.keys()
    }

    /// Whether there is no account at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.accounts.is_empty()
    }

    /// The time by which deadlines are measured.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// The account with this name.
    ///
    /// # Errors
    /// `InvalidRequest` where there is none, naming those there are; the reason where it cannot be used.
    pub fn get(&self, id: &ProviderId) -> Result<Arc<dyn ComputeProvider>> {
        match self.accounts.get(id) {
            Some(Entry::Open(provider)) => Ok(Arc::clone(provider)),
            Some(Entry::Unusable { kind, message }) => Err(Error::new(*kind, message.clone()).at(id, "open")),
            None => Err(self.unknown(id)),
        }
    }

    /// The account that a handle belongs to.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub fn of(&self, handle: &Handle) -> Result<Arc<dyn ComputeProvider>> {
        self.get(&handle.provider)
    }

    /// Only these accounts; all of them where none is named.
    ///
    /// # Errors
    /// `InvalidRequest` where one is not there, naming those there are.
    pub fn only(mut self, wanted: &[ProviderId]) -> Result<Self> {
        if let Some(missing) = wanted.iter().find(|id| !self.accounts.contains_key(id)) {
            return Err(self.unknown(missing));
        }
        if !wanted.is_empty() {
            self.accounts.retain(|id, _| wanted.contains(id));
        }
        Ok(self)
    }

    /// What each account offers that meets the query. Sorted by account.
    pub async fn offers(&self, query: &OfferQuery) -> Vec<Answer<Vec<Offer>>> {
        let ask = |id| self.ask(id, "offers", move |it| Box::pin(async move { it.offers(query).await }));
        join_all(self.accounts.keys().map(ask)).await
    }

    /// Every instance of each account. Sorted by account.
    pub async fn list(&self) -> Vec<Answer<Listing>> {
        let ask = |id| self.ask(id, "list", |it| Box::pin(async move { it.list().await }));
        join_all(self.accounts.keys().map(ask)).await
    }

    /// Looks at many machines at many accounts: one answer for each account that is asked, sorted by account,
    /// with one observation for each of its handles in the order given.
    pub async fn status(&self, handles: &[Handle]) -> Vec<Answer<Vec<Observation>>> {
        let mut groups: BTreeMap<&ProviderId, Vec<Handle>> = BTreeMap::new();
        for handle in handles {
            groups.entry(&handle.provider).or_default().push(handle.clone());
        }
        let ask = |(id, group): (_, Vec<Handle>)| {
            self.ask(id, "status", |it| Box::pin(async move { it.status(&group).await }))
        };
        join_all(groups.into_iter().map(ask)).await
    }

    /// How long each account may take.
    pub(crate) fn answer_within(&self) -> Duration {
        self.answer_within
    }

    /// What one account says to a question, as long as each may take.
    pub(crate) fn ask<'a, T: Send + 'a>(
        &'a self,
        id: &'a ProviderId,
        operation: &'static str,
        question: impl FnOnce(Arc<dyn ComputeProvider>) -> BoxFuture<'a, Result<T>> + Send + 'a,
    ) -> BoxFuture<'a, Answer<T>> {
        self.ask_within(self.answer_within, id, operation, question)
    }

    /// What one account says to a question, or an error that names it: one of ours where it says nothing in time.
    pub(crate) fn ask_within<'a, T: Send + 'a>(
        &'a self,
        within: Duration,
        id: &'a ProviderId,
        operation: &'static str,
        question: impl FnOnce(Arc<dyn ComputeProvider>) -> BoxFuture<'a, Result<T>> + Send + 'a,
    ) -> BoxFuture<'a, Answer<T>> {
        Box::pin(async move {
            let result = match self.get(id) {
                Err(error) => Err(error),
                Ok(provider) => {
                    let deadline = pin!(self.clock.sleep(within));
                    match select(question(provider), deadline).await {
                        Either::Left((result, _)) => result,
                        Either::Right(_) => Err(late(within, id, operation)),
                    }
                }
            };
            Answer { provider: id.clone(), result }
        })
    }

    fn unknown(&self, id: &ProviderId) -> Error {
        let known: Vec<String> = self.accounts.keys().map(|id| format!("`{id}`")).collect();
        let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
        Error::invalid("account", id, format!("the accounts are: {known}"))
    }
}

fn late(within: Duration, id: &ProviderId, operation: &'static str) -> Error {
    let time = match within.subsec_millis() {
        0 => format!("{} s", within.as_secs()),
        _ => format!("{} ms", within.as_millis()),
    };
    let error = Error::new(ErrorKind::DeadlineExceeded, format!("no answer within {time}"));
    error.with_retry(Retry::Backoff).at(id, operation)
}

#[cfg(test)]
mod tests;
