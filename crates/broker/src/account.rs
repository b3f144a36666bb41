//! From settings and secrets to an account: the one place that knows every adapter.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde_json::{Map, Value};
use vmbroker_core::{Clock, ComputeProvider, Error, ErrorKind, ProviderId, Result, Secret};

/// Which cloud an account is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// Fluence.
    Fluence,
    /// WAYSCloud, and other clouds that run Waldur.
    Wayscloud,
    /// Zenlayer.
    Zenlayer,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Fluence, Self::Wayscloud, Self::Zenlayer];

    /// Its word in a configuration.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Fluence => "fluence",
            Self::Wayscloud => "wayscloud",
            Self::Zenlayer => "zenlayer",
        }
    }

    /// The sets of secrets that open an account of this kind: one whole set is needed, the first is preferred.
    #[must_use]
    pub fn credential_sets(self) -> &'static [&'static [&'static str]] {
        match self {
            Self::Fluence => &[&["api_key"]],
            Self::Wayscloud => &[&["token"]],
            Self::Zenlayer => &[&["access_key_id", "access_key_password"], &["token"]],
        }
    }

    /// Further secrets that an account of this kind may have.
    #[must_use]
    pub fn optional_secrets(self) -> &'static [&'static str] {
        match self {
            Self::Fluence | Self::Wayscloud => &[],
            Self::Zenlayer => &["machine_password"],
        }
    }

    /// Every secret that an account of this kind may have.
    pub fn secrets(self) -> impl Iterator<Item = &'static str> {
        self.credential_sets().iter().copied().flatten().chain(self.optional_secrets()).copied()
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

impl FromStr for Kind {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == text).ok_or_else(|| {
            let words = Self::ALL.map(|kind| format!("`{kind}`")).join(", ");
            let message = format!("`provider` is `{}`, but it must be one of {words}", shown(text));
            Error::new(ErrorKind::InvalidConfig, message)
        })
    }
}

fn shown(text: &str) -> String {
    vmbroker_core::clip(&vmbroker_core::printable(text), 80)
}

/// Everything that opens one account.
///
/// ```
/// use std::collections::BTreeMap;
/// use vmbroker::{Account, Clock, Kind, Secret};
///
/// let account = Account {
///     id: "fluence".parse()?,
///     kind: Kind::Fluence,
///     settings: serde_json::Map::new(),
///     credentials: BTreeMap::from([("api_key".to_owned(), Secret::new("the-key-that-fluence-gave-you"))]),
/// };
/// let provider = account.open(&Clock::system())?; // nothing is sent yet
/// assert_eq!(provider.id().as_str(), "fluence");
/// # Ok::<(), vmbroker::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Account {
    /// Its name.
    pub id: ProviderId,
    /// Which cloud it is at.
    pub kind: Kind,
    /// What the adapter may be told: the fields of its `Config` (`vmbroker_fluence::Config`,
    /// `vmbroker_wayscloud::Config`, `vmbroker_zenlayer::Config`), such as `{"url": "…", "timing": {…}}`. Empty: all
    /// defaults.
    pub settings: Map<String, Value>,
    /// Its secrets by name: one of the kind's [sets](Kind::credential_sets), and perhaps
    /// [further ones](Kind::optional_secrets).
    pub credentials: BTreeMap<String, Secret>,
}

impl Account {
    /// The account behind the trait. Nothing is sent.
    ///
    /// # Errors
    /// `InvalidConfig` where a setting is unknown or wrong or a secret is missing. The message of a setting that
    /// cannot be read starts with its path, such as `http.read_timeout: `.
    pub fn open(self, clock: &Clock) -> Result<Arc<dyn ComputeProvider>> {
        match self.kind {
            Kind::Fluence => self.open_fluence(clock),
            Kind::Wayscloud => self.open_wayscloud(clock),
            Kind::Zenlayer => self.open_zenlayer(clock),
        }
    }
}

#[cfg(feature = "fluence")]
impl Account {
    fn open_fluence(self, clock: &Clock) -> Result<Arc<dyn ComputeProvider>> {
        use vmbroker_fluence::{Credentials, Fluence};
        let credentials = Credentials { api_key: self.secret("api_key")? };
        Ok(Arc::new(Fluence::new(self.id, settings(self.settings)?, credentials, clock.clone())?))
    }
}

#[cfg(not(feature = "fluence"))]
impl Account {
    fn open_fluence(self, _: &Clock) -> Result<Arc<dyn ComputeProvider>> {
        Err(not_built(self.kind))
    }
}

#[cfg(feature = "wayscloud")]
impl Account {
    fn open_wayscloud(self, clock: &Clock) -> Result<Arc<dyn ComputeProvider>> {
        use vmbroker_wayscloud::{Credentials, Wayscloud};
        let credentials = Credentials { token: self.secret("token")? };
        Ok(Arc::new(Wayscloud::new(self.id, settings(self.settings)?, credentials, clock.clone())?))
    }
}

#[cfg(not(feature = "wayscloud"))]
impl Account {
    fn open_wayscloud(self, _: &Clock) -> Result<Arc<dyn ComputeProvider>> {
        Err(not_built(self.kind))
    }
}

#[cfg(feature = "zenlayer")]
impl Account {
    fn open_zenlayer(self, clock: &Clock) -> Result<Arc<dyn ComputeProvider>> {
        use vmbroker_zenlayer::{Access, Credentials, Zenlayer};
        let access = if self.credentials.contains_key("access_key_id") {
            Access::Key { id: self.secret("access_key_id")?, password: self.secret("access_key_password")? }
        } else {
            Access::Token(self.secret("token")?)
        };
        let machine_password = self.credentials.get("machine_password").cloned();
        let credentials = Credentials { access, machine_password };
        Ok(Arc::new(Zenlayer::new(self.id, settings(self.settings)?, credentials, clock.clone())?))
    }
}

#[cfg(not(feature = "zenlayer"))]
impl Account {
    fn open_zenlayer(self, _: &Clock) -> Result<Arc<dyn ComputeProvider>> {
        Err(not_built(self.kind))
    }
}

#[cfg(any(feature = "fluence", feature = "wayscloud", feature = "zenlayer"))]
impl Account {
    fn secret(&self, name: &str) -> Result<Secret> {
        self.credentials.get(name).filter(|secret| !secret.is_empty()).cloned().ok_or_else(|| {
            let message = format!("the secret `{name}` of account `{}` is missing", self.id);
            Error::new(ErrorKind::InvalidConfig, message)
        })
    }
}

#[cfg(not(all(feature = "fluence", feature = "wayscloud", feature = "zenlayer")))]
fn not_built(kind: Kind) -> Error {
    let message = format!("this program was built without the feature `{kind}`");
    Error::new(ErrorKind::InvalidConfig, message)
}

/// The settings as the adapter's own type; what is wrong is named by its path.
#[cfg(any(feature = "fluence", feature = "wayscloud", feature = "zenlayer"))]
fn settings<T: serde::de::DeserializeOwned>(settings: Map<String, Value>) -> Result<T> {
    serde_path_to_error::deserialize(Value::Object(settings)).map_err(|error| {
        let path = error.path().to_string();
        Error::new(ErrorKind::InvalidConfig, format!("{path}: {}", error.into_inner()))
    })
}
