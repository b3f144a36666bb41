//! A speaker of bare HTTP, and a cloud to speak to.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use vmbroker_core::Clock;
use vmbroker_sim::{Cloud, Dialect, Fault, FaultKind, Sandbox, SandboxConfig};

/// Far more than any answer here takes.
pub(crate) const PATIENCE: Duration = Duration::from_secs(600);

/// Where simulated time begins.
pub(crate) const FROM: &str = "2026-11-21T08:00:00Z";

/// One cloud of Fluence's second contract, whose answers show the most.
pub(crate) struct Bench {
    pub(crate) sandbox: Sandbox,
    pub(crate) cloud: Cloud,
    pub(crate) url: String,
}

impl Bench {
    pub(crate) async fn new() -> Self {
        Self::of(Dialect::Fluence202505, 1).await
    }

    pub(crate) async fn of(dialect: Dialect, seed: u64) -> Self {
        let clock = Clock::simulated(FROM.parse().unwrap(), 1);
        let config = SandboxConfig { seed, dialects: vec![dialect], ..SandboxConfig::new(clock) };
        let sandbox = Sandbox::start(config).await.unwrap();
        let running = sandbox.cloud(dialect).unwrap().clone();
        Self { cloud: running.cloud, url: running.url, sandbox }
    }

    /// With this fault at the next call of this operation.
    pub(crate) async fn with(operation: &str, kind: FaultKind) -> Self {
        let bench = Self::new().await;
        bench.cloud.arm(Fault::once(operation, kind));
        bench
    }

    pub(crate) fn step(&self, seconds: u64) {
        self.cloud.clock().step(Duration::from_secs(seconds));
    }

    pub(crate) fn machines(&self) -> usize {
        self.cloud.ledger().entries.len()
    }

    pub(crate) async fn create(&self) -> Wire {
        self.create_named("vm").await
    }

    pub(crate) async fn create_named(&self, name: &str) -> Wire {
        let body = json!({
            "instances": 1,
            "vmConfiguration": {
                "name": name, "openPorts": [], "osImage": "https://images.example/a.img",
                "sshKeys": ["ssh-ed25519 AAAA"],
            },
        });
        self.ask("POST", "/vms/v3", Some(&body)).await
    }

    pub(crate) async fn list(&self) -> Wire {
        self.ask("GET", "/vms/v3", None).await
    }

    /// The one machine's row in the list; null: it is not listed.
    pub(crate) async fn row(&self) -> Value {
        self.list().await.json()[0].clone()
    }

    pub(crate) async fn delete(&self) -> Wire {
        let id = self.cloud.account().machines[0].id.clone();
        self.ask("DELETE", "/vms/v3", Some(&json!({ "vmIds": [id] }))).await
    }

    pub(crate) async fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> Wire {
        speak(&self.url, &self.request(method, path, body), usize::MAX).await
    }

    pub(crate) fn request(&self, method: &str, path: &str, body: Option<&Value>) -> String {
        let secret = self.cloud.account().credentials.secret.clone();
        request(method, path, &[("authorization", &format!("Bearer {secret}"))], body)
    }
}

/// The text of a request after which the connection ends.
pub(crate) fn request(method: &str, path: &str, headers: &[(&str, &str)], body: Option<&Value>) -> String {
    let mut text = format!("{method} {path} HTTP/1.1\r\nhost: sim.test\r\nconnection: close\r\n");
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    let body = body.map(ToString::to_string).unwrap_or_default();
    if !body.is_empty() {
        text.push_str(&format!("content-type: application/json\r\ncontent-length: {}\r\n", body.len()));
    }
    text + "\r\n" + &body
}

/// What came back, byte by byte.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Wire {
    pub(crate) bytes: Vec<u8>,
    /// The reader's patience ended before the connection did.
    pub(crate) is_open: bool,
}

/// Sends these bytes and reads until the connection ends, or `most` bytes came, or patience is over.
pub(crate) async fn speak(url: &str, text: &str, most: usize) -> Wire {
    let mut stream = TcpStream::connect(url.strip_prefix("http://").unwrap()).await.unwrap();
    stream.write_all(text.as_bytes()).await.unwrap();
    let mut bytes = Vec::new();
    let mut is_open = false;
    let mut chunk = vec![0; 64 << 10];
    while bytes.len() < most {
        match tokio::time::timeout(PATIENCE, stream.read(&mut chunk)).await {
            // A connection that breaks ends as one that closes: there is nothing more.
            Ok(Ok(0) | Err(_)) => break,
            Ok(Ok(count)) => bytes.extend_from_slice(&chunk[..count]),
            Err(_) => {
                is_open = true;
                break;
            }
        }
    }
    Wire { bytes, is_open }
}

impl Wire {
    fn head(&self) -> String {
        let end = self.bytes.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
        String::from_utf8(self.bytes[..end].to_vec()).unwrap()
    }

    pub(crate) fn body(&self) -> &[u8] {
        &self.bytes[self.head().len() + 4..]
    }

    pub(crate) fn status(&self) -> u16 {
        self.head().split(' ').nth(1).unwrap().parse().unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> Option<String> {
        let head = self.head();
        let mut pairs = head.lines().skip(1).filter_map(|line| line.split_once(": "));
        pairs.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.to_owned())
    }

    pub(crate) fn promised(&self) -> usize {
        self.header("content-length").unwrap().parse().unwrap()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(self.body()).unwrap()
    }
}
