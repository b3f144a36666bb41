//! The program in this process, at simulated clouds that live by the same simulated clock.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt::Write as _;
use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use serde_json::Value;
use vmbroker::Clock;
use vmbroker::journal::Probe;
use vmbroker_cli::{Stream, Surroundings, run};
use vmbroker_sim::{Dialect, Sandbox, SandboxConfig, WALDUR_IDS};

use crate::front::Front;

const KEY: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ0mF4kuFzFLoOfCh3mCDGEXLLXmoxpQvC1i3ZxVQeBn me@home\n";

/// A user's home, somewhere deep in a folder in which nothing else may come to be.
pub(crate) struct Home {
    outer: tempfile::TempDir,
    pub(crate) env: BTreeMap<String, OsString>,
    pub(crate) clock: Clock,
    pub(crate) width: Option<u16>,
    pub(crate) probe: Option<Probe>,
}

/// What one run gave.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) code: u8,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Done {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

impl Home {
    pub(crate) fn new(clock: Clock) -> Self {
        let outer = tempfile::tempdir().unwrap();
        fs::create_dir_all(outer.path().join("a/b/c/d/e/home")).unwrap();
        let env = BTreeMap::from([("HOME".to_owned(), outer.path().join("a/b/c/d/e/home").into_os_string())]);
        let home = Self { outer, env, clock, width: None, probe: None };
        home.file("key.pub", KEY, 0o644);
        home
    }

    pub(crate) fn folder(&self) -> PathBuf {
        self.outer.path().join("a/b/c/d/e/home")
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder().join(name)
    }

    pub(crate) fn file(&self, name: &str, text: impl AsRef<[u8]>, mode: u32) {
        fs::write(self.path(name), text).unwrap();
        fs::set_permissions(self.path(name), fs::Permissions::from_mode(mode)).unwrap();
    }

    /// Everything below the outer folder but folders, by its path from there.
    pub(crate) fn files(&self) -> BTreeMap<String, PathBuf> {
        fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
            for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
                if entry.symlink_metadata().unwrap().is_dir() {
                    walk(&entry, found);
                } else {
                    found.push(entry);
                }
            }
        }
        let mut found = Vec::new();
        walk(self.outer.path(), &mut found);
        let name =
            |path: &PathBuf| path.strip_prefix(self.outer.path()).unwrap().to_string_lossy().into_owned();
        found.into_iter().map(|path| (name(&path), path)).collect()
    }

    /// Runs the program to its end.
    pub(crate) async fn run(&self, args: &[&str]) -> Done {
        let (out, err) = (Buffer::default(), Buffer::default());
        let surroundings = Surroundings {
            args: std::iter::once("vmbroker").chain(args.iter().copied()).map(OsString::from).collect(),
            env: self.env.clone(),
            folder: self.folder(),
            stdout: Stream { to: Box::new(out.clone()), width: self.width },
            stderr: Stream { to: Box::new(err.clone()), width: None },
            clock: self.clock.clone(),
            providers: Vec::new(),
            probe: self.probe.clone(),
        };
        let code = Box::pin(run(surroundings)).await;
        Done { code, out: out.text(), err: err.text() }
    }

    /// Runs the program, which must say that all went well.
    pub(crate) async fn well(&self, args: &[&str]) -> Done {
        let done = self.run(args).await;
        assert_eq!(done.code, 0, "{args:?}: {}\n{}", done.out, done.err);
        done
    }
}

#[derive(Clone, Default)]
struct Buffer(Arc<Mutex<Vec<u8>>>);

impl Buffer {
    fn text(&self) -> String {
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

/// Every simulated cloud, each behind a front, and a home with an account at each of them.
pub(crate) struct World {
    pub(crate) home: Home,
    pub(crate) sandbox: Sandbox,
    pub(crate) fronts: BTreeMap<Dialect, Front>,
}

impl World {
    /// With this secret at every cloud.
    pub(crate) async fn start(secret: &str) -> Self {
        let clock = Clock::simulated("2026-11-21T08:00:00Z".parse().unwrap(), 1);
        let config = SandboxConfig { dialects: Dialect::ALL.to_vec(), ..SandboxConfig::new(clock.clone()) };
        let sandbox = Sandbox::start(config).await.unwrap();
        let home = Home::new(clock);
        home.file("secret", secret, 0o600);
        let mut fronts = BTreeMap::new();
        let mut text = rates();
        for running in sandbox.clouds() {
            let id = {
                let credentials = &mut running.cloud.account().credentials;
                secret.clone_into(&mut credentials.secret);
                credentials.id.clone()
            };
            home.file("id", id, 0o600);
            let front = Front::of(&running.url).await;
            text.push_str(&account_text(running.dialect.name(), running.dialect, &front.url(), ""));
            fronts.insert(running.dialect, front);
        }
        home.file("vmbroker.toml", text, 0o644);
        Self { home, sandbox, fronts }
    }

    /// The file of a deployment of so many machines at these accounts.
    pub(crate) fn wish(&self, name: &str, count: u32, accounts: &[Dialect], more: &str) {
        let names: Vec<String> = accounts.iter().map(|it| format!("\"{it}\"")).collect();
        let text = format!(
            "name = \"{name}\"\ncount = {count}\nfor = \"2h\"\nstrategy = \"in-order\"\nready = \"running\"\n\
             provision_within = \"2m\"\ndelete_within = \"2m\"\n[machine]\nvcpus = 2\nmemory = \"4GiB\"\nssh_keys = [\"key.pub\"]\n{more}\n[where]\nproviders = [{}]\n",
            names.join(", ")
        );
        self.home.file(&format!("{name}.toml"), text, 0o644);
    }

    /// How many machines cost money now, at all clouds.
    pub(crate) fn live(&self) -> usize {
        self.sandbox.clouds().iter().map(|running| running.cloud.ledger().open().count()).sum()
    }

    /// How many creates arrived, at all clouds.
    pub(crate) fn creates(&self) -> usize {
        self.sandbox.clouds().iter().map(|running| running.cloud.count_calls(Some("create"))).sum()
    }
}

/// Rates, so that all offers can be compared.
fn rates() -> String {
    "[[exchange]]\nfrom = \"EUR\"\nto = \"USD\"\nrate = \"1.08\"\ndate = 2026-11-20\nsource = \"a test\"\n\n"
        .to_owned()
}

/// An account of a vmbroker.toml, with these further lines.
pub(crate) fn account_text(name: &str, dialect: Dialect, url: &str, more: &str) -> String {
    let ids = WALDUR_IDS;
    let place = format!("project = \"{}\"\noffering = \"{}\"\n", ids.project, ids.offering);
    let own = match dialect {
        Dialect::Fluence202504 => {
            "provider = \"fluence\"\ncontract = \"2025-04\"\napi_key_file = \"secret\"\n".to_owned()
        }
        Dialect::Fluence202505 => {
            "provider = \"fluence\"\ncontract = \"2025-05\"\napi_key_file = \"secret\"\n".to_owned()
        }
        Dialect::Wayscloud => {
            let plan = ids.plan;
            format!("provider = \"wayscloud\"\ntoken_file = \"secret\"\nplan = \"{plan}\"\n{place}")
        }
        Dialect::Waldur => {
            format!("provider = \"wayscloud\"\ndialect = \"waldur\"\ntoken_file = \"secret\"\n{place}")
        }
        Dialect::Zenlayer => {
            let (id, password) = ("access_key_id_file = \"id\"", "access_key_password_file = \"secret\"");
            format!("provider = \"zenlayer\"\n{id}\n{password}\n")
        }
    };
    let mut text = format!("[accounts.{name}]\nurl = \"{url}\"\n{own}");
    let _ = writeln!(
        text,
        "timing = {{ list_lags_by = \"1s\", visible_within = \"5s\", create_applies_within = \"2s\", poll_every = \"2s\" }}"
    );
    let _ = writeln!(text, "[accounts.{name}.http]\nread_every = \"0s\"\nwrite_every = \"0s\"\n{more}\n");
    text
}
