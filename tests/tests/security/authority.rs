//! An authority of the tests' own, made anew for each run, and certificates that it signs well or badly.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::TlsAcceptor;

/// An authority.
pub(crate) struct Authority(CertifiedIssuer<'static, KeyPair>);

/// What is wrong with a server's certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flaw {
    /// Nothing.
    None,
    /// It is for another name.
    Name,
    Expired,
    NotYet,
    /// Nobody but itself has signed it.
    SelfSigned,
    /// It is the authority's own.
    Authority,
    /// Another authority of the same name has signed it.
    Namesake,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, "the tests' authority");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    /// Its certificate, as a `ca_file` holds it.
    pub(crate) fn pem(&self) -> String {
        self.0.pem()
    }

    /// What speaks TLS for `localhost` with a certificate of this authority that has this flaw.
    pub(crate) fn server(&self, flaw: Flaw) -> TlsAcceptor {
        let name = if flaw == Flaw::Name { "other.example" } else { "localhost" };
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        match flaw {
            Flaw::Expired => params.not_after = date_time_ymd(2020, 1, 1),
            Flaw::NotYet => params.not_before = date_time_ymd(2200, 1, 1),
            Flaw::None | Flaw::Name | Flaw::SelfSigned | Flaw::Authority | Flaw::Namesake => {}
        }
        let key = KeyPair::generate().unwrap();
        let signed = match flaw {
            Flaw::SelfSigned => params.self_signed(&key),
            Flaw::Namesake => params.signed_by(&key, &Self::new().0),
            Flaw::Authority => return accept(self.0.der(), self.0.key()),
            Flaw::None | Flaw::Name | Flaw::Expired | Flaw::NotYet => params.signed_by(&key, &self.0),
        };
        accept(signed.unwrap().der(), &key)
    }
}

fn accept(certificate: &CertificateDer<'static>, key: &KeyPair) -> TlsAcceptor {
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder =
        ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = builder.with_no_client_auth().with_single_cert(vec![certificate.clone()], key);
    let mut config = config.unwrap();
    // What the client would take if it were offered.
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    TlsAcceptor::from(Arc::new(config))
}
