//! A dialect of HTTP: pure answers to requests.

use std::fmt;

use serde_json::Value;

use crate::{Cloud, FaultKind, Refusal};

/// A request as it arrived.
#[derive(Clone, Debug)]
pub struct Request {
    /// The verb, in capitals.
    pub method: String,
    /// The path, without the query.
    pub path: String,
    /// The query, as it arrived; empty where there is none.
    pub query: String,
    /// The headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The exact bytes of the body.
    pub body: Vec<u8>,
}

impl Request {
    /// The first header of this lower-case name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The values of this key in the query, in order, with `%XX` and `+` decoded.
    #[must_use]
    pub fn query_values(&self, key: &str) -> Vec<String> {
        let pairs = self.query.split('&').filter(|pair| !pair.is_empty());
        let pairs = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")));
        pairs.filter(|(name, _)| decode(name) == key).map(|(_, value)| decode(value)).collect()
    }

    /// The body as JSON.
    ///
    /// # Errors
    /// The parser's complaint.
    pub fn json(&self) -> Result<Value, String> {
        serde_json::from_slice(&self.body).map_err(|error| error.to_string())
    }
}

fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = text.get(at + 1..at + 3).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match (bytes[at], hex) {
            (b'%', Some(byte)) => {
                out.push(byte);
                at += 2;
            }
            (b'+', _) => out.push(b' '),
            (byte, _) => out.push(byte),
        }
        at += 1;
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// What a face answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// Headers besides the content type and length.
    pub headers: Vec<(&'static str, String)>,
    /// The content type.
    pub content_type: &'static str,
    /// The body.
    pub body: Vec<u8>,
}

impl Answer {
    /// This JSON with this status.
    #[must_use]
    pub fn json(status: u16, body: &Value) -> Self {
        Self {
            status,
            headers: Vec::new(),
            content_type: "application/json",
            body: body.to_string().into_bytes(),
        }
    }

    /// A status without a body.
    #[must_use]
    pub fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), content_type: "application/json", body: Vec::new() }
    }

    /// A page of HTML with this status.
    #[must_use]
    pub fn html(status: u16) -> Self {
        let body = format!(
            "<html><head><title>{status}</title></head><body><h1>{status}</h1>\u{1b}[31m</body></html>"
        );
        Self {
            status,
            headers: Vec::new(),
            content_type: "text/html; charset=utf-8",
            body: body.into_bytes(),
        }
    }

    /// The same answer with this header.
    #[must_use]
    pub fn with_header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

/// One dialect of one provider.
pub trait Face: fmt::Debug + Send + Sync + 'static {
    /// The operation that this request asks for, in the words that faults and the call log use: `create`, `list`,
    /// `status`, `delete`, `offers`, or a word of the face's own for anything else.
    fn operation(&self, request: &Request) -> &'static str;

    /// Does what is asked, at the cloud's present time, and answers. `fault` is what goes wrong inside the cloud
    /// ([`FaultKind::ApplyLate`] and those after it that concern the operation); what goes wrong on the connection
    /// is done for the face.
    fn answer(&self, cloud: &Cloud, request: &Request, fault: Option<&FaultKind>) -> Answer;

    /// The refusal of an operation in this dialect's own words.
    fn refusal(&self, refusal: Refusal) -> Answer;

    /// The answer to too many calls; `Retry-After` is added for the face.
    fn throttled(&self) -> Answer;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_are_decoded() {
        let request = Request {
            method: "GET".into(),
            path: "/".into(),
            query: "a=1&b=x%20y+z&a=2&c".into(),
            headers: vec![],
            body: vec![],
        };
        assert_eq!(request.query_values("a"), ["1", "2"]);
        assert_eq!(request.query_values("b"), ["x y z"]);
        assert_eq!(request.query_values("c"), [""]);
        assert!(request.query_values("d").is_empty());
    }
}
