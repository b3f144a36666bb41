//! Authorities that an account trusts besides those that are built in.

use std::fmt;

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::{Error as PemError, PemObject};
use vmbroker_core::{Error, ErrorKind, Result};

/// Certificates of authorities that an account trusts besides those that are built in: for a cloud of one's own, such
/// as a Waldur, whose certificate a private authority has signed. Empty: only the built-in ones.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Authorities(Vec<CertificateDer<'static>>);

impl Authorities {
    /// The certificates of this text in PEM (RFC 7468): one block `-----BEGIN CERTIFICATE-----` for each authority, in
    /// any order; text between the blocks is ignored.
    ///
    /// # Errors
    /// `InvalidConfig` where there is no certificate in it, one that cannot be read, or a private key, which has no
    /// business beside certificates that are given away. The text itself is never repeated.
    pub fn from_pem(text: &str) -> Result<Self> {
        if text.contains("PRIVATE KEY-----") {
            return Err(wrong("it holds a private key: only certificates belong there"));
        }
        let mut store = RootCertStore::empty();
        let mut found = Vec::new();
        for (at, certificate) in CertificateDer::pem_slice_iter(text.as_bytes()).enumerate() {
            let certificate = certificate.map_err(|error| wrong(broken(&error)))?;
            let unreadable = |error| {
                let message = format!("certificate {} in it cannot be read", at + 1);
                wrong(message).with_source(error)
            };
            store.add(certificate.clone()).map_err(unreadable)?;
            found.push(certificate);
        }
        if found.is_empty() {
            return Err(wrong("it holds no certificate: one begins with `-----BEGIN CERTIFICATE-----`"));
        }
        Ok(Self(found))
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The built-in authorities and these.
    pub(crate) fn roots(&self) -> Result<RootCertStore> {
        let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        for certificate in &self.0 {
            let unreadable = |error| wrong("a certificate cannot be read").with_source(error);
            roots.add(certificate.clone()).map_err(unreadable)?;
        }
        Ok(roots)
    }
}

impl fmt::Debug for Authorities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Authorities({})", self.len())
    }
}

fn wrong(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidConfig, message)
}

fn broken(error: &PemError) -> &'static str {
    match error {
        PemError::MissingSectionEnd { .. } => "a certificate in it has no end: it was cut short",
        _ => "a certificate in it is broken: between its first and last line stands only base64",
    }
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair};

    use super::*;

    fn certificate() -> (String, String) {
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new(vec!["ca.example".to_owned()]).unwrap();
        (certificate.self_signed(&key).unwrap().pem(), key.serialize_pem())
    }

    #[test]
    fn certificates_are_read_and_added_to_the_built_in_ones() {
        let built_in = Authorities::default().roots().unwrap().len();
        assert!(built_in > 50, "{built_in}");
        let two = format!("# ours\n{}\nand another\n{}", certificate().0, certificate().0);
        let authorities = Authorities::from_pem(&two).unwrap();
        assert_eq!((authorities.len(), authorities.roots().unwrap().len()), (2, built_in + 2));
    }

    #[test]
    fn what_is_no_certificate_is_refused_and_never_repeated() {
        let (good, key) = certificate();
        let cut = good.split("-----END").next().unwrap().to_owned();
        let rows = [
            (String::new(), "holds no certificate"),
            ("canary".to_owned(), "holds no certificate"),
            (key.clone(), "holds a private key"),
            (format!("{good}{key}"), "holds a private key"),
            ("-----BEGIN ENCRYPTED PRIVATE KEY-----\ncanary".to_owned(), "holds a private key"),
            (cut, "has no end"),
            ("-----BEGIN CERTIFICATE-----\n!canary\n-----END CERTIFICATE-----".to_owned(), "is broken"),
            ("-----BEGIN CERTIFICATE-----\nY2FuYXJ5\n-----END CERTIFICATE-----".to_owned(), "certificate 1 "),
            (
                format!("{good}-----BEGIN CERTIFICATE-----\nY2FuYXJ5\n-----END CERTIFICATE-----"),
                "certificate 2 ",
            ),
        ];
        for (text, sentence) in rows {
            let error = Authorities::from_pem(&text).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidConfig, "{text}");
            assert!(error.message().contains(sentence), "{error}: {text}");
            assert!(!format!("{error:?}").contains("canary"), "{error:?}");
        }
    }
}
