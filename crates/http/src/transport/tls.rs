//! TLS: whom it trusts, and what it says when it fails.

use std::error::Error as StdError;
use std::io;
use std::sync::Arc;

use rustls::{CertificateError, ClientConfig, Error as TlsError};
use vmbroker_core::{Error, ErrorKind, Result};

use crate::Authorities;

/// TLS 1.2 and 1.3 with the built-in authorities and these.
pub(super) fn config(authorities: &Authorities) -> Result<ClientConfig> {
    let roots = authorities.roots()?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| Error::new(ErrorKind::InvalidConfig, "TLS cannot be set up").with_source(error))?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

/// What TLS says of this failure; absent where it is none of TLS.
pub(super) fn sentence(error: &(dyn StdError + 'static)) -> Option<String> {
    let failed = find(error)?;
    let clock = "is this computer's clock right?";
    let why = match failed {
        TlsError::InvalidCertificate(wrong) => match wrong {
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                "the server's certificate is for another name than the URL's".to_owned()
            }
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
                format!("the server's certificate has expired; {clock}")
            }
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                format!("the server's certificate is not valid yet; {clock}")
            }
            CertificateError::UnknownIssuer => {
                "no authority that is trusted here has signed the server's certificate; `ca_file` in the account's `http` \
                 names a private one"
                    .to_owned()
            }
            other => format!("the server's certificate is not accepted: {other}"),
        },
        other => other.to_string(),
    };
    Some(format!("TLS failed: {why}"))
}

/// The error of TLS in this chain of causes. It comes wrapped as one of the connection.
fn find<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a TlsError> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<TlsError>() {
            return Some(found);
        }
        let inside = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        next = match inside {
            Some(inside) => Some(inside),
            None => error.source(),
        };
    }
    None
}
