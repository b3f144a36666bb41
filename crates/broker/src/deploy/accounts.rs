//! Whether the accounts are still those that the machines in the journal were ordered at.
//!
//! What another account does not show is no proof of anything. An account is known by its login; where that has changed,
//! by a machine of ours in its list.

use std::collections::BTreeSet;

use vmbroker_core::{Error, ErrorKind, Marker, ProviderId};
use vmbroker_journal::{Batch, Change};

use super::{Broker, DeployError};
use crate::Registry;

impl Broker {
    /// The accounts. One that has another login than its machines in the journal were ordered with, and shows none of
    /// them, cannot be used: it may be another account under the old name.
    ///
    /// # Errors
    /// The journal's.
    ///
    /// # Idempotency
    /// Safe to repeat. Lists accounts whose login has changed, and sends nothing else.
    pub async fn accounts(&self) -> Result<Registry, DeployError> {
        let mut known = self.known().lock().await;
        if let Some(registry) = &*known {
            return Ok(registry.clone());
        }
        let logins = self.journal().logins().await?;
        let (mut registry, mut new, mut strange) = (self.registry().clone(), Batch::new(), false);
        for id in self.registry().ids() {
            let Some(login) = self.login(id) else { continue };
            // Where it is absent, nothing was ordered here, or by a program that did not write it down.
            if logins.get(id) == Some(&login) {
                continue;
            }
            if let Err(why) = self.check_is_the_same(id).await? {
                registry.replace_unusable(id, &why);
                strange = true;
                continue;
            }
            new.push(Change::Login { account: id.clone(), login });
        }
        self.journal().commit("known", new).await?;
        // Whoever asks again may be luckier with the list.
        *known = Some(registry.clone()).filter(|_| !strange);
        Ok(registry)
    }

    /// Writes down that this account is the one that its machines in the journal were ordered at, whatever its login:
    /// what a person knows.
    ///
    /// # Errors
    /// `InvalidRequest` where there is no such account, or its login cannot be told; the journal's.
    ///
    /// # Idempotency
    /// Safe to repeat.
    pub async fn vouch(&self, id: &ProviderId) -> Result<(), DeployError> {
        self.registry().get(id).map_err(DeployError::Wish)?;
        let login = self.login(id).ok_or_else(|| {
            DeployError::Wish(Error::invalid(
                "account",
                id,
                "its login cannot be told from another, and never is",
            ))
        })?;
        let change = Change::Login { account: id.clone(), login };
        self.journal().commit("vouched", Batch::from(vec![change])).await?;
        *self.known().lock().await = None;
        Ok(())
    }

    fn login(&self, id: &ProviderId) -> Option<String> {
        self.registry().get(id).ok()?.login()
    }

    /// Whether nothing of ours is at this account, or its list shows something of it; why it is not known else.
    async fn check_is_the_same(&self, id: &ProviderId) -> Result<Result<(), Error>, DeployError> {
        let legs = self.journal().legs().await?.into_iter().filter(|leg| leg.account == *id);
        let looks = self.journal().looks().await?;
        let watched: BTreeSet<Marker> = looks.into_iter().map(|look| look.leg).collect();
        let (markers, open): (BTreeSet<Marker>, Vec<bool>) =
            legs.map(|leg| (leg.marker, leg.live || leg.unresolved || watched.contains(&leg.marker))).unzip();
        let open = open.into_iter().filter(|open| *open).count();
        if open == 0 {
            return Ok(Ok(()));
        }
        let begun = format!(
            "`{id}` has other credentials than when {open} of its machines in the journal {} ordered",
            if open == 1 { "was" } else { "were" }
        );
        let answer = self.registry().ask(id, "list", |account| Box::pin(async move { account.list().await }));
        let listing = match answer.await.result {
            Ok(listing) => listing,
            Err(error) => {
                let message =
                    format!("{begun}, and cannot be listed to see whether it is the same account: {error}");
                return Ok(Err(Error::new(error.kind(), message)));
            }
        };
        let handles = self.journal().handles().await?;
        let is_ours = |seen: &vmbroker_core::Instance| {
            seen.marker.is_some_and(|marker| markers.contains(&marker))
                || handles.iter().any(|row| row.handle.is_same(&seen.handle))
        };
        if listing.instances().iter().any(is_ours) {
            return Ok(Ok(()));
        }
        let message = format!(
            "{begun}, and its list shows none of them: another account needs another name; if it is the same one, say so \
             (`vmbroker resolve --same-account {id}`)"
        );
        Ok(Err(Error::new(ErrorKind::InvalidConfig, message)))
    }
}
