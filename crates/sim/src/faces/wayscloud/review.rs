//! What a person decides of an order that waits for one.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::json;

use super::record::{Order, SETTLING, Vm};
use crate::machine::add;
use crate::{Account, Phase, Verdict};

/// From the approval to the instance.
const INSTANCE_AFTER: Duration = Duration::from_millis(400);

/// Writes down what was decided of the machine at this place. The machine's own life has been rewritten already.
pub(crate) fn review(account: &mut Account, at: usize, now: Timestamp, verdict: Verdict) {
    let Some(machine) = account.machines.get(at) else { return };
    let Some(mut vm) = Vm::of(machine) else { return };
    let settled_at = machine.phase_since(Timestamp::MAX);
    let building = Duration::try_from(settled_at.duration_since(now)).unwrap_or_default();
    let runs = machine.phase(Timestamp::MAX) == Some(Phase::Running);
    let (end_at, succeeds, refused) = match verdict {
        Verdict::Approve => (add(settled_at, SETTLING), runs, None),
        Verdict::Reject => (now, false, Some("rejected")),
        Verdict::Cancel => (now, false, Some("canceled")),
    };
    match verdict {
        Verdict::Approve => {
            vm.settled_at = settled_at;
            vm.instance_at = add(now, INSTANCE_AFTER.min(building / 2));
            vm.internal_at = add(now, building * 3 / 4);
        }
        Verdict::Reject => {}
        // Its row stays in Creating for ever; that of one that was rejected is Terminated.
        Verdict::Cancel => vm.orphan = true,
    }
    let order = vm.order.clone();
    if let Some(machine) = account.machines.get_mut(at) {
        if vm.floating.is_empty() {
            machine.address_at = None;
        }
        vm.write(&mut machine.extra);
    }
    if let Some(row) = account.shelf("orders").get_mut(&order)
        && let Some(mut order) = Order::read(row)
    {
        (order.end_at, order.succeeds) = (end_at, succeeds);
        order.pending = false;
        order.refused = refused.map(str::to_owned);
        *row = order.write();
    }
    if verdict != Verdict::Approve {
        // Floating addresses that were set aside for it are free again.
        for row in account.shelf("floating_ips").values_mut().filter(|row| row["machine"] == json!(at)) {
            row["keep"] = json!(true);
        }
    }
}
