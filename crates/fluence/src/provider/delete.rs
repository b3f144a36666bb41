//! Ending a machine: one call, and a look where its answer proves nothing.

use std::time::Duration;

use vmbroker_core::{Deletion, Error, ErrorKind, Handle, Instance, Next, Result, State};
use vmbroker_http::{Call, Method, Nature, Reply};

use super::Fluence;
use crate::Contract;
use crate::error::operation;
use crate::wire::{DeleteVm, DeleteVms, Deleted};

/// How long to wait before a delete that the provider did not confirm is sent again.
const REPEAT_AFTER: Duration = Duration::from_secs(30);

impl Fluence {
    pub(super) async fn end(&self, handle: &Handle) -> Result<Deletion> {
        let id = handle.id();
        if id.is_empty() {
            return Err(Error::invalid("handle", handle, "a machine is deleted by its id"));
        }
        let doubt = match self.send_delete(id).await? {
            Sent::Accepted => return Ok(step(handle.clone(), Next::Started)),
            Sent::Doubtful(doubt) => doubt,
        };
        // Unknown, gone already, or known with other letters: the list tells.
        let listing = self.listing(operation::DELETE).await?;
        let is_it = |instance: &&Instance| instance.handle.id().eq_ignore_ascii_case(id);
        let Some(listed) = listing.instances().iter().find(is_it) else {
            if listing.instances().iter().any(|it| it.handle.id().is_empty()) {
                return Err(self.nameless(operation::DELETE));
            }
            return match (doubt, self.unlisted(handle)) {
                (Doubt::Refused(error), Next::NothingLeft) if self.may_be_kept(&error) => Err(error),
                (_, next) => Ok(step(handle.clone(), next)),
            };
        };
        let mut handle = handle.clone().seen(listing.at(), listed.state);
        handle.instance.clone_from(&listed.handle.instance);
        if listed.state == State::Gone {
            return Ok(step(handle, Next::NothingLeft));
        }
        if listed.handle.id() != id
            && let Sent::Accepted = self.send_delete(listed.handle.id()).await?
        {
            return Ok(step(handle, Next::Started));
        }
        match doubt {
            // What is being deleted already may be refused as unknown while it still stands on the list.
            Doubt::Refused(error) if matches!(error.kind(), ErrorKind::Conflict | ErrorKind::NotFound) => {
                let why = error.message().to_owned();
                Ok(step(handle, Next::WaitThenRepeat { why, wait: REPEAT_AFTER }))
            }
            Doubt::Refused(error) => Err(error),
            Doubt::NotRemoved => {
                let why = "Fluence did not name it among the removed machines".to_owned();
                Ok(step(handle, Next::WaitThenRepeat { why, wait: REPEAT_AFTER }))
            }
        }
    }

    /// A machine that a list does not show: one that was never seen may only be hidden while it is launched.
    fn unlisted(&self, handle: &Handle) -> Next {
        let now = self.channel.clock().now();
        let age = handle.made_at.and_then(|made| Duration::try_from(now.duration_since(made)).ok());
        let may_be_hidden = match self.semantics.visible_within {
            None => true,
            Some(limit) => age.is_some_and(|age| age < limit),
        };
        if may_be_hidden && handle.last_seen.is_none() {
            let why = "it is not listed, but Fluence may hide it while it is launched".to_owned();
            return Next::WaitThenRepeat { why, wait: REPEAT_AFTER };
        }
        Next::NothingLeft
    }

    /// Whether a machine that is not listed, and whose delete was refused like this, may still hold its reserve. Under
    /// 2025-04 only active machines are listed, so one that is out of funds is missing, too: there only a refusal
    /// that does not know it, or says that it is being deleted, is proof.
    fn may_be_kept(&self, refusal: &Error) -> bool {
        self.config.contract == Contract::April2025
            && !matches!(refusal.kind(), ErrorKind::NotFound | ErrorKind::Conflict)
    }

    async fn send_delete(&self, id: &str) -> Result<Sent> {
        let url = self.url(operation::DELETE, Contract::DELETE)?;
        let call = Call::new(operation::DELETE, Nature::Repeatable, Method::DELETE, url);
        let call = match self.config.contract {
            Contract::April2025 => call.json(&DeleteVm { vm_id: id })?,
            Contract::May2025 => call.json(&DeleteVms { vm_ids: vec![id] })?,
        };
        match self.channel.send(call).await {
            Ok(reply) => Ok(self.confirmed(&reply, id)),
            Err(error) => match error.kind() {
                // No document says how an id that is unknown or ended already is answered.
                ErrorKind::NotFound
                | ErrorKind::Conflict
                | ErrorKind::IncompatibleOffer
                | ErrorKind::Protocol => Ok(Sent::Doubtful(Doubt::Refused(error))),
                ErrorKind::OutOfCapacity
                | ErrorKind::QuotaExceeded
                | ErrorKind::InsufficientFunds
                | ErrorKind::Unauthenticated
                | ErrorKind::PermissionDenied
                | ErrorKind::InvalidConfig
                | ErrorKind::InvalidRequest
                | ErrorKind::RateLimited
                | ErrorKind::Unavailable
                | ErrorKind::Unsupported
                | ErrorKind::DeadlineExceeded
                | ErrorKind::MachineFailed => Err(error),
            },
        }
    }

    /// Whether a 2xx confirms the removal. Its body may be missing; where it names what was removed, ours must
    /// be among it.
    fn confirmed(&self, reply: &Reply, id: &str) -> Sent {
        let body: Deleted = serde_json::from_slice(&reply.answer().body).unwrap_or_default();
        let removed = |ids: Vec<String>| ids.iter().any(|removed| removed.eq_ignore_ascii_case(id));
        match self.config.contract {
            Contract::May2025 if body.removed_ids.is_some_and(|ids| !removed(ids)) => {
                Sent::Doubtful(Doubt::NotRemoved)
            }
            Contract::April2025 | Contract::May2025 => Sent::Accepted,
        }
    }
}

/// How a delete was answered.
enum Sent {
    Accepted,
    Doubtful(Doubt),
}

/// Why an answer proves nothing.
enum Doubt {
    Refused(Error),
    NotRemoved,
}

fn step(handle: Handle, next: Next) -> Deletion {
    Deletion { handle, next }
}
