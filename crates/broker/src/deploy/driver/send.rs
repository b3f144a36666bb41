//! One create, and the first write after it.

use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{Either, select};
use vmbroker_core::{ComputeProvider, CreateRequest, Effect, Handle, Marker};
use vmbroker_journal::{JournalError, JournalErrorKind};

use super::Book;
use crate::deploy::engine::Fault;
use crate::deploy::run::News;

/// How often a handle is tried to be written: with the pauses between, about four minutes, in which a person can
/// make room on a full disk.
const WRITES: u32 = 8;

/// Sends the create once and writes down what became of it. Runs in a task of its own.
pub(crate) async fn send(
    book: &Book,
    provider: Arc<dyn ComputeProvider>,
    request: CreateRequest,
    within: Duration,
) -> Result<(), JournalError> {
    let answer = {
        let create = AssertUnwindSafe(provider.create(&request)).catch_unwind();
        match select(pin!(create), pin!(book.sleep(within))).await {
            Either::Left((Ok(Ok(handle)), _)) => Ok(handle),
            Either::Left((Ok(Err(error)), _)) => Err(Fault::from(&error)),
            Either::Left((Err(_panic), _)) => {
                Err(Fault::unclear("the adapter failed in the middle of the create"))
            }
            Either::Right(_) => {
                Err(Fault::unclear(format!("no answer to the create within {} s", within.as_secs())))
            }
        }
    };
    write(book, request.marker, answer).await
}

/// Writes down what became of a create. Where that fails, whoever follows is told the handle at once, and it is tried
/// again: what is lost with the process is found by its marker.
///
/// # Errors
/// Where it could not be written at last.
pub(crate) async fn write(
    book: &Book,
    marker: Marker,
    answer: Result<Handle, Fault>,
) -> Result<(), JournalError> {
    let mut pause = Duration::from_secs(1);
    for attempt in 1.. {
        let told = answer.clone();
        let Err(error) = book.record(move |state, now| state.sent(marker, told, now)).await else { break };
        if attempt == 1 && may_exist(&answer) {
            let handle = answer.as_ref().ok().cloned().map(Box::new);
            book.tell(News::NotWritten { leg: marker, handle, why: error.to_string() });
        }
        if error.kind() == JournalErrorKind::Conflict || attempt >= WRITES {
            return Err(error);
        }
        book.sleep(pause).await;
        pause = pause.saturating_mul(2);
    }
    Ok(())
}

fn may_exist(answer: &Result<Handle, Fault>) -> bool {
    match answer {
        Ok(_) => true,
        Err(fault) => fault.effect == Effect::Unknown,
    }
}
