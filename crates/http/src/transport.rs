//! How bytes travel.

mod tls;

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use reqwest::header::{ACCEPT_ENCODING, CONTENT_ENCODING, HeaderName, HeaderValue};
use vmbroker_core::{Error, ErrorKind, Result, Secret};

use crate::{Answer, Authorities, HttpConfig, Request};

/// What one try may use.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The longest it may take, in real time.
    pub timeout: Duration,
    /// The most bytes the answer's body may have.
    pub cap: usize,
}

/// Why no complete answer came. The text is one line for a person and holds no secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TransportError {
    /// Not one byte of the request was sent: name resolution, connection or TLS failed.
    NotSent(String),
    /// The request, or a part of it, was sent, and no complete answer came.
    Interrupted(String),
    /// A complete answer was on its way that we do not take: too large, or compressed.
    Unacceptable(String),
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotSent(why) => write!(f, "not sent: {why}"),
            Self::Interrupted(why) => write!(f, "no complete answer: {why}"),
            Self::Unacceptable(why) => write!(f, "answer not taken: {why}"),
        }
    }
}

impl StdError for TransportError {}

/// How bytes travel: over HTTP, or from a recording.
#[async_trait]
pub trait Transport: fmt::Debug + Send + Sync + 'static {
    /// Sends one request once and reads the whole answer, within the limits.
    ///
    /// # Errors
    /// When no complete answer came; says whether anything was sent.
    async fn round_trip(&self, request: &Request, limits: Limits) -> Result<Answer, TransportError>;
}

/// HTTP over TLS with roots of its own: builds on a machine without a CA store, ignores ambient proxies, follows
/// no redirects, repeats nothing by itself and asks for uncompressed answers. It speaks HTTP/1.1 alone, so that a
/// request is on a connection that no other shares.
#[derive(Debug)]
pub struct HttpTransport {
    pooled: reqwest::Client,
    single: reqwest::Client,
}

/// How long a connection may take to open. Short against every operation's own limit, so that a refused or
/// filtered connection is known as such: nothing was sent.
const CONNECT_WITHIN: Duration = Duration::from_secs(10);

/// How much room is made for a body before any of it is there, whatever length its headers claim.
const ROOM_AT_FIRST: usize = 64 << 10;

impl HttpTransport {
    /// A transport that trusts the built-in authorities; `proxy` is the one to use, absent: none, whatever the
    /// environment says.
    ///
    /// # Errors
    /// `InvalidConfig` where the proxy's URL is none.
    pub fn new(proxy: Option<&Secret>) -> Result<Self> {
        Self::build(proxy, &Authorities::default())
    }

    /// The transport of an account that sets this: over its proxy, and trusting its authorities besides the built-in
    /// ones.
    ///
    /// # Errors
    /// `InvalidConfig`, naming the field of `http`.
    pub fn of(http: &HttpConfig) -> Result<Self> {
        Self::build(http.proxy.as_ref(), &http.authorities()?)
    }

    fn build(proxy: Option<&Secret>, authorities: &Authorities) -> Result<Self> {
        let tls = tls::config(authorities)?;
        let build = |single: bool| {
            let mut builder = reqwest::Client::builder()
                .tls_backend_preconfigured(tls.clone())
                .user_agent(concat!("vmbroker/", env!("CARGO_PKG_VERSION")))
                .connect_timeout(CONNECT_WITHIN)
                .redirect(reqwest::redirect::Policy::none())
                .retry(reqwest::retry::never())
                .http1_only()
                .no_proxy();
            if single {
                builder = builder.pool_max_idle_per_host(0);
            }
            if let Some(proxy) = proxy {
                let wrong = |error| {
                    Error::new(ErrorKind::InvalidConfig, "`http.proxy` is no proxy URL")
                        .with_source(without_url(error))
                };
                builder = builder.proxy(reqwest::Proxy::all(proxy.expose()).map_err(wrong)?);
            }
            let failed = |error| {
                Error::new(ErrorKind::InvalidConfig, "the HTTP transport cannot be built")
                    .with_source(without_url(error))
            };
            builder.build().map_err(failed)
        };
        Ok(Self { pooled: build(false)?, single: build(true)? })
    }
}

#[async_trait]
impl Transport for HttpTransport {
    async fn round_trip(&self, request: &Request, limits: Limits) -> Result<Answer, TransportError> {
        let client = if request.own_connection { &self.single } else { &self.pooled };
        let built = build(client, request)?;
        match tokio::time::timeout(limits.timeout, exchange(client, built, limits.cap)).await {
            Ok(result) => result,
            Err(_) => {
                let why = format!("nothing came within {} ms", limits.timeout.as_millis());
                Err(TransportError::Interrupted(why))
            }
        }
    }
}

fn build(client: &reqwest::Client, request: &Request) -> Result<reqwest::Request, TransportError> {
    let mut builder = client.request(request.method.clone(), request.url.clone());
    for header in &request.headers {
        let name = HeaderName::from_static(header.name);
        let bad = |_| {
            TransportError::NotSent(format!(
                "the value of header `{}` has characters that HTTP does not allow",
                header.name
            ))
        };
        let mut value = HeaderValue::from_str(&header.value).map_err(bad)?;
        value.set_sensitive(header.sensitive);
        builder = builder.header(name, value);
    }
    builder = builder.header(ACCEPT_ENCODING, "identity");
    if let Some(body) = &request.body {
        builder = builder.body(body.clone());
    }
    builder.build().map_err(|error| TransportError::NotSent(reason(error)))
}

async fn exchange(
    client: &reqwest::Client,
    request: reqwest::Request,
    cap: usize,
) -> Result<Answer, TransportError> {
    let mut response = client.execute(request).await.map_err(|error| {
        if error.is_connect() {
            TransportError::NotSent(tls::sentence(&error).unwrap_or_else(|| reason(error)))
        } else {
            TransportError::Interrupted(reason(error))
        }
    })?;
    let too_large = || TransportError::Unacceptable(format!("it is larger than {cap} bytes"));
    let length = response.content_length().map(|length| usize::try_from(length).unwrap_or(usize::MAX));
    if length.is_some_and(|length| length > cap) {
        return Err(too_large());
    }
    // Each of them: the first of two may be harmless.
    let mut encodings = response.headers().get_all(CONTENT_ENCODING).iter();
    if encodings.any(|encoding| !encoding.as_bytes().eq_ignore_ascii_case(b"identity")) {
        return Err(TransportError::Unacceptable("it is compressed, which was not asked for".to_owned()));
    }
    let text = |(name, value): (&HeaderName, &HeaderValue)| {
        Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
    };
    let headers = response.headers().iter().filter_map(text).collect();
    let status = response.status().as_u16();
    let mut body = Vec::with_capacity(length.unwrap_or(0).min(ROOM_AT_FIRST));
    while let Some(chunk) =
        response.chunk().await.map_err(|error| TransportError::Interrupted(reason(error)))?
    {
        if body.len() + chunk.len() > cap {
            return Err(too_large());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Answer { status, headers, body })
}

/// The whole chain of causes in one line, without the URL.
fn reason(error: reqwest::Error) -> String {
    let error = without_url(error);
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let inner_text = inner.to_string();
        if !text.contains(&inner_text) {
            text.push_str(": ");
            text.push_str(&inner_text);
        }
        cause = inner.source();
    }
    vmbroker_core::clip(&vmbroker_core::printable(&text), 300)
}

fn without_url(error: reqwest::Error) -> reqwest::Error {
    error.without_url()
}
