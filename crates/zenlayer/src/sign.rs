//! ZC2-HMAC-SHA256: how a request is signed, and how the provider's clock is learnt.
//!
//! <https://docs.console.zenlayer.com/api-reference/api-introduction/instruction/authorization/sign>. Signed are the
//! content type, the host and the exact bytes of the body. The action, the version and the path are not: the same
//! signature is good for another action for five minutes, so it is made anew for each try and never shown.

use std::sync::atomic::{AtomicI64, Ordering};

use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use vmbroker_http::{Answer, Header, Request};

use crate::config::Access;

/// The method's name, in the header and in the text that is signed.
const METHOD: &str = "ZC2-HMAC-SHA256";
/// The headers that are signed, in the order of the canonical request.
const SIGNED_HEADERS: &str = "content-type;host";

/// Hex SHA-256.
fn hash(bytes: &[u8]) -> String {
    HEXLOWER.encode(&Sha256::digest(bytes))
}

/// What is hashed of a request. The URI is always a single slash, and the block of headers ends in a line break of
/// its own.
fn canonical(content_type: &str, host: &str, body: &[u8]) -> String {
    let payload = hash(body);
    format!("POST\n/\n\ncontent-type:{content_type}\nhost:{host}\n\n{SIGNED_HEADERS}\n{payload}")
}

/// What the key signs; `timestamp` is in Unix seconds.
fn string_to_sign(timestamp: i64, canonical: &str) -> String {
    format!("{METHOD}\n{timestamp}\n{}", hash(canonical.as_bytes()))
}

/// Hex HMAC-SHA256.
fn signature(password: &str, text: &str) -> String {
    // HMAC takes a key of any length; without one the provider would refuse the empty signature.
    let signature = Hmac::<Sha256>::new_from_slice(password.as_bytes()).map(|mut mac| {
        mac.update(text.as_bytes());
        HEXLOWER.encode(&mac.finalize().into_bytes())
    });
    signature.unwrap_or_default()
}

/// Signs these bytes as they are sent to this host at this time.
fn sign(password: &str, timestamp: i64, content_type: &str, host: &str, body: &[u8]) -> String {
    signature(password, &string_to_sign(timestamp, &canonical(content_type, host, body)))
}

/// The value of the `authorization` header.
fn authorization(key_id: &str, signature: &str) -> String {
    format!("{METHOD} Credential={key_id}, SignedHeaders={SIGNED_HEADERS}, Signature={signature}")
}

/// What an account signs with, and how far the provider's clock is from ours.
#[derive(Debug)]
pub(crate) struct Signer {
    access: Access,
    /// What to add to our clock to get the provider's, in seconds.
    skew: AtomicI64,
}

impl Signer {
    pub(crate) fn new(access: Access) -> Self {
        Self { access, skew: AtomicI64::new(0) }
    }

    /// Adds the credentials to a request as it goes onto the wire at `now`.
    pub(crate) fn authorise(&self, request: &mut Request, now: Timestamp) {
        let value = match &self.access {
            Access::Token(token) => format!("Bearer {}", token.expose()),
            Access::Key { id, password } => {
                let timestamp = now.as_second().saturating_add(self.skew.load(Ordering::Relaxed));
                let content_type = request.headers.iter().find(|header| header.name == "content-type");
                let content_type = content_type.map_or("", |header| header.value.as_str());
                let body = request.body.as_deref().unwrap_or_default();
                let signature = sign(password.expose(), timestamp, content_type, &request.host(), body);
                let value = authorization(id.expose(), &signature);
                request.headers.push(Header::new("x-zc-timestamp", timestamp.to_string()));
                request.headers.push(Header::new("x-zc-signature-method", METHOD));
                value
            }
        };
        request.headers.push(Header::secret("authorization", value));
    }

    /// Learns the provider's clock from the date of an answer received at `now`; whether there was one to learn from.
    pub(crate) fn learn(&self, answer: &Answer, now: Timestamp) -> bool {
        if matches!(self.access, Access::Token(_)) {
            return false;
        }
        let parser = jiff::fmt::rfc2822::DateTimeParser::new();
        let date = answer.header("date").and_then(|text| parser.parse_timestamp(text.trim()).ok());
        let Some(date) = date else { return false };
        let skew = date.as_second().saturating_sub(now.as_second());
        let before = self.skew.swap(skew, Ordering::Relaxed);
        tracing::warn!(
            target: "vmbroker::zenlayer", skew, before,
            "this computer's clock differs from the provider's by so many seconds"
        );
        true
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use vmbroker_core::Secret;
    use vmbroker_http::{Method, Url};

    use super::*;

    const FIXTURE: &str = include_str!("../tests/fixtures/signing.json");

    #[derive(Deserialize)]
    struct Fixture {
        vectors: Vec<Vector>,
        must_differ: Vec<Tampered>,
    }

    #[derive(Deserialize)]
    struct Vector {
        name: String,
        access_key_id: String,
        access_key_password: String,
        timestamp: i64,
        url: String,
        content_type: String,
        host: String,
        body: String,
        payload_hash: String,
        canonical_hash: String,
        string_to_sign: String,
        signature: String,
        authorization: String,
    }

    #[derive(Deserialize)]
    struct Tampered {
        name: String,
        access_key_id: String,
        access_key_password: String,
        timestamp: i64,
        content_type: String,
        host: String,
        body: String,
        authorization: String,
    }

    fn fixture() -> Fixture {
        serde_json::from_str(FIXTURE).unwrap()
    }

    fn key(id: &str, password: &str) -> Signer {
        Signer::new(Access::Key { id: Secret::new(id), password: Secret::new(password) })
    }

    fn request(vector: &Vector) -> Request {
        Request {
            method: Method::POST,
            url: vector.url.parse::<Url>().unwrap(),
            headers: vec![Header::new("content-type", vector.content_type.as_str())],
            body: Some(vector.body.clone().into_bytes()),
            own_connection: false,
            hidden: Vec::new(),
        }
    }

    fn sent<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
        request.headers.iter().find(|header| header.name == name).map(|header| header.value.as_str())
    }

    #[test]
    fn every_known_signature_is_reproduced_with_each_text_on_the_way() {
        let vectors = fixture().vectors;
        assert_eq!(vectors.len(), 16);
        for vector in vectors {
            let password = Secret::new(vector.access_key_password.as_str());
            let canonical = canonical(&vector.content_type, &vector.host, vector.body.as_bytes());
            let text = string_to_sign(vector.timestamp, &canonical);
            assert_eq!(hash(vector.body.as_bytes()), vector.payload_hash, "{}", vector.name);
            assert_eq!(hash(canonical.as_bytes()), vector.canonical_hash, "{}", vector.name);
            assert_eq!(text, vector.string_to_sign, "{}", vector.name);
            assert_eq!(signature(password.expose(), &text), vector.signature, "{}", vector.name);
        }
    }

    #[test]
    fn every_known_request_is_authorised_as_it_goes_onto_the_wire() {
        for vector in fixture().vectors {
            let mut request = request(&vector);
            assert_eq!(request.host(), vector.host, "{}", vector.name);
            let signer = key(&vector.access_key_id, &vector.access_key_password);
            signer.authorise(&mut request, Timestamp::from_second(vector.timestamp).unwrap());
            assert_eq!(
                sent(&request, "authorization"),
                Some(vector.authorization.as_str()),
                "{}",
                vector.name
            );
            assert_eq!(sent(&request, "x-zc-timestamp"), Some(vector.timestamp.to_string().as_str()));
            assert_eq!(sent(&request, "x-zc-signature-method"), Some(METHOD));
            let signature = &vector.signature;
            assert!(!format!("{request:?} {signer:?}").contains(signature.as_str()), "{}", vector.name);
        }
    }

    #[test]
    fn what_was_tampered_with_has_another_signature() {
        let tampered = fixture().must_differ;
        assert_eq!(tampered.len(), 5);
        for it in tampered {
            let body = it.body.as_bytes();
            let made = sign(&it.access_key_password, it.timestamp, &it.content_type, &it.host, body);
            assert_ne!(authorization(&it.access_key_id, &made), it.authorization, "{}", it.name);
        }
    }

    #[test]
    fn a_token_is_sent_as_it_is_and_nothing_is_signed() {
        let vector = &fixture().vectors[1];
        let mut request = request(vector);
        Signer::new(Access::Token(Secret::new("t-1"))).authorise(&mut request, Timestamp::UNIX_EPOCH);
        assert_eq!(sent(&request, "authorization"), Some("Bearer t-1"));
        assert_eq!(sent(&request, "x-zc-timestamp"), None);
        assert_eq!(sent(&request, "x-zc-signature-method"), None);
    }

    #[test]
    fn the_providers_clock_is_learnt_from_its_date_and_kept() {
        let signer = key("id", "password");
        let now: Timestamp = "2026-11-21T08:00:00Z".parse().unwrap();
        let answer = |date: Option<&str>| Answer {
            status: 401,
            headers: date.iter().map(|date| ("date".to_owned(), (*date).to_owned())).collect(),
            body: Vec::new(),
        };
        assert!(!signer.learn(&answer(None), now));
        assert!(!signer.learn(&answer(Some("yesterday")), now));
        assert!(signer.learn(&answer(Some("Sat, 21 Nov 2026 09:00:00 GMT")), now));
        let mut request = request(&fixture().vectors[1]);
        signer.authorise(&mut request, now);
        assert_eq!(sent(&request, "x-zc-timestamp"), Some((now.as_second() + 3_600).to_string().as_str()));
        let token = Signer::new(Access::Token(Secret::new("t-1")));
        assert!(!token.learn(&answer(Some("Sat, 21 Nov 2026 09:00:00 GMT")), now));
    }
}
