//! Who in this process works on which deployment: one at a time.
//!
//! Two that read the same rows and write one after the other would part memory from journal: the second write is
//! refused, and with it the handle it holds.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::watch;
use vmbroker_core::{Error, ErrorKind};

use super::DeployError;

/// The claims of one process. A clone shows the same ones.
#[derive(Clone, Debug, Default)]
pub(super) struct Claims(Arc<Mutex<BTreeMap<String, Weak<Claim>>>>);

/// The right to write the rows of one deployment, held by everything that still may. It ends with its last clone.
#[derive(Debug)]
pub(crate) struct Claim {
    /// Whether it is a run's. Closed when the claim ends.
    is_a_run: watch::Sender<bool>,
}

/// Marks a claim as a run's, as long as this lives.
#[derive(Debug)]
pub(crate) struct RunMark(Arc<Claim>);

impl Claims {
    /// Claims the deployment of this name, once whatever else is at it has ended.
    ///
    /// # Errors
    /// `Conflict` where that is a run: it ends when its owner lets it.
    pub(super) async fn take(&self, name: &str) -> Result<Arc<Claim>, DeployError> {
        loop {
            let mut other = match self.try_take(name) {
                Ok(claim) => return Ok(claim),
                Err(other) => other.is_a_run.subscribe(),
            };
            if *other.borrow_and_update() {
                let message = format!(
                    "a run of this program works on `{name}`: end it first, or drop it, and then ask again"
                );
                return Err(DeployError::Wish(Error::new(ErrorKind::Conflict, message)));
            }
            // It ends, or becomes a run's.
            let _ = other.changed().await;
        }
    }

    /// Claims the deployment of this name.
    ///
    /// # Errors
    /// The claim of whatever else is at it.
    pub(super) fn try_take(&self, name: &str) -> Result<Arc<Claim>, Arc<Claim>> {
        let mut claims = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        claims.retain(|_, claim| claim.strong_count() > 0);
        if let Some(other) = claims.get(name).and_then(Weak::upgrade) {
            return Err(other);
        }
        let claim = Arc::new(Claim { is_a_run: watch::Sender::new(false) });
        claims.insert(name.to_owned(), Arc::downgrade(&claim));
        Ok(claim)
    }
}

impl RunMark {
    pub(super) fn of(claim: &Arc<Claim>) -> Self {
        claim.is_a_run.send_replace(true);
        Self(Arc::clone(claim))
    }
}

impl Drop for RunMark {
    fn drop(&mut self) {
        self.0.is_a_run.send_replace(false);
    }
}
