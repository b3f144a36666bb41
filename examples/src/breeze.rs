//! An invented cloud, as `third_party` finds it: four calls, its own words, and what may go wrong.
//!
//! It is somebody else's: the adapter sees its four calls only. The laws see it through [`World`] besides.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use vmbroker::{Clock, Marker};
use vmbroker_conformance::{Fault, Refusal, World};

/// How long a machine is built.
const BUILD_TIME: Duration = Duration::from_secs(90);
/// How many rows a page of the list has at most.
pub const PAGE: usize = 5;

/// One machine, as the list and the look show it.
#[derive(Clone, Debug)]
pub struct Row {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Which plan it has.
    pub plan: String,
    /// `building`, then `up`.
    pub phase: &'static str,
    /// Its address; absent while it is built.
    pub address: Option<IpAddr>,
}

/// Why a call did not answer what was asked.
#[derive(Debug)]
pub enum Trouble {
    /// Refused, with this code. Nothing was done.
    Refused(&'static str),
    /// No answer came.
    NoAnswer,
}

#[derive(Debug, Default)]
struct Inside {
    rows: BTreeMap<String, (Row, Duration)>,
    calls: u64,
    creates: u64,
    fault: Option<Fault>,
}

/// The cloud.
#[derive(Debug)]
pub struct Breeze {
    clock: Clock,
    inside: Mutex<Inside>,
}

impl Breeze {
    /// An empty cloud that lives by this clock.
    #[must_use]
    pub fn new(clock: Clock) -> Self {
        Self { clock, inside: Mutex::default() }
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A call arrives; a fault that strikes before anything is done strikes here.
    fn call(&self, strikes: impl Fn(Fault) -> bool) -> Result<MutexGuard<'_, Inside>, Trouble> {
        let mut inside = self.inside();
        inside.calls += 1;
        match inside.fault {
            Some(Fault::Throttle) => Err(Trouble::Refused("slow-down")),
            Some(fault @ Fault::RefuseCreate(refusal)) if strikes(fault) => {
                Err(Trouble::Refused(match refusal {
                    Refusal::SoldOut => "sold-out",
                    Refusal::Quota => "limit",
                    Refusal::Funds => "unpaid",
                    Refusal::Credentials => "who",
                    Refusal::Permission => "forbidden",
                    Refusal::Incompatible => "mismatch",
                }))
            }
            Some(fault) if strikes(fault) => Err(Trouble::NoAnswer),
            _ => Ok(inside),
        }
    }

    /// Makes a machine and answers its id.
    ///
    /// # Errors
    /// Refused, or no answer: then it may have been made.
    pub fn post(&self, name: String, plan: &str) -> Result<String, Trouble> {
        self.inside().creates += 1;
        let mut inside = self.call(|fault| matches!(fault, Fault::RefuseCreate(_)))?;
        let id = format!("bz-{}", inside.creates);
        let row = Row { id: id.clone(), name, plan: plan.to_owned(), phase: "building", address: None };
        inside.rows.insert(id.clone(), (row, self.clock.elapsed()));
        let lost = inside.fault.take_if(|fault| *fault == Fault::LoseCreateAnswer);
        lost.map_or(Ok(id), |_| Err(Trouble::NoAnswer))
    }

    /// This page of the list, counted from 0, and how many machines there are in all.
    ///
    /// # Errors
    /// Refused, or no answer.
    pub fn page(&self, number: usize) -> Result<(Vec<Row>, usize), Trouble> {
        let only_one = self.inside().rows.len() <= PAGE;
        let inside = self.call(|fault| fault == Fault::ListPageFails && (number > 0 || only_one))?;
        let rows = inside.rows.values().skip(number * PAGE).take(PAGE);
        Ok((rows.map(|row| self.now(row)).collect(), inside.rows.len()))
    }

    /// The machines with these ids; an id that it does not know is left out.
    ///
    /// # Errors
    /// Refused, or no answer.
    pub fn find(&self, ids: &[&str]) -> Result<Vec<Row>, Trouble> {
        let inside = self.call(|fault| fault == Fault::StatusFails)?;
        Ok(ids.iter().filter_map(|id| inside.rows.get(*id)).map(|row| self.now(row)).collect())
    }

    /// Ends a machine; false where there is none with this id.
    ///
    /// # Errors
    /// Refused, or no answer: then it may have been ended.
    pub fn delete(&self, id: &str) -> Result<bool, Trouble> {
        let mut inside = self.call(|_| false)?;
        let was_there = inside.rows.remove(id).is_some();
        let lost = inside.fault.take_if(|fault| *fault == Fault::LoseDeleteAnswer);
        lost.map_or(Ok(was_there), |_| Err(Trouble::NoAnswer))
    }

    /// The machine as it is now.
    fn now(&self, (row, made): &(Row, Duration)) -> Row {
        let mut row = row.clone();
        if self.clock.elapsed().saturating_sub(*made) >= BUILD_TIME {
            row.phase = "up";
            row.address = Some(IpAddr::from([203, 0, 113, 7]));
        }
        row
    }
}

#[async_trait]
impl World for Breeze {
    async fn creates_received(&self) -> Option<u64> {
        Some(self.inside().creates)
    }

    async fn calls_received(&self) -> Option<u64> {
        Some(self.inside().calls)
    }

    async fn live_machines(&self, marker: Marker) -> Option<u64> {
        let live = self.inside().rows.values().filter(|(row, _)| row.name.contains(marker.as_str())).count();
        u64::try_from(live).ok()
    }

    async fn page_rows(&self) -> Option<usize> {
        Some(PAGE)
    }

    async fn arm(&self, fault: Fault) -> bool {
        use Fault::{ListPageFails, LoseCreateAnswer, LoseDeleteAnswer, RefuseCreate, StatusFails, Throttle};
        self.inside().fault = Some(fault);
        matches!(
            fault,
            LoseCreateAnswer | LoseDeleteAnswer | RefuseCreate(_) | StatusFails | ListPageFails | Throttle
        )
    }

    async fn disarm(&self) {
        self.inside().fault = None;
    }
}
