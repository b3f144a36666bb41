//! What each machine was billed, by the clouds' own ledgers.

use vmbroker::{Money, ProviderId};

use super::Sandbox;
use crate::failure::Failure;

/// What a simulated cloud charged for one machine so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CloudBill {
    pub account: ProviderId,
    /// The provider's id of the machine.
    pub id: String,
    /// Its name, which holds its marker.
    pub name: String,
    pub charged: Money,
}

impl Sandbox {
    /// The bill of every machine that ever was, cloud by cloud, oldest first.
    pub(crate) fn bills(&self) -> Result<Vec<CloudBill>, Failure> {
        let mut bills = Vec::new();
        for (known, running) in self.clouds.iter().zip(self.running.clouds()) {
            for entry in running.cloud.ledger().entries {
                let charged = Money::new(entry.charged, entry.currency.parse()?);
                let account = known.account.clone();
                bills.push(CloudBill { account, id: entry.id, name: entry.name, charged });
            }
        }
        Ok(bills)
    }
}
