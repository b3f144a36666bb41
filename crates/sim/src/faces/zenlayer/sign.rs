//! Who calls: ZC2-HMAC-SHA256 over the received bytes, or a token.
//!
//! The action, the version and the path are not part of what is signed, and a repeat is no replay: the vendor's own
//! kits send the same signature again.

use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use sha2::{Digest, Sha256};

use crate::{Credentials, Request};

use super::wire::{BAD_AUTHORIZATION, BAD_SIGNATURE, EXPIRED, Refused};

const METHOD: &str = "ZC2-HMAC-SHA256";
/// How far the caller's clock may be off, in seconds.
const SKEW: i64 = 300;

/// Judges a request's `Authorization`: a pure function of the request, the credentials and the time.
pub(super) fn verify(request: &Request, credentials: &Credentials, now: Timestamp) -> Result<(), Refused> {
    let header = request.header("authorization").unwrap_or_default();
    if let Some(token) = header.strip_prefix("Bearer ") {
        return if token.trim() == credentials.secret {
            Ok(())
        } else {
            Err(malformed("the token is not known"))
        };
    }
    let claim = Claim::read(header)?;
    if request.header("x-zc-signature-method") != Some(METHOD) {
        return Err(malformed("X-ZC-Signature-Method must be ZC2-HMAC-SHA256"));
    }
    let stamp = request.header("x-zc-timestamp").unwrap_or_default();
    let seconds: i64 = stamp.parse().map_err(|_| malformed("X-ZC-Timestamp must be a number of seconds"))?;
    if seconds.abs_diff(now.as_second()) > SKEW.unsigned_abs() {
        return Err(Refused::new(401, EXPIRED, "The signature is expired"));
    }
    // The pages lower-case the values of headers, the kits do not: either is accepted.
    let matches = claim.credential == credentials.id
        && [false, true].into_iter().any(|lower| {
            canonical(request, &claim.signed_headers, lower)
                .is_some_and(|text| claim.is_signature_of(stamp, &text, &credentials.secret))
        });
    if matches { Ok(()) } else { Err(Refused::new(401, BAD_SIGNATURE, "The signature does not match")) }
}

/// What the header claims.
struct Claim<'a> {
    credential: &'a str,
    signed_headers: Vec<&'a str>,
    signature: &'a str,
}

impl<'a> Claim<'a> {
    fn read(header: &'a str) -> Result<Self, Refused> {
        let rest = header.strip_prefix(METHOD).and_then(|rest| rest.strip_prefix(' '));
        let rest = rest.ok_or_else(|| malformed("the Authorization header is missing or malformed"))?;
        let parts: Vec<&str> = rest.split(',').map(str::trim).collect();
        let part = |name: &str| parts.iter().find_map(|part| part.strip_prefix(name)?.strip_prefix('='));
        let (Some(credential), Some(signed), Some(signature)) =
            (part("Credential"), part("SignedHeaders"), part("Signature"))
        else {
            return Err(malformed("Credential, SignedHeaders and Signature are all needed"));
        };
        let signed_headers: Vec<&str> = signed.split(';').collect();
        let is_complete = ["content-type", "host"].iter().all(|name| signed_headers.contains(name));
        if parts.len() != 3 || !is_complete || !signed_headers.is_sorted() {
            return Err(malformed("content-type and host must be signed, in order"));
        }
        Ok(Self { credential, signed_headers, signature })
    }

    /// Upper-case digits are no signature.
    fn is_signature_of(&self, stamp: &str, canonical: &str, secret: &str) -> bool {
        let Ok(signature) = HEXLOWER.decode(self.signature.as_bytes()) else { return false };
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else { return false };
        mac.update(format!("{METHOD}\n{stamp}\n{}", hash(canonical.as_bytes())).as_bytes());
        mac.verify_slice(&signature).is_ok()
    }
}

/// The canonical request: always the path `/` and no query. Absent where a signed header was not sent.
fn canonical(request: &Request, signed_headers: &[&str], lower: bool) -> Option<String> {
    let mut headers = String::new();
    for name in signed_headers {
        let value = request.header(name)?.trim();
        let value = if lower { value.to_lowercase() } else { value.to_owned() };
        headers.push_str(&format!("{name}:{value}\n"));
    }
    let payload = hash(&request.body);
    Some(format!("{}\n/\n\n{headers}\n{}\n{payload}", request.method, signed_headers.join(";")))
}

fn hash(bytes: &[u8]) -> String {
    HEXLOWER.encode(&Sha256::digest(bytes))
}

fn malformed(why: &str) -> Refused {
    Refused::new(401, BAD_AUTHORIZATION, format!("Invalid authorization: {why}"))
}
