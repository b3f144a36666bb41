//! The real program as processes of their own, each bounded in time and ended by its own handle.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use vmbroker_sim::Dialect;

/// No single command takes anywhere near this long; one that does hangs.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

const KEY: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ0mF4kuFzFLoOfCh3mCDGEXLLXmoxpQvC1i3ZxVQeBn me@home\n";

/// A user's home: a folder, and an environment with nothing else in it.
pub(crate) struct Home {
    folder: tempfile::TempDir,
    env: Vec<(String, String)>,
}

/// What one run gave.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Done {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

impl Home {
    pub(crate) fn new() -> Self {
        let home = Self { folder: tempfile::tempdir().unwrap(), env: Vec::new() };
        home.file("key.pub", KEY, 0o644);
        home
    }

    pub(crate) fn with_env(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Sets a variable, or takes it away.
    pub(crate) fn set_env(&mut self, name: &str, value: Option<&str>) {
        self.env.retain(|(known, _)| known != name);
        self.env.extend(value.map(|value| (name.to_owned(), value.to_owned())));
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn file(&self, name: &str, text: &str, mode: u32) {
        fs::write(self.path(name), text).unwrap();
        fs::set_permissions(self.path(name), fs::Permissions::from_mode(mode)).unwrap();
    }

    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_vmbroker-under-test"));
        command.args(args).env_clear().env("HOME", self.folder.path()).current_dir(self.folder.path());
        command.envs(self.env.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        command
    }

    /// Runs the program to its end.
    pub(crate) async fn run(&self, args: &[&str]) -> Done {
        let output = tokio::time::timeout(PATIENCE, self.command(args).output()).await;
        let output = output.unwrap_or_else(|_| panic!("it does not end: {args:?}")).unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Done { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }

    /// Runs the program, which must say that all went well.
    pub(crate) async fn well(&self, args: &[&str]) -> Done {
        let done = self.run(args).await;
        assert_eq!(done.code, Some(0), "{args:?} {done:?}");
        done
    }

    /// Runs the program again and again until its document is as wanted: real processes have no other clock.
    pub(crate) async fn until(&self, args: &[&str], wanted: impl Fn(&Value) -> bool) -> Value {
        let look = async {
            loop {
                let document = self.well(args).await.json();
                if wanted(&document) {
                    return document;
                }
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        };
        let seen = tokio::time::timeout(PATIENCE, look).await;
        seen.unwrap_or_else(|_| panic!("it never comes true: {args:?}"))
    }
}

/// `vmbroker sandbox` as a process. What is said of one cloud is said of the first.
pub(crate) struct Served {
    dialect: Dialect,
    pub(crate) document: Value,
    child: Child,
}

impl Served {
    /// Starts it; the accounts are in the home's vmbroker.toml.
    pub(crate) async fn start(home: &Home, dialect: Dialect) -> Self {
        // A machine is up after about a second.
        Self::start_all(home, &[dialect], "60").await
    }

    /// The same with these clouds, so many times as fast as real ones.
    pub(crate) async fn start_all(home: &Home, dialects: &[Dialect], speed: &str) -> Self {
        // It ends by itself should this test be killed.
        let mut args = vec!["sandbox", "--for", "300", "--speed", speed, "--output", "json"];
        args.extend(["--write-config", "vmbroker.toml"]);
        args.extend(dialects.iter().flat_map(|dialect| ["--cloud", dialect.name()]));
        let mut child = home.command(&args).stderr(Stdio::null()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
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
        Self { dialect: dialects[0], document: serde_json::from_str(&text).unwrap(), child }
    }

    /// The account at it.
    pub(crate) fn account(&self) -> &str {
        self.document["clouds"][0]["account"].as_str().unwrap()
    }

    /// A call of this cloud's control face.
    pub(crate) async fn control(&self, method: &str, what: &str, body: Option<&Value>) -> Value {
        self.control_of(self.dialect, method, what, body).await
    }

    /// A call of the control face of this cloud.
    pub(crate) async fn control_of(
        &self,
        dialect: Dialect,
        method: &str,
        what: &str,
        body: Option<&Value>,
    ) -> Value {
        let url = self.document["control"].as_str().unwrap();
        let answer = speak(url, method, &format!("/{dialect}/{what}"), body).await;
        serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap()
    }

    /// Lets something go wrong at this cloud: once, or from now on.
    pub(crate) async fn arm_at(
        &self,
        dialect: Dialect,
        operation: Option<&str>,
        kind: Value,
        times: Option<u32>,
    ) {
        let fault = json!({ "kind": kind, "operation": operation, "times": times });
        self.control_of(dialect, "POST", "faults", Some(&fault)).await;
    }

    /// How many machines cost money now at this cloud, and how many creates it saw.
    pub(crate) async fn open_at(&self, dialect: Dialect) -> (u64, usize) {
        let ledger = self.control_of(dialect, "GET", "ledger", None).await;
        let calls = self.control_of(dialect, "GET", "calls", None).await;
        let creates = calls.as_array().unwrap().iter().filter(|call| call["operation"] == "create").count();
        (ledger["open"].as_u64().unwrap(), creates)
    }

    pub(crate) async fn arm(&self, kind: Value) {
        let fault = json!({ "kind": kind, "operation": "create", "times": 1 });
        let armed = self.control("POST", "faults", Some(&fault)).await;
        assert_eq!(armed.as_array().unwrap().len(), 1, "{armed}");
    }

    /// How many machines ever were, and how many of them cost money now.
    pub(crate) async fn machines(&self) -> (usize, u64) {
        let ledger = self.control("GET", "ledger", None).await;
        (ledger["entries"].as_array().unwrap().len(), ledger["open"].as_u64().unwrap())
    }

    /// How many creates arrived.
    pub(crate) async fn creates(&self) -> usize {
        let calls = self.control("GET", "calls", None).await;
        calls.as_array().unwrap().iter().filter(|call| call["operation"] == "create").count()
    }

    pub(crate) async fn end(mut self) {
        self.child.kill().await.unwrap();
    }
}

/// Bare HTTP to a port of this machine.
pub(crate) async fn speak(url: &str, method: &str, path: &str, body: Option<&Value>) -> String {
    let body = body.map(ToString::to_string).unwrap_or_default();
    let length = body.len();
    let text = format!(
        "{method} {path} HTTP/1.1\r\nhost: control\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}"
    );
    let exchange = async {
        let mut stream = TcpStream::connect(url.strip_prefix("http://").unwrap()).await.unwrap();
        stream.write_all(text.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    };
    tokio::time::timeout(PATIENCE, exchange).await.unwrap()
}
