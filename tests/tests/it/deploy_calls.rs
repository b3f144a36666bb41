//! How many HTTP calls it takes to bring up many machines over three clouds.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use vmbroker::deploy::{Plan, Strategy};
use vmbroker::journal::SqliteJournal;
use vmbroker::{
    Catalogue, ComputeProvider, CreateRequest, Currency, Deletion, ExchangeRate, ExchangeRates, Handle,
    Listing, Market, Observation, Offer, OfferQuery, ProviderId, Question, Registry, Result, Semantics,
};
use vmbroker_sim::{Call, Dialect};
use vmbroker_tests::{Fleet, broker, spec};

use crate::deploy::up;

/// So short that no day ends meanwhile, and what a day costs is what all of it costs.
const RUN: Duration = Duration::from_secs(3 * 3_600);
/// Looks that lie closer together belong to one round: the pause between two rounds is a quarter of an account's pace
/// at least.
const APART: i64 = 1_000;

/// What arrived at all clouds while machines were brought up.
#[derive(Debug, Default)]
struct Count {
    creates: usize,
    /// Calls that look at machines.
    looks: usize,
    /// Calls that ask for offers and prices.
    questions: usize,
    /// All others: images, subnets, keys and such.
    others: usize,
    /// How often the busiest cloud was looked at.
    rounds: usize,
    /// One for each offer and minute in which creates were sent.
    requotes: usize,
}

impl Count {
    fn calls(&self) -> usize {
        self.creates + self.looks + self.questions + self.others
    }

    /// One create a machine, a handful of calls a round, one question an offer and minute, and what is asked once.
    fn most(&self, machines: usize) -> usize {
        machines + 7 * self.rounds + self.requotes + 60
    }
}

/// Brings so many machines up, spread over the clouds of these dialects, each account put through `wrap`.
async fn count(
    dialects: &[Dialect],
    machines: u32,
    wrap: impl Fn(Arc<dyn ComputeProvider>) -> Arc<dyn ComputeProvider>,
) -> Count {
    let home = tempfile::tempdir().unwrap();
    let fleet = Fleet::set(dialects).await;
    for cloud in fleet.clouds() {
        // A Waldur builds five at once unless told; here all build side by side everywhere.
        cloud.account().shelf("settings").insert("provisioning_limit".to_owned(), machines.into());
    }
    let registry = fleet.registry_of(wrap);
    let wanted = wanted(&fleet, &registry, machines).await;
    let (offers, before) = (wanted.choices.len(), calls(&fleet));
    let journal = SqliteJournal::open(home.path(), fleet.clock.now(), None).await.unwrap();
    let broker = broker(registry, Arc::new(journal)).exchanging(rates());
    let start = fleet.clock.now();
    let report = up(&fleet, &broker, wanted).await;
    assert!(report.is_complete() && fleet.live() == usize::try_from(machines).unwrap(), "{report:#?}");
    let mut count = Count::default();
    let mut last_create = start;
    for (all, before) in calls(&fleet).into_iter().zip(before) {
        let new = &all[before.len()..];
        let of = |words: &[&str]| new.iter().filter(|call| words.contains(&call.operation)).count();
        count.creates += of(&["create"]);
        count.looks += of(&["status", "list"]);
        count.questions += of(&["offers"]);
        count.others += new.len() - of(&["create", "status", "list", "offers"]);
        count.rounds = count.rounds.max(rounds(new));
        let creates = new.iter().filter(|call| call.operation == "create").map(|call| call.at);
        last_create = creates.fold(last_create, Timestamp::max);
    }
    let minutes = last_create.duration_since(start).as_secs() / 60 + 1;
    count.requotes = offers * usize::try_from(minutes).unwrap();
    count
}

fn calls(fleet: &Fleet) -> Vec<Vec<Call>> {
    fleet.clouds().map(vmbroker_sim::Cloud::calls).collect()
}

/// How often one cloud was looked at, by the times at which looks arrived.
fn rounds(calls: &[Call]) -> usize {
    let looks = calls.iter().filter(|call| ["status", "list"].contains(&call.operation));
    let mut times: Vec<i64> = looks.map(|call| call.at.as_millisecond()).collect();
    times.sort_unstable();
    times.chunk_by(|a, b| b - a < APART).count()
}

fn rates() -> ExchangeRates {
    let (from, to) = ("EUR".parse().unwrap(), Currency::USD);
    let rate = ExchangeRate { from, to, rate: 1.into(), date: None, source: "a test".to_owned() };
    ExchangeRates::new([rate]).unwrap()
}

/// So many small machines over all fitting offers, each priced again before its create.
async fn wanted(fleet: &Fleet, registry: &Registry, machines: u32) -> vmbroker::deploy::DeploySpec {
    let market = Market::new(registry.clone(), Catalogue::in_memory(), rates());
    let query = OfferQuery { vcpus: Some(2), memory_mib: Some(4_096), ..OfferQuery::default() };
    let mut question = Question::new(query, fleet.clock.now(), RUN);
    question.currency = Some(Currency::USD);
    let comparison = market.compare(&question).await;
    let mut plan = Plan::of(&comparison);
    let small = |choice: &vmbroker::deploy::Choice| {
        let of = comparison.ranked.iter().find(|it| it.offer.id == choice.offer);
        of.is_some_and(|it| it.offer.size.vcpus == 2)
    };
    plan.choices.retain(small);
    let mut wanted = spec("web", machines, plan.choices);
    wanted.policy.strategy = Strategy::Spread;
    wanted.policy.run = Some(RUN);
    wanted
}

#[tokio::test(start_paused = true)]
async fn five_hundred_machines_over_three_clouds_cost_one_create_each_and_a_handful_of_calls_a_round() {
    let count = count(&Dialect::DEFAULT, 500, |provider| provider).await;
    assert_eq!(count.creates, 500, "{count:?}");
    assert!(count.looks <= 7 * count.rounds, "{count:?}");
    assert!(count.calls() <= count.most(500), "{} calls, {count:?}", count.calls());
}

#[tokio::test(start_paused = true)]
async fn looking_at_each_machine_on_its_own_is_found_out() {
    let one_by_one = |inner| -> Arc<dyn ComputeProvider> { Arc::new(OneByOne(inner)) };
    let broken = count(&Dialect::DEFAULT, 60, one_by_one).await;
    assert!(broken.calls() > broken.most(60), "{broken:?}");
    let whole = count(&Dialect::DEFAULT, 60, |provider| provider).await;
    assert!(whole.calls() <= whole.most(60), "{whole:?}");
}

/// An account that asks for each machine on its own.
#[derive(Debug)]
struct OneByOne(Arc<dyn ComputeProvider>);

#[async_trait]
impl ComputeProvider for OneByOne {
    fn id(&self) -> &ProviderId {
        self.0.id()
    }

    fn semantics(&self) -> &Semantics {
        self.0.semantics()
    }

    async fn offers(&self, query: &OfferQuery) -> Result<Vec<Offer>> {
        self.0.offers(query).await
    }

    async fn create(&self, request: &CreateRequest) -> Result<Handle> {
        self.0.create(request).await
    }

    async fn status(&self, handles: &[Handle]) -> Result<Vec<Observation>> {
        let mut seen = Vec::new();
        for handle in handles {
            seen.extend(self.0.status(std::slice::from_ref(handle)).await?);
        }
        Ok(seen)
    }

    async fn list(&self) -> Result<Listing> {
        self.0.list().await
    }

    async fn delete(&self, handle: &Handle) -> Result<Deletion> {
        self.0.delete(handle).await
    }
}
