//! Short programs that use vmbroker on the simulated clouds. Each file in `src/bin` is one.
//!
//! Here stands what they share and an application would not have: simulated clouds in this process, and accounts at
//! them. With real clouds, the settings and secrets come from wherever the application keeps them.

pub mod breeze;

use std::time::Duration;

use serde_json::{Map, Value, json};
use vmbroker::deploy::{Choice, Plan};
use vmbroker::{
    Account, Catalogue, Clock, CreateRequest, Currency, ExchangeRate, ExchangeRates, ImageWish, Kind, Marker,
    Market, OfferQuery, Owner, Question, Registry, Secret, Size, SshKey,
};
use vmbroker_sim::{Dialect, Fault, FaultKind, Refusal, Running, Sandbox, SandboxConfig, WALDUR_IDS};

/// How many times as fast as real time the simulated clouds run.
const SPEED: u32 = 20;

/// A public key of the examples. Nobody has the private half.
const KEY: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ0mF4kuFzFLoOfCh3mCDGEXLLXmoxpQvC1i3ZxVQeBn example@vmbroker";

/// Simulated clouds that run in this process, until this is dropped.
#[derive(Debug)]
pub struct SimulatedClouds {
    clock: Clock,
    sandbox: Sandbox,
}

impl SimulatedClouds {
    /// Starts one cloud for each dialect, on free loopback ports.
    ///
    /// # Errors
    /// Where there is no free port.
    pub async fn start(dialects: &[Dialect]) -> anyhow::Result<Self> {
        let clock = Clock::simulated("2026-01-01T00:00:00Z".parse()?, SPEED);
        let config = SandboxConfig { dialects: dialects.to_vec(), ..SandboxConfig::new(clock.clone()) };
        Ok(Self { clock, sandbox: Sandbox::start(config).await? })
    }

    /// The clock they live by: whoever waits for them must wait on it.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// From now on the account at the first cloud cannot pay.
    pub fn spend_the_money_of_the_first(&self) {
        if let Some(first) = self.sandbox.clouds().first() {
            first.cloud.arm(Fault::always("create", FaultKind::Refuse(Refusal::Funds)));
        }
    }

    /// From now on everything at every cloud costs this many percent more than at the start.
    pub fn raise_prices(&self, percent: u32) {
        for cloud in self.sandbox.clouds() {
            cloud.cloud.arm(Fault::always("offers", FaultKind::PriceMoved(percent)));
        }
    }

    /// An account at each cloud.
    ///
    /// # Errors
    /// Where two clouds would have the same name.
    pub fn accounts(&self) -> anyhow::Result<Registry> {
        let mut accounts = Registry::new(self.clock.clone());
        for cloud in self.sandbox.clouds() {
            accounts.add(account(cloud)?.open(&self.clock)?)?;
        }
        Ok(accounts)
    }

    /// The account of the cheapest of these choices takes so many more creates, then it cannot pay.
    pub fn spend_the_money_of_the_cheapest_after(&self, creates: u32, choices: &[Choice]) {
        let cheapest = choices.iter().min_by_key(|choice| choice.quote.amount);
        let is_it =
            |running: &&Running| cheapest.is_some_and(|it| it.account.as_str() == running.dialect.name());
        if let Some(running) = self.sandbox.clouds().iter().find(is_it) {
            let no_money = Fault::always("create", FaultKind::Refuse(Refusal::Funds));
            running.cloud.arm(Fault { after: creates, ..no_money });
        }
    }

    /// How many machines ever were, by the clouds' own ledgers.
    #[must_use]
    pub fn machines_ever(&self) -> usize {
        self.sandbox.clouds().iter().map(|cloud| cloud.cloud.ledger().entries.len()).sum()
    }

    /// How many machines cost money now, by the clouds' own ledgers.
    #[must_use]
    pub fn machines_that_cost_money(&self) -> usize {
        self.sandbox.clouds().iter().map(|cloud| cloud.cloud.ledger().open().count()).sum()
    }
}

/// Exchange rates to the dollar. A real application reads them from where it keeps them.
///
/// # Errors
/// Never: they are right.
pub fn rates() -> anyhow::Result<ExchangeRates> {
    let rate = |from: &str, amount: &str| -> anyhow::Result<ExchangeRate> {
        let (date, source) = (Some("2026-01-01".parse()?), "an example".to_owned());
        Ok(ExchangeRate { from: from.parse()?, to: Currency::USD, rate: amount.parse()?, date, source })
    };
    Ok(ExchangeRates::new([rate("NOK", "0.1")?, rate("EUR", "1.1")?])?)
}

/// What an hour of a small machine can be rented from, cheapest first.
///
/// # Errors
/// Where the rates are wrong.
pub async fn cheapest(accounts: &Registry) -> anyhow::Result<Vec<Choice>> {
    let small = OfferQuery { vcpus: Some(2), memory_mib: Some(4_096), ..OfferQuery::default() };
    let hour = Question::new(small, accounts.clock().now(), Duration::from_secs(3_600));
    let hour = Question { currency: Some(Currency::USD), ..hour };
    let market = Market::new(accounts.clone(), Catalogue::in_memory(), rates()?);
    Ok(Plan::of(&market.compare(&hour).await).choices)
}

/// A small machine with Ubuntu, anywhere, under a new marker.
///
/// # Panics
/// Where the operating system gives no random numbers.
#[must_use]
#[expect(clippy::expect_used, reason = "nothing can be shown without random numbers")]
pub fn wish() -> CreateRequest {
    let mut random = [0; 10];
    getrandom::fill(&mut random).expect("the operating system gives random numbers");
    // A real application has one text of its own here, and keeps it: by the owner it knows its machines again.
    let marker = Marker::new(Owner::of_installation("vmbroker examples"), random);
    let size = Size { vcpus: 2, memory_mib: 4_096 };
    let key: SshKey = KEY.parse().expect("the key of the examples is one");
    CreateRequest::new(marker, size, ImageWish::Name("ubuntu-22.04".to_owned()), key)
}

/// What a configuration would say of an account at this cloud.
fn account(running: &Running) -> anyhow::Result<Account> {
    let ids = WALDUR_IDS;
    let (kind, settings) = match running.dialect {
        Dialect::Fluence202504 => (Kind::Fluence, json!({ "contract": "2025-04" })),
        Dialect::Fluence202505 => (Kind::Fluence, json!({ "contract": "2025-05" })),
        Dialect::Wayscloud => {
            (Kind::Wayscloud, json!({ "project": ids.project, "offering": ids.offering, "plan": ids.plan }))
        }
        Dialect::Waldur => (
            Kind::Wayscloud,
            json!({ "dialect": "waldur", "project": ids.project, "offering": ids.offering }),
        ),
        Dialect::Zenlayer => (Kind::Zenlayer, json!({})),
    };
    let mut settings: Map<String, Value> = serde_json::from_value(settings)?;
    settings.insert("url".to_owned(), json!(running.url));
    // Simulated clouds are quick and hide a launch for a known time; at Fluence nobody knows, and absence would prove
    // nothing.
    settings.insert(
        "timing".to_owned(),
        json!({ "create_applies_within": "20s", "list_lags_by": "2s", "visible_within": "2m" }),
    );
    let accepted = running.cloud.account().credentials.clone();
    let credentials = match kind {
        Kind::Fluence => vec![("api_key", accepted.secret)],
        Kind::Wayscloud => vec![("token", accepted.secret)],
        Kind::Zenlayer => vec![("access_key_id", accepted.id), ("access_key_password", accepted.secret)],
    };
    let credentials = credentials.into_iter().map(|(name, secret)| (name.to_owned(), Secret::new(secret)));
    Ok(Account { id: running.dialect.name().parse()?, kind, settings, credentials: credentials.collect() })
}
