//! The event log and the rows beside it, as they stand in a journal: damaged ones are said to be so, all others tell the
//! same story however they are read.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use vmbroker::deploy::engine::{Deployment, Event, Head, Intent, Leg};
use vmbroker::deploy::{Broker, DeployError, Receipt, Report};
use vmbroker::journal::{
    AttemptRow, Batch, BlockRow, DeploymentRow, EventRow, HandleRow, IntentRow, Journal, JournalErrorKind,
    LegRow, LookRow, Record, Result, SightingRow,
};
use vmbroker_core::{Currency, Marker, Money, OfferId, Owner, ProviderId};

use super::harmless::check_sentence;
use super::thread::{block_on, clock, now};
use super::{Double, Mark, Target};

pub(super) const TARGETS: &[Target] = &[
    Target {
        name: "events",
        group: "journals and catalogues",
        corpora: &["events"],
        run: |input| events(input, Some),
        doubles: &[Double {
            lacks: "every tenth event",
            run: |input| {
                let mut number = 0;
                events(input, move |event| {
                    number += 1;
                    Some(event).filter(|_| number % 10 != 0)
                })
            },
            says: "another story",
        }],
    },
    Target {
        name: "rows",
        group: "journals and catalogues",
        corpora: &["rows"],
        run: |input| rows(input, true),
        doubles: &[Double {
            lacks: "the legs of a deployment",
            run: |input| rows(input, false),
            says: "is not told of",
        }],
    },
];

/// Events, one a line: what folding them gives, and what is said of it.
fn events(input: &[u8], mut keep: impl FnMut(Event) -> Option<Event>) -> Mark {
    let text = String::from_utf8_lossy(input);
    let lines = text.lines().filter_map(|line| serde_json::from_str::<Event>(line).ok());
    let events: Vec<Event> = lines.collect();
    for event in &events {
        let text = serde_json::to_string(event).unwrap();
        assert!(
            serde_json::from_str::<Event>(&text).is_ok_and(|back| back == *event),
            "another event: {text}"
        );
    }
    let Some(state) = Deployment::folded("fuzz", &events) else { return Mark::refused() };
    let kept: Vec<Event> = events.iter().cloned().filter_map(&mut keep).collect();
    let again = Deployment::folded("fuzz", &kept);
    assert!(again.as_ref() == Some(&state), "the same events tell another story: {text}");
    for leg in state.legs.values() {
        let text = serde_json::to_string(&**leg).unwrap();
        assert!(serde_json::from_str::<Leg>(&text).is_ok_and(|back| back == **leg), "another leg: {text}");
    }
    check_state(&state, events.windows(2).all(|pair| pair[0].at <= pair[1].at));
    let states: std::collections::BTreeSet<_> = state.legs.values().map(|leg| leg.state).collect();
    let machines = state.legs.values().map(|leg| leg.machines.len()).max();
    Mark::taken().and((state.intents.len().min(3), states, machines))
}

/// What is said of a state. Times are only in order where those of its events were.
fn check_state(state: &Deployment, in_order: bool) {
    let report = Report::of(state, now());
    assert!(report.machines.len() == state.intents.len(), "a machine is not reported: {report:?}");
    assert!(report.running() <= report.machines.len());
    let receipt = Receipt::of(state, now());
    let billed = state.legs.values().filter(|leg| leg.first_began_at.is_some());
    let machines: usize = billed.map(|leg| leg.machines.len()).sum();
    assert!(receipt.lines.len() >= machines, "a machine is not on the receipt: {receipt:?}");
    for line in &receipt.lines {
        if let (Some(least), Some(most)) = (line.least, line.most)
            && in_order
            && line.until.is_none_or(|until| until <= now())
        {
            assert!(least.amount <= most.amount, "at least {least}, and at most {most}: {line:?}");
        }
    }
    let _all = receipt.totals();
}

/// A journal that holds one deployment.
#[derive(Debug)]
struct Kept {
    record: Record,
    events: Vec<EventRow>,
}

#[async_trait]
impl Journal for Kept {
    async fn commit(&self, _: &'static str, _: Batch) -> Result<()> {
        Ok(())
    }

    async fn deployments(&self) -> Result<Vec<DeploymentRow>> {
        Ok(vec![self.record.deployment.clone()])
    }

    async fn deployment(&self, _: &str) -> Result<Option<Record>> {
        Ok(Some(self.record.clone()))
    }

    async fn legs(&self) -> Result<Vec<LegRow>> {
        Ok(self.record.legs.clone())
    }

    async fn attempts(&self, _: Marker) -> Result<Vec<AttemptRow>> {
        Ok(Vec::new())
    }

    async fn handles(&self) -> Result<Vec<HandleRow>> {
        Ok(Vec::new())
    }

    async fn events(&self, _: &str, _: u64) -> Result<Vec<EventRow>> {
        Ok(self.events.clone())
    }

    async fn blocks(&self, _: Timestamp) -> Result<Vec<BlockRow>> {
        Ok(Vec::new())
    }

    async fn looks(&self) -> Result<Vec<LookRow>> {
        Ok(Vec::new())
    }

    async fn sightings(&self) -> Result<Vec<SightingRow>> {
        Ok(Vec::new())
    }

    async fn logins(&self) -> Result<BTreeMap<ProviderId, String>> {
        Ok(BTreeMap::new())
    }

    async fn made_at(&self) -> Result<Timestamp> {
        Ok(now())
    }
}

/// The rows of a deployment, one a line, each after a word that says which.
fn rows(input: &[u8], with_legs: bool) -> Mark {
    let text = String::from_utf8_lossy(input);
    let bodies = |word: &str| -> Vec<String> {
        text.lines()
            .filter_map(|line| line.strip_prefix(word)?.strip_prefix(' '))
            .map(str::to_owned)
            .collect()
    };
    let (heads, intents, legs, events) = (bodies("head"), bodies("intent"), bodies("leg"), bodies("event"));
    let whole = heads.first().is_some_and(|head| serde_json::from_str::<Head>(head).is_ok())
        && intents.iter().all(|intent| serde_json::from_str::<Intent>(intent).is_ok())
        && legs.iter().all(|leg| serde_json::from_str::<Leg>(leg).is_ok());
    let markers: std::collections::BTreeSet<Marker> =
        legs.iter().filter_map(|leg| Some(serde_json::from_str::<Leg>(leg).ok()?.marker)).collect();
    let record = Record {
        deployment: deployment_row(heads.first().cloned().unwrap_or_default()),
        intents: (1..).zip(intents).map(|(number, body)| intent_row(number, body)).collect(),
        legs: legs.into_iter().filter(|_| with_legs).map(leg_row).collect(),
    };
    let kept = Kept { record, events: events.into_iter().map(event_row).collect() };
    block_on(async {
        let registry = vmbroker::Registry::new(clock());
        let broker = Broker::new(registry, Arc::new(kept), Owner::of_installation("fuzz"));
        let told = broker.events("fuzz").await.map_err(|error| check_damaged(&error)).is_ok();
        let mark = match broker.state("fuzz").await {
            Err(error) => {
                assert!(!whole, "whole rows are said to be damaged: {error}");
                check_damaged(&error)
            }
            Ok(None) => Mark::refused(),
            Ok(Some(state)) => {
                assert!(whole, "damaged rows are taken for whole ones: {text}");
                let read: std::collections::BTreeSet<Marker> = state.legs.keys().copied().collect();
                assert!(read == markers, "a leg is not told of: {markers:?} {read:?}");
                check_state(&state, false);
                let _ = broker.receipt("fuzz").await.unwrap().unwrap();
                Mark::taken().and((state.intents.len().min(3), state.legs.len().min(3), state.head.mode))
            }
        };
        mark.and(told)
    })
}

fn check_damaged(error: &DeployError) -> Mark {
    let kind = match error {
        DeployError::Journal(error) => error.kind(),
        DeployError::Wish(_) => JournalErrorKind::Missing,
    };
    assert!(kind == JournalErrorKind::Damaged, "{error}");
    check_sentence("a damaged journal", &error.to_string());
    Mark::refused().and_words(&error.to_string())
}

fn deployment_row(body: String) -> DeploymentRow {
    let (file_hash, state) = (String::new(), "up".to_owned());
    DeploymentRow { name: "fuzz".to_owned(), file_hash, created_at: now(), version: 1, state, body }
}

fn intent_row(number: u32, body: String) -> IntentRow {
    IntentRow { deployment: "fuzz".to_owned(), number, version: 1, state: "wanted".to_owned(), body }
}

/// A row whose columns say nothing that its body does not say better.
fn leg_row(body: String) -> LegRow {
    LegRow {
        marker: super::question::marker(),
        deployment: "fuzz".to_owned(),
        intent: 1,
        number: 1,
        account: "fuzz".parse().unwrap(),
        offer: OfferId("small".to_owned()),
        location: String::new(),
        price_limit: None,
        reserved: Money::new(1.into(), Currency::USD),
        state: "running".to_owned(),
        since: now(),
        unresolved: false,
        live: true,
        version: 1,
        body,
    }
}

fn event_row(body: String) -> EventRow {
    let (kind, deployment) = ("seen".to_owned(), "fuzz".to_owned());
    EventRow { number: 1, deployment, at: now(), intent: None, leg: None, kind, body }
}
