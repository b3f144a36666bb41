//! Simulated clouds as a process, and the homes of users at them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use vmbroker_sim::Dialect;

use crate::program::{Done, Home, PATIENCE, speak};

/// What the machines of one home are.
const MACHINE: &str = "[machine]\nvcpus = 2\nmemory = \"4GiB\"\nssh_keys = [\"key.pub\"]\n";

/// One cloud of each provider, in the order in which they are tried.
pub(crate) const THREE: [Dialect; 3] = [Dialect::Zenlayer, Dialect::Wayscloud, Dialect::Fluence202505];

/// The account at a cloud.
pub(crate) fn account(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Fluence202504 | Dialect::Fluence202505 => "fluence",
        Dialect::Wayscloud => "wayscloud",
        Dialect::Waldur => "waldur",
        Dialect::Zenlayer => "zenlayer",
    }
}

/// Clouds that run as a process, and a user's home with accounts at them.
pub(crate) struct World {
    pub(crate) home: Home,
    dialects: Vec<Dialect>,
    control: String,
    clouds: Child,
}

impl World {
    /// Starts these clouds. A machine is up after about half a second; D is two seconds, S half a second.
    pub(crate) async fn start(dialects: &[Dialect]) -> Self {
        let home = Home::new();
        let mut args = vec!["sandbox", "--for", "600", "--speed", "200", "--output", "json"];
        args.extend(["--write-config", "vmbroker.toml"]);
        for dialect in dialects {
            args.extend(["--cloud", dialect.name()]);
        }
        let mut clouds = home.command(&args).stderr(Stdio::null()).spawn().unwrap();
        let mut lines = BufReader::new(clouds.stdout.take().unwrap()).lines();
        let read = async {
            let mut text = String::new();
            while let Some(line) = lines.next_line().await.unwrap() {
                text.push_str(&line);
                if line == "}" {
                    break;
                }
            }
            text
        };
        let text = tokio::time::timeout(PATIENCE, read).await.unwrap();
        let document: Value = serde_json::from_str(&text).unwrap();
        let control = document["control"].as_str().unwrap().to_owned();
        let world = Self { home, dialects: dialects.to_vec(), control, clouds };
        world.hurry();
        world
    }

    /// Sets the accounts' own times: everything that proves something must be over in seconds.
    fn hurry(&self) {
        let path = self.home.path("vmbroker.toml");
        let mut text = fs::read_to_string(&path).unwrap();
        let times = [
            ("create_applies_within = \"5s\"", "create_applies_within = \"2s\""),
            ("list_lags_by = \"1s\"", "list_lags_by = \"500ms\""),
            ("visible_within = \"10s\"", "visible_within = \"500ms\""),
            ("poll_every = \"1s\"", "poll_every = \"200ms\""),
            (
                "write_every = \"0s\"",
                "write_every = \"0s\"\nwrite_timeout = \"1500ms\"\nread_timeout = \"5s\"",
            ),
        ];
        for (usual, ours) in times {
            assert!(text.contains(usual), "{usual}: {text}");
            text = text.replace(usual, ours);
        }
        let state = text.lines().find(|line| line.starts_with("state = ")).unwrap().to_owned();
        text = text.replace(&state, "state = \"state\"\nowner = \"the tests\"");
        fs::write(path, text).unwrap();
    }

    /// The folder of the journal.
    pub(crate) fn state(&self) -> PathBuf {
        self.home.path("state")
    }

    /// Writes the file of the deployment `web`: so many machines, at these accounts in their order.
    pub(crate) fn wish(&self, count: u32, more: &str) {
        let accounts: Vec<String> =
            self.dialects.iter().map(|dialect| format!("\"{}\"", account(*dialect))).collect();
        let place = format!("[where]\nproviders = [{}]\n", accounts.join(", "));
        let top = format!("name = \"web\"\ncount = {count}\nfor = \"1d\"\nstrategy = \"in-order\"\n");
        let (top_more, tables) =
            more.split_once('[').map_or((more, String::new()), |(top, rest)| (top, format!("[{rest}")));
        self.home.file("web.toml", &format!("{top}{top_more}{MACHINE}{place}{tables}"), 0o644);
    }

    /// The other home: the same accounts and installation, and a journal of its own.
    pub(crate) fn elsewhere(&self) -> String {
        let text = fs::read_to_string(self.home.path("vmbroker.toml")).unwrap();
        self.home.file("other.toml", &text.replace("state = \"state\"", "state = \"other\""), 0o644);
        "other.toml".to_owned()
    }

    async fn control(&self, dialect: Dialect, method: &str, what: &str, body: Option<&Value>) -> Value {
        let answer = speak(&self.control, method, &format!("/{dialect}/{what}"), body).await;
        let body = answer.split_once("\r\n\r\n").unwrap().1;
        serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {answer}"))
    }

    /// Lets this go wrong at the next so many calls of the operation.
    pub(crate) async fn arm(&self, dialect: Dialect, operation: &str, kind: Value, times: Option<u32>) {
        let fault = json!({ "kind": kind, "operation": operation, "times": times });
        let armed = self.control(dialect, "POST", "faults", Some(&fault)).await;
        assert!(armed.is_array(), "{armed}");
    }

    /// Ends every fault.
    pub(crate) async fn disarm(&self) {
        for dialect in &self.dialects {
            self.control(*dialect, "DELETE", "faults", None).await;
        }
    }

    /// Every machine that ever was, at all clouds.
    pub(crate) async fn machines(&self) -> Vec<Value> {
        let mut all = Vec::new();
        for dialect in &self.dialects {
            let ledger = self.control(*dialect, "GET", "ledger", None).await;
            all.extend(ledger["entries"].as_array().unwrap().clone());
        }
        all
    }

    /// How many machines cost money now.
    pub(crate) async fn live(&self) -> usize {
        self.machines().await.iter().filter(|machine| machine["ended"].is_null()).count()
    }

    /// How many creates arrived at this cloud.
    pub(crate) async fn creates(&self, dialect: Dialect) -> usize {
        let calls = self.control(dialect, "GET", "calls", None).await;
        calls.as_array().unwrap().iter().filter(|call| call["operation"] == "create").count()
    }

    /// How many creates arrived at all clouds.
    pub(crate) async fn all_creates(&self) -> usize {
        let mut sum = 0;
        for dialect in &self.dialects {
            sum += self.creates(*dialect).await;
        }
        sum
    }

    /// No two machines of one leg cost money at the same time, and no leg had more than two.
    pub(crate) async fn nothing_is_doubled(&self, case: &str) {
        let mut by_marker: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
        for machine in self.machines().await {
            let name = machine["name"].as_str().unwrap();
            let marker = name[name.len() - 23..].to_owned();
            let ended = machine["ended"].as_str().unwrap_or("9").to_owned();
            by_marker
                .entry(marker)
                .or_default()
                .push((machine["created"].as_str().unwrap().to_owned(), ended));
        }
        for (marker, mut spans) in by_marker {
            spans.sort();
            assert!(spans.len() <= 2, "{case}: {marker} {spans:?}");
            let apart = spans.windows(2).all(|pair| at(&pair[0].1) <= at(&pair[1].0));
            assert!(apart, "{case}: two machines of {marker} at once: {spans:?}");
        }
    }

    /// A run with something in its environment.
    pub(crate) async fn run_with(&self, args: &[&str], env: &[(&str, &str)]) -> Done {
        let mut command = self.home.command(args);
        command.envs(env.iter().copied());
        finish(command, args).await
    }

    /// All deployments are taken down; the ledgers say that nothing is left, and a sweep finds nothing.
    pub(crate) async fn end(mut self, case: &str) {
        self.disarm().await;
        let standing = self.home.well(&["deployments", "--output", "json"]).await.json();
        for deployment in standing["deployments"].as_array().unwrap() {
            let name = deployment["name"].as_str().unwrap();
            let done = self.home.run(&["destroy", name]).await;
            assert_eq!(done.code, Some(0), "{case}: {done:?}");
        }
        assert_eq!(self.live().await, 0, "{case}: {:#?}", self.machines().await);
        self.nothing_is_doubled(case).await;
        let swept = self.home.well(&["sweep", "--output", "json"]).await.json();
        assert_eq!((&swept["unknown"], &swept["failures"]), (&json!(0), &json!([])), "{case}: {swept}");
        let left = self.home.well(&["deployments", "--output", "json"]).await.json();
        assert_eq!(left["deployments"], json!([]), "{case}");
        self.clouds.kill().await.unwrap();
    }
}

fn at(text: &str) -> jiff::Timestamp {
    text.parse().unwrap_or(jiff::Timestamp::MAX)
}

/// Runs a command to its end.
pub(crate) async fn finish(mut command: Command, args: &[&str]) -> Done {
    let output = tokio::time::timeout(PATIENCE, command.output()).await;
    let output = output.unwrap_or_else(|_| panic!("it does not end: {args:?}")).unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Done { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

/// The lines of a file; none where it is not there.
pub(crate) fn lines(file: &Path) -> Vec<String> {
    fs::read_to_string(file).unwrap_or_default().lines().map(str::to_owned).collect()
}

/// Waits until this is true, within the patience of every test here.
pub(crate) async fn until<F: Future<Output = bool>>(what: &str, is: impl Fn() -> F) {
    let wait = async {
        while !is().await {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(PATIENCE, wait).await.unwrap_or_else(|_| panic!("it never comes true: {what}"));
}
