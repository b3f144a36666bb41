//! What an account may and must set.

use std::collections::BTreeMap;

use serde::Deserialize;
use vmbroker_core::{Currency, Error, ErrorKind, Result, Secret, Timing, clip, printable};
use vmbroker_http::{HttpConfig, Url, base_url};

/// Where Zenlayer's API is.
const DEFAULT_URL: &str = "https://console.zenlayer.com/";

/// What an account may set. Holds no secrets. Everything has a default.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Where the API is, without `/api/v2/…`. Default: `https://console.zenlayer.com`.
    pub url: Option<String>,
    /// Images by neutral name, such as `"ubuntu-22.04" = "img-…"`; since an image's id may differ from zone to zone,
    /// `"ubuntu-22.04@FRA-A"` goes before `"ubuntu-22.04"`. A name that is absent is looked up.
    pub images: BTreeMap<String, String>,
    /// The subnet to use in each zone, such as `"FRA-A" = "9147…"`. A zone that is absent is looked up: its default
    /// subnet, else the first that is available.
    pub subnets: BTreeMap<String, String>,
    /// The security group that every machine gets. It must open the ports that are asked for: a wish for open ports
    /// is refused where none is set. Absent: none is sent.
    pub security_group_id: Option<String>,
    /// The resource group that every machine gets. Absent: the account's default one.
    pub resource_group_id: Option<String>,
    /// How the network is charged for, such as `ByBandwidth`. Absent: the first of `ByBandwidth`,
    /// `ByInstanceBandwidth95` and `ByTrafficPackage` that the model allows.
    pub internet_charge_type: Option<String>,
    /// The outgoing bandwidth in Mbit/s, at least 1 and at most what the model allows. Default: 1, as the provider's.
    /// It is billed where the network is charged for by bandwidth.
    pub bandwidth_mbps: Option<u32>,
    /// The kind of disk, such as `SSD`, of all disks of which the wish says none. Absent: none is sent, and the
    /// provider's own default holds, which its documents name once as `STANDARD` and once as `SSD`.
    pub disk_category: Option<String>,
    /// The currency of the account's prices, which the provider's answers do not name. Default: USD.
    pub currency: Option<Currency>,
    /// What the price of a prepaid machine pays for, which no document says. Default: the whole term that is asked for.
    pub prepaid_price: PrepaidPrice,
    /// The most price inquiries for one question for offers, of which each is a call: the smallest machines come first,
    /// and the price of the others is then unknown. Default: 40, which with the default pace are asked in about six
    /// seconds; 0: none.
    pub price_inquiries: Option<usize>,
    /// How HTTP is done. Defaults: reads within 30 s, five a second after a burst of ten; writes within 60 s, one a
    /// second after a burst of five.
    pub http: HttpConfig,
    /// What the provider's timing is taken to be. Defaults: a create applies within 5 min, a list is at most 5 min
    /// old, a new machine is visible within 5 min (one that never appears has failed), looks 10 s apart.
    pub timing: Timing,
}

/// What the price of a prepaid machine pays for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PrepaidPrice {
    /// The whole term.
    #[default]
    Term,
    /// One month of it.
    Month,
}

/// What an account proves itself with, and the one secret that it may give to machines.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// What the account proves itself with.
    pub access: Access,
    /// The password that machines get whose wish says `login = "password"`. It is set here and not in the wish,
    /// because a wish is kept, shown and hashed. 8 to 16 characters of letters, digits and
    /// ``!@#$%^&*`~()-+=``, at least one capital and one small letter, one digit and one other. Absent: no machine
    /// can be ordered with a password.
    pub machine_password: Option<Secret>,
}

/// What an account proves itself with.
#[derive(Clone, Debug)]
pub enum Access {
    /// An access key: every request is signed with it.
    Key {
        /// The access key id.
        id: Secret,
        /// The access key password.
        password: Secret,
    },
    /// An access token, sent as `Authorization: Bearer …`.
    Token(Secret),
}

impl Credentials {
    /// An access key.
    #[must_use]
    pub fn key(id: Secret, password: Secret) -> Self {
        Self { access: Access::Key { id, password }, machine_password: None }
    }

    /// An access token.
    #[must_use]
    pub fn token(token: Secret) -> Self {
        Self { access: Access::Token(token), machine_password: None }
    }

    /// The same credentials, with the password that machines get where it is asked for.
    #[must_use]
    pub fn with_machine_password(mut self, password: Secret) -> Self {
        self.machine_password = Some(password);
        self
    }

    /// Every secret that an account with these credentials may send: what to keep out of a recording.
    #[must_use]
    pub fn secrets(&self) -> Vec<Secret> {
        let access = match &self.access {
            Access::Key { id, password } => vec![id.clone(), password.clone()],
            Access::Token(token) => vec![token.clone()],
        };
        access.into_iter().chain(self.machine_password.clone()).collect()
    }

    /// # Errors
    /// `Unauthenticated` where a secret is missing, `InvalidConfig` where the machines' password breaks the
    /// provider's rule. The secrets are never named.
    pub(crate) fn check(&self) -> Result<()> {
        let named = match &self.access {
            Access::Key { id, password } => vec![("access_key_id", id), ("access_key_password", password)],
            Access::Token(token) => vec![("token", token)],
        };
        for (name, secret) in named {
            if secret.is_empty() {
                return Err(Error::new(ErrorKind::Unauthenticated, format!("`{name}` is empty")));
            }
            if !secret.expose().bytes().all(|byte| byte.is_ascii_graphic()) {
                let message = format!("`{name}` must be printable ASCII without spaces");
                return Err(Error::new(ErrorKind::InvalidConfig, message));
            }
        }
        match &self.machine_password {
            Some(password) if !is_password(password.expose()) => Err(Error::new(
                ErrorKind::InvalidConfig,
                "`machine_password` must be 8 to 16 characters of letters, digits and !@#$%^&*`~()-+=, with at least \
                 one capital and one small letter, one digit and one other",
            )),
            _ => Ok(()),
        }
    }
}

/// Whether the provider takes this password: CreateInstances, `password`.
fn is_password(text: &str) -> bool {
    let has = |class: fn(&u8) -> bool| text.bytes().any(|byte| class(&byte));
    let special = |byte: &u8| b"!@#$%^&*`~()-+=".contains(byte);
    (8..=16).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || special(&byte))
        && has(u8::is_ascii_uppercase)
        && has(u8::is_ascii_lowercase)
        && has(u8::is_ascii_digit)
        && has(special)
}

impl Config {
    /// Where the paths of the API begin.
    pub(crate) fn root(&self) -> Result<Url> {
        base_url("url", self.url.as_deref().unwrap_or(DEFAULT_URL))
    }

    /// # Errors
    /// `InvalidConfig`, naming the field.
    pub(crate) fn check(&self) -> Result<()> {
        let texts = [
            ("security_group_id", &self.security_group_id),
            ("resource_group_id", &self.resource_group_id),
            ("internet_charge_type", &self.internet_charge_type),
            ("disk_category", &self.disk_category),
        ];
        let texts = texts.into_iter().filter_map(|(field, text)| Some((field, text.as_deref()?)));
        let images = self.images.iter().flat_map(|(name, id)| [("images", name), ("images", id)]);
        let subnets = self.subnets.iter().flat_map(|(zone, id)| [("subnets", zone), ("subnets", id)]);
        let pairs = images.chain(subnets).map(|(field, text)| (field, text.as_str()));
        for (field, text) in texts.chain(pairs) {
            if text.is_empty() || text.len() > 128 || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
                return Err(wrong(field, text, "1 to 128 characters of printable ASCII without spaces"));
            }
        }
        match self.bandwidth_mbps {
            Some(0) => Err(wrong("bandwidth_mbps", "0", "at least 1")),
            _ => Ok(()),
        }
    }
}

fn wrong(field: &str, given: &str, allowed: &str) -> Error {
    let given = clip(&printable(given), 80);
    Error::new(ErrorKind::InvalidConfig, format!("`{field}` is `{given}`, but it must be {allowed}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_wrong_field_is_named() {
        Config::default().check().unwrap();
        type Spoil = fn(&mut Config);
        let rows: [(&str, Spoil); 7] = [
            ("images", |it| _ = it.images.insert("ubuntu-22.04".into(), String::new())),
            ("subnets", |it| _ = it.subnets.insert("FRA A".into(), "1".into())),
            ("security_group_id", |it| it.security_group_id = Some("x".repeat(129))),
            ("resource_group_id", |it| it.resource_group_id = Some(String::new())),
            ("internet_charge_type", |it| it.internet_charge_type = Some("\u{1b}".into())),
            ("disk_category", |it| it.disk_category = Some("é".into())),
            ("bandwidth_mbps", |it| it.bandwidth_mbps = Some(0)),
        ];
        for (field, spoil) in rows {
            let mut config = Config::default();
            spoil(&mut config);
            let error = config.check().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidConfig);
            assert!(error.message().starts_with(&format!("`{field}`")), "{error}");
        }
        assert!(serde_json::from_str::<Config>(r#"{"zone":"FRA-A"}"#).is_err());
    }

    #[test]
    fn a_password_has_its_length_its_alphabet_and_all_four_classes() {
        for good in ["Abcdef1!", "aB3`~()-+=!@#$%^", "Zz9*Zz9*Zz9*Zz9*"] {
            assert!(is_password(good), "{good}");
        }
        for bad in [
            "",
            "Abcde1!",
            "Abcdef1!Abcdef1!x",
            "abcdef1!",
            "ABCDEF1!",
            "Abcdefg!",
            "Abcdefg1",
            "Abcdef1_",
            "Abcdef 1!",
            "Äbcdef1!",
        ] {
            assert!(!is_password(bad), "{bad}");
        }
    }

    #[test]
    fn bad_secrets_are_refused_and_never_named() {
        let good = || Secret::new("canary-secret-1");
        let missing = Credentials::key(good(), Secret::new(" ")).check().unwrap_err();
        assert_eq!(missing.kind(), ErrorKind::Unauthenticated);
        assert!(missing.message().contains("access_key_password"));
        let spaced = Credentials::token(Secret::new("canary secret")).check().unwrap_err();
        let weak = Credentials::key(good(), good()).with_machine_password(good()).check().unwrap_err();
        for error in [missing, spaced, weak] {
            assert!(!format!("{error} {error:?}").contains("canary"), "{error}");
        }
        let whole = Credentials::key(good(), good()).with_machine_password(Secret::new("Abcdef1!"));
        whole.check().unwrap();
        assert_eq!(whole.secrets().len(), 3);
        assert!(!format!("{whole:?}").contains("canary"));
    }
}
