//! What a choice costs now, asked once more before its creates: one question an offer and minute, shared by all.

use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use futures_util::future::{Either, select};
use jiff::Timestamp;
use tokio::sync::Mutex;
use vmbroker_core::{
    Availability, ComputeProvider, CreateRequest, ErrorKind, MachineWish, Money, Offer, OfferQuery, Result,
    Retry, Total,
};

use super::Book;
use crate::deploy::Choice;
use crate::deploy::engine::{Fault, passed};
use crate::market::ExchangeRates;

/// How long a price that was asked for is good for.
const FRESH: Duration = Duration::from_secs(60);

/// The prices of one run's choices, as they were told last. A clone is the same.
#[derive(Clone, Debug)]
pub(crate) struct Quotes {
    exchange: ExchangeRates,
    /// How long one question may take.
    within: Duration,
    told: Arc<std::sync::Mutex<BTreeMap<String, Shelf>>>,
}

/// One question at a time: who comes meanwhile waits for its answer.
type Shelf = Arc<Mutex<Option<Told>>>;

/// What was told of one offer.
#[derive(Debug)]
struct Told {
    at: Timestamp,
    answer: Result<Option<Offer>, Fault>,
}

impl Quotes {
    pub(crate) fn new(exchange: ExchangeRates, within: Duration) -> Self {
        Self { exchange, within, told: Arc::default() }
    }

    /// Whether the choice may still be rented for what is held back for it. Nothing is ordered.
    ///
    /// # Errors
    /// `OutOfCapacity` where it is sold out, `IncompatibleOffer` where it costs more than what is held back, and what
    /// the provider answers; always with effect `None`.
    pub(crate) async fn check(
        &self,
        book: &Book,
        provider: &dyn ComputeProvider,
        choice: &Choice,
        request: &CreateRequest,
    ) -> Result<(), Fault> {
        let Some(run) = book.view().head.policy.run else { return Ok(()) };
        let asked_at = book.now();
        let key = format!("{} {} {}", choice.account, choice.offer, choice.location);
        let shelf = {
            let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(told.entry(key).or_default())
        };
        let mut shelf = shelf.lock().await;
        // A failure serves those who waited for it, and nobody later.
        let serves = |told: &&Told| match told.answer {
            Ok(_) => !passed(told.at, FRESH, book.now()),
            Err(_) => told.at >= asked_at,
        };
        let answer = match shelf.as_ref().filter(serves) {
            Some(told) => told.answer.clone(),
            None => {
                let answer = self.ask(book, provider, choice, request).await;
                *shelf = Some(Told { at: book.now(), answer: answer.clone() });
                answer
            }
        };
        let now = book.now();
        drop(shelf);
        self.judge(choice, answer?.as_ref(), now, run)
    }

    async fn ask(
        &self,
        book: &Book,
        provider: &dyn ComputeProvider,
        choice: &Choice,
        request: &CreateRequest,
    ) -> Result<Option<Offer>, Fault> {
        let query = OfferQuery {
            offer: match &request.machine {
                MachineWish::Offer(offer) => Some(offer.clone()),
                MachineWish::Size(_) => None,
            },
            disk_gib: request.disk_gib,
            countries: request.location.countries.clone(),
            zone: request.location.zone.clone(),
            charge: Some(request.charge),
            ..OfferQuery::default()
        };
        match select(provider.offers(&query), pin!(book.sleep(self.within))).await {
            Either::Left((Ok(offers), _)) => {
                Ok(offers.into_iter().find(|offer| offer.id == choice.offer && is_there(offer, choice)))
            }
            // Nothing was ordered, whatever the adapter thinks.
            Either::Left((Err(error), _)) => {
                Err(Fault { effect: vmbroker_core::Effect::None, ..Fault::from(&error) })
            }
            Either::Right(_) => {
                let message = format!("its price was not told within {} s", self.within.as_secs());
                Err(Fault { retry: Retry::Backoff, ..Fault::new(ErrorKind::DeadlineExceeded, message) })
            }
        }
    }

    fn judge(
        &self,
        choice: &Choice,
        offer: Option<&Offer>,
        now: Timestamp,
        run: Duration,
    ) -> Result<(), Fault> {
        let offer = offer.filter(|offer| offer.availability != Availability::Count(0)).ok_or_else(|| {
            Fault::new(ErrorKind::OutOfCapacity, "it is no longer offered, or none is left")
        })?;
        let limit = choice.reserve;
        let told = match offer.price.total(now, run) {
            Total::Exact(total) => total,
            // Whoever chose it without knowing all of its price accepts that.
            Total::AtLeast(total) if !choice.price.is_known() => total,
            Total::Unknown if choice.price.charges().is_empty() => return Ok(()),
            Total::AtLeast(_) | Total::Unknown => {
                let why = offer.price.unknown_parts().join("; ");
                let message = format!("what it costs can no longer be known: {why}");
                return Err(Fault::new(ErrorKind::IncompatibleOffer, message));
            }
        };
        match self.in_currency_of(limit, told) {
            Some(total) if total.amount <= limit.amount => Ok(()),
            Some(total) => {
                let message = format!("it costs {total} now, and no more than {limit} is held back for it");
                Err(Fault::new(ErrorKind::IncompatibleOffer, message))
            }
            None => {
                let message = format!("its price is in {} now", told.currency);
                Err(Fault::new(ErrorKind::IncompatibleOffer, message))
            }
        }
    }

    fn in_currency_of(&self, limit: Money, told: Money) -> Option<Money> {
        self.exchange.conversion(told.currency, limit.currency)?.apply(told)
    }
}

/// Whether the offer stands where the choice does.
fn is_there(offer: &Offer, choice: &Choice) -> bool {
    offer.location.zone == choice.location.zone && offer.location.country == choice.location.country
}
