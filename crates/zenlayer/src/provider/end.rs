//! Ending a machine: terminate, recycle bin, release. One step a call.

use std::time::Duration;

use serde::Serialize;
use vmbroker_core::{Deletion, Error, ErrorKind, Handle, Next, Result, State};
use vmbroker_http::Nature;

use super::Zenlayer;
use super::api::{Action, Filter, Service};
use super::look::{UNREADABLE, instance_id, missing};
use crate::convert::state;
use crate::error::{BEING_BUILT, NOT_RECYCLED, RECYCLED, UNAUTHORISED, is_one_of};
use crate::request::shown;
use crate::wire::{Empty, StatusInfo};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Terminate<'a> {
    instance_id: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Release<'a> {
    instance_ids: [&'a str; 1],
}

/// The word for a machine that leaves the recycle bin for good.
const RELEASING: &str = "RELEASING";

/// One step towards a machine's end.
struct Step {
    next: Next,
    /// Whether the machine lay in the recycle bin: there it costs nothing any more, and neither on its way out.
    from_bin: bool,
}

impl From<Next> for Step {
    fn from(next: Next) -> Self {
        Self { next, from_bin: false }
    }
}

impl Zenlayer {
    /// The next step that is possible now.
    pub(super) async fn end(&self, handle: &Handle) -> Result<Deletion> {
        let Some(id) = instance_id(handle) else {
            return Err(Error::invalid("handle", handle, "a machine of Zenlayer is `account/instance:id`"));
        };
        // What is known to be in the bin is released at once; if that is no longer true, the provider says so.
        let in_bin = handle.last_seen.is_some_and(|seen| seen.state == State::Recycled);
        let step = if in_bin {
            match self.release(id).await {
                Err(error) if is_one_of(&error, NOT_RECYCLED) => self.terminate(handle, id).await?,
                other => other?,
            }
        } else {
            self.terminate(handle, id).await?
        };
        let handle = handle.clone();
        let handle =
            if step.from_bin { handle.seen(self.api.channel.clock().now(), State::Recycled) } else { handle };
        Ok(Deletion { handle, next: step.next })
    }

    async fn terminate(&self, handle: &Handle, id: &str) -> Result<Step> {
        let error =
            match self.api.ask::<Empty>(write("TerminateInstance"), Terminate { instance_id: id }).await {
                Ok(Empty {}) => return Ok(Next::Started.into()),
                Err(error) => error,
            };
        if error.kind() == ErrorKind::NotFound {
            return Ok(self.not_found(handle).into());
        }
        if is_one_of(&error, RECYCLED) {
            return match self.release(id).await {
                Err(error) if is_one_of(&error, NOT_RECYCLED) => {
                    Ok(self.later("it is on its way into the recycle bin").into())
                }
                other => other,
            };
        }
        if is_one_of(&error, BEING_BUILT) {
            return Ok(self.later("it is still being built").into());
        }
        let is_about_state = error.kind() == ErrorKind::Conflict
            || (error.kind() == ErrorKind::PermissionDenied
                && error.code().is_some_and(|it| it != UNAUTHORISED));
        if is_about_state { self.by_state(handle, id, error).await } else { Err(error) }
    }

    async fn release(&self, id: &str) -> Result<Step> {
        match self.api.ask::<Empty>(write("ReleaseInstances"), Release { instance_ids: [id] }).await {
            Ok(Empty {}) => Ok(Step { next: Next::Started, from_bin: true }),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Next::NothingLeft.into()),
            Err(error) => Err(error),
        }
    }

    /// What to do after a refusal that only the machine's state explains.
    async fn by_state(&self, handle: &Handle, id: &str, refusal: Error) -> Result<Step> {
        let ids = [id];
        let filter =
            Filter { instance_ids: Some(&ids), page_size: super::look::MOST_IDS, ..Filter::default() };
        let action = Action::read("DescribeInstancesStatus", "delete");
        let pages = match self.api.pages::<StatusInfo, _>(action, filter, |_, row| row.0).await {
            Ok(pages) => pages,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(self.not_found(handle).into()),
            Err(error) => return Err(error),
        };
        let got: usize = pages.iter().map(|page| page.rows.len()).sum();
        if let Some(complaint) = missing(&pages, got) {
            return Err(self.api.incomplete("delete", ErrorKind::Unavailable, &complaint));
        }
        let mut rows = pages.into_iter().flat_map(|page| page.rows).flatten();
        let row = rows.find(|row| row.instance_id.as_deref() == Some(id));
        let row = match row {
            Some(row) => row,
            None if got == 0 => return Ok(self.not_found(handle).into()),
            None => return Err(self.api.incomplete("delete", ErrorKind::Protocol, UNREADABLE)),
        };
        let word = row.instance_status.unwrap_or_default();
        match state(&word) {
            State::Deleting => Ok(Step { next: Next::Started, from_bin: word == RELEASING }),
            State::Recycled => match self.release(id).await {
                Err(error) if error.kind() == ErrorKind::Conflict => {
                    Ok(Step { next: self.later("it is in the recycle bin"), from_bin: true })
                }
                other => other,
            },
            State::Gone => Ok(Next::NothingLeft.into()),
            State::AwaitingApproval | State::Ordered | State::Provisioning | State::Stopping => {
                Ok(self.later(&format!("it is {}", shown(&word))).into())
            }
            // Nothing in these states explains the refusal.
            State::Running | State::Stopped | State::Failed | State::Unrecognised => Err(refusal),
        }
    }

    /// A machine that is not known: one that was never seen and is young may only not be visible yet.
    fn not_found(&self, handle: &Handle) -> Next {
        let now = self.api.channel.clock().now();
        let age = handle.made_at.and_then(|made| Duration::try_from(now.duration_since(made)).ok());
        let young = age.zip(self.semantics.visible_within).is_some_and(|(age, limit)| age < limit);
        if young && handle.last_seen.is_none() {
            self.later("it is not visible yet")
        } else {
            Next::NothingLeft
        }
    }

    fn later(&self, why: &str) -> Next {
        Next::WaitThenRepeat { why: why.to_owned(), wait: self.semantics.poll_every }
    }
}

/// Ending twice is the same as ending once: the second is told that the machine is in the bin, or gone.
fn write(name: &'static str) -> Action {
    Action { service: Service::Vm, name, operation: "delete", nature: Nature::Repeatable }
}
