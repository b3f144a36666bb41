//! What InquiryPriceCreateInstance tells, turned into a price. Pure.

#[cfg(test)]
mod tests;

use rust_decimal::Decimal;
use vmbroker_core::{Billing, Charge, ChargeType, Currency, Offer, Period, Price, Unit, clip, printable};
use vmbroker_http::scalar::Figure;

use crate::config::{Config, PrepaidPrice};
use crate::request::Inquiry;
use crate::wire::price::{InstancePrice, PriceItem, StepPrice};

/// A price, and for what it is.
#[derive(Clone, Debug)]
pub(crate) struct Priced {
    price: Price,
    disk_gib: Option<u64>,
    network: Option<(String, u32)>,
}

impl Priced {
    /// No price, for this reason.
    pub(crate) fn unknown(why: impl Into<String>) -> Self {
        Self { price: Price::unknown(why.into()), disk_gib: None, network: None }
    }

    /// The price that the answer to this inquiry tells.
    pub(crate) fn new(
        answer: &InstancePrice,
        inquiry: &Inquiry,
        charge: ChargeType,
        config: &Config,
    ) -> Self {
        Self {
            price: price(answer, inquiry.internet_max_bandwidth_out, charge, config),
            disk_gib: inquiry.disk_gib(),
            network: Some((inquiry.internet_charge_type.clone(), inquiry.internet_max_bandwidth_out)),
        }
    }

    /// Writes the price into its offer, with what it is for.
    pub(crate) fn put_into(self, offer: &mut Offer) {
        offer.price = self.price;
        offer.disk_gib = self.disk_gib;
        if let Some((charge_type, mbps)) = self.network {
            offer.extras.insert("internetChargeType".to_owned(), charge_type);
            offer.extras.insert("internetMaxBandwidthOut".to_owned(), mbps.to_string());
        }
    }
}

fn price(answer: &InstancePrice, mbps: u32, charge: ChargeType, config: &Config) -> Price {
    let mut sum = Sum {
        currency: config.currency.unwrap_or(Currency::USD),
        charge,
        covers: config.prepaid_price,
        charges: Vec::new(),
        unknown: Vec::new(),
    };
    match &answer.instance_price {
        // Of a machine whose own price is not told, the rest would only look cheap.
        None => return Price::unknown("the provider tells no price of the machine"),
        Some(item) => sum.add("machine", item, None),
    }
    if sum.charges.first().is_some_and(|machine| machine.amount.is_zero()) {
        sum.unknown.push("the machine is said to cost nothing".to_owned());
    }
    match &answer.system_disk_price {
        Some(item) => sum.add("system disk", item, None),
        None => sum.untold("system disk"),
    }
    match &answer.eip_price {
        Some(item) => sum.add("address", item, None),
        None => sum.untold("address"),
    }
    for item in &answer.bandwidth_price {
        sum.add("bandwidth", item, Some(mbps));
    }
    if answer.bandwidth_price.is_empty() {
        sum.untold("bandwidth");
    }
    let Sum { currency, charges, unknown, .. } = sum;
    let known_to_cost = charges.iter().any(|charge| !charge.amount.is_zero());
    let mut unknown = unknown.into_iter();
    let price = match unknown.next() {
        // What is free beside it says nothing of a machine whose price is not known.
        Some(why) if !known_to_cost => Price::unknown(why),
        Some(why) => Price::new(currency, charges).and_unknown(why),
        None => Price::new(currency, charges),
    };
    unknown.fold(price, Price::and_unknown)
}

/// A price being put together.
struct Sum {
    currency: Currency,
    charge: ChargeType,
    covers: PrepaidPrice,
    charges: Vec<Charge>,
    unknown: Vec<String>,
}

/// What one rate is: a figure of the provider, and the time it pays for.
enum Rate {
    /// Billed for each such stretch of time that was begun.
    Begun(Period),
    /// Not to be reckoned with, for this reason.
    Open(String),
}

impl Sum {
    /// Adds one part. `mbps` is how much was asked for of a part that may be priced by amount.
    fn add(&mut self, name: &'static str, item: &PriceItem, mbps: Option<u32>) {
        let before = (self.charges.len(), self.unknown.len());
        match self.charge {
            ChargeType::PayAsYouGo => self.postpaid(name, item, mbps),
            ChargeType::Prepaid { months } => self.prepaid(name, item, months),
        }
        self.steps(name, &item.step_prices, item);
        let beyond = first_told(&item.excess_discount_unit_price, &item.excess_unit_price);
        if let Some(figure) = beyond.filter(|figure| !figure.decimal().is_ok_and(|it| it.is_zero())) {
            let unit = shown(item.excess_amount_unit.as_deref().unwrap_or("unit"));
            self.unknown.push(format!(
                "{name}: {} {} for each {unit} beyond what is included",
                figure.shown(),
                self.currency
            ));
        }
        if (self.charges.len(), self.unknown.len()) == before {
            self.untold(name);
        }
    }

    fn untold(&mut self, name: &str) {
        self.unknown.push(format!("the provider tells no price of the {name}"));
    }

    fn postpaid(&mut self, name: &'static str, item: &PriceItem, mbps: Option<u32>) {
        let Some(figure) = first_told(&item.discount_unit_price, &item.unit_price) else {
            if let Some(figure) = first_told(&item.discount_price, &item.original_price)
                && item.step_prices.is_empty()
                && !figure.decimal().is_ok_and(|amount| amount.is_zero())
            {
                let said = figure.shown();
                self.unknown.push(format!("{name}: {said} {}, and not for how long", self.currency));
            }
            return;
        };
        let Some(amount) = self.amount(name, figure) else { return };
        match rate(item.charge_unit.as_deref()) {
            Rate::Begun(period) => {
                self.charges.push(Charge::rate(name, amount, period, Billing::begun(period)));
                // For one unit both readings come to the same.
                if let (Some(unit), Some(mbps @ 2..)) = (item.amount_unit.as_deref(), mbps)
                    && !unit.is_empty()
                    && !amount.is_zero()
                {
                    self.unknown.push(format!(
                        "{name}: {amount} {} may be for each of the {mbps} {}",
                        self.currency,
                        shown(unit)
                    ));
                }
            }
            Rate::Open(_) if amount.is_zero() => {
                self.charges.push(Charge::rate(name, amount, Period::HOUR, Billing::begun(Period::HOUR)));
            }
            Rate::Open(why) => self.unknown.push(format!("{name}: {amount} {} {why}", self.currency)),
        }
    }

    fn prepaid(&mut self, name: &'static str, item: &PriceItem, months: u32) {
        if let Some(figure) = &item.discount_price
            && let Some(paid) = self.amount(name, figure)
        {
            let whole = match self.covers {
                PrepaidPrice::Term => Some(paid),
                PrepaidPrice::Month => paid.checked_mul(months.into()),
            };
            let term = Period::new(months, Unit::Month);
            match whole {
                Some(whole) => self.charges.push(Charge::rate(name, whole, term, Billing::begun(term))),
                None => self.unknown.push(format!("{name}: {paid} {} a month is too much", self.currency)),
            }
        } else if item.discount_price.is_none()
            && let Some(list) = &item.original_price
        {
            let said = list.shown();
            self.unknown
                .push(format!("{name}: listed at {said} {}, and not what is to be paid", self.currency));
        }
        if let Some(figure) = first_told(&item.discount_unit_price, &item.unit_price)
            && !figure.decimal().is_ok_and(|amount| amount.is_zero())
        {
            let unit = shown(item.charge_unit.as_deref().unwrap_or("unit of time"));
            let said = figure.shown();
            self.unknown.push(format!("{name}: {said} {} for each {unit} beside the term", self.currency));
        }
    }

    fn steps(&mut self, name: &str, steps: &[StepPrice], item: &PriceItem) {
        if steps.is_empty() {
            return;
        }
        let figure = |figure: Option<&Figure>| figure.map_or("?".to_owned(), Figure::shown);
        let step = |step: &StepPrice| {
            let (from, to) = (figure(step.step_start.as_ref()), step.step_end.as_ref());
            let reach = to.map_or(format!("from {from}"), |to| format!("{from} to {}", to.shown()));
            format!("{reach}: {}", figure(first_told(&step.discount_unit_price, &step.unit_price)))
        };
        let steps: Vec<String> = steps.iter().map(step).collect();
        let unit = shown(item.amount_unit.as_deref().unwrap_or("unit"));
        let time = shown(item.charge_unit.as_deref().unwrap_or("unit of time"));
        let (currency, steps) = (self.currency, clip(&steps.join(", "), 200));
        self.unknown.push(format!("{name}: {currency} for each {unit} and {time} by steps, {steps}"));
    }

    /// The amount of a figure; what is none is kept as a complaint.
    fn amount(&mut self, name: &str, figure: &Figure) -> Option<Decimal> {
        match figure.decimal() {
            Ok(amount) => Some(amount),
            Err(why) => {
                self.unknown.push(format!("{name}: {why}"));
                None
            }
        }
    }
}

/// The figure to be paid, else the one of the list.
fn first_told<'a>(paid: &'a Option<Figure>, listed: &'a Option<Figure>) -> Option<&'a Figure> {
    paid.as_ref().or(listed.as_ref())
}

/// How a `chargeUnit` is billed.
fn rate(unit: Option<&str>) -> Rate {
    match unit {
        Some("HOUR") => Rate::Begun(Period::HOUR),
        Some("DAY") => Rate::Begun(Period::DAY),
        // Of a machine that is paid for afterwards, no document says how much of a month is charged.
        Some("MONTH") => Rate::Open("a month, and not for what part of one".to_owned()),
        Some(other) => Rate::Open(format!("for each `{}`, which is no known time", shown(other))),
        None => Rate::Open("and not for how long".to_owned()),
    }
}

fn shown(text: &str) -> String {
    clip(&printable(text), 20)
}
