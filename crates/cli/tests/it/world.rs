//! Surroundings made for one test.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use serde_json::Value;
use vmbroker::journal::Probe;
use vmbroker::{Clock, ComputeProvider};
use vmbroker_cli::{Stream, Surroundings, run};

/// A public key of nobody.
pub(crate) const KEY: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ0mF4kuFzFLoOfCh3mCDGEXLLXmoxpQvC1i3ZxVQeBn me@home\n";

/// A folder, an environment and accounts, in which the program is run.
pub(crate) struct World {
    pub folder: tempfile::TempDir,
    env: BTreeMap<String, OsString>,
    providers: Vec<Arc<dyn ComputeProvider>>,
    /// What the clock shows at the start of each command.
    pub now: Timestamp,
    pub width: Option<u16>,
    /// Called at every commit of the journal.
    pub probe: Option<Probe>,
}

/// What one run gave.
pub(crate) struct Outcome {
    pub code: u8,
    pub out: String,
    pub err: String,
}

impl World {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path().join("home");
        fs::create_dir(&home).unwrap();
        let env = BTreeMap::from([("HOME".to_owned(), home.into_os_string())]);
        let now = "2026-01-01T00:00:00Z".parse().unwrap();
        let world = Self { folder, env, providers: Vec::new(), now, width: None, probe: None };
        world.file("key.pub", KEY, 0o644);
        world
    }

    pub(crate) fn with(mut self, provider: Arc<dyn ComputeProvider>) -> Self {
        self.providers.push(provider);
        self
    }

    /// The same world with this account alone.
    pub(crate) fn instead(mut self, provider: Arc<dyn ComputeProvider>) -> Self {
        self.providers = vec![provider];
        self
    }

    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.env.insert(name.to_owned(), value.into());
        self
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn file(&self, name: &str, text: &str, mode: u32) {
        fs::write(self.path(name), text).unwrap();
        fs::set_permissions(self.path(name), fs::Permissions::from_mode(mode)).unwrap();
    }

    /// Runs the program; the folder's path is shown as `[folder]`.
    pub(crate) async fn run(&self, args: &[&str]) -> Outcome {
        let (out, err) = (Buffer::default(), Buffer::default());
        let code = self.run_into(args, Box::new(out.clone()), Box::new(err.clone())).await;
        let folder = self.folder.path().to_str().unwrap();
        let text = |buffer: Buffer| buffer.text().replace(folder, "[folder]");
        Outcome { code, out: text(out), err: text(err) }
    }

    pub(crate) async fn run_into(
        &self,
        args: &[&str],
        out: Box<dyn Write + Send>,
        err: Box<dyn Write + Send>,
    ) -> u8 {
        let surroundings = Surroundings {
            args: std::iter::once("vmbroker").chain(args.iter().copied()).map(OsString::from).collect(),
            env: self.env.clone(),
            folder: self.folder.path().to_path_buf(),
            stdout: Stream { to: out, width: self.width },
            stderr: Stream { to: err, width: None },
            clock: Clock::simulated(self.now, 1),
            providers: self.providers.clone(),
            probe: self.probe.clone(),
        };
        Box::pin(run(surroundings)).await
    }
}

impl Outcome {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap()
    }
}

#[derive(Clone, Default)]
pub(crate) struct Buffer(Arc<Mutex<Vec<u8>>>);

impl Buffer {
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Standard output whose reader has gone.
pub(crate) struct Closed;

impl Write for Closed {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
