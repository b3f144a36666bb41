//! Accounts with very many offers.

use std::sync::Arc;

use async_trait::async_trait;
use fastrand::Rng;
use rust_decimal::Decimal;
use vmbroker_core::{
    Availability, Billing, Charge, ChargeType, ComputeProvider, CreateRequest, Currency, DeleteMode,
    Deletion, Error, ErrorKind, Handle, Listing, Location, NameRule, Observation, Offer, OfferId, OfferQuery,
    Period, Price, ProviderId, Result, Semantics, Size,
};

pub(crate) const OFFERS: usize = 100_000;
const ACCOUNTS: usize = 3;

#[derive(Debug)]
pub(crate) struct Shop {
    id: ProviderId,
    semantics: Semantics,
    offers: Vec<Offer>,
}

pub(crate) fn name(account: usize) -> String {
    format!("account-{account}")
}

/// All offers, by account: by the hour in dollars, by the day at 17:55 in tokens, by the calendar month in euros.
pub(crate) fn offers() -> Vec<Vec<Offer>> {
    let mut random = Rng::with_seed(7);
    let account =
        |account| (0..OFFERS.div_ceil(ACCOUNTS)).map(|at| offer(account, at, &mut random)).collect();
    let mut offers: Vec<Vec<Offer>> = (0..ACCOUNTS).map(account).collect();
    let last = offers.last_mut().unwrap();
    last.truncate(last.len() - (OFFERS.div_ceil(ACCOUNTS) * ACCOUNTS - OFFERS));
    offers
}

fn offer(account: usize, at: usize, random: &mut Rng) -> Offer {
    let countries = ["DE", "FR", "NL", "NO", "PL", "US", "SG", "JP"];
    let vcpus = 1 << random.u32(..6);
    let memory_mib = u64::from(vcpus) * 1_024 * (1 << random.u64(..4));
    let cents = i64::from(vcpus) * random.i64(800..2_000);
    let (currency, per, billing, scale): (&str, _, _, _) = match account {
        0 => ("USD", Period::HOUR, Billing::begun(Period::HOUR), 5),
        1 => ("USDC", Period::DAY, Billing::at_the_clock(Period::DAY, 64_500), 4),
        _ => ("EUR", Period::MONTH, Billing::monthly(Period::DAY), 2),
    };
    let rate = |item, amount| Charge::rate(item, Decimal::new(amount, scale), per, billing);
    let mut charges = vec![rate("machine", cents)];
    if account == 0 {
        charges.extend([rate("system disk", random.i64(100..300)), rate("address", random.i64(50..90))]);
    }
    let currency: Currency = currency.parse().unwrap();
    let country = countries[random.usize(..countries.len())];
    Offer {
        provider: name(account).parse().unwrap(),
        id: OfferId(format!("{account}-{at:06}")),
        size: Size { vcpus, memory_mib },
        disk_gib: Some(25),
        location: Location {
            country: Some(country.parse().unwrap()),
            city: Some("a city".to_owned()),
            zone: Some(format!("{country}-{}", random.u8(..9))),
            data_centre: None,
        },
        charge: ChargeType::PayAsYouGo,
        price: Price::new(currency, charges),
        availability: Availability::Count(random.u64(..20)),
        extras: Default::default(),
    }
}

impl Shop {
    pub(crate) fn open(account: usize, offers: Vec<Offer>) -> Arc<Self> {
        let semantics = Semantics {
            kind: "memory",
            status_batch: None,
            creates_order: false,
            approval_possible: false,
            name: NameRule { longest: 40, capitals: false, full_stop: false },
            create_applies_within: Default::default(),
            list_lags_by: Default::default(),
            visible_within: None,
            lists_inactive: true,
            delete: DeleteMode::Direct,
            poll_every: Default::default(),
        };
        Arc::new(Self { id: name(account).parse().unwrap(), semantics, offers })
    }
}

fn closed<T>() -> Result<T> {
    Err(Error::new(ErrorKind::Unsupported, "nothing is sold here"))
}

#[async_trait]
impl ComputeProvider for Shop {
    fn id(&self) -> &ProviderId {
        &self.id
    }

    fn semantics(&self) -> &Semantics {
        &self.semantics
    }

    async fn offers(&self, _: &OfferQuery) -> Result<Vec<Offer>> {
        Ok(self.offers.clone())
    }

    async fn create(&self, _: &CreateRequest) -> Result<Handle> {
        closed()
    }

    async fn status(&self, _: &[Handle]) -> Result<Vec<Observation>> {
        closed()
    }

    async fn list(&self) -> Result<Listing> {
        closed()
    }

    async fn delete(&self, _: &Handle) -> Result<Deletion> {
        closed()
    }
}
