//! What is sent and what comes back.

use std::fmt;
use std::time::Duration;

use data_encoding::BASE64;
use reqwest::Method;
use serde::Serialize;
use serde::de::DeserializeOwned;
use url::Url;
use vmbroker_core::{Effect, Error, ErrorKind, ProviderId, Retry, Secret, clip, printable};

/// The most bytes an answer may have that is not a list.
pub const SMALL_CAP: usize = 1 << 20;

/// The most bytes a list may have: a Fluence account of 10,000 machines is one answer of 15 MB.
pub const LIST_CAP: usize = 64 << 20;

/// What repeating an operation does. Decides alone, never the HTTP verb: Zenlayer reads by POST.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nature {
    /// Changes nothing: repeated within a budget.
    Read,
    /// Changes something, and doing it twice is the same as once: repeated within the same budget.
    Repeatable,
    /// Each time costs: sent once, never repeated here.
    Once,
}

/// One operation to be sent to a provider. Its body may hold a password: it is never shown.
#[derive(Clone)]
pub struct Call {
    /// The operation's name for errors and traces, such as `create`.
    pub operation: &'static str,
    /// What repeating it does.
    pub nature: Nature,
    /// The HTTP verb.
    pub method: Method,
    /// Where to. Never holds a secret.
    pub url: Url,
    /// Headers besides the credentials, which the [`Dialect`](crate::Dialect) adds for each try.
    pub headers: Vec<Header>,
    /// The exact bytes of the body; absent: no body.
    pub body: Option<Vec<u8>>,
    /// How long one try may take; absent: the account's limit for this nature.
    pub timeout: Option<Duration>,
    /// The most bytes the answer may have.
    pub cap: usize,
    /// What the body holds that must never be shown, besides the account's own secrets, should the provider repeat it.
    pub hidden: Vec<Secret>,
}

impl Call {
    /// A call without a body, with the small cap.
    #[must_use]
    pub fn new(operation: &'static str, nature: Nature, method: Method, url: Url) -> Self {
        Self {
            operation,
            nature,
            method,
            url,
            headers: Vec::new(),
            body: None,
            timeout: None,
            cap: SMALL_CAP,
            hidden: Vec::new(),
        }
    }

    /// The same call with this JSON body and its content type.
    ///
    /// # Errors
    /// `InvalidRequest` where the value cannot be JSON.
    pub fn json(mut self, body: &impl Serialize) -> Result<Self, Error> {
        let bytes = serde_json::to_vec(body).map_err(|error| {
            Error::new(ErrorKind::InvalidRequest, format!("the {} request is no JSON", self.operation))
                .with_source(error)
        })?;
        self.headers.push(Header::new("content-type", "application/json"));
        self.body = Some(bytes);
        Ok(self)
    }

    /// The same call, whose body holds this text of several lines, such as a machine's user data: wherever the provider
    /// repeats it, as a whole, in base64 or a line of it, it is kept out of errors and recordings. Absent: there is none.
    #[must_use]
    pub fn hiding(mut self, text: Option<&str>) -> Self {
        let Some(text) = text else { return self };
        let mut lines: Vec<&str> = text.lines().map(str::trim).collect();
        // A longer one may hold a shorter one, and is known only while it is whole.
        lines.sort_unstable_by_key(|line| std::cmp::Reverse(line.len()));
        lines.dedup();
        let whole = [Secret::new(text), Secret::new(BASE64.encode(text.as_bytes()))];
        self.hidden.extend(whole.into_iter().chain(lines.into_iter().map(Secret::new)));
        self
    }

    /// The same call with room for a list.
    #[must_use]
    pub fn listing(mut self) -> Self {
        self.cap = LIST_CAP;
        self
    }
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let length = self.body.as_ref().map_or(0, Vec::len);
        let Self { operation, nature, method, url, headers, .. } = self;
        write!(f, "{operation} ({nature:?}): {method} {} {headers:?} ({length} bytes)", url.path())
    }
}

/// One header of a request.
#[derive(Clone, PartialEq, Eq)]
pub struct Header {
    /// Its name, in lower case.
    pub name: &'static str,
    /// Its value.
    pub value: String,
    /// Whether the value is a secret: then it is never shown or logged.
    pub sensitive: bool,
}

impl Header {
    /// A header that may be shown.
    #[must_use]
    pub fn new(name: &'static str, value: impl Into<String>) -> Self {
        Self { name, value: value.into(), sensitive: false }
    }

    /// A header that must never be shown.
    #[must_use]
    pub fn secret(name: &'static str, value: impl Into<String>) -> Self {
        Self { name, value: value.into(), sensitive: true }
    }
}

impl fmt::Debug for Header {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name, if self.sensitive { "[secret]" } else { &self.value })
    }
}

/// One try of a call, as it goes onto the wire.
#[derive(Clone)]
pub struct Request {
    /// The HTTP verb.
    pub method: Method,
    /// Where to.
    pub url: Url,
    /// All headers but those that HTTP itself adds (host, content-length, accept-encoding).
    pub headers: Vec<Header>,
    /// The exact bytes of the body.
    pub body: Option<Vec<u8>>,
    /// Whether it must have a connection of its own that no other request used or will use.
    pub own_connection: bool,
    /// What the body holds that no recording may keep.
    pub hidden: Vec<Secret>,
}

impl Request {
    /// The `host` header that HTTP will send: with the port only where it is not the scheme's own.
    #[must_use]
    pub fn host(&self) -> String {
        let host = self.url.host_str().unwrap_or_default();
        match self.url.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        }
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let length = self.body.as_ref().map_or(0, Vec::len);
        write!(f, "{} {} {:?} ({length} bytes)", self.method, self.url.path(), self.headers)
    }
}

/// A complete answer.
#[derive(Clone)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The headers, names in lower case; values that are no text are left out.
    pub headers: Vec<(String, String)>,
    /// The whole body.
    pub body: Vec<u8>,
}

impl Answer {
    /// The first header of this lower-case name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Whether the status is 2xx.
    #[must_use]
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The beginning of the body as one harmless line, for an error's sentence.
    #[must_use]
    pub fn excerpt(&self) -> String {
        let head = &self.body[..self.body.len().min(600)];
        clip(&printable(String::from_utf8_lossy(head).trim()), 200)
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({} bytes)", self.status, self.body.len())
    }
}

/// A successful answer that still has to be read, and knows what failing to read it means.
#[derive(Debug)]
pub struct Reply {
    pub(crate) answer: Answer,
    pub(crate) provider: ProviderId,
    pub(crate) operation: &'static str,
    pub(crate) nature: Nature,
    pub(crate) redactor: crate::Redactor,
}

impl Reply {
    /// The answer itself.
    #[must_use]
    pub fn answer(&self) -> &Answer {
        &self.answer
    }

    /// What the provider wrote as one harmless line of at most 100 characters: without the account's secrets, which
    /// it may repeat. For codes and ids that go into errors and logs.
    #[must_use]
    pub fn shown(&self, text: &str) -> String {
        clip(&printable(&self.redactor.clean(text)), 100)
    }

    /// The body as JSON of this shape.
    ///
    /// # Errors
    /// `Protocol`, naming the place that does not fit. After a [`Nature::Once`] call its effect is `Unknown`.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Error> {
        serde_json::from_slice(&self.answer.body).map_err(|_| {
            // Parsed again only now: keeping track of the path costs time that the good case need not pay.
            let mut source = serde_json::Deserializer::from_slice(&self.answer.body);
            let complaint = match serde_path_to_error::deserialize::<_, T>(&mut source) {
                Err(error) => format!("`{}`: {}", error.path(), error.inner()),
                Ok(_) => "there is more after the end".to_owned(),
            };
            self.protocol(&format!("the answer does not fit at {complaint}"))
        })
    }

    /// An error that says what is wrong with this answer: `Protocol`; after a [`Nature::Once`] call its effect is
    /// `Unknown`, since the provider had accepted.
    #[must_use]
    pub fn protocol(&self, complaint: &str) -> Error {
        let complaint = clip(&printable(&self.redactor.clean(complaint)), 300);
        let message = format!(
            "{complaint} (HTTP {}: {})",
            self.answer.status,
            self.redactor.answer(&self.answer).excerpt()
        );
        let (effect, retry) = match self.nature {
            Nature::Read => (Effect::None, Retry::Backoff),
            Nature::Repeatable => (Effect::Unknown, Retry::Backoff),
            Nature::Once => (Effect::Unknown, Retry::Never),
        };
        let error = Error::new(ErrorKind::Protocol, message).with_effect(effect).with_retry(retry);
        error.at(&self.provider, self.operation)
    }
}
