//! What an account may set.

use std::collections::BTreeMap;

use serde::Deserialize;
use url::Url;
use vmbroker_core::{Country, Currency, Error, ErrorKind, Location, Result, Secret, Timing, clip, printable};
use vmbroker_http::{HttpConfig, base_url};

/// Where WAYSCloud's API is.
const DEFAULT_URL: &str = "https://api.wayscloud.services/";

/// What an account may set. Holds no secrets.
///
/// Nothing is required. What is looked up because it is absent is looked up when it is first needed, and kept.
/// Where there is not exactly one that fits, or the provider does not list any, the call is `InvalidConfig`, and the
/// message names the field and what could be meant. UUIDs may be written with or without dashes.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Which wire is spoken. Default: `documented`.
    pub dialect: Dialect,
    /// Where the API is, with or without `/api` at its end. Default: `https://api.wayscloud.services`.
    pub url: Option<String>,
    /// The UUID of the project that machines are ordered for and listed from. Absent: the only one that the token
    /// sees is ordered for, and machines are listed from every one that it sees.
    pub project: Option<String>,
    /// The UUID of the offering of virtual machines. Absent: the only active one of the project, or the only one
    /// that belongs to no project; machines of every such offering are listed, for which more rows are read.
    pub offering: Option<String>,
    /// The UUID of the plan. Absent: the one that the chosen offer names; else in the documented dialect the only
    /// usable one of the offering, and in the Waldur dialect none is sent. There, one that belongs to the offering's parent is not sent either, because it would
    /// be refused.
    pub plan: Option<String>,
    /// The UUID of the tenant whose images, flavors and subnets are used. Absent: the offering tells.
    pub tenant: Option<String>,
    /// The UUID of the subnet that machines are connected to. Absent: the first connected one of the tenant.
    pub subnet: Option<String>,
    /// Images by neutral name, such as `"ubuntu-22.04" = "<uuid>"`. A name that is absent is looked up.
    pub images: BTreeMap<String, String>,
    /// The flavors that may be rented. Empty: they are looked up.
    pub flavors: Vec<Flavor>,
    /// The UUIDs of the security groups that every machine gets (Waldur dialect). They must open the ports that
    /// are asked for: a wish for open ports is refused where none is set. Empty: the tenant's default.
    pub security_groups: Vec<String>,
    /// The country the machines stand in; the provider does not tell. Absent: unknown.
    pub country: Option<Country>,
    /// The city the machines stand in; the provider does not tell. Absent: unknown.
    pub city: Option<String>,
    /// What the place is called here, as a zone. Absent: none.
    pub zone: Option<String>,
    /// The currency of the prices, such as `EUR`. Absent: the provider tells it, or prices stay unknown.
    pub currency: Option<Currency>,
    /// How HTTP is done.
    pub http: HttpConfig,
    /// What the provider's timing is taken to be.
    pub timing: Timing,
}

/// Which wire is spoken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Dialect {
    /// As on <https://learn.wayscloud.services/en-us/7-virtual-machine/12-vm-management>. The default.
    #[default]
    Documented,
    /// As a running Waldur MasterMind does.
    Waldur,
}

/// A size that may be rented.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Flavor {
    /// Its UUID.
    pub id: String,
    /// Its name. Absent: none is shown.
    #[serde(default)]
    pub name: Option<String>,
    /// Its virtual processors.
    pub vcpus: u32,
    /// Its memory in MiB.
    pub memory_mib: u64,
    /// Its disk in GiB. Absent: unknown; in the documented dialect a wish for a disk then cannot be met.
    #[serde(default)]
    pub disk_gib: Option<u64>,
}

/// What an account proves itself with.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// The API token, sent as `Authorization: Token …`.
    pub token: Secret,
}

impl Config {
    /// Where machines of this account stand, as far as the account's owner says.
    pub(crate) fn location(&self) -> Location {
        Location {
            country: self.country,
            city: self.city.clone(),
            zone: self.zone.clone(),
            data_centre: None,
        }
    }

    /// Where paths begin: the configured URL with `api/` at its end.
    pub(crate) fn root(&self) -> Result<Url> {
        let mut url = base_url("url", self.url.as_deref().unwrap_or(DEFAULT_URL))?;
        if !url.path().ends_with("/api/") {
            let path = format!("{}api/", url.path());
            url.set_path(&path);
        }
        Ok(url)
    }

    /// # Errors
    /// `InvalidConfig`, naming the field.
    pub(crate) fn check(&self, credentials: &Credentials) -> Result<()> {
        if credentials.token.is_empty() {
            return Err(wrong("token", "", "the API token of the account"));
        }
        let single = [
            ("project", &self.project),
            ("offering", &self.offering),
            ("plan", &self.plan),
            ("tenant", &self.tenant),
            ("subnet", &self.subnet),
        ];
        let single = single.into_iter().filter_map(|(field, given)| given.as_deref().map(|it| (field, it)));
        let images = self.images.values().map(|uuid| ("images", uuid.as_str()));
        let flavors = self.flavors.iter().map(|flavor| ("flavors.id", flavor.id.as_str()));
        let groups = self.security_groups.iter().map(|uuid| ("security_groups", uuid.as_str()));
        for (field, given) in single.chain(images).chain(flavors).chain(groups) {
            if !is_uuid(given) {
                return Err(wrong(field, given, "a UUID such as 68308972a32c419a956a63aae54d0c7a"));
            }
        }
        if let Some(flavor) = self.flavors.iter().find(|it| it.vcpus == 0 || it.memory_mib == 0) {
            return Err(wrong("flavors", &flavor.id, "a flavor with `vcpus` and `memory_mib` of at least 1"));
        }
        Ok(())
    }
}

/// Whether the text is a UUID, with or without dashes.
pub(crate) fn is_uuid(text: &str) -> bool {
    text.bytes().filter(u8::is_ascii_hexdigit).count() == 32
        && text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
        && text.len() <= 36
}

fn wrong(field: &str, given: &str, allowed: &str) -> Error {
    let given = clip(&printable(given), 80);
    Error::new(ErrorKind::InvalidConfig, format!("`{field}` is `{given}`, but it must be {allowed}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const UUID: &str = "68308972a32c419a956a63aae54d0c7a";

    fn good() -> Config {
        Config {
            project: Some(UUID.into()),
            offering: Some("68308972-a32c-419a-956a-63aae54d0c7a".into()),
            plan: Some(UUID.into()),
            ..Config::default()
        }
    }

    #[test]
    fn each_wrong_field_is_named() {
        let token = Credentials { token: Secret::new("0123456789") };
        good().check(&token).unwrap();
        type Spoil = fn(&mut Config);
        let rows: [(&str, Spoil); 8] = [
            ("project", |it| it.project = Some(String::new())),
            ("offering", |it| it.offering = Some("https://x/api/".into())),
            ("plan", |it| it.plan = Some("standard".into())),
            ("tenant", |it| it.tenant = Some("..".into())),
            ("subnet", |it| it.subnet = Some(format!("{UUID}0"))),
            ("images", |it| _ = it.images.insert("ubuntu".into(), "x".into())),
            ("flavors", |it| it.flavors = vec![Flavor { id: UUID.into(), ..Flavor::default() }]),
            ("security_groups", |it| it.security_groups = vec!["default".into()]),
        ];
        for (field, spoil) in rows {
            let mut config = good();
            spoil(&mut config);
            let error = config.check(&token).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidConfig);
            assert!(error.message().starts_with(&format!("`{field}")), "{error}");
        }
        let error = good().check(&Credentials { token: Secret::new("") }).unwrap_err();
        assert!(error.message().contains("token"));
        for dialect in [Dialect::Documented, Dialect::Waldur] {
            Config { dialect, ..Config::default() }.check(&token).unwrap();
        }
    }

    #[test]
    fn the_url_may_or_may_not_end_in_api() {
        for (given, root) in [
            (None, "https://api.wayscloud.services/api/"),
            (Some("https://w.example"), "https://w.example/api/"),
            (Some("https://w.example/api"), "https://w.example/api/"),
            (Some("http://127.0.0.1:1/x/"), "http://127.0.0.1:1/x/api/"),
        ] {
            let config = Config { url: given.map(str::to_owned), ..good() };
            assert_eq!(config.root().unwrap().as_str(), root);
        }
    }
}
