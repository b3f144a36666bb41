//! What an account at Fluence sets.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Error as _, MapAccess, Visitor, value::MapAccessDeserializer};
use serde::{Deserialize, Deserializer};
use vmbroker_core::{Error, ErrorKind, Result, Secret, Timing};
use vmbroker_http::HttpConfig;

use crate::images;

/// Where Fluence's API is, unless an account says otherwise.
pub(crate) const DEFAULT_URL: &str = "https://api.fluence.dev";

/// An account's settings. Everything may be left out. The key is not among them: see [`Credentials`].
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Where the API is: https, or http to this very machine. Absent: `https://api.fluence.dev`.
    pub url: Option<String>,
    /// Which contract of the API is spoken. Default: `2025-04`. It decides how money and sizes are read, so a
    /// wrong one shows wrong figures; it is never guessed from an answer.
    pub contract: Contract,
    /// How the key is sent. Default: `bearer`.
    pub auth: Auth,
    /// Neutral image names of this account, such as `ubuntu-22.04`, each with the URL of a disk image that the
    /// public can download. They come before all other images. Default: none.
    pub images: BTreeMap<String, ImageSource>,
    /// The kind of additional storage where neither a disk nor a request's options name one. Default: `NVMe`.
    pub storage_type: String,
    /// Limits of time and pace. Defaults: reads 30 s, creates and deletes 120 s (they write to a chain before
    /// they answer), two calls of each sort a second.
    pub http: HttpConfig,
    /// How late the provider may be. Defaults: a create may apply for 5 min, a list may be 5 min old, look every
    /// 20 s. `visible_within`: 5 min under `2025-05`; under `2025-04`, where machines that are being launched
    /// are not listed, nobody can say, and absence is never proven unless this is set.
    pub timing: Timing,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            url: None,
            contract: Contract::default(),
            auth: Auth::default(),
            images: BTreeMap::new(),
            storage_type: "NVMe".to_owned(),
            http: HttpConfig::default(),
            timing: Timing::default(),
        }
    }
}

impl Config {
    /// Whether what is set can work; the fields of other crates are checked where they are used.
    pub(crate) fn check(&self) -> Result<()> {
        for (name, image) in &self.images {
            if let Err(allowed) = images::check_url(&image.url) {
                return Err(wrong(&format!("images.{name}"), &image.url, allowed));
            }
        }
        if self.storage_type.trim().is_empty() {
            return Err(wrong("storage_type", &self.storage_type, "a kind of storage such as `NVMe`"));
        }
        Ok(())
    }
}

fn wrong(field: &str, given: &str, allowed: &str) -> Error {
    let given = vmbroker_core::clip(&vmbroker_core::printable(given), 80);
    let field = vmbroker_core::printable(field);
    Error::new(ErrorKind::InvalidConfig, format!("`{field}` is `{given}`, but it must be {allowed}"))
}

/// Which contract of the API is spoken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize)]
pub enum Contract {
    /// April 2025: list at `/vms/v2`, only active machines in it, its money in whole millionths of USDC, sizes in
    /// MiB, `vmId`.
    #[default]
    #[serde(rename = "2025-04")]
    April2025,
    /// May 2025 and later: everything at `/vms/v3`, money as decimals, sizes with their unit, `vmIds`, every
    /// status listed.
    #[serde(rename = "2025-05")]
    May2025,
}

impl Contract {
    /// Create, below the base URL.
    pub(crate) const CREATE: &str = "vms/v3";
    /// Delete, below the base URL: one path, two bodies.
    pub(crate) const DELETE: &str = "vms/v3";
    /// What can be rented.
    pub(crate) const OFFERS: &str = "marketplace/offers";
    /// What machines would cost. In both contracts.
    pub(crate) const ESTIMATE: &str = "vms/v3/estimate";
    /// The names of all basic configurations.
    pub(crate) const BASIC_CONFIGURATIONS: &str = "marketplace/basic_configurations";
    /// The hardware that constraints may name.
    pub(crate) const HARDWARE: &str = "marketplace/hardware";

    /// List, below the base URL.
    pub(crate) fn list(self) -> &'static str {
        match self {
            Self::April2025 => "vms/v2",
            Self::May2025 => "vms/v3",
        }
    }

    /// The states of a few machines by their ids; absent where the contract has no such operation.
    pub(crate) fn brief_status(self) -> Option<&'static str> {
        match self {
            Self::April2025 => None,
            Self::May2025 => Some("vms/v3/status"),
        }
    }

    /// Fluence's own images; absent where the contract has no such operation.
    pub(crate) fn default_images(self) -> Option<&'static str> {
        match self {
            Self::April2025 => None,
            Self::May2025 => Some("vms/v3/default_images"),
        }
    }

    /// The name that the configuration has for it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::April2025 => "2025-04",
            Self::May2025 => "2025-05",
        }
    }
}

/// How the key is sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Auth {
    /// `Authorization: Bearer <key>`, as documented in 2025.
    #[default]
    Bearer,
    /// `X-API-KEY: <key>`, as documented since January 2026.
    XApiKey,
}

/// Where a named image is. In the configuration: the URL as text, or a table of `url` and `login_user`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageSource {
    /// The URL of a disk image (`.qcow2 .img .raw .raw.xz .raw.gz .img.xz .img.gz`) that the public can download.
    pub url: String,
    /// The name to log in with. Absent: not known.
    pub login_user: Option<String>,
}

impl<'de> Deserialize<'de> for ImageSource {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ImageSourceVisitor)
    }
}

struct ImageSourceVisitor;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ImageSourceTable {
    url: String,
    login_user: Option<String>,
}

impl<'de> Visitor<'de> for ImageSourceVisitor {
    type Value = ImageSource;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the URL of an image, or a table of `url` and `login_user`")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<ImageSource, E> {
        if text.is_empty() {
            return Err(E::custom("the URL of an image is empty"));
        }
        Ok(ImageSource { url: text.to_owned(), login_user: None })
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<ImageSource, A::Error> {
        let table = ImageSourceTable::deserialize(MapAccessDeserializer::new(map))?;
        if table.url.is_empty() {
            return Err(A::Error::custom("the URL of an image is empty"));
        }
        Ok(ImageSource { url: table.url, login_user: table.login_user })
    }
}

/// An account's key.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Credentials {
    /// The API key, as the Fluence console shows it.
    pub api_key: Secret,
}

impl Credentials {
    /// Whether the key can be sent at all.
    pub(crate) fn check(&self) -> Result<()> {
        let key = self.api_key.expose();
        if key.is_empty() {
            return Err(Error::new(ErrorKind::InvalidConfig, "`api_key` is empty"));
        }
        if !key.bytes().all(|byte| byte.is_ascii_graphic()) {
            let message = "`api_key` holds characters that no header may carry: was it copied whole?";
            return Err(Error::new(ErrorKind::InvalidConfig, message));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<Config, serde_json::Error> {
        serde_json::from_str(json)
    }

    #[test]
    fn nothing_needs_to_be_set() {
        let config = read("{}").unwrap();
        assert_eq!((config.contract, config.auth), (Contract::April2025, Auth::Bearer));
        assert_eq!(config.storage_type, "NVMe");
        config.check().unwrap();
    }

    #[test]
    fn an_image_is_a_url_or_a_table() {
        let config = read(
            r#"{"contract":"2025-05","auth":"x-api-key","images":{
                "a":"https://x.example/a.img","b":{"url":"https://x.example/b.qcow2","login_user":"me"}}}"#,
        )
        .unwrap();
        assert_eq!((config.contract.name(), config.auth), ("2025-05", Auth::XApiKey));
        assert_eq!(config.images["a"].login_user, None);
        assert_eq!(config.images["b"].login_user.as_deref(), Some("me"));
        config.check().unwrap();
    }

    #[test]
    fn what_cannot_work_is_refused_by_name() {
        for json in [
            r#"{"contract":"2025-06"}"#,
            r#"{"contracts":"2025-04"}"#,
            r#"{"auth":"basic"}"#,
            r#"{"images":{"a":{"link":"x"}}}"#,
            r#"{"images":{"a":""}}"#,
        ] {
            assert!(read(json).is_err(), "{json}");
        }
        let error = read(r#"{"images":{"a":"https://x.example/a.iso"}}"#).unwrap().check().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidConfig);
        assert!(error.message().contains("`images.a`"), "{error}");
        assert!(read(r#"{"storage_type":" "}"#).unwrap().check().is_err());
        for key in ["", "a\nb", "clé"] {
            assert!(Credentials { api_key: Secret::new(key) }.check().is_err(), "{key}");
        }
    }
}
