//! Exchanges kept and played back: a provider in a file.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use vmbroker_core::{Error, ErrorKind, Result, Secret};

use crate::{Answer, Limits, Redactor, Request, Transport, TransportError};

/// One request and what came back, without secrets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exchange {
    /// The HTTP verb.
    pub method: String,
    /// Path and query.
    pub path: String,
    /// The headers we sent; secret values stand as `[secret]`.
    #[serde(default)]
    pub headers: Vec<(String, String)>,
    /// The body we sent; absent: none.
    #[serde(default)]
    pub body: Option<String>,
    /// The status that came back; absent: the connection broke.
    pub status: Option<u16>,
    /// The headers that came back.
    #[serde(default)]
    pub answer_headers: Vec<(String, String)>,
    /// The body that came back.
    #[serde(default)]
    pub answer: String,
}

impl Exchange {
    /// A wanted request and the answer to it.
    #[must_use]
    pub fn new(method: &str, path: &str, status: u16, answer: impl Into<String>) -> Self {
        Self {
            method: method.to_owned(),
            path: path.to_owned(),
            headers: Vec::new(),
            body: None,
            status: Some(status),
            answer_headers: Vec::new(),
            answer: answer.into(),
        }
    }

    /// The same exchange with this header in the answer.
    #[must_use]
    pub fn with_answer_header(mut self, name: &str, value: &str) -> Self {
        self.answer_headers.push((name.to_owned(), value.to_owned()));
        self
    }

    fn of(request: &Request, outcome: &Result<Answer, TransportError>, redactor: &Redactor) -> Self {
        let shown = |header: &crate::Header| {
            let value = if header.sensitive { "[secret]".to_owned() } else { redactor.clean(&header.value) };
            (header.name.to_owned(), value)
        };
        let text = |bytes: &[u8]| redactor.clean(&String::from_utf8_lossy(bytes));
        let query = request.url.query().map(|query| format!("?{query}")).unwrap_or_default();
        let (status, answer_headers, answer) = match outcome {
            Ok(answer) => {
                let clean = |(name, value): &(String, String)| (redactor.clean(name), redactor.clean(value));
                (Some(answer.status), answer.headers.iter().map(clean).collect(), text(&answer.body))
            }
            Err(error) => (None, Vec::new(), redactor.clean(&error.to_string())),
        };
        Self {
            method: request.method.to_string(),
            path: format!("{}{query}", request.url.path()),
            headers: request.headers.iter().map(shown).collect(),
            body: request.body.as_deref().map(text),
            status,
            answer_headers,
            answer,
        }
    }
}

/// A transport that keeps every exchange, without secrets, and otherwise passes on.
pub struct Recording {
    inner: Arc<dyn Transport>,
    redactor: Redactor,
    kept: Mutex<Vec<Exchange>>,
}

impl Recording {
    /// Keeps what passes through `inner`, with each of these secrets taken out, and what a request hides besides
    /// ([`Call::hiding`](crate::Call::hiding)).
    #[must_use]
    pub fn new(inner: Arc<dyn Transport>, secrets: Vec<Secret>) -> Self {
        Self { inner, redactor: Redactor::new(secrets), kept: Mutex::default() }
    }

    /// What was kept so far.
    #[must_use]
    pub fn exchanges(&self) -> Vec<Exchange> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl fmt::Debug for Recording {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Recording({:?})", self.inner)
    }
}

#[async_trait]
impl Transport for Recording {
    async fn round_trip(&self, request: &Request, limits: Limits) -> Result<Answer, TransportError> {
        let outcome = self.inner.round_trip(request, limits).await;
        let exchange = Exchange::of(request, &outcome, &self.redactor.and(&request.hidden));
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).push(exchange);
        outcome
    }
}

/// A transport that answers from exchanges, each once.
///
/// A request takes the first exchange that is left with its verb, path and, where the exchange has one, body
/// (compared as JSON). A request that none fits is refused as not sent.
pub struct Replay {
    left: Mutex<VecDeque<Exchange>>,
    asked: Mutex<Vec<Exchange>>,
}

impl Replay {
    /// Answers from these exchanges.
    #[must_use]
    pub fn new(exchanges: Vec<Exchange>) -> Self {
        Self { left: Mutex::new(exchanges.into()), asked: Mutex::default() }
    }

    /// Answers from exchanges written as JSON.
    ///
    /// # Errors
    /// `InvalidConfig` where the text is no list of exchanges.
    pub fn from_json(text: &str) -> Result<Self> {
        let exchanges = serde_json::from_str(text).map_err(|error| {
            Error::new(ErrorKind::InvalidConfig, "the replay is no list of exchanges").with_source(error)
        })?;
        Ok(Self::new(exchanges))
    }

    /// What was asked so far, in order, with what was answered.
    #[must_use]
    pub fn asked(&self) -> Vec<Exchange> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How many exchanges nobody asked for yet.
    #[must_use]
    pub fn left(&self) -> usize {
        self.left.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

/// Only counts: the bodies that were sent may hold secrets.
impl fmt::Debug for Replay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner).len();
        write!(f, "Replay({asked} asked, {} left)", self.left())
    }
}

#[async_trait]
impl Transport for Replay {
    async fn round_trip(&self, request: &Request, limits: Limits) -> Result<Answer, TransportError> {
        let wanted =
            Exchange::of(request, &Err(TransportError::NotSent(String::new())), &Redactor::default());
        let fits = |kept: &Exchange| {
            kept.method == wanted.method
                && kept.path == wanted.path
                && kept.body.as_ref().is_none_or(|body| same_json(body, wanted.body.as_deref()))
        };
        let found = {
            let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
            left.iter().position(fits).and_then(|at| left.remove(at))
        };
        let outcome = match found {
            None => Err(TransportError::NotSent(format!(
                "no exchange is left for {} {}",
                wanted.method, wanted.path
            ))),
            Some(kept) => match kept.status {
                None => Err(TransportError::Interrupted(vmbroker_core::printable(&kept.answer))),
                Some(_) if kept.answer.len() > limits.cap => {
                    Err(TransportError::Unacceptable(format!("it is larger than {} bytes", limits.cap)))
                }
                Some(status) => {
                    Ok(Answer { status, headers: kept.answer_headers, body: kept.answer.into_bytes() })
                }
            },
        };
        let asked = Exchange::of(request, &outcome, &Redactor::default());
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).push(asked);
        outcome
    }
}

fn same_json(kept: &str, sent: Option<&str>) -> bool {
    let parse = |text: &str| serde_json::from_str::<serde_json::Value>(text).ok();
    sent.is_some_and(|sent| {
        kept == sent || parse(kept).zip(parse(sent)).is_some_and(|(kept, sent)| kept == sent)
    })
}
