//! What the provider said of images, flavors, subnets, plans and keys, kept for a while.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::json;
use vmbroker_core::{
    Currency, Error, ErrorKind, ImageWish, MachineWish, OfferId, PublicAddress, Result, Size, SshKey, clip,
    printable,
};
use vmbroker_http::Method;

use super::api::{Api, Pair};
use super::choice::{Choices, is_absent, offering_lists};
use crate::config::{Config, Dialect, Flavor, is_uuid};
use crate::request::{Wish, cannot, offer_parts};
use crate::wire::{self, fits_path, plain_uuid, same_uuid};

/// How long an answer is believed: images and flavors change by hand, a few times a month.
const FRESH_FOR: Duration = Duration::from_secs(600);

/// What the provider said, kept for a while. Whoever asks first asks for all that wait.
#[derive(Debug, Default)]
pub(super) struct Catalogue {
    pub(super) choices: Choices,
    offering: Kept<Option<wire::Offering>>,
    images: Kept<Vec<wire::Image>>,
    flavors: Kept<Vec<Flavor>>,
    subnets: Kept<Vec<wire::Subnet>>,
    keys: Kept<Vec<wire::Key>>,
    /// What the provider calls its currency; absent where it does not tell.
    currency: Kept<Option<String>>,
    /// The sizes of all flavors ever seen, by plain UUID.
    sizes: Mutex<Arc<HashMap<String, Size>>>,
}

#[derive(Debug)]
struct Kept<T>(tokio::sync::Mutex<Option<(Duration, Arc<T>)>>);

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self(tokio::sync::Mutex::default())
    }
}

impl<T> Kept<T> {
    async fn get(&self, api: &Api, ask: impl Future<Output = Result<T>>) -> Result<Arc<T>> {
        let now = || api.channel.clock().elapsed();
        let mut slot = self.0.lock().await;
        if let Some((at, kept)) = &*slot
            && now().saturating_sub(*at) < FRESH_FOR
        {
            return Ok(Arc::clone(kept));
        }
        let asked = Arc::new(ask.await?);
        *slot = Some((now(), Arc::clone(&asked)));
        Ok(asked)
    }

    async fn forget(&self) {
        *self.0.lock().await = None;
    }
}

impl Catalogue {
    /// Forgets what was said: an order was refused, perhaps because it is no longer true.
    pub(super) async fn forget(&self) {
        self.choices.forget().await;
        self.offering.forget().await;
        self.images.forget().await;
        self.flavors.forget().await;
        self.subnets.forget().await;
        self.keys.forget().await;
        self.currency.forget().await;
    }

    /// The sizes of the flavors that are known so far.
    pub(super) fn sizes(&self) -> Arc<HashMap<String, Size>> {
        Arc::clone(&self.sizes.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The flavors that may be rented.
    pub(super) async fn flavors(&self, api: &Api, config: &Config) -> Result<Arc<Vec<Flavor>>> {
        if !config.flavors.is_empty() {
            let flavors = Arc::new(config.flavors.clone());
            self.learn(&flavors);
            return Ok(flavors);
        }
        let flavors = self.flavors.get(api, async {
            let query = self.of_tenant(api, config).await?;
            let rows: Vec<wire::Flavor> = list(api, "flavors", "openstack-flavors", &query).await?;
            Ok(rows.into_iter().filter_map(flavor).collect())
        });
        let flavors = flavors.await?;
        self.learn(&flavors);
        Ok(flavors)
    }

    fn learn(&self, flavors: &[Flavor]) {
        let mut sizes = self.sizes.lock().unwrap_or_else(PoisonError::into_inner);
        if flavors.iter().all(|it| sizes.contains_key(&plain_uuid(&it.id))) {
            return;
        }
        let mut more = HashMap::clone(&sizes);
        more.extend(
            flavors
                .iter()
                .map(|it| (plain_uuid(&it.id), Size { vcpus: it.vcpus, memory_mib: it.memory_mib })),
        );
        *sizes = Arc::new(more);
    }

    /// The flavor for a wish: the one named, or the smallest that is large enough.
    pub(super) async fn flavor(
        &self,
        api: &Api,
        config: &Config,
        wish: &Wish<'_>,
        image: &wire::Image,
    ) -> Result<Flavor> {
        let flavors = self.flavors(api, config).await?;
        let disk = wish.request.disk_gib.filter(|_| config.dialect == Dialect::Documented);
        let found = match &wish.request.machine {
            MachineWish::Offer(OfferId(id)) => {
                let flavor = offer_parts(id).0;
                flavors.iter().find(|it| same_uuid(&it.id, flavor)).ok_or("offer")
            }
            MachineWish::Size(size) => {
                let memory = size.memory_mib.max(image.min_ram.unwrap_or(0));
                let fits = |it: &&Flavor| {
                    let disk_fits = disk.is_none_or(|disk| it.disk_gib.is_some_and(|has| has >= disk));
                    it.vcpus >= size.vcpus && it.memory_mib >= memory && disk_fits
                };
                let order = |it: &&Flavor| (it.vcpus, it.memory_mib, it.disk_gib, it.id.clone());
                flavors.iter().filter(fits).min_by_key(order).ok_or("size")
            }
        };
        let flavor =
            found.map_err(|field| cannot(field, "no flavor of the account is large enough, or so named"))?;
        if image.min_ram.is_some_and(|least| flavor.memory_mib < least) {
            return Err(cannot("offer", "the image needs more memory than this flavor has"));
        }
        if disk.is_some_and(|disk| flavor.disk_gib.is_none_or(|has| has < disk)) {
            return Err(cannot(
                "disk_gib",
                "the documented order has no field for it, and the flavor has less",
            ));
        }
        Ok(flavor.clone())
    }

    /// The image for a wish.
    pub(super) async fn image(&self, api: &Api, config: &Config, wish: &ImageWish) -> Result<wire::Image> {
        let configured = match wish {
            ImageWish::Id(id) if is_uuid(id) => Some(id.as_str()),
            ImageWish::Id(_) => return Err(cannot("image", "an image is named by its UUID")),
            ImageWish::Name(name) => {
                let named = config.images.iter().find(|(known, _)| neutral(known) == neutral(name));
                named.map(|(_, id)| id.as_str())
            }
        };
        // The documented order needs nothing but the id; Waldur's needs to know how large the disk must be.
        if let (Some(id), Dialect::Documented) = (configured, config.dialect) {
            return Ok(wire::Image { uuid: Some(id.to_owned()), ..wire::Image::default() });
        }
        let images = self.images.get(api, async {
            let query = self.of_tenant(api, config).await?;
            list(api, "images", "openstack-images", &query).await
        });
        let images = images.await?;
        let found = match (configured, wish) {
            (Some(id), _) => {
                images.iter().find(|it| it.uuid.as_deref().is_some_and(|uuid| same_uuid(uuid, id)))
            }
            (None, ImageWish::Name(name)) => by_name(&images, name),
            (None, ImageWish::Id(_)) => None,
        };
        found.cloned().ok_or_else(|| cannot("image", &format!("no image fits `{wish}`")))
    }

    /// The subnet for a wish: the one named, or the first that can give a machine its address.
    pub(super) async fn subnet(&self, api: &Api, config: &Config, wish: &Wish<'_>) -> Result<String> {
        if let Some(named) = wish.options.subnet.as_ref().or(config.subnet.as_ref()) {
            return Ok(named.clone());
        }
        let subnets = self.subnets.get(api, async {
            let query = self.of_tenant(api, config).await?;
            list(api, "subnets", "openstack-subnets", &query).await
        });
        let subnets = subnets.await?;
        let is_private = wish.request.public_address == PublicAddress::None;
        let fits = |it: &&wire::Subnet| {
            let is_connected = it.is_connected.as_deref() != Some("false");
            let is_up = it.state.as_deref().is_none_or(|state| state.eq_ignore_ascii_case("ok"));
            is_up && (is_connected || is_private)
        };
        let found = subnets.iter().filter(fits).find_map(|it| it.uuid.clone().filter(|id| fits_path(id)));
        found.ok_or_else(|| {
            let why = "the tenant has no subnet that a router connects; name one with `subnet`";
            Error::new(ErrorKind::InvalidConfig, why)
        })
    }

    /// The plan to send: in the Waldur dialect none where it belongs to the offering's parent, because it would be
    /// refused.
    pub(super) async fn plan(&self, api: &Api, config: &Config, wish: &Wish<'_>) -> Result<Option<String>> {
        let plan = match (wish.plan().or(config.plan.as_deref()), config.dialect) {
            (Some(plan), Dialect::Documented) => return Ok(Some(plan.to_owned())),
            (None, Dialect::Documented) => return self.only_plan(api, config).await.map(Some),
            (None, Dialect::Waldur) => return Ok(None),
            (Some(plan), Dialect::Waldur) => plan,
        };
        let wanted = self.choices.offering(api, config).await?;
        let offering = self.offering(api, config).await?;
        let plans = offering.as_ref().as_ref().map(|it| it.plans.as_slice()).unwrap_or_default();
        let known = plans.iter().find(|it| it.uuid.as_deref().is_some_and(|uuid| same_uuid(uuid, plan)));
        let Some(known) = known else {
            let message = format!("`plan` is `{plan}`, but the offering has no such plan");
            return Err(Error::new(ErrorKind::InvalidConfig, message));
        };
        Ok(known.owner().is_none_or(|owner| same_uuid(owner, &wanted)).then(|| plan.to_owned()))
    }

    /// The currency of every price: the account's, else the one that the provider tells. Inside, why there is none.
    pub(super) async fn currency(&self, api: &Api, config: &Config) -> Result<Result<Currency, String>> {
        if let Some(currency) = config.currency {
            return Ok(Ok(currency));
        }
        let told = self.currency.get(api, async {
            match api.get::<wire::Configuration>("currency", &["configuration"]).await {
                Ok(configuration) => Ok(configuration.currency),
                Err(error) if is_absent(&error) || error.kind() == ErrorKind::PermissionDenied => Ok(None),
                Err(error) => Err(error),
            }
        });
        let told = told.await?;
        let Some(told) = told.as_ref().as_deref().filter(|told| !told.trim().is_empty()) else {
            return Ok(Err("the provider does not tell its currency: set `currency`".to_owned()));
        };
        let unknown = || format!("the provider's currency `{}` is not known", clip(&printable(told), 20));
        Ok(told.parse().map_err(|_| unknown()))
    }

    async fn only_plan(&self, api: &Api, config: &Config) -> Result<String> {
        let offering = Box::pin(async {
            let id = self.choices.offering(api, config).await?;
            let offering = self.offering(api, config).await?;
            Ok((id, offering.as_ref().as_ref().map(|it| it.plans.clone())))
        });
        self.choices.plan(api, offering).await
    }

    /// The id of the stored key with this body; it is stored where it is not yet.
    pub(super) async fn key(&self, api: &Api, key: &SshKey) -> Result<String> {
        let mut slot = self.keys.0.lock().await;
        let now = api.channel.clock().elapsed();
        if let Some((at, kept)) = &*slot
            && now.saturating_sub(*at) < FRESH_FOR
            && let Some(id) = stored(kept, key)
        {
            return Ok(id);
        }
        let mut keys: Vec<wire::Key> = list(api, "keys", "keys", &[]).await?;
        if stored(&keys, key).is_none() {
            let body = json!({ "name": key_name(key), "public_key": key.as_str() });
            match api.change("store key", Method::POST, &["keys"], Some(&body)).await {
                Ok(reply) => {
                    let made = reply.json::<wire::Row<wire::Key>>()?.0.unwrap_or_default();
                    keys.push(wire::Key { public_key: Some(key.as_str().to_owned()), ..made });
                }
                // Somebody else stored it just now, or the first answer was lost.
                Err(error) if error.kind() == ErrorKind::Conflict => {
                    keys = list(api, "keys", "keys", &[]).await?;
                }
                Err(error) => return Err(error),
            }
        }
        let id = stored(&keys, key);
        *slot = Some((now, Arc::new(keys)));
        id.ok_or_else(|| api.broken("store key", "the key was stored, but has no id"))
    }

    async fn of_tenant(&self, api: &Api, config: &Config) -> Result<Vec<Pair>> {
        let tenant = match &config.tenant {
            Some(tenant) => Some(tenant.clone()),
            None => {
                let offering = self.offering(api, config).await?;
                offering.as_ref().as_ref().and_then(|it| it.scope_uuid.clone())
            }
        };
        Ok(tenant.map(|tenant| ("tenant_uuid", tenant)).into_iter().collect())
    }

    /// The offering as it is told now: prices move.
    pub(super) async fn offering_now(
        &self,
        api: &Api,
        config: &Config,
    ) -> Result<Arc<Option<wire::Offering>>> {
        self.offering.forget().await;
        self.offering(api, config).await
    }

    /// The offering; absent where the documented dialect's provider does not show it.
    pub(super) async fn offering(&self, api: &Api, config: &Config) -> Result<Arc<Option<wire::Offering>>> {
        let ask = Box::pin(async {
            let id = self.choices.offering(api, config).await?;
            for collection in offering_lists(config.dialect) {
                match (api.get("offering", &[collection, &id]).await, config.dialect) {
                    (Ok(offering), _) => return Ok(Some(offering)),
                    (Err(error), _) if !is_absent(&error) => return Err(error),
                    (Err(_), Dialect::Documented) => {}
                    (Err(error), Dialect::Waldur) => {
                        let message = format!("`offering` is `{id}`, which the provider does not know");
                        return Err(Error::new(ErrorKind::InvalidConfig, message).with_source(error));
                    }
                }
            }
            Ok(None)
        });
        self.offering.get(api, ask).await
    }
}

/// Reads a whole list of the catalogue.
async fn list<T: serde::de::DeserializeOwned>(
    api: &Api,
    what: &'static str,
    collection: &str,
    query: &[Pair],
) -> Result<Vec<T>> {
    match api.all(what, &[collection], query).await {
        Ok(pages) => Ok(pages.into_rows().collect()),
        Err(error) if is_absent(&error) => {
            let field = if what == "subnets" { "subnet" } else { what };
            let message =
                format!("the provider shows no {what}: set `{field}` in the account's configuration");
            Err(Error::new(ErrorKind::InvalidConfig, message).with_source(error))
        }
        Err(error) => Err(error),
    }
}

fn flavor(row: wire::Flavor) -> Option<Flavor> {
    Some(Flavor {
        id: row.uuid.filter(|id| fits_path(id))?,
        name: row.name,
        vcpus: row.cores.and_then(|cores| u32::try_from(cores).ok()).filter(|cores| *cores > 0)?,
        memory_mib: row.ram?,
        disk_gib: row.disk.map(|mib| mib / 1_024).filter(|gib| *gib > 0),
    })
}

fn stored(keys: &[wire::Key], key: &SshKey) -> Option<String> {
    let same = |it: &&wire::Key| {
        let known = it.public_key.as_deref().unwrap_or_default();
        known.split_whitespace().take(2).eq(key.body().split_whitespace())
    };
    keys.iter().find(same).and_then(|it| it.uuid.clone()).filter(|id| fits_path(id))
}

/// A name for a stored key: the same for the same key, and unlike those of others.
fn key_name(key: &SshKey) -> String {
    let body = key.body().rsplit(' ').next().unwrap_or_default();
    let letters: Vec<char> = body.chars().filter(char::is_ascii_alphanumeric).collect();
    let end: String = letters[letters.len().saturating_sub(16)..].iter().collect();
    format!("vmbroker-{end}")
}

/// The image that a neutral name means: the one so named, else the shortest that begins so.
fn by_name<'a>(images: &'a [wire::Image], wanted: &str) -> Option<&'a wire::Image> {
    let wanted = neutral(wanted);
    let usable = || images.iter().filter(|it| it.uuid.as_deref().is_some_and(fits_path));
    let name = |it: &wire::Image| neutral(it.name.as_deref().unwrap_or_default());
    let begins =
        |it: &&'a wire::Image| name(it).strip_prefix(&wanted).is_some_and(|rest| rest.starts_with('-'));
    let exact = usable().find(|it| name(it) == wanted);
    exact.or_else(|| usable().filter(begins).min_by_key(|it| (name(it).len(), name(it))))
}

/// `Ubuntu 24.04` is `ubuntu-24.04`.
fn neutral(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for c in name.chars() {
        if c.is_ascii_alphanumeric() || c == '.' {
            out.push(c.to_ascii_lowercase());
        } else if !out.is_empty() && !out.ends_with('-') {
            out.push('-');
        }
    }
    out.trim_end_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_neutral_name_finds_its_image() {
        let image = |name: &str| wire::Image {
            uuid: Some(plain_uuid(name).replace([' ', '.'], "")),
            name: Some(name.to_owned()),
            ..wire::Image::default()
        };
        let images = ["Ubuntu 24.04 LTS x86_64", "Ubuntu 24.04 LTS", "Ubuntu 24.040", "Debian-12"].map(image);
        let found = |wanted| by_name(&images, wanted).and_then(|it| it.name.as_deref());
        assert_eq!(found("ubuntu-24.04"), Some("Ubuntu 24.04 LTS"));
        assert_eq!(found("debian-12"), Some("Debian-12"));
        assert_eq!(found("debian-1"), None);
        assert_eq!(neutral("  Ubuntu__24.04 (LTS) "), "ubuntu-24.04-lts");
    }

    #[test]
    fn a_key_is_known_again_whatever_its_comment() {
        let text = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ0mF4kuFzFLoOfCh3mCDGEXLLXmoxpQvC1i3ZxVQeBn";
        let key: SshKey = format!("{text} me@home").parse().unwrap();
        let kept = |public_key: &str| wire::Key {
            uuid: Some("k1".into()),
            name: None,
            public_key: Some(public_key.into()),
        };
        assert_eq!(stored(&[kept(&format!("{text} alice@example.com"))], &key).as_deref(), Some("k1"));
        assert_eq!(stored(&[kept("ssh-ed25519 AAAA me@home")], &key), None);
        assert_eq!(key_name(&key), "vmbroker-oxpQvC1i3ZxVQeBn");
    }
}
