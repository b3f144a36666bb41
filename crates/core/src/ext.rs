//! What callers do again and again: wait, find, create and wait, delete until gone.

use std::time::Duration;

use async_trait::async_trait;

use crate::ending::Ending;
use crate::wait::{Pace, Shows, Watch, is_gone, late, remembered};
use crate::{
    ComputeProvider, CreateRequest, Effect, Error, ErrorKind, Goal, Handle, Instance, Marker, Observation,
    Result, Retry, Wait,
};

/// Conveniences over any [`ComputeProvider`].
///
/// Looking is batched (one status call for all machines that are still waited for), starts at a quarter of the
/// provider's own pace, backs off by half each quiet round up to four times that pace, and returns to the start
/// when something changed.
#[async_trait]
pub trait ComputeProviderExt: ComputeProvider {
    /// Waits until the machine has reached the goal.
    ///
    /// # Errors
    /// As an entry of [`wait_all`](Self::wait_all).
    async fn wait_until(&self, handle: &Handle, goal: Goal, wait: &Wait) -> Result<Observation> {
        let mut ends = self.wait_all(std::slice::from_ref(handle), goal, wait, &mut |_| {}).await?;
        ends.pop().unwrap_or_else(|| Err(Error::new(ErrorKind::Protocol, "no observation came")))
    }

    /// Waits until each machine has reached the goal or cannot any more: one result for each handle, in order.
    /// `seen` is told of every observation that differs from the one before in more than its time.
    ///
    /// # Errors
    /// Of the whole call: what asking meets that asking again will not mend (`Unauthenticated`, …), and
    /// `Protocol` where the adapter answers more or fewer observations than handles.
    /// Of one machine: `MachineFailed` where it cannot reach the goal by itself (it may still be billed),
    /// `NotFound` where it is no longer there, `DeadlineExceeded` where the time is over (what was asked for may
    /// still come true).
    async fn wait_all(
        &self,
        handles: &[Handle],
        goal: Goal,
        wait: &Wait,
        seen: &mut (dyn for<'a> FnMut(&'a Observation) + Send),
    ) -> Result<Vec<Result<Observation>>> {
        let mut watch = Watch::new(Shows::of(self.semantics()), handles, goal, wait);
        let mut pace = Pace::new(self.semantics().poll_every);
        loop {
            let open = watch.open_handles();
            if open.is_empty() {
                return Ok(watch.ends());
            }
            let mut told_to_wait = Duration::ZERO;
            match self.status(&open).await {
                Ok(observations) => {
                    if watch.take(observations, seen)? {
                        pace.reset();
                    }
                }
                Err(error) => match error.retry() {
                    Retry::Never => return Err(error),
                    Retry::After(delay) => told_to_wait = delay,
                    Retry::Backoff => {}
                },
            }
            if watch.open_handles().is_empty() {
                return Ok(watch.ends());
            }
            let Some(left) = wait.deadline.checked_sub(watch.waited()).filter(|left| !left.is_zero()) else {
                return Ok(watch.ends());
            };
            wait.clock.sleep(pace.next().max(told_to_wait).min(left)).await;
        }
    }

    /// The machines with this marker in a complete list: none, one, or, where a create was doubled, more.
    ///
    /// # Errors
    /// As [`ComputeProvider::list`]. None found is not proof of absence before
    /// [`Semantics::create_applies_within`](crate::Semantics::create_applies_within) and
    /// [`Semantics::list_lags_by`](crate::Semantics::list_lags_by) have passed, nor ever where
    /// [`Semantics::visible_within`](crate::Semantics::visible_within) is absent.
    async fn find(&self, marker: Marker) -> Result<Vec<Instance>> {
        Ok(self.list().await?.with_marker(marker).cloned().collect())
    }

    /// Orders one machine and waits until it has reached the goal.
    ///
    /// # Errors
    /// As [`ComputeProvider::create`], then as [`wait_until`](Self::wait_until). After an error of waiting the
    /// machine exists and may be billed: find it by the request's marker. Whoever wants to keep its handle then calls
    /// the two one after the other.
    ///
    /// # Idempotency
    /// None: each call orders another machine.
    async fn create_and_wait(&self, request: &CreateRequest, goal: Goal, wait: &Wait) -> Result<Observation> {
        let handle = self.create(request).await?;
        self.wait_until(&handle, goal, wait).await
    }

    /// Deletes the machine step by step and looks until it is proven gone.
    ///
    /// Steps that the provider accepted are repeated, more and more rarely, while the machine stays: a deletion
    /// may get lost, or fail and leave the machine as it was.
    ///
    /// # Errors
    /// What deleting meets that repeating will not mend; `DeadlineExceeded` where the time is over and the
    /// machine may still be there, and billed.
    ///
    /// # Idempotency
    /// Safe to repeat at any time.
    async fn delete_until_gone(&self, handle: &Handle, wait: &Wait) -> Result<Observation> {
        let semantics = self.semantics();
        let started = wait.clock.elapsed();
        let waited = || wait.clock.elapsed().saturating_sub(started);
        let mut pace = Pace::new(semantics.poll_every);
        let mut ending = Ending::new(semantics.poll_every);
        let mut handle = handle.clone();
        let mut looked = false;
        let mut state = None;
        // Where inactive machines are not shown, absence proves something once a deletion was accepted.
        let mut is_telling = semantics.lists_inactive;
        loop {
            let mut told_to_wait = Duration::ZERO;
            if ending.is_due(waited(), state) {
                match self.delete(&handle).await {
                    Ok(deletion) => {
                        handle = deletion.handle;
                        is_telling = true;
                        ending.step_taken(waited(), &deletion.next);
                    }
                    // The machine is in the way, or away: a look tells.
                    Err(error) if error.kind() == ErrorKind::Conflict => {}
                    Err(error) if error.kind() == ErrorKind::NotFound => is_telling = true,
                    Err(error) => told_to_wait = patience(error)?,
                }
            }
            match self.status(std::slice::from_ref(&handle)).await {
                Ok(mut observations) => {
                    let Some(observation) = observations.pop() else {
                        return Err(Error::new(ErrorKind::Protocol, "no observation came"));
                    };
                    let is_proof = is_telling || observation.state().is_some();
                    if is_proof && is_gone(&observation, &handle, Shows::of(semantics), waited(), wait) {
                        return Ok(observation);
                    }
                    handle = remembered(&observation);
                    state = observation.state();
                    looked = true;
                    if ending.look_taken(waited(), state) {
                        pace.reset();
                    }
                }
                Err(error) => told_to_wait = told_to_wait.max(patience(error)?),
            }
            let Some(left) = wait.deadline.checked_sub(waited()).filter(|left| !left.is_zero()) else {
                let absent = looked && state.is_none();
                return Err(late(&handle, Goal::Gone, wait.deadline, absent));
            };
            wait.clock.sleep(pace.next().max(told_to_wait).min(left)).await;
        }
    }
}

impl<P: ComputeProvider + ?Sized> ComputeProviderExt for P {}

/// How long a failed call asks to wait, or the error where waiting does not help.
fn patience(error: Error) -> Result<Duration> {
    match error.retry() {
        Retry::After(delay) => Ok(delay),
        Retry::Backoff => Ok(Duration::ZERO),
        // A deletion whose answer was lost is safe to repeat.
        Retry::Never if error.effect() == Effect::Unknown => Ok(Duration::ZERO),
        Retry::Never => Err(error),
    }
}
