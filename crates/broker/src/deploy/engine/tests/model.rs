//! A model of clouds, in whole seconds, that keeps only what was promised: a create is applied within D or never, a
//! new machine is hidden at most V, a list is at most S old. It loses answers, applies late, loses a row of a list
//! now and then (never twice in a row), says once that a machine is not there, fails, and the program dies.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use vmbroker_core::{
    Currency, Deletion, Effect, ErrorKind, Handle, Instance, Listing, Location, Marker, Money, Next,
    Observation, OfferId, Owner, Pages, ProviderId, State,
};

use super::super::{Deployment, Event, Fault, LegState, Looked, Mode, Rules, Terms, What};
use crate::deploy::{Choice, OnUncertain, Policy, Ready, Strategy};

const D: i64 = 30;
const V: i64 = 10;
pub(super) const S: i64 = 20;
/// How long everything may go wrong, and how long it may take from then on until all is settled.
const TROUBLE: i64 = 400;
const CALM: i64 = 4_000;

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Setting {
    /// Everything, at three accounts.
    Wild,
    /// One account, at which every create's answer is lost and nothing comes of it.
    OneLossyAccount,
    /// Everything, and nobody can prove an absence.
    Unprovable,
}

impl Setting {
    pub(super) const ALL: [Self; 3] = [Self::Wild, Self::OneLossyAccount, Self::Unprovable];
}

pub(super) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

pub(super) fn marker(number: u64) -> Marker {
    let mut random = [0; 10];
    random[2..].copy_from_slice(&number.to_be_bytes());
    Marker::new(Owner::of_installation("tests"), random)
}

fn dollars(amount: u32) -> Money {
    Money::new(amount.into(), Currency::USD)
}

pub(super) fn choice(account: &str, quote: u32) -> Choice {
    Choice {
        account: account.parse().unwrap(),
        offer: OfferId("small".into()),
        location: Location { country: "DE".parse().ok(), ..Location::default() },
        price: vmbroker_core::Price::untold(),
        quote: dollars(quote),
        reserve: dollars(quote),
    }
}

/// A deployment of so many machines over these choices.
pub(super) fn opened(count: u32, choices: &[Choice]) -> Deployment {
    let mut state = Deployment::new("web", at(0));
    state.fold(&opening(count, choices, true, 0));
    state
}

fn opening(count: u32, choices: &[Choice], provable: bool, second: i64) -> Vec<Event> {
    let seconds = |seconds: i64| Duration::from_secs(u64::try_from(seconds).unwrap());
    let rules = Rules {
        applies_within: seconds(D),
        lists_lag: seconds(S),
        visible_within: provable.then(|| seconds(V)),
        lists_inactive: true,
        on_uncertain: if provable { OnUncertain::Proceed } else { OnUncertain::Ask },
        poll_every: seconds(8),
    };
    let policy = Policy {
        strategy: Strategy::Cheapest,
        ready: Ready::Running,
        provision_within: seconds(120),
        delete_within: seconds(600),
        late_watch: seconds(1_000),
        budget: Some(dollars(60)),
        ..Policy::default()
    };
    let terms = Box::new(Terms {
        file_hash: String::new(),
        fields: BTreeMap::new(),
        choices: choices.to_vec(),
        policy,
        rules: choices.iter().map(|choice| (choice.account.clone(), rules.clone())).collect(),
        unresolved_elsewhere: BTreeMap::new(),
    });
    let opened = What::Opened { terms, blocks: Vec::new() };
    let wanted = (1..=count).map(|intent| What::Wanted { intent });
    [opened].into_iter().chain(wanted).map(|what| Event { at: at(second), what }).collect()
}

/// A machine, as it truly is.
#[derive(Debug)]
struct Vm {
    id: String,
    account: ProviderId,
    marker: Marker,
    intent: u32,
    applied: i64,
    shown: i64,
    runs: Option<i64>,
    fails: Option<i64>,
    gone: Option<i64>,
    /// The last look said wrongly that it is not there.
    lied: bool,
    hidden_once: bool,
}

impl Vm {
    fn lives(&self, second: i64) -> bool {
        self.applied <= second && self.gone.is_none_or(|gone| second < gone)
    }

    fn state(&self, second: i64) -> State {
        match (self.gone, self.fails, self.runs) {
            (Some(gone), ..) if second >= gone => State::Gone,
            (_, Some(fails), _) if second >= fails => State::Failed,
            (.., Some(runs)) if second >= runs => State::Running,
            _ => State::Provisioning,
        }
    }
}

struct World {
    random: fastrand::Rng,
    setting: Setting,
    second: i64,
    state: Deployment,
    log: Vec<Event>,
    vms: Vec<Vm>,
    answers: Vec<(i64, Marker, Result<Handle, Fault>)>,
    posts: BTreeMap<Marker, u32>,
    looked: BTreeMap<ProviderId, Looked>,
    drawn: u64,
}

/// Runs the model; how many creates were sent, or what broke.
pub(super) fn run(seed: u64, setting: Setting) -> Result<u32, String> {
    let accounts: &[(&str, u32)] = match setting {
        Setting::OneLossyAccount => &[("a", 1)],
        Setting::Wild | Setting::Unprovable => &[("a", 1), ("b", 2), ("c", 3)],
    };
    let choices: Vec<Choice> = accounts.iter().map(|(name, quote)| choice(name, *quote)).collect();
    let mut world = World {
        random: fastrand::Rng::with_seed(seed),
        setting,
        second: 0,
        state: Deployment::new("web", at(0)),
        log: Vec::new(),
        vms: Vec::new(),
        answers: Vec::new(),
        posts: BTreeMap::new(),
        looked: BTreeMap::new(),
        drawn: seed * 1_000,
    };
    world.commit(opening(4, &choices, setting != Setting::Unprovable, 0));
    loop {
        world.step()?;
        world.check()?;
        if world.second > TROUBLE && world.state.is_settled(at(world.second)) {
            break;
        }
        if world.second > TROUBLE + CALM {
            return Err(format!("it does not come to rest: {:?}", world.states()));
        }
        if world.second < TROUBLE && world.random.u32(0..60) == 0 {
            world.die(&choices);
        }
        world.second += world.random.i64(1..4);
    }
    world.check_end()?;
    Ok(world.posts.values().sum())
}

impl World {
    fn commit(&mut self, events: Vec<Event>) {
        self.state.fold(&events);
        self.log.extend(events);
    }

    fn record(&mut self, whats: Vec<What>) -> Vec<What> {
        let at = at(self.second);
        self.commit(whats.iter().cloned().map(|what| Event { at, what }).collect());
        whats
    }

    fn trouble(&mut self, one_in: u32) -> bool {
        self.second < TROUBLE && self.random.u32(0..one_in) == 0
    }

    fn die(&mut self, choices: &[Choice]) {
        // Answers on their way are lost with the program. The creates are not: the cloud goes on.
        self.answers.clear();
        self.looked.clear();
        let interrupted = self.state.interrupted();
        self.commit(opening(0, choices, self.setting != Setting::Unprovable, self.second));
        self.record(interrupted);
    }

    fn step(&mut self) -> Result<(), String> {
        let second = self.second;
        let due = |answer: &(i64, Marker, Result<Handle, Fault>)| answer.0 <= second;
        let (now, later): (Vec<_>, Vec<_>) = std::mem::take(&mut self.answers).into_iter().partition(due);
        self.answers = later;
        for (_, marker, answer) in now {
            let whats = self.state.sent(marker, answer, at(second));
            self.record(whats);
        }
        let whats = self.state.tick(at(second));
        self.record(whats);
        let mut drawn = self.drawn;
        let started = self.state.starts(at(second), &mut || {
            drawn += 1;
            Some(marker(drawn))
        });
        self.drawn = drawn;
        let again = self.record(started);
        let sends = self.state.sends(at(second)).into_iter().map(|leg| What::Sending { leg }).collect();
        let sends = self.record(sends);
        for what in again.into_iter().chain(sends) {
            if let What::Sending { leg } = what {
                self.post(leg)?;
            }
        }
        for account in self.state.accounts() {
            self.look(&account);
        }
        Ok(())
    }

    fn post(&mut self, marker: Marker) -> Result<(), String> {
        let leg = self.state.leg(marker).map_err(|error| error.to_string())?;
        if leg.state != LegState::Sending {
            return Err(format!("{marker} is sent and not written down"));
        }
        let (account, intent) = (leg.choice.account.clone(), leg.intent);
        let second = self.second;
        let refusals = [
            ErrorKind::OutOfCapacity,
            ErrorKind::RateLimited,
            ErrorKind::Unavailable,
            ErrorKind::QuotaExceeded,
        ];
        let answer_at = second + self.random.i64(0..4);
        let lossy = self.setting == Setting::OneLossyAccount;
        let dice = if lossy {
            3
        } else if self.second < TROUBLE {
            self.random.u32(0..8)
        } else {
            7
        };
        if dice == 0 {
            let kind = refusals[self.random.usize(0..refusals.len())];
            self.answers.push((answer_at, marker, Err(Fault::new(kind, "refused"))));
            return Ok(());
        }
        *self.posts.entry(marker).or_default() += 1;
        let lost = Fault { effect: Effect::Unknown, ..Fault::new(ErrorKind::Unavailable, "lost") };
        if matches!(dice, 1..=3) {
            self.answers.push((answer_at, marker, Err(lost)));
            if dice == 3 {
                return Ok(());
            }
        }
        let applied = if dice == 1 { answer_at + self.random.i64(0..=D) } else { second };
        let runs = applied + self.random.i64(5..60);
        let id = format!("i-{}", self.vms.len());
        let vm = Vm {
            id: id.clone(),
            account: account.clone(),
            marker,
            intent,
            applied,
            shown: applied + self.random.i64(0..=V),
            runs: (dice != 4).then_some(runs),
            fails: (dice == 5).then_some(runs - 2),
            gone: None,
            lied: false,
            hidden_once: false,
        };
        self.vms.push(vm);
        if dice > 3 {
            let handle = Handle::of_instance(&account, id).made(at(second), marker);
            self.answers.push((answer_at, marker, Ok(handle)));
        }
        Ok(())
    }

    fn look(&mut self, account: &ProviderId) {
        let now = at(self.second);
        let looked = self.looked.get(account).copied().unwrap_or_default();
        let legs: Vec<_> =
            self.state.legs.values().filter(|leg| leg.choice.account == *account).cloned().collect();
        let list = legs.iter().filter_map(|leg| self.state.list_due(leg, &looked)).any(|at| at <= now);
        let status =
            legs.iter().filter_map(|leg| self.state.status_due(leg, &looked, false)).any(|at| at <= now);
        let mut looked = Looked { quiet: looked.quiet.saturating_add(1).min(3), ..looked };
        for target in self.state.endings(account) {
            self.end(&target);
        }
        if status && !self.trouble(4) {
            looked.asked_at = Some(now);
            let targets: Vec<_> = legs.iter().flat_map(|leg| self.state.targets(leg, false)).collect();
            for target in targets {
                let seen = self.observe(&target.handle);
                let whats = self.state.observed(target.leg, target.machine, &seen, now);
                self.record(whats);
            }
        }
        if list && !self.trouble(4) {
            looked.listed_at = Some(now);
            let listing = self.list(account);
            let whats = self.state.listed(account, &listing, now, now);
            self.record(whats);
        }
        self.looked.insert(account.clone(), looked);
    }

    fn observe(&mut self, handle: &Handle) -> Observation {
        let (second, now) = (self.second, at(self.second));
        let lie = self.trouble(6);
        let found = self.vms.iter_mut().find(|vm| handle.instance.as_deref() == Some(&vm.id));
        let Some(vm) = found.filter(|vm| vm.shown <= second) else {
            return Observation::not_found(handle.clone(), now);
        };
        vm.lied = lie && !vm.lied;
        if vm.lied || !vm.lives(second) {
            return Observation::not_found(handle.clone(), now);
        }
        Observation::found(handle.clone(), now, vm.state(second), "word")
    }

    fn list(&mut self, account: &ProviderId) -> Listing {
        let second = self.second;
        let age = self.random.i64(0..=S);
        let mut pages = Pages::new();
        let mut shown = Vec::new();
        for at_place in 0..self.vms.len() {
            let short = self.trouble(3);
            let vm = &mut self.vms[at_place];
            if vm.account != *account || vm.shown > second - age || !vm.lives(second - age) {
                continue;
            }
            // A row is lost once, and never twice in a row.
            vm.hidden_once = short && !vm.hidden_once;
            if vm.hidden_once {
                continue;
            }
            let handle = Handle::of_instance(account, vm.id.clone());
            let mut row = Instance::new(handle, vm.marker.to_string(), vm.state(second), "word");
            row.created_at = Some(at(vm.applied));
            shown.push(row);
        }
        pages.add(shown, 0, None, true);
        pages.finish(at(second)).unwrap()
    }

    fn end(&mut self, target: &super::super::Target) {
        if self.trouble(3) {
            return;
        }
        let (second, lost) = (self.second, self.trouble(4));
        let after = self.random.i64(1..20);
        let vm = self.vms.iter_mut().find(|vm| target.handle.instance.as_deref() == Some(&vm.id));
        if let Some(vm) = vm.filter(|vm| vm.gone.is_none() && !lost) {
            vm.gone = Some(second + after);
        }
        let step = Deletion { handle: target.handle.clone(), next: Next::Started };
        let whats = self.state.stepped(target.leg, target.machine, &step, at(second));
        self.record(whats);
    }

    fn states(&self) -> Vec<(Marker, LegState)> {
        self.state.legs.values().map(|leg| (leg.marker, leg.state)).collect()
    }

    fn check(&self) -> Result<(), String> {
        let second = self.second;
        let mut by_intent: BTreeMap<u32, Vec<&Vm>> = BTreeMap::new();
        for vm in self.vms.iter().filter(|vm| vm.lives(second)) {
            by_intent.entry(vm.intent).or_default().push(vm);
        }
        if let Some(doubled) = by_intent.values().find(|vms| vms.len() > 1) {
            return Err(format!("at {second} one intent has {} machines: {doubled:?}", doubled.len()));
        }
        if let Some((marker, posts)) = self.posts.iter().find(|(_, posts)| **posts > 2) {
            return Err(format!("{marker} was sent {posts} times"));
        }
        for account in self.state.accounts() {
            let open =
                self.state.legs.values().filter(|leg| leg.choice.account == account && leg.is_unresolved());
            if open.count() > 3 {
                return Err(format!("more than 3 creates at {account} are open"));
            }
        }
        let held = self.state.reserved(None).ok_or("the budget cannot be counted")?;
        let truly: u32 = self.vms.iter().map(|vm| cost(&vm.account)).sum();
        if held.amount > 60.into() || dollars(truly).amount > 60.into() {
            return Err(format!("the budget is exceeded: {held} held, {truly} spent"));
        }
        Ok(())
    }

    fn check_end(&mut self) -> Result<(), String> {
        let second = self.second;
        for vm in self.vms.iter().filter(|vm| vm.lives(second)) {
            let leg = self.state.leg(vm.marker).map_err(|error| error.to_string())?;
            if !matches!(leg.state, LegState::Running | LegState::AskUser) {
                return Err(format!("{} lives and its leg is {}", vm.marker, leg.state));
            }
        }
        for leg in self.state.legs.values().filter(|leg| leg.state == LegState::Running) {
            if !self.vms.iter().any(|vm| vm.marker == leg.marker && vm.lives(second)) {
                return Err(format!("{} is said to run, and does not live", leg.marker));
            }
        }
        if Deployment::folded("web", &self.log).as_ref() != Some(&self.state) {
            return Err("the log does not give the state".to_owned());
        }
        // Taken down, everything ends or is asked about.
        self.record(vec![What::Turned { mode: Mode::Down }]);
        while !self.state.is_settled(at(self.second)) {
            self.step()?;
            self.second += 3;
            if self.second > 3 * (TROUBLE + CALM) {
                return Err(format!("it does not go down: {:?}", self.states()));
            }
        }
        let second = self.second;
        for vm in self.vms.iter().filter(|vm| vm.lives(second)) {
            let leg = self.state.leg(vm.marker).map_err(|error| error.to_string())?;
            if leg.state != LegState::AskUser {
                return Err(format!("{} outlives its deployment, {}", vm.marker, leg.state));
            }
        }
        Ok(())
    }
}

fn cost(account: &ProviderId) -> u32 {
    match account.as_str() {
        "a" => 1,
        "b" => 2,
        _ => 3,
    }
}
