//! What is on sale, and what each of it costs: an inquiry for each, side by side within the account's pace.

use std::collections::HashMap;

use vmbroker_core::{ComputeProvider, Offer, OfferQuery, Price, Result, clip, printable};
use vmbroker_http::fetch_pages;

use super::Zenlayer;
use super::api::Action;
use crate::convert::{Market, Model, Priced};
use crate::request::Inquiry;
use crate::wire::price::InstancePrice;

/// How many prices are asked for where the account does not say.
const INQUIRIES: usize = 40;

impl Zenlayer {
    /// The offers that the query admits. A price that cannot be told marks its own offer, and no other.
    pub(super) async fn priced_offers(&self, query: &OfferQuery) -> Result<Vec<Offer>> {
        let charge = query.charge.unwrap_or_default();
        let market = self.catalogue.fresh_market(&self.api, charge).await?;
        let offer = |model| (model, market.offer(model, self.id(), charge));
        let admitted = |(_, offer): &(&Model, Offer)| query.admits(&offer.id, offer.size, &offer.location);
        let mut offers: Vec<(&Model, Offer)> = market.models.iter().map(offer).filter(admitted).collect();
        // The smallest that meet the wish are what is wanted most; and the same are asked for each time.
        let mut ranking: Vec<usize> = (0..offers.len()).collect();
        ranking.sort_by(|a, b| {
            let key = |at: usize| (offers[at].0.size, &offers[at].0.name, &offers[at].0.zone);
            key(*a).cmp(&key(*b))
        });
        let most = self.config.price_inquiries.unwrap_or(INQUIRIES);
        ranking.truncate(most);
        let ask = |at: usize| {
            let model = offers[at].0;
            let market = &market;
            async move { Ok((at, self.inquire(query, market, model).await)) }
        };
        let told: HashMap<usize, Priced> = fetch_pages(ranking, ask).await?.into_iter().collect();
        for (at, (_, offer)) in offers.iter_mut().enumerate() {
            match told.get(&at) {
                Some(priced) => priced.clone().put_into(offer),
                None => offer.price = not_asked(most),
            }
        }
        Ok(offers.into_iter().map(|(_, offer)| offer).collect())
    }

    async fn inquire(&self, query: &OfferQuery, market: &Market, model: &Model) -> Priced {
        let charge = query.charge.unwrap_or_default();
        let inquiry = match Inquiry::new(query, charge, market, model, &self.config) {
            Ok(inquiry) => inquiry,
            Err(error) => return Priced::unknown(format!("it cannot be ordered: {}", error.message())),
        };
        let action = Action::read("InquiryPriceCreateInstance", "offers");
        match self.api.ask::<InstancePrice>(action, &inquiry).await {
            Ok(answer) => Priced::new(&answer, &inquiry, charge, &self.config),
            Err(error) => {
                tracing::debug!(target: "vmbroker::zenlayer", %error, "a price inquiry failed");
                let code = error.code().map(|code| format!(" (`{}`)", clip(&printable(code), 80)));
                let code = code.unwrap_or_default();
                Priced::unknown(format!("the price inquiry failed: {}{code}", error.message()))
            }
        }
    }
}

/// Said so that whoever keeps the offers asks again for a narrower query.
fn not_asked(most: usize) -> Price {
    Price::not_asked().and_unknown(format!(
        "`price_inquiries` allows {most} inquiries a question, the smallest machines first"
    ))
}
