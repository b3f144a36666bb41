//! What each part of a machine costs an hour here, and a whole machine by its way of paying. What is asked is what the
//! ledger charges: both are reckoned from here. The figures are ours: the real ones are in no document.

use rust_decimal::Decimal;

use crate::{Billing, SimOffer};

use super::schema::Wish;

/// The hours of a month of a subscription: it has been 30 days.
const MONTH: u32 = 720;
/// The percentage of the list price that is paid for a subscription.
pub(super) const SUBSCRIBED: u32 = 95;

/// What each part costs an hour.
#[derive(Debug)]
pub(super) struct Parts {
    pub(super) machine: Decimal,
    pub(super) system_disk: Decimal,
    pub(super) address: Decimal,
    pub(super) bandwidth: Decimal,
    data_disks: Decimal,
}

/// What a disk of so many GiB costs an hour.
pub(super) fn disk(gib: i64, category: &str) -> Decimal {
    let rate = if category == "SSD" { Decimal::new(15, 5) } else { Decimal::new(8, 5) };
    rate * Decimal::from(gib)
}

impl Parts {
    /// The parts of a machine with these disks, each of so many GiB, how often, and of which kind.
    pub(super) fn new(
        wish: &Wish,
        offer: &SimOffer,
        system_disk: (i64, &str),
        data_disks: &[(i64, i64, &str)],
    ) -> Self {
        let mbps = Decimal::from(wish.whole("internetMaxBandwidthOut").unwrap_or(1));
        let by_package = wish.text("internetChargeType") == Some("ByTrafficPackage");
        let package = wish.number("trafficPackageSize").and_then(|size| Decimal::try_from(size).ok());
        let bandwidth = match (by_package, package) {
            (true, Some(terabytes)) => Decimal::new(7, 3) * terabytes,
            (true, None) => Decimal::ZERO,
            (false, _) => Decimal::new(4, 4) * mbps,
        };
        // Asked for unless it is refused; an inquiry cannot refuse it.
        let has_address = wish.flag("enableIpv4").unwrap_or(true);
        Self {
            machine: offer.price,
            system_disk: disk(system_disk.0, system_disk.1),
            address: if has_address { Decimal::new(3, 3) } else { Decimal::ZERO },
            bandwidth,
            data_disks: data_disks.iter().map(|it| disk(it.0, it.2) * Decimal::from(it.1)).sum(),
        }
    }

    fn hourly(&self) -> Decimal {
        self.machine + self.system_disk + self.address + self.bandwidth + self.data_disks
    }

    /// What the ledger charges for a machine of these parts.
    pub(super) fn bill(&self, offer: &SimOffer, wish: &Wish) -> SimOffer {
        let (price, billing) = match term(wish) {
            None => (self.hourly(), offer.billing),
            Some(months) => (subscribed(self.hourly(), months), Billing::Term(months)),
        };
        SimOffer { price, billing, ..offer.clone() }
    }
}

/// How many months are paid up front; absent: none.
pub(super) fn term(wish: &Wish) -> Option<u32> {
    let is_prepaid = wish.text("instanceChargeType") == Some("PREPAID");
    let terms = wish.object("instanceChargePrepaid").filter(|_| is_prepaid)?;
    Some(terms.whole("period").and_then(|months| u32::try_from(months).ok()).unwrap_or(1))
}

/// The list price of a term.
pub(super) fn listed(hourly: Decimal, months: u32) -> Decimal {
    hourly * Decimal::from(MONTH) * Decimal::from(months)
}

/// What is to be paid for a term.
pub(super) fn subscribed(hourly: Decimal, months: u32) -> Decimal {
    listed(hourly, months) * Decimal::new(i64::from(SUBSCRIBED), 2)
}
