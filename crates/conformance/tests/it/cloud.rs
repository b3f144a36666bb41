//! A small cloud in memory: machines that live by the clock, a ledger, counters and faults.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use async_trait::async_trait;
use vmbroker_conformance::{Bill, Fault, Refusal, World};
use vmbroker_core::{Clock, Currency, Marker, Money};

pub(crate) const CANARY: &str = "canary-4f1d9c";
const BUILD: Duration = Duration::from_secs(60);
const ADDRESS: Duration = Duration::from_secs(75);
const REMOVE: Duration = Duration::from_secs(20);

/// How this cloud behaves.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    /// Create answers with an order.
    pub(crate) orders: bool,
    /// Machines are hidden for this long; absent: until they run.
    pub(crate) hidden_for: Option<Duration>,
    /// Machines go into a recycle bin first.
    pub(crate) bin: bool,
    /// Machines cannot be deleted while they are built.
    pub(crate) busy: bool,
    /// Rows of one page.
    pub(crate) rows: usize,
    /// The most ids in one look.
    pub(crate) batch: Option<usize>,
}

impl Shape {
    /// Instances, seen after three seconds, deleted at once.
    pub(crate) const PLAIN: Self = Self {
        orders: false,
        hidden_for: Some(Duration::from_secs(3)),
        bin: false,
        busy: false,
        rows: 2,
        batch: None,
    };
    /// Orders, hidden until they run, with a recycle bin, busy while they are built.
    pub(crate) const GRAND: Self =
        Self { orders: true, hidden_for: None, bin: true, busy: true, rows: 3, batch: Some(2) };
}

/// Why a call got no good answer.
#[derive(Clone, Debug)]
pub(crate) enum Bad {
    NotConnected,
    /// Lost, truncated, HTML, redirected, internal error, no id: what came is no answer.
    NoAnswer(&'static str),
    Refused(Refusal, String),
    Throttled,
    Busy,
    Unknown,
}

#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) order: Option<String>,
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) word: &'static str,
    pub(crate) address: bool,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Model {
    pub(crate) id: &'static str,
    pub(crate) vcpus: u32,
    pub(crate) memory_mib: u64,
    pub(crate) country: &'static str,
    pub(crate) zone: &'static str,
}

const MODELS: [Model; 3] = [
    Model { id: "small", vcpus: 2, memory_mib: 4_096, country: "NO", zone: "north" },
    Model { id: "large", vcpus: 8, memory_mib: 16_384, country: "NO", zone: "north" },
    Model { id: "wide", vcpus: 8, memory_mib: 32_768, country: "ES", zone: "south" },
];

#[derive(Debug)]
struct Machine {
    order: String,
    id: String,
    name: String,
    made: Duration,
    deleted: Option<Duration>,
    released: Option<Duration>,
}

#[derive(Debug, Default)]
struct Inner {
    machines: Vec<Machine>,
    creates: u64,
    calls: u64,
    faults: HashSet<Fault>,
}

#[derive(Clone, Debug)]
pub(crate) struct Cloud {
    pub(crate) shape: Shape,
    clock: Clock,
    inner: Arc<Mutex<Inner>>,
}

impl Cloud {
    pub(crate) fn new(shape: Shape, clock: Clock) -> Self {
        Self { shape, clock, inner: Arc::default() }
    }

    pub(crate) async fn offers(&self) -> Result<Vec<Model>, Bad> {
        self.call().await?;
        Ok(MODELS.to_vec())
    }

    pub(crate) async fn create(&self, name: &str) -> Result<Row, Bad> {
        if self.take(Fault::RefuseConnection) {
            return Err(Bad::NotConnected);
        }
        self.lock().creates += 1;
        self.call().await?;
        if self.take(Fault::EchoRequest) {
            let body = format!("no such field; your request: authorization: Bearer {CANARY}");
            return Err(Bad::Refused(Refusal::Incompatible, body));
        }
        for refusal in [
            Refusal::SoldOut,
            Refusal::Quota,
            Refusal::Funds,
            Refusal::Credentials,
            Refusal::Permission,
            Refusal::Incompatible,
        ] {
            if self.take(Fault::RefuseCreate(refusal)) {
                return Err(Bad::Refused(refusal, format!("refused: {refusal}")));
            }
        }
        if self.take(Fault::RedirectCreate) {
            return Err(Bad::NoAnswer("a redirect"));
        }
        let row = self.build(name);
        for (fault, what) in [
            (Fault::LoseCreateAnswer, "the connection ended"),
            (Fault::CreateAnswer500, "an internal error"),
            (Fault::TruncateCreateAnswer, "half an answer"),
            (Fault::HtmlCreateAnswer, "a page of HTML"),
            (Fault::CreateAnswerWithoutId, "no id"),
        ] {
            if self.take(fault) {
                return Err(Bad::NoAnswer(what));
            }
        }
        Ok(row)
    }

    /// The machines with these ids, of orders or instances; without any: all.
    pub(crate) async fn look(&self, ids: &[&str]) -> Result<Vec<Row>, Bad> {
        assert!(self.shape.batch.is_none_or(|batch| ids.len() <= batch), "too many ids");
        self.call().await?;
        if self.has(Fault::HangStatus) {
            std::future::pending::<()>().await;
        }
        if self.has(Fault::StatusFails) {
            return Err(Bad::NoAnswer("an internal error"));
        }
        let asked = |row: &Row| {
            ids.is_empty()
                || ids.iter().any(|id| row.id == *id || row.order.as_deref().is_some_and(|it| it == *id))
        };
        Ok(self.rows().into_iter().filter(asked).collect())
    }

    /// One page of all machines, and how many there are.
    pub(crate) async fn page(&self, page: usize) -> Result<(Vec<Row>, usize), Bad> {
        self.call().await?;
        let rows = self.rows();
        let only = rows.len() <= self.shape.rows;
        if (page > 0 || only) && self.has(Fault::ListPageFails) {
            return Err(Bad::NoAnswer("an internal error"));
        }
        let total = rows.len();
        Ok((rows.into_iter().skip(page * self.shape.rows).take(self.shape.rows).collect(), total))
    }

    /// Ends a machine, or moves it into the bin, or out of it.
    pub(crate) async fn delete(&self, id: &str) -> Result<(), Bad> {
        self.call().await?;
        let now = self.clock.elapsed();
        let shape = self.shape;
        {
            let mut inner = self.lock();
            let found = inner.machines.iter_mut().find(|it| it.id == id || it.order == id);
            let Some(machine) = found.filter(|it| word(it, now, shape) != "GONE") else {
                return Err(Bad::Unknown);
            };
            if shape.busy && word(machine, now, shape) == "BUILDING" {
                return Err(Bad::Busy);
            }
            if word(machine, now, shape) == "RECYCLED" {
                machine.released = Some(now);
            } else {
                machine.deleted.get_or_insert(now);
            }
        }
        if self.take(Fault::LoseDeleteAnswer) { Err(Bad::NoAnswer("the connection ended")) } else { Ok(()) }
    }

    pub(crate) fn everything(&self) -> Vec<String> {
        self.lock().machines.iter().map(|it| it.id.clone()).collect()
    }

    async fn call(&self) -> Result<(), Bad> {
        self.lock().calls += 1;
        self.clock.sleep(Duration::from_millis(100)).await;
        if self.has(Fault::Throttle) { Err(Bad::Throttled) } else { Ok(()) }
    }

    fn build(&self, name: &str) -> Row {
        let mut inner = self.lock();
        let number = 1_000 + inner.machines.len();
        let machine = Machine {
            order: format!("order-{number}"),
            id: format!("vm-{number}"),
            name: name.to_owned(),
            made: self.clock.elapsed(),
            deleted: None,
            released: None,
        };
        let row = self.row(&machine);
        inner.machines.push(machine);
        row
    }

    fn rows(&self) -> Vec<Row> {
        let now = self.clock.elapsed();
        let hidden = self.shape.hidden_for.unwrap_or(BUILD);
        let shown =
            |it: &&Machine| now.saturating_sub(it.made) >= hidden && word(it, now, self.shape) != "GONE";
        self.lock().machines.iter().filter(shown).map(|it| self.row(it)).collect()
    }

    fn row(&self, machine: &Machine) -> Row {
        let now = self.clock.elapsed();
        Row {
            order: self.shape.orders.then(|| machine.order.clone()),
            id: machine.id.clone(),
            name: machine.name.clone(),
            word: word(machine, now, self.shape),
            address: now.saturating_sub(machine.made) >= ADDRESS,
        }
    }

    fn has(&self, fault: Fault) -> bool {
        self.lock().faults.contains(&fault)
    }

    fn take(&self, fault: Fault) -> bool {
        self.lock().faults.remove(&fault)
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap()
    }
}

fn word(machine: &Machine, now: Duration, shape: Shape) -> &'static str {
    let since = |at: Duration| now.saturating_sub(at);
    match (machine.released, machine.deleted) {
        (Some(at), _) if since(at) >= REMOVE => "GONE",
        (Some(_), _) => "RELEASING",
        (None, Some(at)) if since(at) < REMOVE => "DELETING",
        (None, Some(_)) if shape.bin => "RECYCLED",
        (None, Some(_)) => "GONE",
        (None, None) if since(machine.made) < BUILD => "BUILDING",
        (None, None) => "RUNNING",
    }
}

#[async_trait]
impl World for Cloud {
    async fn creates_received(&self) -> Option<u64> {
        Some(self.lock().creates)
    }

    async fn calls_received(&self) -> Option<u64> {
        Some(self.lock().calls)
    }

    async fn live_machines(&self, marker: Marker) -> Option<u64> {
        let now = self.clock.elapsed();
        let live = |it: &&Machine| {
            it.name.contains(marker.as_str()) && !matches!(word(it, now, self.shape), "GONE" | "RECYCLED")
        };
        u64::try_from(self.lock().machines.iter().filter(live).count()).ok()
    }

    async fn bill(&self, marker: Marker) -> Option<Bill> {
        let inner = self.lock();
        let machine = inner.machines.iter().find(|it| it.name.contains(marker.as_str()))?;
        let ended = machine.deleted? + REMOVE;
        let at = |elapsed: Duration| self.clock.now() - self.clock.elapsed() + elapsed;
        // Three dollars for each hour that was begun.
        let hours = (ended - machine.made).as_millis().div_ceil(3_600_000);
        let charged = Money::new((3 * u64::try_from(hours).unwrap()).into(), Currency::USD);
        Some(Bill { from: at(machine.made), to: at(ended), charged })
    }

    async fn page_rows(&self) -> Option<usize> {
        Some(self.shape.rows)
    }

    async fn canary(&self) -> Option<String> {
        Some(CANARY.to_owned())
    }

    async fn arm(&self, fault: Fault) -> bool {
        self.lock().faults.insert(fault);
        true
    }

    async fn disarm(&self) {
        self.lock().faults.clear();
    }
}
