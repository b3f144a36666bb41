//! One simulated account: inventory, machines, faults, calls.

use std::collections::BTreeMap;
use std::fmt;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use vmbroker_core::Clock;

use crate::fault::Faults;
use crate::machine::add;
use crate::{Credentials, Fault, FaultKind, Ledger, Machine, Phase, Profile, SimOffer, faces};

/// One simulated account. A clone is the same account.
#[derive(Clone)]
pub struct Cloud(Arc<Inner>);

struct Inner {
    clock: Clock,
    state: Mutex<Account>,
}

/// One call that arrived.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Call {
    /// When.
    pub at: Timestamp,
    /// Which operation of the face.
    pub operation: &'static str,
    /// The verb and the path with its query.
    pub line: String,
    /// What went wrong with it, if anything.
    pub fault: Option<FaultKind>,
}

/// What a person decides of an order that waits for one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It may go on: the machine is built from now on.
    Approve,
    /// It may not: nothing will come of it.
    Reject,
    /// It is taken back: nothing will come of it, and at a Waldur its row stays in Creating for ever.
    Cancel,
}

/// What an account holds.
#[derive(Debug)]
pub struct Account {
    /// How fast the cloud is.
    pub profile: Profile,
    /// Who may call it.
    pub credentials: Credentials,
    /// What it has to rent.
    pub inventory: Vec<SimOffer>,
    /// Every machine that ever was, gone ones included, oldest first.
    pub machines: Vec<Machine>,
    /// What the face keeps besides machines (orders, keys, subnets, …), by kind and id.
    pub things: BTreeMap<&'static str, BTreeMap<String, Value>>,
    /// How much dearer everything has become, in percent.
    pub dearer_percent: u32,
    random: fastrand::Rng,
    faults: Faults,
    calls: Vec<Call>,
    counter: u64,
}

impl Cloud {
    /// An account on this clock, with this stock. The same seed gives the same ids, addresses and durations.
    #[must_use]
    pub fn new(clock: Clock, seed: u64, inventory: Vec<SimOffer>) -> Self {
        let state = Account {
            profile: Profile::default(),
            credentials: Credentials::default(),
            inventory,
            machines: Vec::new(),
            things: BTreeMap::new(),
            dearer_percent: 0,
            random: fastrand::Rng::with_seed(seed),
            faults: Faults::default(),
            calls: Vec::new(),
            counter: 0,
        };
        Self(Arc::new(Inner { clock, state: Mutex::new(state) }))
    }

    /// The cloud's time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    /// The clock it lives by.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.0.clock
    }

    /// The account itself. Hold it for one answer at most, and never over an await.
    pub fn account(&self) -> MutexGuard<'_, Account> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets something go wrong.
    pub fn arm(&self, fault: Fault) {
        let mut account = self.account();
        if let FaultKind::PriceMoved(percent) = fault.kind {
            account.dearer_percent = percent;
        } else {
            account.faults.arm(fault);
        }
    }

    /// Ends every armed fault.
    pub fn disarm(&self) {
        self.account().faults.clear();
    }

    /// The faults that are armed.
    #[must_use]
    pub fn armed(&self) -> Vec<Fault> {
        self.account().faults.armed().to_vec()
    }

    /// Decides of every order that waits for a person ([`FaultKind::AwaitApproval`]) and whose machine has this text in
    /// its name, such as a marker. Returns how many there were: deciding again changes nothing.
    pub fn review(&self, name: &str, verdict: Verdict) -> usize {
        let now = self.now();
        let mut account = self.account();
        let waits = |machine: &Machine| machine.phase(now) == Some(Phase::AwaitingApproval);
        let machines = account.machines.iter().enumerate();
        let fitting = machines.filter(|(_, machine)| machine.name.contains(name) && waits(machine));
        let waiting: Vec<usize> = fitting.map(|(at, _)| at).collect();
        for at in &waiting {
            account.decide(*at, now, verdict);
            faces::review(&mut account, *at, now, verdict);
        }
        waiting.len()
    }

    /// What every machine cost so far. The judge.
    #[must_use]
    pub fn ledger(&self) -> Ledger {
        Ledger::read(&self.account().machines, self.now())
    }

    /// Every call that arrived, oldest first.
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        self.account().calls.clone()
    }

    /// How many calls of this operation arrived; of any where absent.
    #[must_use]
    pub fn count_calls(&self, operation: Option<&str>) -> usize {
        let account = self.account();
        account.calls.iter().filter(|call| operation.is_none_or(|wanted| call.operation == wanted)).count()
    }

    /// Notes a call, and says what goes wrong with it.
    pub(crate) fn note(&self, operation: &'static str, line: String) -> Option<FaultKind> {
        let at = self.now();
        let mut account = self.account();
        let fault = account.faults.strike(operation);
        account.calls.push(Call { at, operation, line, fault: fault.clone() });
        fault
    }
}

impl fmt::Debug for Cloud {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Cloud")
    }
}

impl Account {
    /// The next number of this account, from 1: never given twice.
    pub fn next_number(&mut self) -> u64 {
        self.counter += 1;
        self.counter
    }

    /// This many random lower-case hex digits.
    pub fn hex(&mut self, digits: usize) -> String {
        (0..digits).map(|_| char::from_digit(self.random.u32(0..16), 16).unwrap_or('0')).collect()
    }

    /// This many random decimal digits, the first not zero.
    pub fn digits(&mut self, digits: usize) -> String {
        (0..digits)
            .map(|at| char::from_digit(self.random.u32(u32::from(at == 0)..10), 10).unwrap_or('1'))
            .collect()
    }

    /// How many of this offer's machines stand now.
    #[must_use]
    pub fn taken(&self, offer: &SimOffer, now: Timestamp) -> u64 {
        let same = |machine: &&Machine| {
            machine.offer.id == offer.id && machine.offer.place == offer.place && machine.is_live(now)
        };
        u64::try_from(self.machines.iter().filter(same).count()).unwrap_or(u64::MAX)
    }

    /// How many more of this offer's machines there is room for.
    #[must_use]
    pub fn room(&self, offer: &SimOffer, now: Timestamp) -> u64 {
        offer.capacity.saturating_sub(self.taken(offer, now))
    }

    /// Whether the account may hold one more machine.
    #[must_use]
    pub fn is_within_quota(&self, now: Timestamp) -> bool {
        self.machines.iter().filter(|machine| machine.is_live(now)).count() < self.profile.quota
    }

    /// The price of one unit now. One that moved is rounded to six decimals, the most that every wire here can say:
    /// what is told is what is billed.
    #[must_use]
    pub fn price(&self, offer: &SimOffer) -> Decimal {
        let percent = Decimal::ONE_HUNDRED + Decimal::from(self.dearer_percent);
        if self.dearer_percent == 0 {
            offer.price
        } else {
            (offer.price * percent / Decimal::ONE_HUNDRED).round_dp(6)
        }
    }

    /// Accepts a machine: its life is written down as the profile says, changed by what goes wrong. The face then
    /// adds what it keeps in `extra`. Returns where it stands in [`machines`](Self::machines).
    pub fn accept(
        &mut self,
        id: String,
        name: &str,
        offer: &SimOffer,
        now: Timestamp,
        fault: Option<&FaultKind>,
    ) -> usize {
        let seconds = Duration::from_secs;
        let profile = self.profile.clone();
        let created = match fault {
            Some(FaultKind::ApplyLate(late)) => add(now, seconds(*late)),
            _ => now,
        };
        let mut offer = offer.clone();
        offer.price = self.price(&offer);
        let address = self.next_address();
        let mut machine = Machine::new(id, name.to_owned(), offer, created, address);
        let extra = self.random.u64(0..=u64::try_from(profile.build.as_millis() / 4).unwrap_or(0));
        let mut build = profile.build + Duration::from_millis(extra);
        if let Some(FaultKind::Delay(late)) = fault {
            build += seconds(*late);
        }
        let running = profile.queue + build;
        let mut steps = vec![(Duration::ZERO, Phase::Accepted), (profile.queue, Phase::Building)];
        match fault {
            Some(FaultKind::Stuck) => {}
            Some(FaultKind::AwaitApproval) => steps = vec![(Duration::ZERO, Phase::AwaitingApproval)],
            Some(FaultKind::FailLater(why)) => {
                steps.push((profile.queue + build / 2, Phase::Failed));
                machine.failure = Some(why.clone());
            }
            _ => {
                steps.push((running, Phase::Running));
                machine.address_at = Some(add(created, running + profile.address));
            }
        }
        machine.schedule(created, &steps);
        let hidden = match fault {
            Some(FaultKind::Hide(hidden)) => seconds(*hidden),
            _ => profile.invisible,
        };
        machine.visible_at = add(created, hidden);
        self.machines.push(machine);
        self.machines.len() - 1
    }

    /// Writes down the life of a machine whose order a person decided of.
    fn decide(&mut self, at: usize, now: Timestamp, verdict: Verdict) {
        let (queue, build, address) = (self.profile.queue, self.profile.build, self.profile.address);
        let Some(machine) = self.machines.get_mut(at) else { return };
        match verdict {
            Verdict::Approve => {
                let running = queue + build;
                let steps =
                    [(Duration::ZERO, Phase::Accepted), (queue, Phase::Building), (running, Phase::Running)];
                machine.schedule(now, &steps);
                machine.address_at = Some(add(now, running + address));
            }
            Verdict::Reject | Verdict::Cancel => machine.schedule(now, &[(Duration::ZERO, Phase::Gone)]),
        }
    }

    /// Removes a machine for good: deleting now, gone after the profile's time; or back to what it was, where that
    /// goes wrong.
    pub fn remove(&mut self, at: usize, now: Timestamp, fault: Option<&FaultKind>) {
        let delete = self.profile.delete;
        if let Some(machine) = self.machines.get_mut(at) {
            let before = machine.phase(now).unwrap_or(Phase::Running);
            let end = if matches!(fault, Some(FaultKind::Revert)) { before } else { Phase::Gone };
            machine.schedule(now, &[(Duration::ZERO, Phase::Deleting), (delete, end)]);
        }
    }

    /// The machine with this id, letter case ignored, whatever its phase; where it stands.
    #[must_use]
    pub fn position(&self, id: &str) -> Option<usize> {
        self.machines.iter().position(|machine| machine.id.eq_ignore_ascii_case(id))
    }

    /// The things of one kind that the face keeps.
    pub fn shelf(&mut self, kind: &'static str) -> &mut BTreeMap<String, Value> {
        self.things.entry(kind).or_default()
    }

    /// What the face keeps with a machine.
    pub fn extra(&mut self, at: usize) -> Option<&mut Map<String, Value>> {
        self.machines.get_mut(at).map(|machine| &mut machine.extra)
    }

    fn next_address(&mut self) -> Ipv4Addr {
        // 203.0.113.0/24 and on: documentation addresses first, then unrouted ones.
        let number = u32::try_from(self.next_number()).unwrap_or(1);
        Ipv4Addr::from(u32::from(Ipv4Addr::new(203, 0, 113, 0)).wrapping_add(number))
    }
}
