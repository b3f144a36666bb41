//! What an account may and must set.

use std::collections::BTreeMap;

use serde::Deserialize;
use url::Url;
use vmbroker_core::{Country, Error, ErrorKind, Location, Result, Secret, Timing, clip, printable};
use vmbroker_http::{HttpConfig, base_url};

use crate::wire::same_uuid;

/// Where WAYSCloud's API is.
const DEFAULT_URL: &str = "https://api.wayscloud.services/";

/// What an account may and must set. Holds no secrets.
///
/// UUIDs may be written with or without dashes.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Which wire is spoken. Default: `documented`.
    pub dialect: Dialect,
    /// Where the API is, with or without `/api` at its end. Default: `https://api.wayscloud.services`.
    pub url: Option<String>,
    /// The UUID of the project that machines are ordered for and listed from. Required.
    pub project: String,
    /// The UUID of the offering of virtual machines. Required.
    pub offering: String,
    /// The UUID of the plan. Required in the documented dialect. In the Waldur dialect absent means none is sent,
    /// and one that belongs to the offering's parent is not sent, because it would be refused.
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

    /// Whether this is the configured offering.
    pub(crate) fn is_offering(&self, uuid: &str) -> bool {
        same_uuid(&self.offering, uuid)
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
        let plan = self.plan.as_deref().map(|plan| ("plan", plan));
        if self.dialect == Dialect::Documented && plan.is_none() {
            return Err(wrong("plan", "", "the UUID of a plan: the documented dialect needs one"));
        }
        let options = [
            plan,
            self.tenant.as_deref().map(|tenant| ("tenant", tenant)),
            self.subnet.as_deref().map(|subnet| ("subnet", subnet)),
        ];
        let lists = [("project", self.project.as_str()), ("offering", &self.offering)];
        let images = self.images.values().map(|uuid| ("images", uuid.as_str()));
        let flavors = self.flavors.iter().map(|flavor| ("flavors.id", flavor.id.as_str()));
        let groups = self.security_groups.iter().map(|uuid| ("security_groups", uuid.as_str()));
        let all = lists.into_iter().chain(options.into_iter().flatten()).chain(images).chain(flavors);
        for (field, given) in all.chain(groups) {
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
            project: UUID.into(),
            offering: "68308972-a32c-419a-956a-63aae54d0c7a".into(),
            plan: Some(UUID.into()),
            ..Config::default()
        }
    }

    #[test]
    fn each_wrong_field_is_named() {
        let token = Credentials { token: Secret::new("0123456789") };
        good().check(&token).unwrap();
        type Spoil = fn(&mut Config);
        let rows: [(&str, Spoil); 9] = [
            ("project", |it| it.project.clear()),
            ("offering", |it| it.offering = "https://x/api/".into()),
            ("plan", |it| it.plan = None),
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
        let mut waldur = good();
        (waldur.dialect, waldur.plan) = (Dialect::Waldur, None);
        waldur.check(&token).unwrap();
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
