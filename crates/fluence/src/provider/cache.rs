//! What the provider said and rarely changes.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;
use vmbroker_core::{Clock, Result};

/// How long it is believed: the lists of images and hardware change with Fluence's own releases.
const BELIEVED_FOR: Duration = Duration::from_secs(60 * 60);

/// One thing that the provider said. Those who ask while it is being asked for wait for that one answer.
#[derive(Debug)]
pub(super) struct Cache<T>(Mutex<Option<(Duration, Arc<T>)>>);

impl<T> Cache<T> {
    pub(super) fn new() -> Self {
        Self(Mutex::new(None))
    }

    /// What was said within the hour, else what `ask` brings. A failure is not kept.
    pub(super) async fn get(&self, clock: &Clock, ask: impl Future<Output = Result<T>>) -> Result<Arc<T>> {
        let mut kept = self.0.lock().await;
        if let Some((at, said)) = &*kept
            && clock.elapsed().saturating_sub(*at) < BELIEVED_FOR
        {
            return Ok(said.clone());
        }
        let said = Arc::new(ask.await?);
        *kept = Some((clock.elapsed(), said.clone()));
        Ok(said)
    }
}
