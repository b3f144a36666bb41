//! The provider: what is there, whatever anybody knows of it. It is as mean as its timing allows.

use crate::rules::{Ticks, Timing};

/// The token in a machine's name: the number of its leg.
pub(crate) type Marker = u8;

/// A create on its way.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Create {
    pub(crate) marker: Marker,
    pub(crate) account: u8,
    pub(crate) posted_at: Ticks,
    /// When its connection was closed without an answer; absent: it is open.
    pub(crate) closed_at: Option<Ticks>,
    /// The machine it made, by its place in [`World::machines`].
    pub(crate) made: Option<u8>,
}

/// A machine: paid for until it is gone.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Machine {
    /// Which leg it came of: known to the laws, and to the controller only if the machine is `marked`.
    pub(crate) marker: Marker,
    pub(crate) marked: bool,
    pub(crate) account: u8,
    /// From when on answers are from a time at which it was visible; it does not hide again.
    pub(crate) visible_from: Ticks,
    pub(crate) gone_at: Option<Ticks>,
    /// It will not come up.
    pub(crate) failed: bool,
}

impl Machine {
    pub(crate) fn is_alive(&self) -> bool {
        self.gone_at.is_none()
    }
}

/// What is at the providers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct World {
    pub(crate) creates: Vec<Create>,
    pub(crate) machines: Vec<Machine>,
}

impl World {
    /// The last byte of a create has left.
    pub(crate) fn post(&mut self, marker: Marker, account: u8, now: Ticks) {
        self.creates.push(Create { marker, account, posted_at: now, closed_at: None, made: None });
    }

    /// The create whose answer this leg waits for.
    pub(crate) fn open(&self, marker: Marker) -> Option<&Create> {
        self.creates.iter().find(|create| create.marker == marker && create.closed_at.is_none())
    }

    /// The provider carries this create out; its machine may be invisible until then.
    pub(crate) fn apply(&mut self, create: usize, marked: bool, visible_from: Ticks) {
        let made = u8::try_from(self.machines.len()).unwrap();
        let create = &mut self.creates[create];
        create.made = Some(made);
        self.machines.push(Machine {
            marker: create.marker,
            marked,
            account: create.account,
            visible_from,
            gone_at: None,
            failed: false,
        });
        self.forget();
    }

    /// The answer to this leg's create has come: nothing more is on its way.
    pub(crate) fn answer(&mut self, marker: Marker) {
        self.creates.retain(|create| create.marker != marker || create.closed_at.is_some());
    }

    /// Nobody waits for an answer any more, for this leg's or for any create.
    pub(crate) fn close(&mut self, marker: Option<Marker>, now: Ticks) {
        let ours = |create: &&mut Create| marker.is_none_or(|marker| marker == create.marker);
        for create in self.creates.iter_mut().filter(ours) {
            create.closed_at.get_or_insert(now);
        }
        self.forget();
    }

    /// Time has passed: a create that was not applied in this time never is.
    pub(crate) fn expire(&mut self, applies_within: Ticks, now: Ticks) {
        self.creates.retain(|create| create.closed_at.is_none_or(|at| now <= at + applies_within));
    }

    fn forget(&mut self) {
        self.creates.retain(|create| create.closed_at.is_none() || create.made.is_none());
    }

    /// An answer has shown this machine: it is visible from now on.
    pub(crate) fn show(&mut self, machine: u8, now: Ticks) {
        let machine = &mut self.machines[usize::from(machine)];
        machine.visible_from = machine.visible_from.min(now);
    }

    /// Whether an answer asked for then must show this machine: it was visible for longer than answers are old.
    pub(crate) fn must_show(&self, machine: &Machine, truth: Timing, asked_at: Ticks) -> bool {
        machine.is_alive() && machine.visible_from + truth.lists_lag <= asked_at
    }

    /// Whether an answer asked for then may show this machine: it was there at some moment it may be from.
    pub(crate) fn may_show(&self, machine: &Machine, truth: Timing, asked_at: Ticks) -> bool {
        machine.gone_at.is_none_or(|gone_at| gone_at + truth.lists_lag > asked_at)
    }

    /// How many machines of this leg are paid for.
    pub(crate) fn alive(&self, marker: Marker) -> usize {
        self.machines.iter().filter(|machine| machine.marker == marker && machine.is_alive()).count()
    }
}
