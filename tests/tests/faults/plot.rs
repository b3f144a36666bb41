//! What is told in every run at one cloud: what may be rented there, how fast it is, and what it promises.
//!
//! The clouds are quick and the accounts look seldom, so that a run has few points. What is promised is as dark as at
//! the real ones: the first looks after a lost create come while it may still be applied, hidden and listed late.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::runtime::Builder;
use vmbroker::deploy::{Choice, DeploySpec};
use vmbroker::{Clock, ComputeProvider, CreateRequest, Marker, OfferQuery, Owner, Timing};
use vmbroker_sim::{Dialect, Profile};
use vmbroker_tests::{dollars, spec};

use crate::door::{Door, Site};
use crate::kind::Promises;
use crate::lack::Lack;
use crate::life::Life;
use crate::script::Script;
use crate::set::FaultSet;

/// The name of the deployment.
pub(crate) const NAME: &str = "web";
/// How late a create may be applied, how long its machine may be hidden, and how old an answer may be, in seconds.
const PROMISED: u64 = 15;
/// A quarter of this is the first pause between two looks: longer than a machine takes to come up or to go.
const POLL_EVERY: SignedDuration = SignedDuration::from_secs(80);

/// What is told in every run at one cloud.
#[derive(Debug)]
pub(crate) struct Plot {
    pub(crate) dialect: Dialect,
    spec: DeploySpec,
}

impl Plot {
    /// What may be rented is asked for once: it is the same in each run.
    pub(crate) fn of(dialect: Dialect) -> Self {
        let runtime = Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let site = site(dialect, FaultSet::default(), None, false);
            let account = account(dialect, &site, None);
            let query = OfferQuery { vcpus: Some(2), memory_mib: Some(4_096), ..OfferQuery::default() };
            let offers = account.offers(&query).await.unwrap();
            let choices: Vec<Choice> = (1..)
                .zip(offers)
                .map(|(place, offer)| Choice {
                    account: account.id().clone(),
                    offer: offer.id,
                    location: offer.location,
                    price: offer.price,
                    quote: dollars(place),
                    reserve: dollars(1),
                })
                .collect();
            assert_eq!(choices.len(), 2, "{dialect}: there must be a choice and one to fail over to");
            let mut spec = spec(NAME, 1, choices);
            // As often as at the real clouds a deletion is tried again before a person is asked.
            spec.policy.delete_within = Duration::from_secs(8 * 3_600);
            // The same in every run, whatever was drawn before.
            let marker = Marker::new(Owner::of_installation("tests"), [0; 10]);
            spec.template = CreateRequest { marker, ..spec.template };
            Self { dialect, spec }
        })
    }

    /// One machine, of either choice.
    pub(crate) fn spec(&self) -> DeploySpec {
        self.spec.clone()
    }

    /// How long it is until the next unit of the bill of a machine that was made then: at Fluence days that begin at
    /// 17:55, at a Waldur days of the calendar, at Zenlayer hours from its own beginning. All by UTC.
    pub(crate) fn next_unit(&self, created: Timestamp, now: Timestamp) -> Duration {
        let (unit, begins) = match self.dialect {
            Dialect::Fluence202504 | Dialect::Fluence202505 => (86_400_000, 64_500_000),
            Dialect::Wayscloud | Dialect::Waldur => (86_400_000, 0),
            Dialect::Zenlayer => (3_600_000, created.as_millisecond()),
        };
        let left = (begins - now.as_millisecond()).rem_euclid(unit);
        Duration::from_millis(u64::try_from(left).unwrap())
    }
}

/// What a provider of this dialect promises.
pub(crate) fn promises(dialect: Dialect) -> Promises {
    let lags = matches!(dialect, Dialect::Fluence202504 | Dialect::Fluence202505 | Dialect::Zenlayer);
    let lag = if lags { PROMISED } else { 0 };
    Promises { late: PROMISED, hidden: lag, old: lag, approval: dialect == Dialect::Waldur }
}

/// A new cloud of this dialect, on a clock of its own.
pub(crate) fn site(dialect: Dialect, set: FaultSet, lack: Option<Lack>, loud: bool) -> Site {
    let start: Timestamp = "2026-11-21T08:00:00Z".parse().unwrap();
    let clock = Clock::simulated(start, 1);
    let cloud = dialect.cloud(clock.clone(), 1);
    {
        let mut account = cloud.account();
        account.profile = Profile {
            queue: Duration::from_secs(2),
            build: Duration::from_secs(8),
            address: Duration::from_secs(2),
            power: Duration::from_secs(4),
            delete: Duration::from_secs(8),
            ..Profile::default()
        };
        let wanted = ["PAR-1", "FRA-1", "oslo-1", "FRA-A", "PAR-A"];
        let sizes: &[u32] = if account.inventory[0].place.zone == "oslo-1" { &[2, 4] } else { &[2] };
        account.inventory.retain(|offer| wanted.contains(&offer.place.zone) && sizes.contains(&offer.vcpus));
    }
    let script = Arc::new(Script::new(clock.clone(), set, loud));
    Site { cloud, face: dialect.face(), clock, promises: promises(dialect), script, lack }
}

/// The account at this cloud, as one life of the program has it, or a person.
pub(crate) fn account(dialect: Dialect, site: &Site, life: Option<&Arc<Life>>) -> Arc<dyn ComputeProvider> {
    let seconds = |long: u64| Some(SignedDuration::from_secs(i64::try_from(long).unwrap()));
    let mut timing = Timing {
        create_applies_within: seconds(site.promises.late),
        list_lags_by: seconds(site.promises.old),
        // Where nobody can say how long a machine may be hidden, it stays so.
        visible_within: (dialect != Dialect::Fluence202504).then(|| seconds(site.promises.hidden)).flatten(),
        poll_every: Some(POLL_EVERY),
    };
    if site.lack == Some(Lack::Grace) {
        let zero = Some(SignedDuration::ZERO);
        timing = Timing { create_applies_within: zero, list_lags_by: zero, visible_within: zero, ..timing };
    }
    let door = Door::of(site, life);
    vmbroker_tests::named_account(
        dialect.name(),
        dialect,
        "http://127.0.0.1:1",
        &site.cloud,
        &site.clock,
        door,
        timing,
    )
}
