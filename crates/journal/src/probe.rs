//! Where a program can be stopped by a test.

use std::fmt;
use std::io;
use std::sync::Arc;

/// On which side of a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Side {
    /// Nothing of it is durable yet.
    Before,
    /// All of it is durable.
    After,
}

/// A place in a program's life: a named commit, and the side of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Point {
    /// What is being written, such as `sending`.
    pub name: &'static str,
    /// Before or after it.
    pub side: Side,
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let side = match self.side {
            Side::Before => "before",
            Side::After => "after",
        };
        write!(f, "{side}:{}", self.name)
    }
}

/// What is called at each persist point, before and after its commit, on the thread that commits.
///
/// An error before the commit prevents it; an error after it makes a commit that happened look failed. A probe that
/// ends the process ends it exactly there. The program that people get has none.
#[derive(Clone)]
pub struct Probe(Arc<Call>);

type Call = dyn Fn(Point) -> io::Result<()> + Send + Sync;

impl Probe {
    /// A probe that calls this.
    #[must_use]
    pub fn new(call: impl Fn(Point) -> io::Result<()> + Send + Sync + 'static) -> Self {
        Self(Arc::new(call))
    }

    /// Calls it.
    ///
    /// # Errors
    /// What it answers.
    pub fn call(&self, point: Point) -> io::Result<()> {
        (self.0)(point)
    }
}

impl fmt::Debug for Probe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Probe")
    }
}
