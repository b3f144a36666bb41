//! A run as whoever started it sees it.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::future::BoxFuture;
use tokio::sync::{Notify, mpsc};
use vmbroker_core::{Handle, Marker};

use super::engine::{Deployment, Event};
use super::{DeployError, Report};
use crate::deploy::driver::Book;

/// Something to tell of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum News {
    /// This happened, and is in the journal.
    Happened(Event),
    /// A create was sent and its outcome cannot be written: the disk is full or broken. Show it to a person at
    /// once; it is tried again for a few minutes, and the machine is found by its marker later.
    NotWritten {
        /// The marker in the machine's name.
        leg: Marker,
        /// The provider's reference; absent where the outcome is unknown.
        handle: Option<Box<Handle>>,
        /// Why it cannot be written.
        why: String,
    },
}

/// A request to start nothing new. A clone is the same one.
#[derive(Clone, Debug, Default)]
pub struct Hold(Arc<HoldState>);

#[derive(Debug, Default)]
struct HoldState {
    asked: AtomicBool,
    notify: Notify,
}

impl Hold {
    /// Starts no new leg from now on. What was started is brought to its end: it comes up, or is proven absent, or
    /// is deleted. Asking again changes nothing.
    pub fn ask(&self) {
        self.0.asked.store(true, Ordering::SeqCst);
        self.0.notify.notify_waiters();
    }

    pub(crate) fn is_asked(&self) -> bool {
        self.0.asked.load(Ordering::SeqCst)
    }

    pub(crate) async fn asked(&self) {
        let notified = self.0.notify.notified();
        if !self.is_asked() {
            notified.await;
        }
    }
}

/// A run over one deployment. It works only while [`next`](Self::next) or [`finish`](Self::finish) is polled.
///
/// Dropping it at any moment loses nothing: creates that are on their way are ended and written down by tasks of
/// their own as long as the runtime lives, and what is in the journal is taken up by the next run.
#[must_use = "it works only while it is polled"]
pub struct Run {
    work: Option<BoxFuture<'static, Result<(), DeployError>>>,
    news: mpsc::UnboundedReceiver<News>,
    book: Book,
    hold: Hold,
    end: Option<Result<(), DeployError>>,
}

impl Run {
    pub(crate) fn new(
        work: BoxFuture<'static, Result<(), DeployError>>,
        news: mpsc::UnboundedReceiver<News>,
        book: Book,
        hold: Hold,
    ) -> Self {
        Self { work: Some(work), news, book, hold, end: None }
    }

    /// The next thing to tell; absent when the run is over, or the journal cannot be written:
    /// [`finish`](Self::finish) tells which. Safe to drop and call again.
    pub async fn next(&mut self) -> Option<News> {
        loop {
            let Some(work) = &mut self.work else {
                return self.news.try_recv().ok();
            };
            tokio::select! {
                biased;
                Some(news) = self.news.recv() => return Some(news),
                end = work => {
                    self.work = None;
                    self.end = Some(end);
                }
            }
        }
    }

    /// Works until nothing more can be done now, and tells how everything stands.
    ///
    /// # Errors
    /// Where the journal cannot be written. Nothing is sent after that.
    pub async fn finish(mut self) -> Result<Report, DeployError> {
        while self.next().await.is_some() {}
        match self.end.take() {
            Some(Err(error)) => Err(error),
            Some(Ok(())) | None => Ok(self.report()),
        }
    }

    /// How everything stands now.
    #[must_use]
    pub fn report(&self) -> Report {
        Report::of(&self.book.view(), self.book.now())
    }

    /// The state that the engine works on.
    #[must_use]
    pub fn state(&self) -> Arc<Deployment> {
        self.book.view()
    }

    /// What asks this run to start nothing new.
    #[must_use]
    pub fn hold(&self) -> Hold {
        self.hold.clone()
    }
}

impl fmt::Debug for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Run").field("book", &self.book).field("end", &self.end).finish_non_exhaustive()
    }
}
