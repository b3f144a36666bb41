//! One world: clouds, a deployment, and programs that die one after the other.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use fastrand::Rng;
use tokio::runtime::Builder;
use vmbroker::deploy::engine::{Decision, Deployment, Leg, LegState, Question};
use vmbroker::deploy::{Broker, DeploySpec, Report, Strategy, SweepOptions};
use vmbroker::journal::SqliteJournal;
use vmbroker::{ComputeProvider, Handle, Marker};
use vmbroker_sim::{Cloud, Dialect, Fault, FaultKind};
use vmbroker_tests::{Fleet, broker, judge, spec};

use crate::account::{Account, Lack};
use crate::life::{Life, Mortal};
use crate::trouble;

/// How many lives the program has in the middle of trouble.
const LIVES: u32 = 5;
/// How often it is tried once the trouble is over: what is blocked stays so for an hour at most.
const CALM: u32 = 8;

/// What was counted.
#[derive(Debug, Default)]
pub(crate) struct Count {
    pub(crate) faulted: usize,
    pub(crate) crashes: usize,
    creates: usize,
    calls: usize,
    machines: usize,
    wanted: usize,
    asked: usize,
    bills: usize,
    unpriced: usize,
}

impl Count {
    pub(crate) fn add(&mut self, other: &Self) {
        self.faulted += other.faulted;
        self.crashes += other.crashes;
        self.creates += other.creates;
        self.calls += other.calls;
        self.machines += other.machines;
        self.wanted += other.wanted;
        self.asked += other.asked;
        self.bills += other.bills;
        self.unpriced += other.unpriced;
    }

    /// The same for the table of all that was tried.
    pub(crate) fn counts(&self) -> [(&'static str, u64); 6] {
        let number = |count: usize| u64::try_from(count).unwrap();
        [
            ("creates that met a fault", number(self.faulted)),
            ("creates", number(self.creates)),
            ("calls", number(self.calls)),
            ("crashes", number(self.crashes)),
            ("bills inside their receipts", number(self.bills)),
            ("bills without a known price", number(self.unpriced)),
        ]
    }
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} creates over HTTP, {} of them faulted, and {} calls in all, gave {} machines for {} wanted ones; {} crashes, {} questions; 0 \
             lost, 0 doubled; {} bills within their receipts, {} without a known price",
            self.creates,
            self.faulted,
            self.calls,
            self.machines,
            self.wanted,
            self.crashes,
            self.asked,
            self.bills,
            self.unpriced
        )
    }
}

/// Tells the world of this seed; what was counted in it. With accounts that lack something the judge must find it out.
pub(crate) fn tell(seed: u64, lack: Option<Lack>) -> Count {
    let runtime = Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let world = World::new(seed, lack).await;
        world.run().await
    })
}

struct World {
    seed: u64,
    lack: Option<Lack>,
    random: Rng,
    fleet: Fleet,
    journal: SqliteJournal,
    spec: DeploySpec,
    count: Count,
}

impl World {
    async fn new(seed: u64, lack: Option<Lack>) -> Self {
        let mut random = Rng::with_seed(seed);
        // Where absence cannot be proven, a person is asked again and again: one world in eight.
        let fluence = if seed % 8 == 7 { Dialect::Fluence202504 } else { Dialect::Fluence202505 };
        let mut order = [fluence, Dialect::Wayscloud, Dialect::Waldur, Dialect::Zenlayer];
        let fleet = Fleet::set(&order).await;
        for dialect in order {
            trouble::arm(fleet.cloud(dialect), dialect, &mut random);
        }
        random.shuffle(&mut order);
        let mut spec = spec("web", random.u32(20..50), fleet.choices(&order).await);
        spec.policy.strategy =
            *random.choice(&[Strategy::InOrder, Strategy::Cheapest, Strategy::Spread]).unwrap();
        spec.policy.unresolved_most = random.u32(3..40);
        let journal = SqliteJournal::in_memory(fleet.clock.now()).await.unwrap();
        let count = Count { wanted: usize::try_from(spec.count).unwrap(), ..Count::default() };
        Self { seed, lack, random, fleet, journal, spec, count }
    }

    async fn run(mut self) -> Count {
        for life in 0..LIVES {
            let long = life + 1 == LIVES;
            let commits = u64::from(self.spec.count) * 4;
            let life = if long {
                Life::long()
            } else {
                Life::until(self.random.u64(1..commits), self.random.bool())
            };
            self.live(&life).await;
            self.judge(&format!("seed {}, in trouble", self.seed)).await;
            self.decide().await;
            let pause = Duration::from_secs(self.random.u64(0..3_700));
            self.fleet.clock.sleep(pause).await;
        }
        for cloud in self.fleet.clouds() {
            cloud.disarm();
        }
        let mut report = None;
        for _ in 0..CALM {
            report = self.live(&Life::long()).await;
            self.decide().await;
            if report.as_ref().is_some_and(Report::is_complete) {
                break;
            }
            self.fleet.clock.sleep(Duration::from_secs(3_700)).await;
        }
        let case = format!("seed {}, in calm", self.seed);
        assert!(report.as_ref().is_some_and(Report::is_complete), "{case}: {report:#?}");
        self.judge(&case).await;
        let wanted = usize::try_from(self.spec.count).unwrap();
        assert_eq!(self.fleet.live(), wanted, "{case}: {:#?}", self.state().await.legs);
        self.end().await;
        self.count
    }

    /// What a program has in this life.
    fn broker(&mut self, life: &Arc<Life>) -> Broker {
        let (clock, lack, mut seeds) = (self.fleet.clock.clone(), self.lack, self.random.fork());
        let seeds = std::sync::Mutex::new(&mut seeds);
        let registry = self.fleet.registry_of(|inner| {
            let seed = seeds.lock().unwrap().u64(..);
            Arc::new(Account::new(inner, Arc::clone(life), clock.clone(), lack, seed))
        });
        let journal = Mortal { inner: self.journal.clone(), life: Arc::clone(life) };
        broker(registry, Arc::new(journal))
    }

    /// One life: deploys until all is done, or until it dies.
    async fn live(&mut self, life: &Arc<Life>) -> Option<Report> {
        let broker = self.broker(life);
        let work = async {
            broker.look().await?;
            broker.deploy(self.spec.clone()).await?.finish().await
        };
        let done = self.within(work).await;
        match done {
            Ok(report) => Some(report),
            Err(error) => {
                assert!(life.is_over(), "seed {}: {error}", self.seed);
                self.count.crashes += 1;
                None
            }
        }
    }

    async fn within<T>(&self, work: impl Future<Output = T>) -> T {
        tokio::select! {
            done = work => done,
            () = self.fleet.clock.sleep(Duration::from_secs(72 * 3_600)) => panic!("seed {}: it never ends", self.seed),
        }
    }

    async fn state(&self) -> Deployment {
        let broker = broker(self.fleet.registry(), Arc::new(self.journal.clone()));
        let state = broker.state("web").await.unwrap();
        state.unwrap_or_else(|| Deployment::new("web", self.fleet.clock.now()))
    }

    async fn judge(&self, case: &str) {
        let state = self.state().await;
        judge::nothing_is_lost_or_doubled(self.fleet.clouds(), &state, case);
        if state.legs.is_empty() {
            return;
        }
        let broker = broker(self.fleet.registry(), Arc::new(self.journal.clone()));
        let events = broker.events("web").await.unwrap();
        judge::creates_are_bounded(self.fleet.clouds(), &state, &events, case);
    }

    /// A person looks at the provider's own page, and answers what is asked.
    async fn decide(&mut self) {
        let broker = broker(self.fleet.registry(), Arc::new(self.journal.clone()));
        let state = self.state().await;
        let asks: Vec<&Leg> =
            state.legs.values().map(|leg| &**leg).filter(|leg| leg.state == LegState::AskUser).collect();
        for leg in asks {
            self.count.asked += 1;
            let decision = match self.page_of(leg.marker) {
                None => Decision::ConfirmAbsent,
                Some((cloud, id)) if leg.question == Some(Question::Gone) => {
                    // What no list shows and nobody can use is taken down there; the next look at the page sees that.
                    let mut account = cloud.account();
                    let at = account.position(&id).unwrap();
                    account.remove(at, cloud.now(), None);
                    continue;
                }
                Some((_, id)) => {
                    let provider = broker.registry().get(&leg.choice.account).unwrap();
                    let listed = self.listed(&*provider, leg).await;
                    Decision::Adopt(listed.unwrap_or_else(|| Handle::of_instance(&leg.choice.account, id)))
                }
            };
            // Whoever adopts a machine looks at it, which fails as any other look.
            for _ in 0..20 {
                if broker.resolve(leg.marker, decision.clone()).await.is_ok() {
                    break;
                }
                self.fleet.clock.sleep(Duration::from_secs(60)).await;
            }
        }
    }

    /// What the provider's own page says of the machine with this marker that costs money: where it is, and its id.
    fn page_of(&self, marker: Marker) -> Option<(&Cloud, String)> {
        let open = |cloud: &Cloud| cloud.ledger().open_with(marker.as_str()).next().map(|it| it.id.clone());
        self.fleet.clouds().find_map(|cloud| Some((cloud, open(cloud)?)))
    }

    /// The handle by which the list shows it. The look of a person fails as any other, and is repeated.
    async fn listed(&self, provider: &dyn ComputeProvider, leg: &Leg) -> Option<Handle> {
        for _ in 0..20 {
            let list = provider.list().await.ok();
            if let Some(found) =
                list.and_then(|list| list.with_marker(leg.marker).next().map(|it| it.handle.clone()))
            {
                return Some(found);
            }
            self.fleet.clock.sleep(Duration::from_secs(60)).await;
        }
        None
    }

    /// Takes all down, with deletions that go wrong, and lets the ledgers say what it cost.
    async fn end(&mut self) {
        let case = format!("seed {}, at the end", self.seed);
        for cloud in self.fleet.clouds() {
            for kind in
                [FaultKind::LoseAnswer, FaultKind::Revert, FaultKind::StatusAfter(500), FaultKind::Reset]
            {
                cloud.arm(Fault { after: self.random.u32(0..20), ..Fault::once("delete", kind) });
            }
        }
        let dying = Life::until(self.random.u64(1..60), self.random.bool());
        for life in [dying, Life::long()] {
            let broker = self.broker(&life);
            let work = async { broker.destroy("web").await?.finish().await };
            let done = self.within(work).await;
            assert!(done.is_ok() || life.is_over(), "{case}: {done:?}");
            self.count.crashes += usize::from(done.is_err());
        }
        let state = self.state().await;
        assert_eq!(self.fleet.live(), 0, "{case}: {:#?}", state.legs);
        self.judge(&case).await;
        let broker = self.broker(&Life::long());
        let receipt = broker.receipt("web").await.unwrap().unwrap();
        (self.count.bills, self.count.unpriced) =
            judge::bills(self.fleet.clouds(), &receipt, &broker.events("web").await.unwrap(), &case);
        let swept = broker.sweep(SweepOptions::default()).await.unwrap();
        assert!(swept.machines.is_empty() && swept.failed.is_empty(), "{case}: {swept:#?}");
        self.count.machines = self.fleet.ever();
        self.count.calls = self.fleet.clouds().map(|cloud| cloud.count_calls(None)).sum();
        for call in self.fleet.clouds().flat_map(Cloud::calls).filter(|call| call.operation == "create") {
            self.count.creates += 1;
            self.count.faulted += usize::from(call.fault.is_some());
        }
    }
}
