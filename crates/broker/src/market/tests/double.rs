//! An account whose offers, pace and mood a test sets.

use std::future::pending;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use vmbroker_core::{
    Availability, Billing, Charge, ChargeType, Clock, ComputeProvider, CreateRequest, Currency, DeleteMode,
    Deletion, Error, ErrorKind, Handle, Listing, Location, NameRule, Observation, Offer, OfferId, OfferQuery,
    Period, Price, ProviderId, Result, Semantics, Size,
};

use crate::Registry;
use crate::market::{Catalogue, ExchangeRates, Market, Question};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mood {
    Well,
    Silent,
    SilentOnce,
    Broken,
    Panicking,
}

/// How often an account was asked, and what it says: both can be changed while it is in a registry.
#[derive(Clone, Debug, Default)]
pub(super) struct Calls(Arc<AtomicU64>, Arc<Mutex<Vec<Offer>>>);

impl Calls {
    pub(super) fn count(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }

    pub(super) fn now_offering(&self, offers: Vec<Offer>) {
        *self.1.lock().unwrap() = offers;
    }
}

#[derive(Debug)]
pub(super) struct Cloud {
    id: ProviderId,
    semantics: Semantics,
    mood: Mood,
    takes: Duration,
    /// How many prices one call tells.
    prices: usize,
    calls: Calls,
}

impl Cloud {
    pub(super) fn new(id: &str) -> Self {
        let semantics = Semantics {
            kind: "memory",
            status_batch: None,
            creates_order: false,
            approval_possible: false,
            name: NameRule { longest: 40, capitals: false, full_stop: false },
            create_applies_within: Duration::ZERO,
            list_lags_by: Duration::ZERO,
            visible_within: Some(Duration::ZERO),
            lists_inactive: true,
            delete: DeleteMode::Direct,
            poll_every: Duration::from_secs(1),
        };
        let (takes, calls) = (Duration::ZERO, Calls::default());
        Self { id: id.parse().unwrap(), semantics, mood: Mood::Well, takes, prices: usize::MAX, calls }
    }

    pub(super) fn with(self, offer: Offer) -> Self {
        self.calls.1.lock().unwrap().push(offer);
        self
    }

    pub(super) fn mood(self, mood: Mood) -> Self {
        Self { mood, ..self }
    }

    pub(super) fn taking(self, millis: u64) -> Self {
        Self { takes: Duration::from_millis(millis), ..self }
    }

    pub(super) fn telling_prices(self, prices: usize) -> Self {
        Self { prices, ..self }
    }

    pub(super) fn calls(&self) -> Calls {
        self.calls.clone()
    }
}

#[async_trait]
impl ComputeProvider for Cloud {
    fn id(&self) -> &ProviderId {
        &self.id
    }

    fn semantics(&self) -> &Semantics {
        &self.semantics
    }

    async fn offers(&self, query: &OfferQuery) -> Result<Vec<Offer>> {
        let before = self.calls.0.fetch_add(1, Ordering::SeqCst);
        tokio::time::sleep(self.takes).await;
        match self.mood {
            Mood::Silent => pending().await,
            Mood::SilentOnce if before == 0 => pending().await,
            Mood::Broken => return Err(Error::new(ErrorKind::Unavailable, "it is down")),
            Mood::Panicking => panic!("a mistake in the adapter"),
            Mood::Well | Mood::SilentOnce => {}
        }
        let mut offers = self.calls.1.lock().unwrap().clone();
        offers.retain(|offer| query.admits(&offer.id, offer.size, &offer.location));
        for offer in offers.iter_mut().skip(self.prices) {
            offer.price = Price::not_asked();
        }
        Ok(offers)
    }

    async fn create(&self, _: &CreateRequest) -> Result<Handle> {
        unreachable!("nothing is bought here")
    }

    async fn status(&self, _: &[Handle]) -> Result<Vec<Observation>> {
        unreachable!("nothing is bought here")
    }

    async fn list(&self) -> Result<Listing> {
        unreachable!("nothing is bought here")
    }

    async fn delete(&self, _: &Handle) -> Result<Deletion> {
        unreachable!("nothing is bought here")
    }
}

/// Two processors and 4 GiB in Germany, by the hour, in dollars.
pub(super) fn hourly(id: &str, amount: &str) -> Offer {
    priced(id, Price::new(Currency::USD, vec![rate(amount)]))
}

pub(super) fn rate(amount: &str) -> Charge {
    Charge::rate("machine", amount.parse().unwrap(), Period::HOUR, Billing::begun(Period::HOUR))
}

pub(super) fn priced(id: &str, price: Price) -> Offer {
    Offer {
        provider: "nobody".parse().unwrap(),
        id: OfferId(id.to_owned()),
        size: Size { vcpus: 2, memory_mib: 4_096 },
        disk_gib: None,
        location: Location { country: Some("DE".parse().unwrap()), ..Location::default() },
        charge: ChargeType::PayAsYouGo,
        price,
        availability: Availability::Unknown,
        extras: Default::default(),
    }
}

pub(super) fn registry(clouds: Vec<Cloud>) -> Registry {
    let clock = Clock::simulated("2026-03-01T12:00:00Z".parse().unwrap(), 1);
    let mut registry = Registry::new(clock);
    for cloud in clouds {
        registry.add(Arc::new(cloud)).unwrap();
    }
    registry
}

pub(super) fn market(clouds: Vec<Cloud>) -> Market {
    Market::new(registry(clouds), Catalogue::in_memory(), ExchangeRates::default())
}

/// Any machine for 40 minutes.
pub(super) fn question() -> Question {
    let start = "2026-03-01T12:00:00Z".parse().unwrap();
    Question::new(OfferQuery::default(), start, Duration::from_secs(40 * 60))
}
