//! One run: a machine is wanted, comes up and is taken down, whatever goes wrong, by programs that die and go on.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::runtime::Builder;
use vmbroker::deploy::engine::{Decision, Deployment, Leg, LegState};
use vmbroker::deploy::{Broker, DeployError, Draw, Report, SweepOptions};
use vmbroker::journal::{Journal, SqliteJournal};
use vmbroker::{Handle, Owner, Registry};
use vmbroker_sim::{LedgerEntry, Phase};
use vmbroker_tests::judge;

use crate::door::Site;
use crate::lack::{Lack, Lacking};
use crate::life::Life;
use crate::mortal::Mortal;
use crate::plain::PlainJournal;
use crate::plot::{self, NAME, Plot};
use crate::script::Passed;
use crate::set::FaultSet;

/// How long after a program died the next one starts.
const RESTART: Duration = Duration::from_secs(5);
/// How long a person waits where the program could do nothing more: what is blocked stays so for an hour at most.
const LATER: Duration = Duration::from_secs(3_700);
/// How long before the next unit of its bill it is taken down: a little more than that takes.
const BEFORE_A_UNIT: Duration = Duration::from_secs(10);
/// More programs than any set needs: each fault costs a life or a few attempts.
const MOST_LIVES: u32 = 24;

/// How a run is told.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Manner {
    /// The journal is SQLite's, in memory; else a plain one.
    pub(crate) sqlite: bool,
    /// What the program lacks.
    pub(crate) lack: Option<Lack>,
    /// Each point and event is printed.
    pub(crate) loud: bool,
}

/// What a run came to.
#[derive(Debug, Default)]
pub(crate) struct Told {
    /// What it passed, in order.
    pub(crate) passed: Vec<Passed>,
    pub(crate) lives: u64,
    pub(crate) questions: u64,
    pub(crate) creates: u64,
    pub(crate) machines: u64,
    pub(crate) bills: u64,
}

/// Tells the run of this set.
///
/// # Errors
/// The judge's complaint.
pub(crate) fn tell(plot: &Plot, manner: Manner, set: &FaultSet) -> Result<Told, String> {
    let run = || {
        // The jitter of repeats is drawn from this.
        fastrand::seed(1);
        let mut runtime = Builder::new_current_thread();
        let runtime = runtime.enable_time().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let mut world = World::new(plot, manner, set.clone()).await;
            world.up().await;
            world.stand().await;
            world.down().await;
            world.end().await
        })
    };
    std::panic::catch_unwind(AssertUnwindSafe(run)).map_err(|complaint| {
        let text = complaint.downcast_ref::<String>().cloned();
        text.or_else(|| complaint.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap_or_default()
    })
}

struct World<'a> {
    plot: &'a Plot,
    manner: Manner,
    site: Site,
    journal: Arc<dyn Journal>,
    drawn: Arc<AtomicU64>,
    told: Told,
}

impl<'a> World<'a> {
    async fn new(plot: &'a Plot, manner: Manner, set: FaultSet) -> Self {
        let site = plot::site(plot.dialect, set, manner.lack, manner.loud);
        let now = site.clock.now();
        let journal: Arc<dyn Journal> = if manner.sqlite {
            Arc::new(SqliteJournal::in_memory(now).await.unwrap())
        } else {
            Arc::new(PlainJournal::new(now))
        };
        Self { plot, manner, site, journal, drawn: Arc::default(), told: Told::default() }
    }

    /// It is brought up, by as many programs as it takes.
    async fn up(&mut self) {
        for _ in 0..MOST_LIVES {
            let spec = self.plot.spec();
            let deploy = async |broker: Broker| {
                broker.look().await?;
                broker.deploy(spec).await?.finish().await
            };
            let report = self.live(deploy).await;
            if report.as_ref().is_some_and(Report::is_complete) {
                assert_eq!(self.live_machines(), 1, "one machine was wanted: {report:#?}");
                return;
            }
            self.go_on(report.is_some()).await;
        }
        panic!("it never comes up: {:#?}", self.state().await.legs);
    }

    /// It stands until just before the next unit of its bill: a moment more or less of it is then seen.
    async fn stand(&self) {
        let ledger = self.site.cloud.ledger();
        let Some(entry) = ledger.open().next() else { return };
        let next = self.plot.next_unit(entry.created, self.site.clock.now());
        self.site.clock.sleep(next.saturating_sub(BEFORE_A_UNIT)).await;
    }

    /// It is taken down, by as many programs as it takes.
    async fn down(&mut self) {
        for _ in 0..MOST_LIVES {
            let destroy = async |broker: Broker| broker.destroy(NAME).await?.finish().await;
            let report = self.live(destroy).await;
            let state = self.state().await;
            let settled = !state.legs.values().any(|leg| leg.may_live());
            if report.is_some() && settled && self.live_machines() == 0 {
                return;
            }
            self.go_on(report.is_some()).await;
        }
        panic!("it never goes: {:#?}", self.state().await.legs);
    }

    /// A sweep finds nothing, and each bill is within its receipt.
    async fn end(mut self) -> Told {
        // Until then an old list may still show what was there.
        self.site.clock.sleep(Duration::from_secs(self.site.promises.old + 10)).await;
        for _ in 0..MOST_LIVES {
            let swept = self.live(async |broker: Broker| broker.sweep(SweepOptions::default()).await).await;
            if let Some(swept) = swept.filter(|swept| swept.failed.is_empty()) {
                assert!(swept.machines.is_empty(), "a sweep finds something: {:#?}", swept.machines);
                break;
            }
        }
        let broker = self.outside();
        let (receipt, events) =
            (broker.receipt(NAME).await.unwrap().unwrap(), broker.events(NAME).await.unwrap());
        judge::creates_are_bounded([&self.site.cloud].into_iter(), &self.state().await, &events, "");
        let (checked, _) = judge::bills([&self.site.cloud].into_iter(), &receipt, &events, "");
        let count = |number: usize| u64::try_from(number).unwrap();
        self.told.bills = count(checked);
        self.told.machines = count(self.site.cloud.ledger().entries.len());
        self.told.creates = count(self.site.cloud.count_calls(Some("create")));
        self.told.passed = self.site.script.end();
        self.told
    }

    /// One life of the program; absent where it died, or ended with an error that it had a reason for.
    async fn live<T>(&mut self, work: impl AsyncFnOnce(Broker) -> Result<T, DeployError>) -> Option<T> {
        self.told.lives += 1;
        let life = Life::new();
        let work = work(self.broker(Some(&life)));
        let within = async {
            tokio::select! {
                done = work => done,
                () = self.site.clock.sleep(Duration::from_secs(72 * 3_600)) => panic!("it never ends"),
            }
        };
        let done = match life.lives(within).await {
            None => None,
            Some(Ok(done)) => Some(done),
            Some(Err(error)) => {
                assert!(life.may_fail(), "the program ends with an error: {error}");
                None
            }
        };
        // Whatever it came to, the process ends, and what it had under way with it.
        life.end();
        self.judge().await;
        done
    }

    /// Until the next program: soon after a death; where there was nothing left to do, a person answers what is asked.
    async fn go_on(&mut self, lived: bool) {
        if lived {
            self.decide().await;
        }
        self.site.clock.sleep(if lived { LATER } else { RESTART }).await;
    }

    /// What a program has in this life; without one, what a person has who looks on.
    fn broker(&self, life: Option<&Arc<Life>>) -> Broker {
        let mut registry = Registry::new(self.site.clock.clone());
        let mut provider = plot::account(self.plot.dialect, &self.site, life);
        if let (Some(lack), Some(_)) = (self.manner.lack, life) {
            let (inner, clock) = (provider, self.site.clock.clone());
            provider = Arc::new(Lacking { inner, lack, clock, ended: Default::default() });
        }
        registry.add(provider).unwrap();
        let journal: Arc<dyn Journal> = match life {
            None => Arc::clone(&self.journal),
            Some(life) => Arc::new(Mortal {
                inner: Arc::clone(&self.journal),
                life: Arc::clone(life),
                script: Arc::clone(&self.site.script),
                lack: self.manner.lack,
                owed: Default::default(),
            }),
        };
        let drawn = Arc::clone(&self.drawn);
        let draw = Draw::new(move || {
            let mut random = [1; 10];
            random[2..].copy_from_slice(&drawn.fetch_add(1, Ordering::SeqCst).to_be_bytes());
            Ok(random)
        });
        Broker::new(registry, journal, Owner::of_installation("tests")).drawing(draw)
    }

    fn outside(&self) -> Broker {
        self.broker(None)
    }

    async fn state(&self) -> Deployment {
        let state = self.outside().state(NAME).await.unwrap();
        state.unwrap_or_else(|| Deployment::new(NAME, self.site.clock.now()))
    }

    fn live_machines(&self) -> usize {
        self.site.cloud.ledger().open().count()
    }

    async fn judge(&self) {
        let state = self.state().await;
        judge::nothing_is_lost_or_doubled([&self.site.cloud].into_iter(), &state, "");
    }

    /// A person looks at the provider's own page, and answers what is asked.
    async fn decide(&mut self) {
        let (broker, state) = (self.outside(), self.state().await);
        let asks: Vec<&Leg> =
            state.legs.values().map(|leg| &**leg).filter(|leg| leg.state == LegState::AskUser).collect();
        for leg in asks {
            self.told.questions += 1;
            // The page shows what costs money, and what lies in the recycle bin.
            let ledger = self.site.cloud.ledger();
            let stands = |it: &&LedgerEntry| {
                it.name.contains(leg.marker.as_str()) && !matches!(it.phase, Phase::Releasing | Phase::Gone)
            };
            let there = ledger.entries.iter().find(stands);
            let decision = match there {
                None => Decision::ConfirmAbsent,
                Some(entry) => {
                    let known = leg.machines.iter().find(|it| it.handle.id().eq_ignore_ascii_case(&entry.id));
                    let handle = known.map(|machine| machine.handle.clone());
                    Decision::Adopt(match handle {
                        Some(handle) => handle,
                        None => self.shown(&broker, leg, &entry.id).await,
                    })
                }
            };
            broker.resolve(leg.marker, decision).await.unwrap();
        }
    }

    /// The machine of this leg as the page shows it; by the id alone where no list does.
    async fn shown(&self, broker: &Broker, leg: &Leg, id: &str) -> Handle {
        let provider = broker.registry().get(&leg.choice.account).unwrap();
        let list = provider.list().await.unwrap();
        let listed = list.with_marker(leg.marker).next().map(|instance| instance.handle.clone());
        listed.unwrap_or_else(|| Handle::of_instance(provider.id(), id))
    }
}
