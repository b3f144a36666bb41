//! From flags to the wish for a machine.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};
use vmbroker::{
    ChargeType, Country, CreateRequest, DataDisk, ImageWish, Kind, LocationWish, MachineWish, Marker,
    OfferId, Port, PriceLimit, PublicAddress, Size, SshKey, printable,
};

use crate::config::Place;
use crate::failure::Failure;
use crate::units::{
    ProviderOption, data_disk, disk_gib, label, labels, memory_mib, price_limit, provider_option, word,
};

/// More than any provider takes.
const MOST_FILE_BYTES: u64 = 1_024 * 1_024;

/// The key of machines that exist only in a simulated cloud. Nobody has its other half.
pub(crate) const SANDBOX_KEY: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f sandbox";

/// What is wanted.
#[derive(Debug, clap::Args)]
pub(crate) struct WishArgs {
    /// Your name for it: a-z, 0-9 and `-`. Stands before the marker where the provider's names are long enough.
    #[arg(long)]
    name: Option<String>,
    /// At least this many virtual processors. Needed unless `--offer` is given, as is `--memory`.
    #[arg(long, value_name = "COUNT", required_unless_present = "offer", conflicts_with = "offer")]
    vcpus: Option<u32>,
    /// At least this much memory, such as 4GiB.
    #[arg(long, value_name = "SIZE", value_parser = memory_mib, required_unless_present = "offer", conflicts_with = "offer")]
    memory: Option<u64>,
    /// Exactly this offer, as `vmbroker offers` shows it.
    #[arg(long)]
    offer: Option<String>,
    /// In this country, by its two-letter code (repeat for more) [default: anywhere].
    #[arg(long = "country", value_name = "CODE", value_parser = word::<Country>)]
    countries: Vec<Country>,
    /// In this zone, by the provider's own word.
    #[arg(long)]
    zone: Option<String>,
    /// The system disk, such as 25GiB [default: the smallest that is possible].
    #[arg(long, value_name = "SIZE", value_parser = disk_gib)]
    disk: Option<u64>,
    /// A further disk, such as 100GiB or 100GiB:NVMe (repeat for more).
    #[arg(long = "data-disk", value_name = "SIZE[:KIND]", value_parser = data_disk)]
    data_disks: Vec<DataDisk>,
    /// A name such as ubuntu-22.04, or `id:` and the provider's own id.
    #[arg(long, default_value = "ubuntu-22.04", value_parser = word::<ImageWish>)]
    image: ImageWish,
    /// A file with an SSH public key (repeat for more). At least one is needed, but not with `--sandbox`.
    #[arg(long = "ssh-key", value_name = "FILE")]
    ssh_keys: Vec<PathBuf>,
    /// Without a public address.
    #[arg(long, conflicts_with = "address")]
    no_public_address: bool,
    /// With this public address, by the provider's id of it.
    #[arg(long, value_name = "ID")]
    address: Option<String>,
    /// A port to open besides 22/tcp, such as 80/tcp or 53/udp (repeat for more).
    #[arg(long = "port", value_name = "PORT", value_parser = word::<Port>)]
    ports: Vec<Port>,
    /// A file that cloud-init runs at the first start.
    #[arg(long, value_name = "FILE")]
    user_data: Option<PathBuf>,
    /// A label (repeat for more).
    #[arg(long = "label", value_name = "KEY=VALUE", value_parser = label)]
    labels: Vec<(String, String)>,
    /// Pay up front for this many months. Such a machine cannot be deleted before.
    #[arg(long, value_name = "MONTHS", value_parser = clap::value_parser!(u32).range(1..=120))]
    prepaid_months: Option<u32>,
    /// The most it may cost, such as '1.5 USD/day'. A provider that takes no limit refuses the wish.
    #[arg(long, value_name = "PRICE", value_parser = price_limit)]
    max_price: Option<PriceLimit>,
    /// What one cloud's API knows besides, such as fluence.units=2: JSON or a word, or `@` and a file
    /// (repeat for more).
    #[arg(long = "option", value_name = "CLOUD.KEY=VALUE", value_parser = provider_option)]
    options: Vec<ProviderOption>,
}

impl WishArgs {
    /// The wish. Files are read; nothing is sent.
    pub(crate) fn request(
        &self,
        marker: Marker,
        place: &Place,
        sandbox: bool,
    ) -> Result<CreateRequest, Failure> {
        let machine = match (&self.offer, self.vcpus, self.memory) {
            (Some(offer), _, _) => MachineWish::Offer(OfferId(offer.clone())),
            (None, Some(vcpus), Some(memory_mib)) => MachineWish::Size(Size { vcpus, memory_mib }),
            _ => return Err(Failure::usage("`--offer`, or `--vcpus` and `--memory`, are needed")),
        };
        let public_address = match &self.address {
            Some(id) => PublicAddress::Given(id.clone()),
            None if self.no_public_address => PublicAddress::None,
            None => PublicAddress::Automatic,
        };
        let read = |path: &PathBuf| place.user_file("the user data", path, MOST_FILE_BYTES);
        Ok(CreateRequest {
            marker,
            name: self.name.clone(),
            location: LocationWish { countries: self.countries.clone(), zone: self.zone.clone() },
            machine,
            disk_gib: self.disk,
            data_disks: self.data_disks.clone(),
            image: self.image.clone(),
            ssh_keys: self.keys(place, sandbox)?,
            public_address,
            ports: self.ports.clone(),
            user_data: self.user_data.as_ref().map(read).transpose()?,
            labels: labels(&self.labels).map_err(Failure::usage)?,
            charge: self
                .prepaid_months
                .map_or(ChargeType::PayAsYouGo, |months| ChargeType::Prepaid { months }),
            price_limit: self.max_price,
            options: self.options(place)?,
        })
    }

    fn keys(&self, place: &Place, sandbox: bool) -> Result<Vec<SshKey>, Failure> {
        if self.ssh_keys.is_empty() && sandbox {
            return Ok(vec![SANDBOX_KEY.parse()?]);
        }
        if self.ssh_keys.is_empty() {
            return Err(Failure::usage("`--ssh-key` is missing: without a public key nobody can log in")
                .hint("`--ssh-key ~/.ssh/id_ed25519.pub`; `ssh-keygen -t ed25519` makes one"));
        }
        self.ssh_keys.iter().map(|path| read_key(place, path)).collect()
    }

    fn options(&self, place: &Place) -> Result<BTreeMap<String, Map<String, Value>>, Failure> {
        let mut options: BTreeMap<String, Map<String, Value>> = BTreeMap::new();
        for ProviderOption { kind, key, value } in &self.options {
            let name = printable(&format!("{kind}.{key}"));
            if !Kind::ALL.iter().any(|known| known.word() == kind) {
                let kinds = Kind::ALL.map(|kind| format!("`{kind}`")).join(", ");
                let message = format!("`--option {name}` names no cloud: it begins with one of {kinds}");
                return Err(Failure::usage(message));
            }
            let value = option_value(&name, key, value, place)?;
            if options.entry(kind.clone()).or_default().insert(key.clone(), value).is_some() {
                return Err(Failure::usage(format!("`--option {name}` is given twice")));
            }
        }
        Ok(options)
    }
}

/// The public key in a file that the user named.
pub(crate) fn read_key(place: &Place, path: &Path) -> Result<SshKey, Failure> {
    let text = place.user_file("the public key", path, MOST_FILE_BYTES)?;
    text.parse::<SshKey>().map_err(|error| {
        let shown = path.display();
        Failure::usage(format!("`--ssh-key {shown}` is no public key: {}", error.message()))
    })
}

fn option_value(name: &str, key: &str, value: &str, place: &Place) -> Result<Value, Failure> {
    let lower = key.to_lowercase();
    let secret = ["password", "secret", "token"].iter().any(|word| lower.contains(word));
    if secret {
        let message = format!(
            "`--option {name}` is refused: a secret is never an argument, because every program on this machine can \
             read arguments, and a wish is kept and shown"
        );
        return Err(Failure::usage(message)
            .hint("secrets belong to the account: `…_env` or `…_file` in vmbroker.toml, which `vmbroker init` explains"));
    }
    let text = match value.strip_prefix('@') {
        Some(file) => place.user_file("the option's file", file.as_ref(), MOST_FILE_BYTES)?,
        None => value.to_owned(),
    };
    Ok(serde_json::from_str(&text).unwrap_or_else(|_| Value::from(text.trim_end_matches(['\r', '\n']))))
}
