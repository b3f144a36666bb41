//! What goes wrong in the demonstration.

use vmbroker::ProviderId;
use vmbroker::deploy::Plan;
use vmbroker_sim::{Fault, FaultKind, Refusal};

use crate::sandbox::Sandbox;

/// What goes wrong, and where: the cheapest cloud is sold out halfway; at the next one an answer is lost, and then the
/// money runs out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Plot {
    /// How many creates the cheapest cloud takes before it is sold out.
    sold_out: Option<(ProviderId, u32)>,
    /// The cloud of which an answer is lost, and how many creates it takes before its account cannot pay.
    forgetful: Option<(ProviderId, u32)>,
}

impl Plot {
    /// For so many machines of this plan, by the order in which its clouds are tried.
    pub(crate) fn of(plan: &Plan, machines: u32) -> Self {
        let mut accounts: Vec<&ProviderId> = Vec::new();
        for choice in &plan.choices {
            if !accounts.contains(&&choice.account) {
                accounts.push(&choice.account);
            }
        }
        let first = machines.div_ceil(2);
        let second = (machines - first).div_ceil(2);
        let at = |place: usize, creates: u32| Some(((*accounts.get(place)?).clone(), creates));
        Self { sold_out: at(0, first), forgetful: at(1, second) }
    }

    /// Lets it happen.
    pub(crate) fn arm(&self, sandbox: &Sandbox) {
        let refusing =
            |after: u32, refusal| Fault { after, ..Fault::always("create", FaultKind::Refuse(refusal)) };
        if let Some((account, after)) = &self.sold_out {
            sandbox.arm(account.as_str(), refusing(*after, Refusal::SoldOut));
        }
        if let Some((account, after)) = &self.forgetful {
            sandbox.arm(account.as_str(), Fault::once("create", FaultKind::LoseAnswer));
            sandbox.arm(account.as_str(), refusing(*after, Refusal::Funds));
        }
    }

    /// For a person, before it happens.
    pub(crate) fn words(&self) -> String {
        let mut words = Vec::new();
        if let Some((account, after)) = &self.sold_out {
            words.push(format!("{account} will be sold out after {after}"));
        }
        if let Some((account, after)) = &self.forgetful {
            words.push(format!(
                "the first answer of {account} will get lost on the way, and after {after} its account will be out of money"
            ));
        }
        format!("What the broker does not know: {}.", words.join("; "))
    }
}
