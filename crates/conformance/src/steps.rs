//! What many laws do: create, look, wait, list, end.

use std::time::Duration;

use futures_util::future::{Either, select};
use vmbroker_core::{
    CreateRequest, Deletion, Effect, Error, Finding, Handle, Instance, Listing, Marker, Next, Observation,
    Retry, State,
};

use crate::verdict::{Judge, not_applicable};
use crate::{Fault, Outcome, Subject, Violation};

/// How often a refused or failed call that may be repeated is repeated.
const TRIES: u32 = 20;

impl Subject {
    /// Arms the fault, or says why the law cannot be tried.
    pub(crate) async fn arm(&self, fault: Fault) -> Result<(), Outcome> {
        if self.world().arm(fault).await {
            return Ok(());
        }
        Err(not_applicable(format!("this world cannot {fault}")))
    }

    /// Creates a machine, repeating what was refused for now and changed nothing.
    pub(crate) async fn create(&self, judge: Judge) -> Result<(CreateRequest, Handle), Violation> {
        let request = self.request();
        let handle = self.create_this(judge, &request).await?;
        Ok((request, handle))
    }

    /// Creates this machine, repeating what was refused for now and changed nothing.
    pub(crate) async fn create_this(
        &self,
        judge: Judge,
        request: &CreateRequest,
    ) -> Result<Handle, Violation> {
        let mut tries = 0;
        loop {
            tries += 1;
            match self.provider().create(request).await {
                Err(error) if error.effect() == Effect::None && tries < TRIES => {
                    self.bear(judge, error, "create").await?;
                }
                result => return judge.ok(result, "create"),
            }
        }
    }

    /// One look at these machines: as many observations as handles.
    pub(crate) async fn look(&self, judge: Judge, handles: &[Handle]) -> Result<Vec<Observation>, Violation> {
        let mut tries = 0;
        loop {
            tries += 1;
            match self.provider().status(handles).await {
                Err(error) if tries < TRIES => self.bear(judge, error, "status").await?,
                result => {
                    let observations = judge.ok(result, "status")?;
                    let counts = (handles.len(), observations.len());
                    judge.that(
                        counts.0 == counts.1,
                        format!("{} observations", counts.0),
                        format!("{}", counts.1),
                    )?;
                    return Ok(observations);
                }
            }
        }
    }

    /// One look at this machine.
    pub(crate) async fn look_at(&self, judge: Judge, handle: &Handle) -> Result<Observation, Violation> {
        let mut observations = self.look(judge, std::slice::from_ref(handle)).await?;
        observations.pop().ok_or_else(|| judge.broken("1 observation", "none"))
    }

    /// Looks until this is seen, with the handle that each look returns.
    pub(crate) async fn look_until(
        &self,
        judge: Judge,
        handle: &Handle,
        what: &str,
        wanted: impl Fn(&Observation) -> bool,
    ) -> Result<Observation, Violation> {
        let until = self.clock().elapsed().saturating_add(self.patience());
        let mut handle = handle.clone();
        loop {
            let observation = self.look_at(judge, &handle).await?;
            if wanted(&observation) {
                return Ok(observation);
            }
            if self.clock().elapsed() >= until {
                let expected = format!("`{handle}` to be {what} within {:?}", self.patience());
                return Err(judge.broken(expected, finding(&observation)));
            }
            handle = observation.handle;
            self.pause().await;
        }
    }

    /// Looks until the machine runs.
    pub(crate) async fn until_running(&self, judge: Judge, handle: &Handle) -> Result<Handle, Violation> {
        let running = |seen: &Observation| seen.state() == Some(State::Running);
        Ok(self.look_until(judge, handle, "running", running).await?.handle)
    }

    /// Creates this many machines and looks until all run.
    pub(crate) async fn running_fleet(
        &self,
        judge: Judge,
        count: usize,
    ) -> Result<Vec<(Marker, Handle)>, Violation> {
        let mut fleet = Vec::with_capacity(count);
        for _ in 0..count {
            let (request, handle) = self.create(judge).await?;
            fleet.push((request.marker, handle));
        }
        for (_, handle) in &mut fleet {
            *handle = self.until_running(judge, handle).await?;
        }
        Ok(fleet)
    }

    /// A complete list, no older than this call.
    pub(crate) async fn list(&self, judge: Judge) -> Result<Listing, Violation> {
        self.clock().sleep(self.provider().semantics().list_lags_by).await;
        let mut tries = 0;
        loop {
            tries += 1;
            match self.provider().list().await {
                Err(error) if tries < TRIES => self.bear(judge, error, "list").await?,
                result => return judge.ok(result, "list"),
            }
        }
    }

    /// The machines with this marker in a complete list that are not known to be gone.
    pub(crate) async fn listed(&self, judge: Judge, marker: Marker) -> Result<Vec<Instance>, Violation> {
        let listing = self.list(judge).await?;
        Ok(listing.with_marker(marker).filter(|instance| instance.state != State::Gone).cloned().collect())
    }

    /// One step towards the end; errors that may be repeated are.
    pub(crate) async fn delete(&self, judge: Judge, handle: &Handle) -> Result<Deletion, Violation> {
        let mut tries = 0;
        loop {
            tries += 1;
            match self.provider().delete(handle).await {
                Err(error) if tries < TRIES => self.bear(judge, error, "delete").await?,
                result => return judge.ok(result, "delete"),
            }
        }
    }

    /// Deletes step by step until looking proves the end of a machine that was seen; the last handle.
    pub(crate) async fn end(&self, judge: Judge, handle: &Handle) -> Result<Handle, Violation> {
        let until = self.clock().elapsed().saturating_add(self.patience());
        let mut handle = handle.clone();
        loop {
            let deletion = self.delete(judge, &handle).await?;
            handle = deletion.handle;
            if let Next::WaitThenRepeat { wait, .. } = deletion.next {
                self.clock().sleep(wait.min(self.patience())).await;
            }
            // A provider that is at it is given time before it is asked again.
            for _ in 0..10 {
                let observation = self.look_at(judge, &handle).await?;
                if is_over(&observation) {
                    return Ok(handle);
                }
                if self.clock().elapsed() >= until {
                    let expected = format!("`{handle}` to be gone within {:?}", self.patience());
                    return Err(judge.broken(expected, finding(&observation)));
                }
                handle = observation.handle.clone();
                self.pause().await;
                if matches!(observation.state(), Some(State::Recycled | State::Stopped)) {
                    break;
                }
            }
        }
    }

    /// Waits for a call, as long as patience lasts; absent where it does not end.
    pub(crate) async fn bounded<T>(&self, call: impl Future<Output = T>) -> Option<T> {
        let limit = std::pin::pin!(self.clock().sleep(self.patience()));
        match select(std::pin::pin!(call), limit).await {
            Either::Left((value, _)) => Some(value),
            Either::Right(_) => None,
        }
    }

    /// Waits before a call is repeated, or breaks the law where repeating does not help.
    async fn bear(&self, judge: Judge, error: Error, call: &str) -> Result<(), Violation> {
        match error.retry() {
            Retry::Never => judge.ok(Err(error), call),
            Retry::Backoff => {
                self.pause().await;
                Ok(())
            }
            Retry::After(delay) => {
                self.clock().sleep(delay.min(self.patience())).await;
                Ok(())
            }
        }
    }
}

/// How much a counter of the world has grown; absent where the world does not count.
pub(crate) fn grown(before: Option<u64>, after: Option<u64>) -> Option<u64> {
    Some(after?.saturating_sub(before?))
}

/// Whether a look at a machine that was seen before shows its end.
pub(crate) fn is_over(observation: &Observation) -> bool {
    match observation.state() {
        None | Some(State::Gone) => true,
        Some(
            State::AwaitingApproval
            | State::Ordered
            | State::Provisioning
            | State::Running
            | State::Stopping
            | State::Stopped
            | State::Failed
            | State::Deleting
            | State::Recycled
            | State::Unrecognised,
        ) => false,
    }
}

/// What a look showed, in words.
pub(crate) fn finding(observation: &Observation) -> String {
    match &observation.finding {
        Finding::NotFound => format!("`{}` not found", observation.handle),
        Finding::Found { state, word, .. } => format!("`{}` {state} ({word})", observation.handle),
    }
}

/// A reference of the same form to a machine that does not exist: all digits but the first are turned over.
pub(crate) fn stranger(handle: &Handle) -> Handle {
    let turn = |id: &str| -> String {
        let turned = id.chars().enumerate().map(|(at, c)| {
            let digit = c.to_digit(10).filter(|_| at > 1);
            digit.and_then(|digit| char::from_digit(9 - digit, 10)).unwrap_or(c)
        });
        turned.collect()
    };
    let provider = &handle.provider;
    match (&handle.instance, &handle.order) {
        (Some(instance), _) => Handle::of_instance(provider, turn(instance)),
        (None, Some(order)) => Handle::of_order(provider, turn(order)),
        (None, None) => Handle::of_instance(provider, "9".repeat(19)),
    }
}

/// How long this took on the subject's clock.
pub(crate) async fn timed<T>(subject: &Subject, call: impl Future<Output = T>) -> (T, Duration) {
    let before = subject.clock().elapsed();
    let value = call.await;
    (value, subject.clock().elapsed().saturating_sub(before))
}
