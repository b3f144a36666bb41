//! A deployment's file: what is wanted, where, and what to do when it goes wrong.

mod fields;
mod hashes;
mod machine;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use toml::Table;
use vmbroker::deploy::{MOST_MACHINES, OnUncertain, Policy, Ready, Strategy};
use vmbroker::{Country, CreateRequest, Currency, LocationWish, Money, OfferQuery, PriceLimit, ProviderId};

use crate::config::{Place, read_text, syntax};
use crate::failure::Failure;
use crate::units::{duration, money, price_limit, run_time, word};
use fields::Fields;

/// Far more than a deployment needs.
const MOST_BYTES: u64 = 1_024 * 1_024;

/// The keys at the top.
const KEYS: [&str; 16] = [
    "name",
    "count",
    "for",
    "strategy",
    "budget",
    "price_limit",
    "currency",
    "ready",
    "provision_within",
    "approval_within",
    "delete_within",
    "late_watch",
    "unresolved_most",
    "on_uncertain",
    "machine",
    "where",
];
/// The keys of `[where]`.
const WHERE: [&str; 4] = ["countries", "zone", "providers", "exclude"];

/// A deployment as its file describes it.
#[derive(Debug)]
pub(crate) struct Wanted {
    pub name: String,
    pub count: u32,
    /// How long the machines are to run: what they are compared by.
    pub run: Duration,
    /// What each machine is to be; its marker is replaced for each one.
    pub template: CreateRequest,
    pub place: Whereabouts,
    /// The currency that prices are compared in; absent: that of the budget, else the market's own choice.
    pub currency: Option<Currency>,
    /// The most that one machine may cost for a time.
    pub price_limit: Option<PriceLimit>,
    pub policy: Policy,
    /// What the file hashes to.
    pub file_hash: String,
    /// The hash of each field that may not change while the deployment stands.
    pub fields: BTreeMap<String, String>,
}

/// Where machines may stand.
#[derive(Clone, Debug, Default)]
pub(crate) struct Whereabouts {
    pub countries: Vec<Country>,
    pub zone: Option<String>,
    /// Only these accounts, in the order in which `in-order` tries them; empty: all, by name.
    pub providers: Vec<ProviderId>,
    /// Not these accounts.
    pub exclude: Vec<ProviderId>,
}

impl Wanted {
    /// Reads the file, and those that it names. `sandbox`: the machines exist only in simulated clouds of this
    /// process, so that nobody needs a key for them.
    pub(crate) fn read(file: &Path, place: &Place, sandbox: bool) -> Result<Self, Failure> {
        let path = place.resolve(&place.folder, file);
        let shown = format!("{}: ", path.display());
        let text = read_text(&path, MOST_BYTES).map_err(|error| {
            Failure::configuration(format!("the deployment's file `{}` cannot be read", path.display()))
                .because(error)
                .hint("`vmbroker init --deployment FILE` writes one to fill in")
        })?;
        let table: Table = text.parse().map_err(|error| syntax(&shown, &text, &error))?;
        let folder = path.parent().unwrap_or(Path::new(""));
        let mut wanted = Self::from_table(&shown, table.clone(), place, folder, sandbox)?;
        wanted.file_hash = hashes::of_text(&text);
        wanted.fields = hashes::of_fields(&table, &wanted.template);
        Ok(wanted)
    }

    fn from_table(
        shown: &str,
        table: Table,
        place: &Place,
        folder: &Path,
        sandbox: bool,
    ) -> Result<Self, Failure> {
        let mut top = Fields::new(shown, "", &KEYS, table)?;
        let name = top.text("name")?;
        let name = name.ok_or_else(|| top.missing("name", "it is what the deployment is known by"))?;
        check_name(&top, &name)?;
        let count = top.whole("count", 0, MOST_MACHINES)?;
        let count = count.ok_or_else(|| top.missing("count", "it says how many machines"))?;
        let run = top.duration("for", run_time)?;
        let run = run.ok_or_else(|| {
            top.missing(
                "for",
                "it says how long the machines are to run, such as \"30d\"; that decides which is cheapest",
            )
        })?;
        let currency = top.word("currency", word::<Currency>)?;
        let limit = top.word("price_limit", price_limit)?;
        let policy = policy(&mut top, run)?;
        let (machine, whereabouts) = (top.table("machine")?, top.table("where")?);
        let machine = machine.ok_or_else(|| top.missing("machine", "it begins with `[machine]`"))?;
        let whereabouts = whereabouts.map(|table| read_place(shown, table)).transpose()?.unwrap_or_default();
        check_currency(shown, currency, &policy)?;
        let mut template = machine::read(shown, machine, place, folder, sandbox)?;
        template.location =
            LocationWish { countries: whereabouts.countries.clone(), zone: whereabouts.zone.clone() };
        template.name = Some(name.clone());
        template.check().map_err(|error| Failure::configuration(format!("{shown}{}", error.message())))?;
        Ok(Self {
            name,
            count,
            run,
            template,
            place: whereabouts,
            currency,
            price_limit: limit,
            policy,
            file_hash: String::new(),
            fields: BTreeMap::new(),
        })
    }

    /// Which offers are asked for.
    pub(crate) fn query(&self) -> OfferQuery {
        let size = match &self.template.machine {
            vmbroker::MachineWish::Size(size) => Some(*size),
            vmbroker::MachineWish::Offer(_) => None,
        };
        OfferQuery {
            vcpus: size.map(|size| size.vcpus),
            memory_mib: size.map(|size| size.memory_mib),
            disk_gib: self.template.disk_gib,
            countries: self.place.countries.clone(),
            zone: self.place.zone.clone(),
            charge: Some(self.template.charge),
            ..OfferQuery::default()
        }
    }
}

/// Whether a deployment may have this name.
pub(crate) fn is_name(name: &str) -> bool {
    let fits = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-');
    let hyphens = name.starts_with('-') || name.ends_with('-');
    (1..=40).contains(&name.len()) && name.bytes().all(fits) && !hyphens
}

fn check_name(top: &Fields<'_>, name: &str) -> Result<(), Failure> {
    if is_name(name) {
        return Ok(());
    }
    let allowed = "it must be 1 to 40 characters of a-z, 0-9 and `-`, with no hyphen at either end";
    Err(top.wrong("name", name, allowed))
}

fn check_currency(shown: &str, currency: Option<Currency>, policy: &Policy) -> Result<(), Failure> {
    match (currency, policy.budget) {
        (Some(currency), Some(Money { currency: other, .. })) if currency != other => {
            let message = format!("{shown}`currency` is `{currency}`, but `budget` is in {other}");
            Err(Failure::configuration(message).hint("leave `currency` out: that of the budget is taken"))
        }
        _ => Ok(()),
    }
}

fn policy(top: &mut Fields<'_>, run: Duration) -> Result<Policy, Failure> {
    let usual = Policy::default();
    let strategies =
        [("cheapest", Strategy::Cheapest), ("in-order", Strategy::InOrder), ("spread", Strategy::Spread)];
    let goals = [("running", Ready::Running), ("reachable", Ready::Reachable)];
    let choices = |text: &str| match text {
        "proceed" => Ok(OnUncertain::Proceed),
        "ask" => Ok(OnUncertain::Ask),
        _ => Err("it must be one of \"proceed\", \"ask\"".to_owned()),
    };
    let mut on_uncertain = BTreeMap::new();
    for (account, text) in top.pairs("on_uncertain")? {
        let key = format!("on_uncertain.{account}");
        let id: ProviderId =
            account.parse().map_err(|_| top.wrong(&key, &account, "no account has such a name"))?;
        on_uncertain.insert(id, choices(&text).map_err(|allowed| top.wrong(&key, &text, &allowed))?);
    }
    Ok(Policy {
        strategy: top.one_of("strategy", &strategies)?.unwrap_or(usual.strategy),
        ready: top.one_of("ready", &goals)?.unwrap_or(usual.ready),
        provision_within: top.duration("provision_within", duration)?.unwrap_or(usual.provision_within),
        approval_within: top.duration("approval_within", duration)?.unwrap_or(usual.approval_within),
        delete_within: top.duration("delete_within", duration)?.unwrap_or(usual.delete_within),
        budget: top.word("budget", money)?,
        on_uncertain,
        unresolved_most: top.whole("unresolved_most", 1, 100)?.unwrap_or(usual.unresolved_most),
        late_watch: top.duration("late_watch", duration)?.unwrap_or(usual.late_watch),
        run: Some(run),
    })
}

fn read_place(shown: &str, table: Table) -> Result<Whereabouts, Failure> {
    let mut fields = Fields::new(shown, "where", &WHERE, table)?;
    let place = Whereabouts {
        countries: fields.list("countries", word::<Country>)?,
        zone: fields.text("zone")?,
        providers: fields.list("providers", word::<ProviderId>)?,
        exclude: fields.list("exclude", word::<ProviderId>)?,
    };
    if let Some(both) = place.providers.iter().find(|id| place.exclude.contains(id)) {
        return Err(fields.wrong("exclude", both.as_str(), "`where.providers` names it, too"));
    }
    Ok(place)
}
