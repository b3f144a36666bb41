//! An account's way to its provider. Its `send` is the only judge of what a failed call may have changed.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tracing::{Instrument, Span, debug, field, info_span};
use vmbroker_core::{Clock, Effect, Error, ErrorKind, ProviderId, Result, Retry, Secret, clip, printable};

use crate::budget::Budget;
use crate::judge::{self, Verdict};
use crate::pace::Allowance;
use crate::redact;
use crate::{
    Answer, Call, Defaults, Dialect, HttpConfig, HttpTransport, Limits, Nature, Redactor, Refusal, Reply,
    Request, Transport, TransportError, retry_after,
};

/// The most tries of one read, the first included.
const MOST_TRIES: u32 = 4;
/// The pause before the first repeat is anything up to this, doubling with each further one.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// On a clock that runs faster, limits of time shrink with it, but never below this much real time.
const SHORTEST_TIMEOUT: Duration = Duration::from_secs(3);

/// An account's way to its provider: paced, limited, traced, and sole judge of failed calls.
///
/// A clone is the same way: it shares pace and budget.
#[derive(Clone)]
pub struct Channel(Arc<Inner>);

struct Inner {
    provider: ProviderId,
    dialect: Arc<dyn Dialect>,
    transport: Arc<dyn Transport>,
    clock: Clock,
    settings: Defaults,
    reads: Allowance,
    writes: Allowance,
    budget: Budget,
    redactor: Redactor,
}

impl fmt::Debug for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Channel({}, {:?})", self.0.provider, self.0.transport)
    }
}

/// How one try ended when it did not succeed.
struct Failure {
    error: Error,
    verdict: Verdict,
    send_again: bool,
}

impl Channel {
    /// The way of this account.
    #[must_use]
    pub fn new(
        provider: ProviderId,
        dialect: Arc<dyn Dialect>,
        transport: Arc<dyn Transport>,
        clock: Clock,
        settings: Defaults,
    ) -> Self {
        Self::with(provider, dialect, transport, clock, settings, &[])
    }

    fn with(
        provider: ProviderId,
        dialect: Arc<dyn Dialect>,
        transport: Arc<dyn Transport>,
        clock: Clock,
        settings: Defaults,
        more: &[Secret],
    ) -> Self {
        let reads = Allowance::new(settings.reads, clock.clone());
        let writes = Allowance::new(settings.writes, clock.clone());
        let redactor = Redactor::new(dialect.secrets()).and(more);
        let budget = Budget::new();
        Self(Arc::new(Inner {
            provider,
            dialect,
            transport,
            clock,
            settings,
            reads,
            writes,
            budget,
            redactor,
        }))
    }

    /// What tells its login from another one and is no secret; absent where it has none.
    #[must_use]
    pub fn login(&self) -> Option<String> {
        self.0.dialect.secrets().first().map(Secret::fingerprint)
    }

    /// The way of an account that sets this about its HTTP, and for the rest these defaults: the one
    /// constructor for adapters. Absent `transport`: HTTP, over the proxy that the account names.
    ///
    /// # Errors
    /// `InvalidConfig`, naming the field of `http`.
    pub fn open(
        provider: ProviderId,
        dialect: Arc<dyn Dialect>,
        transport: Option<Arc<dyn Transport>>,
        clock: Clock,
        http: &HttpConfig,
        defaults: Defaults,
    ) -> Result<Self> {
        let settings = http.over(defaults)?;
        let transport = match transport {
            Some(transport) => transport,
            None => Arc::new(HttpTransport::of(http)?),
        };
        let more = http.proxy.as_ref().map(redact::of_proxy).unwrap_or_default();
        Ok(Self::with(provider, dialect, transport, clock, settings, &more))
    }

    /// The account.
    #[must_use]
    pub fn provider(&self) -> &ProviderId {
        &self.0.provider
    }

    /// The time by which this account is paced.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.0.clock
    }

    /// Sends one operation and returns its successful (2xx) answer.
    ///
    /// [`Nature::Read`] and [`Nature::Repeatable`] are tried up to four times within the account's budget, with
    /// full jitter, or as `Retry-After` says. [`Nature::Once`] is tried once, on a connection of its own.
    ///
    /// # Errors
    /// With the effect and retry that follow from the operation's nature and how the last try ended.
    ///
    /// # Idempotency
    /// That of the operation: its nature must tell the truth.
    pub async fn send(&self, call: Call) -> Result<Reply> {
        let span = info_span!(
            target: "vmbroker::http", "call",
            provider = %self.0.provider, operation = call.operation,
            status = field::Empty, request_id = field::Empty, duration_ms = field::Empty, tries = field::Empty
        );
        // On the heap: the future of a whole exchange would stand in every caller's.
        Box::pin(self.send_traced(call).instrument(span)).await
    }

    async fn send_traced(&self, call: Call) -> Result<Reply> {
        let inner = &*self.0;
        let started = inner.clock.elapsed();
        inner.budget.earn();
        let mut relearnt = false;
        let mut tries = 1;
        let mut effect = Effect::None;
        let result = loop {
            let failure = match self.try_once(&call).await {
                Ok(answer) => break Ok(answer),
                Err(failure) => failure,
            };
            // What one try may have changed, no later one takes back.
            if failure.verdict.effect == Effect::Unknown {
                effect = Effect::Unknown;
            }
            // The dialect has learnt the provider's clock: one more try, at once, and only one.
            if failure.send_again && call.nature != Nature::Once && !relearnt {
                relearnt = true;
            } else if failure.verdict.repeat && tries < MOST_TRIES && inner.budget.spend() {
                inner.clock.sleep(pause(failure.verdict.retry, tries)).await;
            } else {
                break Err(failure.error.with_effect(effect));
            }
            tries += 1;
        };
        let span = Span::current();
        span.record("tries", tries);
        span.record("duration_ms", (inner.clock.elapsed().saturating_sub(started)).as_millis());
        match result {
            Ok(answer) => {
                span.record("status", answer.status);
                debug!(target: "vmbroker::http", "answered");
                Ok(Reply {
                    answer,
                    provider: inner.provider.clone(),
                    operation: call.operation,
                    nature: call.nature,
                    redactor: inner.redactor.and(&call.hidden),
                })
            }
            Err(error) => {
                if let Some(id) = error.request_id() {
                    span.record("request_id", id);
                }
                debug!(target: "vmbroker::http", %error, "failed");
                Err(error)
            }
        }
    }

    async fn try_once(&self, call: &Call) -> Result<Answer, Failure> {
        let inner = &*self.0;
        let (allowance, limit) = match call.nature {
            Nature::Read => (&inner.reads, inner.settings.read_timeout),
            Nature::Repeatable | Nature::Once => (&inner.writes, inner.settings.write_timeout),
        };
        allowance.wait().await;
        let mut request = Request {
            method: call.method.clone(),
            url: call.url.clone(),
            headers: call.headers.clone(),
            body: call.body.clone(),
            own_connection: call.nature == Nature::Once,
            hidden: call.hidden.clone(),
        };
        inner.dialect.authorise(&mut request, inner.clock.now());
        let timeout = real_timeout(call.timeout.unwrap_or(limit), inner.clock.speed());
        match inner.transport.round_trip(&request, Limits { timeout, cap: call.cap }).await {
            Err(error) => Err(self.interrupted(call, error)),
            Ok(answer) if answer.is_success() => Ok(answer),
            Ok(answer) => Err(self.refused(call, &answer)),
        }
    }

    fn interrupted(&self, call: &Call, error: TransportError) -> Failure {
        let verdict = judge::of_transport(call.nature, &error);
        let kind = match error {
            TransportError::Unacceptable(_) => ErrorKind::Protocol,
            TransportError::NotSent(_) | TransportError::Interrupted(_) => ErrorKind::Unavailable,
        };
        let message = self.0.redactor.and(&call.hidden).clean(&error.to_string());
        Failure { error: self.error(call, kind, message, verdict), verdict, send_again: false }
    }

    fn refused(&self, call: &Call, answer: &Answer) -> Failure {
        let now = self.0.clock.now();
        let redactor = self.0.redactor.and(&call.hidden);
        let refusal = if (300..400).contains(&answer.status) {
            let target = answer.header("location").unwrap_or("nowhere");
            Refusal::of_status(
                call.nature,
                answer,
                format!("redirected to `{target}`, which is not followed"),
            )
        } else {
            let shown = self.0.redactor.answer(answer);
            let mut refusal = self.0.dialect.refusal(call.operation, call.nature, &shown, now);
            // What it means is read from what the provider wrote; what is shown of it, from what is left of that without
            // the lines that this call hides: a dialect cuts long texts, and half a line is no longer known as one.
            let cleaner = redactor.answer(answer);
            if cleaner.body != shown.body {
                let other = self.0.dialect.refusal(call.operation, call.nature, &cleaner, now);
                refusal.message = other.message;
            }
            refusal
        };
        let told = answer.header("retry-after").and_then(|text| retry_after::parse(text, now));
        let verdict = judge::of_refusal(call.nature, answer, &refusal, told);
        let said = clip(&printable(&redactor.clean(&refusal.message)), 300);
        let message = if said.is_empty() {
            format!("HTTP {}", answer.status)
        } else {
            format!("{said} (HTTP {})", answer.status)
        };
        let mut error = self.error(call, refusal.kind, message, verdict);
        if let Some(code) = refusal.code {
            error = error.with_code(clip(&printable(&redactor.clean(&code)), 100));
        }
        if let Some(id) = refusal.request_id {
            error = error.with_request_id(clip(&printable(&redactor.clean(&id)), 100));
        }
        Failure { error, verdict, send_again: refusal.send_again }
    }

    fn error(&self, call: &Call, kind: ErrorKind, message: String, verdict: Verdict) -> Error {
        let error = Error::new(kind, message).with_effect(verdict.effect).with_retry(verdict.retry);
        error.at(&self.0.provider, call.operation)
    }
}

/// Full jitter up to a bound that doubles with each try, or what the provider told.
fn pause(retry: Retry, tries: u32) -> Duration {
    match retry {
        Retry::After(delay) => delay,
        Retry::Backoff | Retry::Never => {
            (FIRST_PAUSE * 2_u32.pow(tries.saturating_sub(1).min(6))).mul_f64(fastrand::f64())
        }
    }
}

fn real_timeout(timeout: Duration, speed: u32) -> Duration {
    (timeout / speed).max(SHORTEST_TIMEOUT.min(timeout))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_a_bound_and_are_spread_over_all_of_it() {
        for (tries, most) in [(1, 500), (2, 1_000), (3, 2_000), (7, 32_000), (20, 32_000)] {
            let most = Duration::from_millis(most);
            let drawn: Vec<Duration> = (0..200).map(|_| pause(Retry::Backoff, tries)).collect();
            assert!(drawn.iter().all(|pause| *pause <= most), "{tries}");
            assert!(drawn.iter().any(|pause| *pause > most / 2), "{tries}");
            assert!(drawn.iter().any(|pause| *pause < most / 2), "{tries}");
        }
        let told = Duration::from_secs(7);
        assert_eq!(pause(Retry::After(told), 3), told);
    }

    #[test]
    fn a_faster_clock_shortens_limits_but_never_below_what_a_machine_needs() {
        let seconds = Duration::from_secs;
        let rows = [(30, 1, 30), (30, 5, 6), (30, 1_000, 3), (2, 1, 2), (2, 1_000, 2)];
        for (limit, speed, wanted) in rows {
            assert_eq!(real_timeout(seconds(limit), speed), seconds(wanted), "{limit} s at {speed}");
        }
    }
}
