//! What a machine costs on a plan, as Waldur writes its invoices (`marketplace/billing*.py` and `invoices/models.py`
//! of Waldur MasterMind): one line for each component and calendar month.
//!
//! | component | what it costs |
//! |---|---|
//! | `fixed` | its price x its quota, for each hour or day begun, or the share of a month |
//! | `limit` | its price x the limit: each day begun, or each calendar month touched, whole |
//! | `one` | its price, once |
//! | `few` | nothing: it is paid when the plan is changed |
//! | `usage` | its price x what is used, which nobody knows beforehand |
//!
//! `unit_price` is no further charge: it is what all fixed components cost together, and stands for them where none
//! is told. What cannot be known is named, and never left out in silence. Taxes are not counted.

#[cfg(test)]
mod tests;

use rust_decimal::Decimal;
use vmbroker_core::{Billing, Charge, Currency, Period, Price, clip, printable};
use vmbroker_http::scalar::Figure;

use super::limits::{Taken, limit};
use crate::wire::{Component, Figures, Offering, Plan};

/// What a machine costs that takes so much, on this plan of this offering.
pub(crate) fn price(
    offering: &Offering,
    plan: &Plan,
    taken: Taken,
    currency: Result<Currency, String>,
) -> Price {
    if offering.billable.as_deref() == Some("false") {
        return Price::unknown("the offering is on no bill of its own");
    }
    if !offering.promotion_campaigns.is_empty() {
        return Price::unknown("a promotion runs, and what it takes off is not told");
    }
    let currency = match currency {
        Ok(currency) => currency,
        Err(why) => return Price::unknown(why),
    };
    let Some(unit) = Unit::of(plan) else {
        let unit = shown(plan.unit.as_deref().unwrap_or_default());
        return Price::unknown(format!("the plan is billed by `{unit}`, and how that counts is not known"));
    };
    let mut bill = Bill { plan, unit, charges: Vec::new(), unknown: Vec::new() };
    bill.components(&offering.components, taken);
    bill.strangers(&offering.components);
    if let Err(why) = bill.together(&offering.components) {
        return Price::unknown(why);
    }
    let Bill { charges, unknown, .. } = bill;
    let mut unknown = unknown.into_iter();
    let known = match (charges.is_empty(), unknown.len()) {
        (true, 1..) => Price::unknown(unknown.next().unwrap_or_default()),
        _ => Price::new(currency, charges),
    };
    unknown.fold(known, Price::and_unknown)
}

/// What the rates of a plan are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unit {
    Hour,
    Day,
    Month,
}

impl Unit {
    fn of(plan: &Plan) -> Option<Self> {
        match plan.unit.as_deref()? {
            "hour" => Some(Self::Hour),
            "day" => Some(Self::Day),
            "month" => Some(Self::Month),
            // Half months and quarters follow rules of their own, and a quantity has no time.
            _ => None,
        }
    }

    /// The rate of what is fixed.
    fn fixed(self) -> (Period, Billing) {
        match self {
            Self::Hour => (Period::HOUR, Billing::monthly(Period::HOUR)),
            Self::Day => (Period::DAY, Billing::monthly(Period::DAY)),
            Self::Month => (Period::MONTH, Billing::monthly(Period::DAY)),
        }
    }
}

/// A bill in the making.
struct Bill<'a> {
    plan: &'a Plan,
    unit: Unit,
    charges: Vec<Charge>,
    unknown: Vec<String>,
}

impl Bill<'_> {
    fn components(&mut self, components: &[Component], taken: Taken) {
        for component in components {
            let Some(kind) = component.kind.as_deref() else {
                self.unknown.push("a component without a name".to_owned());
                continue;
            };
            if let Err(why) = self.component(kind, component, taken) {
                self.unknown.push(format!("{}: {why}", called(component)));
            }
        }
    }

    fn component(&mut self, kind: &str, component: &Component, taken: Taken) -> Result<(), String> {
        let billing_type = component.billing_type.as_deref().unwrap_or_default();
        if billing_type == "few" {
            return Ok(());
        }
        let price = told("price", self.plan.prices.as_ref(), kind)?;
        if price.is_zero() {
            return Ok(());
        }
        self.check_discounts(kind, price)?;
        if component.is_prepaid.as_deref() == Some("true") {
            return Err("it is paid ahead, for a time that is not known".to_owned());
        }
        match billing_type {
            "fixed" => {
                let quota = told("quota", self.plan.quotas.as_ref(), kind)?;
                let (per, billing) = self.unit.fixed();
                self.charge(component, quota, price, |item, amount| Charge::rate(item, amount, per, billing))
            }
            "limit" => self.limit(component, price, taken),
            "one" => self.charge(component, Decimal::ONE, price, Charge::once),
            "usage" => Err(format!("{} for each that is used", price.normalize())),
            other => Err(format!("how `{}` is billed is not known", shown(other))),
        }
    }

    /// A component whose amount is a limit of the order.
    fn limit(&mut self, component: &Component, price: Decimal, taken: Taken) -> Result<(), String> {
        let factor = Decimal::from(component.factor.filter(|factor| *factor > 0).unwrap_or(1));
        let limit = Decimal::from(limit(component, taken)?);
        let amount = limit / factor;
        if amount * factor != limit {
            return Err("its amount has no end of digits".to_owned());
        }
        match (component.limit_period.as_deref().unwrap_or_default(), self.unit) {
            ("total", _) => self.charge(component, amount, price, Charge::once),
            ("" | "month", Unit::Day) => {
                let (per, billing) = self.unit.fixed();
                self.charge(component, amount, price, |item, amount| Charge::rate(item, amount, per, billing))
            }
            ("" | "month", Unit::Month) => {
                let billing = Billing::monthly(Period::MONTH);
                let rate = |item, amount| Charge::rate(item, amount, Period::MONTH, billing);
                self.charge(component, amount, price, rate)?;
                // From here on versions differ, and none charges less than the month.
                Err("what is charged above a month for the month in which the machine ends".to_owned())
            }
            ("" | "month", Unit::Hour) => Err("limits are not charged by the hour".to_owned()),
            (period, _) => Err(format!("it is charged by `{}`, from a time that is not told", shown(period))),
        }
    }

    fn charge(
        &mut self,
        component: &Component,
        amount: Decimal,
        price: Decimal,
        charge: impl FnOnce(String, Decimal) -> Charge,
    ) -> Result<(), String> {
        let cost = product(amount, price)?;
        if cost.is_zero() {
            return Ok(());
        }
        let mut item = called(component);
        if amount != Decimal::ONE {
            item = format!("{item} x {}", amount.normalize());
        }
        self.charges.push(charge(item, cost));
        Ok(())
    }

    /// A price that will be another, or is one for some amounts only, is none that can be reckoned with.
    fn check_discounts(&self, kind: &str, price: Decimal) -> Result<(), String> {
        if let Some(Some(future)) = self.plan.future_prices.as_ref().and_then(|prices| prices.get(kind)) {
            let future = future.decimal()?;
            if future != price {
                let (now, then) = (price.normalize(), future.normalize());
                return Err(format!("{now} for each in this month, and {then} from the next on"));
            }
        }
        let parts = self.plan.components.iter().filter(|it| it.kind.as_deref() == Some(kind));
        for rate in parts.filter_map(|it| it.discount_rate.as_ref()) {
            if !rate.decimal()?.is_zero() {
                return Err("there is a discount from some amount on".to_owned());
            }
        }
        Ok(())
    }

    /// Prices of components that the offering does not name.
    fn strangers(&mut self, components: &[Component]) {
        for (kind, price) in self.plan.prices.iter().flatten() {
            let is_known = components.iter().any(|it| it.kind.as_ref() == Some(kind));
            let is_free = price.as_ref().and_then(|it| it.decimal().ok()).is_some_and(|it| it.is_zero());
            if !is_known && !is_free {
                self.unknown.push(format!("{}: how it is billed is not told", shown(kind)));
            }
        }
    }

    /// What the plan says of all components of one kind together must be what they come to, and stands for them
    /// where none is told.
    fn together(&mut self, components: &[Component]) -> Result<(), String> {
        let plan = self.plan;
        let is = |wanted: &str| components.iter().any(|it| it.billing_type.as_deref() == Some(wanted));
        let whole = |name: &str, figure: &Option<Figure>| match figure {
            None => Ok(None),
            Some(figure) => figure.decimal().map(Some).map_err(|why| format!("the plan's `{name}`: {why}")),
        };
        let unit_price = whole("unit_price", &plan.unit_price)?;
        let init_price = whole("init_price", &plan.init_price)?;
        let (per, billing) = self.unit.fixed();
        match unit_price {
            None if components.is_empty() && plan.prices.as_ref().is_none_or(Figures::is_empty) => {
                return Err("the plan tells no price".to_owned());
            }
            Some(whole) if !whole.is_zero() && !is("fixed") => {
                self.charges.push(Charge::rate("plan", whole, per, billing));
            }
            Some(whole) if !whole.is_zero() => {
                let fixed = sum_of_fixed(components, plan);
                if fixed.is_some_and(|sum| sum != whole) {
                    return Err("the plan's `unit_price` is not what its fixed components come to".to_owned());
                }
            }
            _ => {}
        }
        if let Some(once) = init_price.filter(|once| !once.is_zero() && !is("one")) {
            self.charges.push(Charge::once("start of the plan", once));
        }
        Ok(())
    }
}

/// What all fixed components cost for one unit of time; absent where that is not told for each of them.
fn sum_of_fixed(components: &[Component], plan: &Plan) -> Option<Decimal> {
    let fixed = components.iter().filter(|it| it.billing_type.as_deref() == Some("fixed"));
    let mut costs = fixed.map(|it| {
        let kind = it.kind.as_deref()?;
        let price = told("price", plan.prices.as_ref(), kind).ok()?;
        product(told("quota", plan.quotas.as_ref(), kind).ok()?, price).ok()
    });
    costs.try_fold(Decimal::ZERO, |sum, cost| sum.checked_add(cost?))
}

/// A figure that a plan tells for a component.
fn told(what: &str, figures: Option<&Figures>, kind: &str) -> Result<Decimal, String> {
    match figures.and_then(|figures| figures.get(kind)) {
        Some(Some(figure)) => figure.decimal(),
        Some(None) | None => Err(format!("the plan tells no {what}")),
    }
}

/// The product, to the last digit.
fn product(amount: Decimal, price: Decimal) -> Result<Decimal, String> {
    let (amount, price) = (amount.normalize(), price.normalize());
    let product = amount.checked_mul(price);
    let exact = product.filter(|it| it.is_zero() || it.scale() == amount.scale() + price.scale());
    exact.ok_or_else(|| "what it comes to has more digits than the 28 that are kept exactly".to_owned())
}

fn called(component: &Component) -> String {
    let name = component.name.as_deref().filter(|name| !name.trim().is_empty());
    shown(name.or(component.kind.as_deref()).unwrap_or_default())
}

fn shown(text: &str) -> String {
    clip(&printable(text), 40)
}
