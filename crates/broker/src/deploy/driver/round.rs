//! One round at one account: steps towards ends, one look at all machines, one list.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{Either, select};
use futures_util::stream::{self, StreamExt};
use jiff::Timestamp;
use vmbroker_core::{ComputeProvider, Error, ErrorKind, ProviderId, Result, Retry};

use super::Book;
use super::ending::Step;
use crate::deploy::DeployError;
use crate::deploy::engine::{Fault, Target, What};

/// How many deletions of one account are on their way at once; the account's own pace is kept below.
const STEPS_AT_ONCE: usize = 8;

/// What is to be done at one account now.
pub(crate) struct Round {
    pub(crate) account: ProviderId,
    pub(crate) provider: Result<Arc<dyn ComputeProvider>>,
    /// How long one call may take.
    pub(crate) within: Duration,
    pub(crate) book: Book,
    pub(crate) ends: Vec<Target>,
    pub(crate) list: bool,
    pub(crate) verify: bool,
}

/// What a round came to.
#[derive(Debug)]
pub(crate) struct RoundEnd {
    pub(crate) account: ProviderId,
    pub(crate) asked_at: Option<Timestamp>,
    pub(crate) listed_at: Option<Timestamp>,
    /// Whether anything was seen that was not known.
    pub(crate) progress: bool,
    /// Whether a look failed.
    pub(crate) failed: bool,
    /// How long the account asks to be left alone.
    pub(crate) told_to_wait: Duration,
    pub(crate) steps: Vec<(Target, Step)>,
}

impl Round {
    /// Takes it. A look that fails is noted, and proves nothing.
    pub(crate) async fn take(self) -> Result<RoundEnd, DeployError> {
        let mut end = RoundEnd {
            account: self.account.clone(),
            asked_at: None,
            listed_at: None,
            progress: false,
            failed: false,
            told_to_wait: Duration::ZERO,
            steps: Vec::new(),
        };
        let provider = match &self.provider {
            Ok(provider) => Arc::clone(provider),
            Err(error) => {
                end.failed = true;
                let fault = Fault::from(error);
                end.steps.extend(self.ends.into_iter().map(|target| (target, Err(fault.clone()))));
                return Ok(end);
            }
        };
        self.take_steps(&provider, &mut end).await?;
        self.look(&provider, &mut end).await?;
        if self.list {
            self.list(&provider, &mut end).await?;
        }
        Ok(end)
    }

    async fn take_steps(
        &self,
        provider: &Arc<dyn ComputeProvider>,
        end: &mut RoundEnd,
    ) -> Result<(), DeployError> {
        let call = |target: Target| async move {
            let asked_at = self.book.now();
            let answer = self.call(provider.delete(&target.handle)).await;
            (target, answer.map(|deletion| (deletion, asked_at)))
        };
        let mut calls = stream::iter(self.ends.clone()).map(call).buffer_unordered(STEPS_AT_ONCE);
        let mut answers = Vec::new();
        while let Some(answer) = calls.next().await {
            answers.push(answer);
        }
        if answers.is_empty() {
            return Ok(());
        }
        let mut facts = Vec::new();
        for (target, answer) in answers {
            let step = match answer {
                Ok((deletion, asked_at)) => {
                    facts.push((target.clone(), Ok((deletion.clone(), asked_at))));
                    Ok(deletion.next)
                }
                Err(error) => {
                    end.told_to_wait = end.told_to_wait.max(told(&error));
                    let fault = Fault::from(&error);
                    facts.push((target.clone(), Err(fault.clone())));
                    Err(fault)
                }
            };
            end.steps.push((target, step));
        }
        let written = self.book.record(move |state, _| {
            let event = |(target, answer): (Target, Result<_, Fault>)| match answer {
                Ok((deletion, asked_at)) => state.stepped(target.leg, target.machine, &deletion, asked_at),
                Err(fault) => state.step_refused(target.leg, target.machine, &fault),
            };
            facts.into_iter().flat_map(event).collect()
        });
        end.progress |= !written.await?.is_empty();
        Ok(())
    }

    async fn look(&self, provider: &Arc<dyn ComputeProvider>, end: &mut RoundEnd) -> Result<(), DeployError> {
        let state = self.book.view();
        let legs = state.legs.values().filter(|leg| leg.choice.account == self.account);
        let targets: Vec<Target> = legs.flat_map(|leg| state.targets(leg, self.verify)).collect();
        if targets.is_empty() {
            return Ok(());
        }
        let asked_at = self.book.now();
        let handles: Vec<_> = targets.iter().map(|target| target.handle.clone()).collect();
        match self.call(provider.status(&handles)).await {
            Ok(seen) if seen.len() == targets.len() => {
                end.asked_at = Some(asked_at);
                let written = self.book.record(move |state, _| {
                    let pairs = targets.iter().zip(&seen);
                    pairs.flat_map(|(it, seen)| state.observed(it.leg, it.machine, seen, asked_at)).collect()
                });
                end.progress |= is_progress(&written.await?);
            }
            // More or fewer answers than questions: nobody could say which is whose.
            Ok(_) => end.failed = true,
            Err(error) => fail(end, &error),
        }
        Ok(())
    }

    async fn list(&self, provider: &Arc<dyn ComputeProvider>, end: &mut RoundEnd) -> Result<(), DeployError> {
        let asked_at = self.book.now();
        match self.call(provider.list()).await {
            Ok(listing) => {
                end.listed_at = Some(asked_at);
                let account = self.account.clone();
                let written =
                    self.book.record(move |state, now| state.listed(&account, &listing, asked_at, now));
                end.progress |= is_progress(&written.await?);
            }
            Err(error) => fail(end, &error),
        }
        Ok(())
    }

    async fn call<T>(&self, question: impl Future<Output = Result<T>>) -> Result<T> {
        match select(pin!(question), pin!(self.book.sleep(self.within))).await {
            Either::Left((answer, _)) => answer,
            Either::Right(_) => {
                let message = format!("no answer within {} s", self.within.as_secs());
                Err(Error::new(ErrorKind::DeadlineExceeded, message).with_retry(Retry::Backoff))
            }
        }
    }
}

/// Whether anything got further: that a machine is still not there is no news.
fn is_progress(events: &[crate::deploy::engine::Event]) -> bool {
    events.iter().any(|event| !matches!(event.what, What::Missed { .. }))
}

fn fail(end: &mut RoundEnd, error: &Error) {
    end.failed = true;
    end.told_to_wait = end.told_to_wait.max(told(error));
}

fn told(error: &Error) -> Duration {
    crate::deploy::engine::told_to_wait(error.retry())
}
