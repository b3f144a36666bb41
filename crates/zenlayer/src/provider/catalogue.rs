//! What the provider said of zones, models, images, subnets and keys, kept for a while.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use data_encoding::HEXLOWER;
use serde::Serialize;
use sha2::{Digest, Sha256};
use tokio::sync::Mutex;
use vmbroker_core::{ChargeType, Clock, Error, ErrorKind, Result, SshKey};
use vmbroker_http::Nature;

use super::api::{Action, Api, Filter, Service};
use crate::config::Config;
use crate::convert::{Image, Market, Places};
use crate::error::is_one_of;
use crate::request::{self, Wish, charge_word};
use crate::wire::{ImageInfo, Imported, KeyPairInfo, ModelSet, SubnetInfo, ZoneSet};

/// How long an answer is believed. Long enough for a deployment of hundreds of machines to ask once, short enough
/// for a model that is sold out to be missed soon.
const BELIEVED_FOR: Duration = Duration::from_secs(600);
/// Rows a page, of lists whose documents name no limit.
const PAGE_SIZE: usize = 100;

/// Answers by what was asked for. Who asks for the same at the same time waits for one answer.
#[derive(Debug)]
struct Cache<V>(Mutex<BTreeMap<String, (Duration, Arc<V>)>>);

impl<V> Default for Cache<V> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<V> Cache<V> {
    async fn get<F>(&self, key: &str, clock: &Clock, ask: F) -> Result<Arc<V>>
    where
        F: Future<Output = Result<V>>,
    {
        let mut kept = self.0.lock().await;
        if let Some((at, value)) = kept.get(key)
            && clock.elapsed().saturating_sub(*at) < BELIEVED_FOR
        {
            return Ok(value.clone());
        }
        let value = Arc::new(ask.await?);
        kept.insert(key.to_owned(), (clock.elapsed(), value.clone()));
        Ok(value)
    }

    async fn put(&self, key: &str, clock: &Clock, value: Arc<V>) {
        self.0.lock().await.insert(key.to_owned(), (clock.elapsed(), value));
    }

    async fn forget(&self) {
        self.0.lock().await.clear();
    }
}

/// What the provider said of zones, models, images, subnets and keys.
#[derive(Debug, Default)]
pub(super) struct Catalogue {
    markets: Cache<Market>,
    images: Cache<Vec<Image>>,
    subnets: Cache<String>,
    keys: Cache<String>,
    places: RwLock<Places>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ModelFilter {
    instance_charge_type: &'static str,
}

#[derive(Serialize)]
struct Nothing {}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ImportKeyPair<'a> {
    key_name: &'a str,
    public_key: &'a str,
}

impl Catalogue {
    /// Forgets everything: a create was refused, so something of it is no longer true.
    pub(super) async fn forget(&self) {
        self.markets.forget().await;
        self.images.forget().await;
        self.subnets.forget().await;
        self.keys.forget().await;
    }

    /// Where the zones stand, as far as is known.
    pub(super) fn places(&self) -> Places {
        self.places.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What is on sale for this way of paying, believed for a while.
    pub(super) async fn market(&self, api: &Api, charge: ChargeType) -> Result<Arc<Market>> {
        let word = charge_word(charge);
        self.markets.get(word, api.channel.clock(), self.ask_market(api, word, "create")).await
    }

    /// What is on sale now for this way of paying.
    pub(super) async fn fresh_market(&self, api: &Api, charge: ChargeType) -> Result<Arc<Market>> {
        let word = charge_word(charge);
        let market = Arc::new(self.ask_market(api, word, "offers").await?);
        self.markets.put(word, api.channel.clock(), market.clone()).await;
        Ok(market)
    }

    /// Asks for the names of the zones.
    pub(super) async fn learn_places(&self, api: &Api) -> Result<()> {
        let zones: ZoneSet = api.ask(Action::read("DescribeZones", "list"), Nothing {}).await?;
        self.learn(&Market::new(zones.zone_set, Vec::new()));
        Ok(())
    }

    async fn ask_market(&self, api: &Api, charge: &'static str, operation: &'static str) -> Result<Market> {
        let zones = api.ask::<ZoneSet>(Action::read("DescribeZones", operation), Nothing {});
        let action = Action::read("DescribeZoneInstanceConfigInfos", operation);
        let models = api.ask::<ModelSet>(action, ModelFilter { instance_charge_type: charge });
        let (zones, models) = futures_util::future::try_join(zones, models).await?;
        let market = Market::new(zones.zone_set, models.instance_type_quota_set);
        self.learn(&market);
        Ok(market)
    }

    fn learn(&self, market: &Market) {
        self.places.write().unwrap_or_else(PoisonError::into_inner).learn(market);
    }

    /// The image that the wish means in this zone.
    pub(super) async fn image(
        &self,
        api: &Api,
        wish: &Wish<'_>,
        zone: &str,
        config: &Config,
    ) -> Result<Image> {
        let ask = async {
            let filter = Filter { zone_id: Some(zone), page_size: PAGE_SIZE, ..Filter::default() };
            let pages = api
                .pages::<ImageInfo, _>(Action::read("DescribeImages", "create"), filter, |_, row| row.0)
                .await?;
            let rows = pages.into_iter().flat_map(|page| page.rows).flatten();
            Ok(rows.filter_map(Image::new).collect())
        };
        let images = self.images.get(zone, api.channel.clock(), ask).await?;
        request::image(wish, &images, zone, config)
    }

    /// The subnet to use in this zone: the wish's, else the account's, else the zone's default one, else any that is
    /// available.
    pub(super) async fn subnet(
        &self,
        api: &Api,
        wish: &Wish<'_>,
        zone: &str,
        config: &Config,
    ) -> Result<String> {
        if let Some(given) = wish.options.subnet_id.as_ref().or_else(|| config.subnets.get(zone)) {
            return Ok(given.clone());
        }
        let ask = async {
            let filter = Filter { zone_id: Some(zone), page_size: PAGE_SIZE, ..Filter::default() };
            let pages = api
                .pages::<SubnetInfo, _>(Action::read("DescribeSubnets", "create"), filter, |_, row| row.0)
                .await?;
            let rows = pages.into_iter().flat_map(|page| page.rows).flatten();
            let usable = |it: &SubnetInfo| {
                let available =
                    it.subnet_status.as_deref().is_none_or(|it| it.eq_ignore_ascii_case("Available"));
                available && it.zone_id.as_deref().is_none_or(|id| id == zone) && it.subnet_id.is_some()
            };
            let subnet = rows.filter(usable).min_by_key(|it| it.is_default != Some(true));
            subnet.and_then(|it| it.subnet_id).ok_or_else(|| {
                let message = format!(
                    "zone `{}` has no subnet that is available: make one, or name one in the account's `subnets`",
                    vmbroker_core::printable(zone)
                );
                Error::new(ErrorKind::IncompatibleOffer, message)
            })
        };
        let subnet = self.subnets.get(zone, api.channel.clock(), ask).await?;
        Ok(subnet.as_str().to_owned())
    }

    /// The id of the key pair that holds exactly these keys; it is imported where there is none.
    pub(super) async fn key(&self, api: &Api, keys: &[SshKey]) -> Result<String> {
        let lines = request::key_lines(keys);
        let bodies = request::key_bodies(lines.iter().copied());
        let name = key_name(bodies.iter().map(String::as_str));
        let ask = async {
            if let Some(id) = find_key(api, &bodies).await? {
                return Ok(id);
            }
            let action = Action {
                service: Service::Ccs,
                name: "ImportKeyPair",
                operation: "create",
                nature: Nature::Repeatable,
            };
            let wanted = ImportKeyPair { key_name: &name, public_key: &lines.join("\n") };
            let taken = match api.ask::<Imported>(action, wanted).await {
                Ok(Imported { key_id: Some(id) }) => return Ok(id),
                Ok(Imported { key_id: None }) => None,
                // The name is made of the keys: somebody imported them meanwhile, or our own lost answer did.
                Err(error) if is_one_of(&error, &["INVALID_KEY_PAIR_NAME_EXIST"]) => Some(error),
                Err(error) => return Err(error),
            };
            let found = find_key(api, &bodies).await?;
            found.ok_or_else(|| {
                let message =
                    format!("the key pair `{name}` exists and does not hold the keys that were asked for");
                match taken {
                    Some(error) => Error::new(ErrorKind::IncompatibleOffer, message).with_source(error),
                    None => {
                        Error::new(ErrorKind::Protocol, "the imported key pair has no id and is not listed")
                    }
                }
            })
        };
        let id = self.keys.get(&name, api.channel.clock(), ask).await?;
        Ok(id.as_str().to_owned())
    }
}

async fn find_key(api: &Api, bodies: &std::collections::BTreeSet<String>) -> Result<Option<String>> {
    let action = Action { service: Service::Ccs, ..Action::read("DescribeKeyPairs", "create") };
    let filter = Filter { page_size: PAGE_SIZE, ..Filter::default() };
    let pages = api.pages::<KeyPairInfo, _>(action, filter, |_, row| row.0).await?;
    let rows = pages.into_iter().flat_map(|page| page.rows).flatten();
    let holds = |pair: &KeyPairInfo| {
        let text = pair.public_key.as_deref().unwrap_or_default();
        request::key_bodies(text.lines()) == *bodies
    };
    // Of several the one with the least id, so that all who ask find the same.
    Ok(rows.filter(holds).filter_map(|pair| pair.key_id).min())
}

/// The name of a key pair with these keys: 29 characters of the 32 that are allowed.
fn key_name<'a>(bodies: impl Iterator<Item = &'a str>) -> String {
    let mut hash = Sha256::new();
    for body in bodies {
        hash.update(body.as_bytes());
        hash.update(b"\n");
    }
    format!("vmbroker-{}", HEXLOWER.encode(&hash.finalize()[..10]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_keys_have_the_same_name_and_it_is_short_enough() {
        let one = key_name(["ssh-ed25519 AAAA"].into_iter());
        assert_eq!(one.len(), 29);
        assert_eq!(one, key_name(["ssh-ed25519 AAAA"].into_iter()));
        assert_ne!(one, key_name(["ssh-ed25519 AAAA", "ssh-rsa BBBB"].into_iter()));
    }
}
