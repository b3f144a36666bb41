//! What can be rented, at what price: every flavor on every plan that an order could name.

use std::collections::BTreeMap;

use vmbroker_core::{
    Availability, ChargeType, ComputeProvider, Currency, Error, ErrorKind, Offer, OfferId, OfferQuery, Price,
    Result, Size,
};

use super::Wayscloud;
use super::choice::is_usable;
use crate::config::{Dialect, Flavor};
use crate::convert::{Taken, price};
use crate::wire::{Offering, Plan, fits_path, same_uuid};

/// What an order could name for a plan, chosen as a create chooses it.
#[derive(Debug)]
enum Plans<'a> {
    /// This one, whatever the offer.
    Is(&'a Plan),
    /// Any of these: the offer must say which.
    Any(Vec<&'a Plan>),
    /// None, or none that is shown; and why that leaves the price unknown.
    Unpriced(String),
}

/// Why a machine without a plan has no price: a Waldur charges what a plan says, and a machine without one stands on no
/// bill. The plan of the offering's parent is for the whole tenant, and tells nothing of one machine.
const NO_PLAN: &str =
    "without a plan of its own the machine is on no bill: its tenant is charged, as the tenant's plan says";

impl Wayscloud {
    pub(super) async fn offered(&self, query: &OfferQuery) -> Result<Vec<Offer>> {
        if query.charge.is_some_and(|charge| charge != ChargeType::PayAsYouGo) {
            return Ok(Vec::new());
        }
        // In this order: the flavors may need the offering, and it is then as young as its prices.
        let offering = match self.catalogue.offering_now(&self.api, &self.config).await {
            // Flavors that stand in the configuration can be shown all the same.
            Err(error) if error.kind() != ErrorKind::InvalidConfig => return Err(error),
            told => told,
        };
        let flavors = self.catalogue.flavors(&self.api, &self.config).await?;
        let offering = offering.as_ref().map(|shown| shown.as_ref().as_ref());
        let plans = self.plans(offering);
        let currency = match plans {
            Plans::Unpriced(_) => Err(String::new()),
            Plans::Is(_) | Plans::Any(_) => self.catalogue.currency(&self.api, &self.config).await?,
        };
        let offering = offering.ok().flatten();
        let fitting = flavors.iter().filter(|flavor| self.has_disk(query, flavor));
        let offers = fitting.flat_map(|flavor| self.of_flavor(flavor, query, offering, &plans, &currency));
        Ok(offers.filter(|offer| query.admits(&offer.id, offer.size, &offer.location)).collect())
    }

    fn has_disk(&self, query: &OfferQuery, flavor: &Flavor) -> bool {
        // In the Waldur dialect the disk is chosen freely.
        self.config.dialect == Dialect::Waldur
            || query.disk_gib.is_none_or(|disk| flavor.disk_gib.is_some_and(|has| has >= disk))
    }

    /// The plans that an order could name.
    fn plans<'a>(&self, offering: std::result::Result<Option<&'a Offering>, &Error>) -> Plans<'a> {
        let offering = match offering {
            Ok(Some(offering)) => offering,
            Ok(None) => return Plans::Unpriced("the provider does not show the offering".to_owned()),
            Err(error) => return Plans::Unpriced(error.message().to_owned()),
        };
        let id = offering.uuid.as_deref().or(self.config.offering.as_deref()).unwrap_or_default();
        let is_named = |plan: &&Plan| plan.uuid.as_deref().is_some_and(fits_path);
        if let Some(wanted) = &self.config.plan {
            let known = offering.plans.iter().filter(is_named);
            let mut known = known.filter(|it| it.uuid.as_deref().is_some_and(|uuid| same_uuid(uuid, wanted)));
            return match known.next() {
                Some(plan) if self.config.dialect == Dialect::Documented || is_usable(plan, id) => {
                    Plans::Is(plan)
                }
                Some(_) => Plans::Unpriced(NO_PLAN.to_owned()),
                None => Plans::Unpriced(format!("the offering has no plan `{wanted}`")),
            };
        }
        let usable: Vec<&Plan> =
            offering.plans.iter().filter(is_named).filter(|it| is_usable(it, id)).collect();
        match (self.config.dialect, usable.as_slice()) {
            (Dialect::Documented, [plan]) => Plans::Is(plan),
            (Dialect::Documented, []) => {
                Plans::Unpriced("the offering has no plan that can be ordered".to_owned())
            }
            (Dialect::Waldur, []) => Plans::Unpriced(NO_PLAN.to_owned()),
            (Dialect::Documented | Dialect::Waldur, _) => Plans::Any(usable),
        }
    }

    fn of_flavor(
        &self,
        flavor: &Flavor,
        query: &OfferQuery,
        offering: Option<&Offering>,
        plans: &Plans<'_>,
        currency: &std::result::Result<Currency, String>,
    ) -> Vec<Offer> {
        let disk_gib = match self.config.dialect {
            Dialect::Documented => flavor.disk_gib,
            Dialect::Waldur => query.disk_gib,
        };
        let taken = Taken { size: size(flavor), disk_mib: disk_gib.map(|gib| gib.saturating_mul(1_024)) };
        let offer = |plan: Option<&Plan>, id: String, price: Price| {
            let name = flavor.name.clone().map(|name| ("name".to_owned(), name));
            let plan = plan.and_then(|plan| plan.name.clone()).map(|name| ("plan".to_owned(), name));
            Offer {
                provider: self.id().clone(),
                id: OfferId(id),
                size: size(flavor),
                disk_gib,
                location: self.location.clone(),
                charge: ChargeType::PayAsYouGo,
                price,
                availability: Availability::Unknown,
                extras: name.into_iter().chain(plan).collect::<BTreeMap<_, _>>(),
            }
        };
        let of = |plan: &Plan| {
            offering.map_or_else(Price::untold, |offering| price(offering, plan, taken, currency.clone()))
        };
        match plans {
            Plans::Is(plan) => vec![offer(Some(plan), flavor.id.clone(), of(plan))],
            Plans::Any(plans) => {
                let id = |plan: &Plan| format!("{}:{}", flavor.id, plan.uuid.as_deref().unwrap_or_default());
                plans.iter().map(|plan| offer(Some(plan), id(plan), of(plan))).collect()
            }
            Plans::Unpriced(why) => vec![offer(None, flavor.id.clone(), Price::unknown(why.clone()))],
        }
    }
}

fn size(flavor: &Flavor) -> Size {
    Size { vcpus: flavor.vcpus, memory_mib: flavor.memory_mib }
}
