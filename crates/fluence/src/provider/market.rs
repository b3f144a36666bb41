//! What can be rented: the marketplace's offers, and an estimate where they do not tell the price.

use vmbroker_core::{
    Availability, ChargeType, Error, ErrorKind, Offer, OfferQuery, Price, Result, clip, printable,
};
use vmbroker_http::{Call, Method, Nature, fetch_pages};

use super::Fluence;
use crate::Contract;
use crate::convert::{self, Listed, estimated};
use crate::error::operation;
use crate::request::{disk_needs_hardware, with_disk, within};
use crate::wire::{self, Constraints, Estimate, EstimateVms, OfferRow};

/// The most estimates for one question: 20 s at the default pace, and more offers than the marketplace's sizes and
/// countries make.
const MOST_ESTIMATES: usize = 40;

impl Fluence {
    pub(super) async fn market(&self, query: &OfferQuery) -> Result<Vec<Offer>> {
        let prepaid = matches!(query.charge, Some(ChargeType::Prepaid { .. }));
        if prepaid || query.zone.is_some() {
            // Nothing is rented for months here, and no zone can be asked for.
            return Ok(Vec::new());
        }
        let constraints = Constraints { datacenter: within(&query.countries), ..Constraints::default() };
        let rows = self.look_at_offers(operation::OFFERS, &constraints).await?;
        let listed = convert::offers(&self.id, rows, query);
        match query.disk_gib {
            Some(gib) => self.priced_with_disk(listed, gib).await,
            None => Ok(listed.into_iter().map(|it| it.offer).collect()),
        }
    }

    /// The offers that meet these constraints; none where the provider says in an error that there are none.
    pub(super) async fn look_at_offers(
        &self,
        operation: &'static str,
        constraints: &Constraints,
    ) -> Result<Vec<OfferRow>> {
        let url = self.url(operation, Contract::OFFERS)?;
        let call = Call::new(operation::OFFERS, Nature::Read, Method::POST, url).json(constraints)?.listing();
        let reply = match self.channel.send(call).await {
            Err(error) if error.kind() == ErrorKind::OutOfCapacity => return Ok(Vec::new()),
            other => other?,
        };
        let rows = wire::rows(&reply, Some, |_, error| {
            tracing::debug!(%error, "an offer cannot be read");
            None
        })?;
        Ok(rows.into_iter().flatten().collect())
    }

    /// The same offers with a system disk of this size. The unit that offers price additional storage by is not
    /// named, so each is estimated as the create that would be sent for it, a few at a time, the cheapest first.
    ///
    /// # Errors
    /// Where every estimate failed, and not for what was asked: then the first one's error.
    async fn priced_with_disk(&self, mut listed: Vec<Listed>, gib: u64) -> Result<Vec<Offer>> {
        let hardware = if disk_needs_hardware(&self.config) { Some(self.hardware().await?) } else { None };
        listed.sort_by_key(|it| {
            let amount = it.offer.price.charges().first().map(|charge| charge.amount);
            (amount.is_none(), amount)
        });
        let estimate = async |(place, mut it): (usize, Listed)| {
            let constraints = with_disk(&it.offer.id.0, gib, &self.config, hardware.as_deref());
            let price = match constraints {
                Ok(None) => return Ok((it.offer, None)),
                Ok(Some(_)) if it.offer.availability == Availability::Count(0) => {
                    Ok(Price::unknown(format!("sold out, so nothing tells its price with {gib} GiB of disk")))
                }
                Ok(Some(_)) if place >= MOST_ESTIMATES => Ok(Price::not_asked()),
                Ok(Some(constraints)) => {
                    let estimate = self.estimate(constraints).await;
                    estimate.map(|estimate| {
                        let price = estimated(&estimate, it.spread);
                        note_deposit(&mut it.offer, estimate);
                        price
                    })
                }
                Err(error) => Err(error),
            };
            Ok((Offer { disk_gib: Some(gib), ..it.offer }, Some(price)))
        };
        let estimates = fetch_pages(listed.into_iter().enumerate(), estimate).await?;
        let (mut offers, mut first_failure, mut some_answered) = (Vec::new(), None, false);
        for (mut offer, price) in estimates {
            match price {
                None => some_answered = true,
                Some(Ok(price)) => {
                    some_answered |= !price.was_not_asked();
                    offer.price = price;
                }
                Some(Err(error)) => {
                    let of_the_wish =
                        matches!(error.kind(), ErrorKind::OutOfCapacity | ErrorKind::IncompatibleOffer);
                    some_answered |= of_the_wish;
                    mark(&mut offer, gib, &error);
                    first_failure = first_failure.or(Some(error));
                }
            }
            offers.push(offer);
        }
        match first_failure {
            Some(error) if !some_answered => Err(error),
            Some(_) | None => Ok(offers),
        }
    }

    async fn estimate(&self, constraints: Constraints) -> Result<Estimate> {
        let url = self.url(operation::ESTIMATE, Contract::ESTIMATE)?;
        let body = EstimateVms { constraints, instances: 1 };
        let call = Call::new(operation::ESTIMATE, Nature::Read, Method::POST, url).json(&body)?;
        self.channel.send(call).await?.json()
    }
}

/// What the account must hold for the machine to be created.
fn note_deposit(offer: &mut Offer, estimate: Estimate) {
    let told =
        [("depositAmountUsdc", estimate.deposit_amount_usdc), ("depositEpochs", estimate.deposit_epochs)];
    for (field, figure) in told {
        if let Some(figure) = figure {
            offer.extras.insert(field.to_owned(), figure.shown());
        }
    }
}

/// Says why an offer has no price.
fn mark(offer: &mut Offer, gib: u64, error: &Error) {
    if error.kind() == ErrorKind::OutOfCapacity {
        offer.availability = Availability::Count(0);
        offer.price = Price::unknown(format!("Fluence has none left with {gib} GiB of disk"));
    } else {
        let why = clip(&printable(error.message()), 200);
        offer.price = Price::unknown(format!("its price with {gib} GiB of disk cannot be told: {why}"));
    }
}
