//! Everything the program takes from outside.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use std::sync::Arc;

use vmbroker::journal::Probe;
use vmbroker::{Clock, ComputeProvider};

/// Everything the program takes from outside, so that a test or another program can be that outside.
#[derive(Debug)]
pub struct Surroundings {
    /// The arguments, the program's own name first.
    pub args: Vec<OsString>,
    /// The environment. Variables whose name is no UTF-8 are left out.
    pub env: BTreeMap<String, OsString>,
    /// The current folder: relative paths start here.
    pub folder: PathBuf,
    /// Where data goes.
    pub stdout: Stream,
    /// Where everything else goes.
    pub stderr: Stream,
    /// The time of the configured accounts. Simulated clouds bring their own.
    pub clock: Clock,
    /// Further accounts, besides the configured ones: this is how a program with an adapter of its own gets
    /// this command line. Empty: none.
    pub providers: Vec<Arc<dyn ComputeProvider>>,
    /// Called at every commit of the journal, so that a test can end the program there. Absent: nothing is.
    pub probe: Option<Probe>,
}

impl Surroundings {
    /// Those of this process.
    #[must_use]
    pub fn of_this_process() -> Self {
        let named = |(name, value): (OsString, OsString)| Some((name.into_string().ok()?, value));
        let out_width =
            io::stdout().is_terminal().then(|| width(terminal_size::terminal_size_of(io::stdout())));
        let err_width =
            io::stderr().is_terminal().then(|| width(terminal_size::terminal_size_of(io::stderr())));
        Self {
            args: std::env::args_os().collect(),
            env: std::env::vars_os().filter_map(named).collect(),
            folder: std::env::current_dir().unwrap_or_else(|_| PathBuf::from(".")),
            stdout: Stream { to: Box::new(io::stdout()), width: out_width },
            stderr: Stream { to: Box::new(io::stderr()), width: err_width },
            clock: Clock::system(),
            providers: Vec::new(),
            probe: None,
        }
    }
}

fn width(size: Option<(terminal_size::Width, terminal_size::Height)>) -> u16 {
    size.map_or(80, |(width, _)| width.0)
}

/// Where text goes.
pub struct Stream {
    /// What takes the text.
    pub to: Box<dyn Write + Send>,
    /// How many columns a line has on the terminal it goes to; absent where that is no terminal.
    pub width: Option<u16>,
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stream").field("width", &self.width).finish_non_exhaustive()
    }
}
