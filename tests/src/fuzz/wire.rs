//! What HTTP itself brings: how long to wait, what an account sets, and exchanges that were kept.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use serde::Deserialize;
use vmbroker_core::{Clock, DeleteMode, ErrorKind, NameRule, Result, Retry, Secret, Semantics, Timing};
use vmbroker_http::{
    Answer, Call, Channel, Defaults, Dialect, Exchange, Header, HttpConfig, Limits, Method, Nature, Pace,
    Recording, Refusal, Replay, Request, Transport, TransportError, Url,
};

use super::harmless::{SECRET, check_error, check_sentence};
use super::thread::{block_on, clock};
use super::{Double, Mark, Target};

pub(super) const TARGETS: &[Target] = &[
    Target {
        name: "retry-after",
        group: "HTTP",
        corpora: &["retry-after"],
        run: |input| retry_after(input, |retry| retry),
        doubles: &[Double {
            lacks: "a bound",
            run: |input| {
                retry_after(input, |retry| match retry {
                    Retry::After(delay) if delay.as_secs() > 59 => Retry::After(delay * 2),
                    other => other,
                })
            },
            says: "too long",
        }],
    },
    Target {
        name: "settings",
        group: "HTTP",
        corpora: &["settings"],
        run: |input| settings(input, HttpConfig::over),
        doubles: &[Double {
            lacks: "a check of limits",
            run: |input| {
                settings(input, |http, defaults| {
                    Ok(http.over(defaults).unwrap_or(Defaults { read_timeout: Duration::ZERO, ..defaults }))
                })
            },
            says: "no time at all",
        }],
    },
    Target {
        name: "recordings",
        group: "HTTP",
        corpora: &["recordings"],
        run: |input| recordings(input, vec![Secret::new(SECRET)]),
        doubles: &[Double {
            lacks: "the redaction of secrets",
            run: |input| recordings(input, Vec::new()),
            says: "keeps the secret",
        }],
    },
];

/// A provider that limits what it is asked before it does anything.
#[derive(Debug)]
struct Plain;

impl Dialect for Plain {
    fn authorise(&self, request: &mut Request, _: Timestamp) {
        request.headers.push(Header::secret("authorization", SECRET));
    }

    fn refusal(&self, _: &'static str, nature: Nature, answer: &Answer, _: Timestamp) -> Refusal {
        Refusal { before_work: true, ..Refusal::of_status(nature, answer, answer.excerpt()) }
    }

    fn secrets(&self) -> Vec<Secret> {
        vec![Secret::new(SECRET)]
    }
}

/// A transport that answers always the same.
#[derive(Debug)]
struct Always(Answer);

#[async_trait]
impl Transport for Always {
    async fn round_trip(&self, _: &Request, _: Limits) -> Result<Answer, TransportError> {
        Ok(self.0.clone())
    }
}

const DEFAULTS: Defaults = Defaults {
    read_timeout: Duration::from_secs(30),
    write_timeout: Duration::from_secs(30),
    reads: Pace { every: Duration::ZERO, burst: 2 },
    writes: Pace { every: Duration::ZERO, burst: 2 },
};

fn channel(transport: Arc<dyn Transport>, clock: Clock, settings: Defaults) -> Channel {
    Channel::new("fuzz".parse().unwrap(), Arc::new(Plain), transport, clock, settings)
}

fn call(nature: Nature) -> Call {
    Call::new("fuzz", nature, Method::GET, Url::parse("https://w.example/x").unwrap())
}

fn retry_after(input: &[u8], spoil: impl Fn(Retry) -> Retry) -> Mark {
    // What HTTP takes for the value of a header.
    let fits = |byte: &u8| matches!(byte, b' '..=b'~' | b'\t');
    let text = String::from_utf8(input.iter().copied().filter(fits).collect()).unwrap();
    let headers = vec![("retry-after".to_owned(), text.clone())];
    let answer = Answer { status: 429, headers, body: b"{}".to_vec() };
    let error = block_on(async {
        let channel = channel(Arc::new(Always(answer)), clock(), DEFAULTS);
        channel.send(call(Nature::Once)).await.unwrap_err()
    });
    check_error(&error);
    let plain = text.trim();
    let whole = !plain.is_empty() && plain.bytes().all(|byte| byte.is_ascii_digit());
    match spoil(error.retry()) {
        Retry::After(delay) => {
            let (least, most) = (Duration::from_millis(500), Duration::from_secs(60));
            assert!(delay >= least, "{text:?} is waited for too short a time: {delay:?}");
            assert!(delay <= most, "{text:?} is waited for too long: {delay:?}");
            if whole {
                let seconds = plain.parse().unwrap_or(u64::MAX);
                assert!(delay == Duration::from_secs(seconds).clamp(least, most), "{text:?}: {delay:?}");
            }
            Mark::taken().and((whole, delay == least, delay == most))
        }
        Retry::Backoff => {
            assert!(!whole, "{text:?} is not waited for");
            Mark::refused()
        }
        Retry::Never => {
            assert!(error.retry() != Retry::Never, "{text:?}: {error}");
            Mark::refused()
        }
    }
}

#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
struct Settings {
    http: HttpConfig,
    timing: Timing,
}

pub(super) const SEMANTICS: Semantics = Semantics {
    kind: "fuzz",
    status_batch: None,
    creates_order: false,
    approval_possible: false,
    name: NameRule { longest: 25, capitals: false, full_stop: false },
    create_applies_within: Duration::from_secs(300),
    list_lags_by: Duration::from_secs(300),
    visible_within: None,
    lists_inactive: true,
    delete: DeleteMode::Direct,
    poll_every: Duration::from_secs(20),
};

/// What an account may set: refused by name, or good for calls.
fn settings(input: &[u8], over: impl Fn(&HttpConfig, Defaults) -> Result<Defaults>) -> Mark {
    let Ok(Settings { http, timing }) = serde_json::from_slice::<Settings>(input) else {
        return Mark::refused();
    };
    let read = over(&http, DEFAULTS).and_then(|defaults| Ok((defaults, timing.over(SEMANTICS)?)));
    let (defaults, semantics) = match read {
        Ok(read) => read,
        Err(error) => {
            let named = error.message().starts_with("`http.") || error.message().starts_with("`timing.");
            assert!(named && error.kind() == ErrorKind::InvalidConfig, "{error}");
            return check_error(&error);
        }
    };
    let times = [defaults.read_timeout, defaults.write_timeout, semantics.poll_every];
    assert!(
        times.iter().all(|time| !time.is_zero()),
        "a call has no time at all: {defaults:?} {semantics:?}"
    );
    let answer = Answer { status: 200, headers: Vec::new(), body: b"{}".to_vec() };
    // A runtime of its own: what is waited for here may be centuries.
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let channel = channel(Arc::new(Always(answer)), clock(), defaults);
        for nature in [Nature::Read, Nature::Once].repeat(4) {
            assert!(channel.send(call(nature)).await.is_ok(), "{http:?}");
        }
    });
    let set =
        [http.read_every, http.write_every, http.read_timeout, http.write_timeout].map(|it| it.is_some());
    Mark::taken().and((set, timing.visible_within.is_some(), http.proxy.is_some()))
}

/// Exchanges that were kept are played back, and kept again without secrets.
fn recordings(input: &[u8], secrets: Vec<Secret>) -> Mark {
    let text = String::from_utf8_lossy(input);
    let replay = match Replay::from_json(&text) {
        Ok(replay) => Arc::new(replay),
        // Its cause may quote the file, whose own text is no account's secret.
        Err(error) => {
            check_sentence("an error", &error.to_string());
            return Mark::refused();
        }
    };
    let recording = Arc::new(Recording::new(Arc::clone(&replay) as _, secrets));
    let mut ends = Vec::new();
    block_on(async {
        let channel = channel(Arc::clone(&recording) as _, clock(), DEFAULTS);
        for nature in [Nature::Read, Nature::Once, Nature::Repeatable] {
            match channel.send(call(nature)).await {
                Ok(reply) => ends.push((true, reply.answer().status, 0)),
                Err(error) => ends.push((false, 0, check_error(&error).like)),
            }
        }
    });
    let kept = recording.exchanges();
    assert!(kept.len() <= 9, "{} calls were made of three", kept.len());
    let text = serde_json::to_string(&kept).unwrap();
    assert!(!text.contains(SECRET), "a recording keeps the secret: {text:.400}");
    let back: Vec<Exchange> = serde_json::from_str(&text).unwrap();
    assert!(back == kept && Replay::from_json(&text).is_ok(), "{text:.400}");
    Mark::of(ends.iter().any(|end| end.0)).and(ends)
}
