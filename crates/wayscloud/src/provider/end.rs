//! Ending a machine: one step at a time.

use std::sync::atomic::Ordering;

use serde_json::Value;
use vmbroker_core::{Deletion, Effect, ErrorKind, Handle, Next, Result};
use vmbroker_http::Method;

use super::Wayscloud;
use super::look::View;
use crate::config::Dialect;
use crate::convert::{Phase, Step, Target, next_step, phase_of};
use crate::error::{ALREADY_STOPPED, PENDING_ORDER, STOP_FIRST, says};
use crate::request::terminate;
use crate::wire::{Order, Row};

/// A terminate order was tried: it settled the step, or the machine must be switched off first.
enum Tried {
    Settled(Deletion),
    StopFirst(Handle),
}

/// A stop was tried.
enum Stopped {
    /// It is under way, or something else is.
    Soon,
    /// The machine is off.
    Already,
}

const VALID_STATES: &str = "valid states for operation";

impl Wayscloud {
    pub(super) async fn end(&self, handle: &Handle) -> Result<Deletion> {
        let sight = self.look(handle, &View::default()).await?;
        let step = next_step(&sight);
        let never_came = sight.resource.is_missing()
            && sight.order.found().is_some_and(|order| phase_of(order) == Phase::Failed);
        let order = sight.order.found().and_then(Order::id).map(str::to_owned);
        let handle = self.observe(handle.clone(), sight).handle;
        match step {
            Step::NothingLeft => {
                // A failed order stays readable; that nothing is behind it any more is known only now.
                if let Some(order) = order.filter(|_| never_came) {
                    self.memory.bury(&order);
                }
                Ok(Deletion { handle, next: Next::NothingLeft })
            }
            Step::UnderWay => Ok(Deletion { handle, next: Next::Started }),
            Step::Wait(why) => Ok(self.later(handle, why)),
            Step::Withdraw(order) => {
                let path = ["marketplace-orders", order.as_str()];
                match self.api.change("delete", Method::DELETE, &path, None::<&Value>).await {
                    Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
                    _ => Ok(Deletion { handle, next: Next::Started }),
                }
            }
            Step::End(target) => self.end_resource(handle, &target).await,
        }
    }

    async fn end_resource(&self, handle: Handle, target: &Target) -> Result<Deletion> {
        let mut must_stop = target.is_on;
        if self.config.dialect == Dialect::Documented && !self.terminates_only.load(Ordering::Relaxed) {
            let path = ["marketplace-resources", target.resource.as_str()];
            match self.api.change("delete", Method::DELETE, &path, None::<&Value>).await {
                Ok(_) => return Ok(Deletion { handle, next: Next::Started }),
                Err(error) => match error.kind() {
                    ErrorKind::NotFound => return Ok(Deletion { handle, next: Next::NothingLeft }),
                    ErrorKind::Unsupported => self.terminates_only.store(true, Ordering::Relaxed),
                    ErrorKind::Conflict if says(&error, STOP_FIRST) => must_stop = true,
                    ErrorKind::Conflict => return Ok(self.later(handle, error.message())),
                    _ => return Err(error),
                },
            }
        }
        let mut handle = handle;
        if !must_stop {
            match self.terminate(handle, target, false).await? {
                Tried::Settled(deletion) => return Ok(deletion),
                Tried::StopFirst(same) => handle = same,
            }
        }
        match self.stop(target).await? {
            Stopped::Soon => Ok(self.later(handle, "it is being switched off first")),
            Stopped::Already => match self.terminate(handle, target, !must_stop).await? {
                Tried::Settled(deletion) => Ok(deletion),
                Tried::StopFirst(handle) => Ok(self.later(handle, "it is neither on nor off")),
            },
        }
    }

    /// Orders the machine's end.
    async fn terminate(&self, mut handle: Handle, target: &Target, by_force: bool) -> Result<Tried> {
        let path = ["marketplace-resources", target.resource.as_str(), "terminate"];
        let sent = self.api.change("delete", Method::POST, &path, Some(&terminate(by_force))).await;
        let error = match sent {
            Ok(reply) => {
                // Whatever the answer looks like, the order was accepted.
                let order = reply.json::<Row<Order>>().ok().and_then(|row| row.0);
                handle.deletion_order = order.as_ref().and_then(Order::id).map(str::to_owned);
                return Ok(Tried::Settled(Deletion { handle, next: Next::Started }));
            }
            Err(error) => error,
        };
        let settled = match error.kind() {
            ErrorKind::Conflict if says(&error, STOP_FIRST) => return Ok(Tried::StopFirst(handle)),
            ErrorKind::Conflict if says(&error, PENDING_ORDER) => self.adopt_deletion(handle, target).await?,
            ErrorKind::Conflict if says(&error, VALID_STATES) => self.later(handle, error.message()),
            ErrorKind::NotFound => Deletion { handle, next: Next::NothingLeft },
            // It failed before any machine came to be, and cannot be ended: nothing is behind its row. Only a Waldur
            // tells whether there is a machine, and only a complete refusal says that it cannot be ended.
            ErrorKind::Protocol | ErrorKind::Unsupported
                if target.is_hollow
                    && self.config.dialect == Dialect::Waldur
                    && error.effect() == Effect::None =>
            {
                self.memory.bury(&target.resource);
                Deletion { handle, next: Next::NothingLeft }
            }
            _ => return Err(error),
        };
        Ok(Tried::Settled(settled))
    }

    /// An order for the machine is open: the one that ends it, or another that must end first.
    async fn adopt_deletion(&self, mut handle: Handle, target: &Target) -> Result<Deletion> {
        let (orders, _) = self.orders_of(&target.resource).await?;
        let open = orders.iter().find(|order| order.terminates() && phase_of(order).is_open());
        match open.and_then(Order::id) {
            Some(id) => {
                handle.deletion_order = Some(id.to_owned());
                Ok(Deletion { handle, next: Next::Started })
            }
            None => Ok(self.later(handle, "another order for it is open")),
        }
    }

    async fn stop(&self, target: &Target) -> Result<Stopped> {
        let Some(machine) = &target.machine else { return Ok(Stopped::Already) };
        let path = ["openstack-instances", machine.as_str(), "stop"];
        match self.api.change("delete", Method::POST, &path, None::<&Value>).await {
            Ok(_) => Ok(Stopped::Soon),
            Err(error) if says(&error, ALREADY_STOPPED) => Ok(Stopped::Already),
            Err(error) => match error.kind() {
                ErrorKind::Conflict | ErrorKind::NotFound => Ok(Stopped::Soon),
                _ => Err(error),
            },
        }
    }

    fn later(&self, handle: Handle, why: &str) -> Deletion {
        let wait = self.semantics.poll_every;
        Deletion { handle, next: Next::WaitThenRepeat { why: why.to_owned(), wait } }
    }
}
