//! A world with a secret in every place that takes one, in which whatever is run is looked through.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use vmbroker_sim::{Dialect, Fault, FaultKind};

use crate::front::Front;
use crate::leak::{MACHINE_PASSWORD, PROXY_PASSWORD, TOKEN, leak, script};
use crate::program::{Done, World, account_text};

/// A machine that every cloud has.
pub(super) const SIZE: [&str; 6] = ["--vcpus", "2", "--memory", "4GiB", "--ssh-key", "key.pub"];

/// The world, with every secret that there may be, and what was tried in it.
pub(super) struct Tried {
    pub(super) world: World,
    pub(super) proxy: Front,
    pub(super) commands: Vec<Vec<String>>,
    /// How often each command ended well, and badly.
    pub(super) ends: BTreeMap<Vec<String>, [u64; 2]>,
    /// What all of them said, by the second.
    pub(super) texts: u64,
}

/// Files that hold a secret because a person put it there.
const OWN: [&str; 6] = ["secret", "password", "user-data", "vmbroker.toml", "loud.toml", "closed.toml"];

impl Tried {
    pub(super) async fn start() -> Self {
        let mut world = World::start(TOKEN).await;
        world.home.env.insert("VMBROKER_LOG".to_owned(), "trace".into());
        world.home.env.insert("RUST_BACKTRACE".to_owned(), "1".into());
        world.home.file("password", MACHINE_PASSWORD, 0o600);
        world.home.file("user-data", script(), 0o600);
        // One more account goes over a proxy that wants a password, and one over a proxy that is not there.
        let zenlayer = world.sandbox.cloud(Dialect::Zenlayer).unwrap().url.clone();
        let proxy = Front::of(&zenlayer).await;
        let through = |port: u16| format!("proxy = \"http://proxy:{PROXY_PASSWORD}@127.0.0.1:{port}\"");
        let mut text = fs::read_to_string(world.home.path("vmbroker.toml")).unwrap();
        text = text
            .replace("[accounts.zenlayer]\n", "[accounts.zenlayer]\nmachine_password_file = \"password\"\n");
        text.push_str(&account_text("behind", Dialect::Zenlayer, &zenlayer, &through(proxy.port)));
        world.home.file("vmbroker.toml", &text, 0o644);
        let nowhere = account_text("behind", Dialect::Zenlayer, &zenlayer, &through(1));
        world.home.file("closed.toml", nowhere, 0o644);
        Self { world, proxy, commands: vmbroker_cli::commands(), ends: BTreeMap::new(), texts: 0 }
    }

    /// The command that these arguments call: the longest whose words stand in them in order.
    fn command(&self, args: &[&str]) -> Vec<String> {
        let stands = |words: &&Vec<String>| {
            let mut rest = args.iter();
            args.first() == words.first().map(String::as_str).as_ref()
                && words.iter().all(|word| rest.any(|arg| arg == word))
        };
        let called = self.commands.iter().filter(stands).max_by_key(|words| words.len());
        called.unwrap_or_else(|| panic!("{args:?} is no command")).clone()
    }

    /// Runs it and looks at what it said.
    pub(super) async fn run(&mut self, args: &[&str]) -> Done {
        let done = self.world.home.run(args).await;
        for (stream, text) in [("stdout", &done.out), ("stderr", &done.err)] {
            assert_eq!(leak(text.as_bytes()), None, "{args:?}: {stream}: {text}");
        }
        let ends = self.ends.entry(self.command(args)).or_default();
        ends[usize::from(done.code != 0)] += 1;
        self.texts += 2;
        done
    }

    pub(super) async fn well(&mut self, args: &[&str]) -> Done {
        let done = self.run(args).await;
        assert_eq!(done.code, 0, "{args:?}: {done:?}");
        done
    }

    pub(super) async fn badly(&mut self, args: &[&str]) -> Done {
        let done = self.run(args).await;
        assert_ne!(done.code, 0, "{args:?}: {done:?}");
        done
    }

    /// Both forms that every command has.
    pub(super) async fn both(&mut self, args: &[&str]) -> [Done; 2] {
        let table = self.run(args).await;
        let json = self.run(&[args, &["--output", "json"]].concat()).await;
        [table, json]
    }

    pub(super) fn arm(&self, operation: Option<&str>, kind: &FaultKind, times: Option<u32>) {
        for running in self.world.sandbox.clouds() {
            let operation = operation.map(str::to_owned);
            running.cloud.arm(Fault { kind: kind.clone(), operation, after: 0, times });
        }
    }

    pub(super) fn disarm(&self) {
        for running in self.world.sandbox.clouds() {
            running.cloud.disarm();
        }
    }

    /// Each file in the home that was not put there, and whether it holds a secret.
    pub(super) fn look_at_files(&self) -> BTreeSet<String> {
        let mut looked = BTreeSet::new();
        for (name, path) in self.world.home.files() {
            let last = name.rsplit('/').next().unwrap().to_owned();
            if OWN.contains(&last.as_str()) {
                continue;
            }
            let bytes = fs::read(&path).unwrap();
            assert_eq!(leak(&bytes), None, "{name}");
            assert_eq!(leak(name.as_bytes()), None);
            looked.insert(last);
        }
        looked
    }
}
