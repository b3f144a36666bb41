//! Text that must never be shown.

use std::fmt;
use std::fmt::Write as _;

use serde::{Deserialize, Deserializer};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// A credential: never displayed, never serialised, wiped from memory when dropped.
///
/// `Debug` prints `[secret]`. There is no `Display` and no `Serialize`.
///
/// ```
/// let secret = vmbroker_core::Secret::new("token");
/// assert_eq!(format!("{secret:?}"), "[secret]");
/// assert_eq!(secret.expose(), "token");
/// ```
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes the text; white space around it is cut, because copied keys often carry a newline.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        let text = Zeroizing::new(text.into());
        Self(Zeroizing::new(text.trim().to_owned()))
    }

    /// The text itself, for the one place that must send it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What tells it from another secret and is none itself: 16 hexadecimal digits, the same for the same text in every
    /// version. Only a text that nobody can guess is safe behind it, such as a key that a provider gave.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let digest = Sha256::new_with_prefix("vmbroker login\0").chain_update(self.expose()).finalize();
        digest.iter().take(8).fold(String::new(), |mut text, byte| {
            // Writing to a text never fails.
            let _ = write!(text, "{byte:02x}");
            text
        })
    }

    /// Whether there is no text at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_stays_what_it_was_and_tells_two_secrets_apart() {
        assert_eq!(Secret::new(" token\n").fingerprint(), "84f6d33dabb604b9", "journals hold it");
        assert_ne!(Secret::new("tokem").fingerprint(), Secret::new("token").fingerprint());
    }
}
