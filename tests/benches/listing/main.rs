//! What listing 10,000 machines costs through each adapter, against a floor in the same run.
//!
//! The floor is plain reqwest and serde_json, page after page, into the same wire structs as the adapter's. The
//! canned answers come from another process; pacing is off. CPU is this process's own time; figures are medians.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a benchmark ends where it cannot measure"
)]

mod canned;

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use canned::{MACHINES, WALDUR_PAGE, ZENLAYER_PAGE};
use cpu_time::ProcessTime;
use vmbroker_core::{Clock, ComputeProvider, Secret};
use vmbroker_http::HttpConfig;

/// How often each side is measured, in turn.
const ROUNDS: usize = 15;
const SLOW: Duration = Duration::from_millis(50);

/// A process that serves the canned answers, ended with this value.
struct Served {
    child: Child,
    base: String,
}

impl Served {
    fn start(delay: Duration) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--serve", &delay.as_millis().to_string()])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Self { child, base: format!("http://127.0.0.1:{}", line.trim()) }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// One adapter and the plain way to the same rows.
struct Subject {
    name: &'static str,
    pages: usize,
    provider: Arc<dyn ComputeProvider>,
    plain: reqwest::Client,
    /// The requests of the plain way, one a page.
    requests: Vec<reqwest::Request>,
    /// Decodes one page into the adapter's wire structs; how many rows it has.
    decode: fn(&[u8]) -> usize,
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    if let Some(at) = arguments.iter().position(|argument| argument == "--serve") {
        let delay = Duration::from_millis(arguments[at + 1].parse().unwrap());
        runtime.block_on(canned::serve(delay));
        return;
    }
    println!(
        "listing {MACHINES} machines; medians of {ROUNDS} rounds; floor = plain reqwest + serde_json, pages one by one"
    );
    println!("{:<22} {:>6} {:>12} {:>12} {:>8}", "adapter", "pages", "CPU ms", "floor ms", "ratio");
    let (fast, slow) = (Served::start(Duration::ZERO), Served::start(SLOW));
    let floors: Vec<Duration> =
        subjects(&fast.base).iter().map(|subject| runtime.block_on(compare(subject))).collect();
    println!(
        "\nwith {} ms an answer: wall, against 1 + ceil((pages - 1) / 8) answers + 1.3 x the floor's CPU",
        SLOW.as_millis()
    );
    println!("{:<22} {:>6} {:>12} {:>12} {:>8}", "adapter", "pages", "wall ms", "bound ms", "ratio");
    for (subject, floor) in subjects(&slow.base).iter().zip(floors) {
        runtime.block_on(wait(subject, floor));
    }
}

/// A plain reqwest, with nothing but what it needs to be built.
fn plain() -> reqwest::Client {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    reqwest::Client::builder().no_proxy().tls_backend_preconfigured(tls).build().unwrap()
}

fn subjects(base: &str) -> Vec<Subject> {
    let id = |name: &str| name.parse().unwrap();
    let clock = Clock::system();
    let secret = || Secret::new("canned-secret");
    let pace = HttpConfig {
        read_every: Some("0s".parse().unwrap()),
        write_every: Some("0s".parse().unwrap()),
        ..HttpConfig::default()
    };
    let url = Some(base.to_owned());
    let get =
        |path: &str| reqwest::Request::new(reqwest::Method::GET, format!("{base}{path}").parse().unwrap());
    let fluence = |name, contract, path: &str| {
        let config =
            vmbroker_fluence::Config { url: url.clone(), contract, http: pace.clone(), ..Default::default() };
        let credentials = vmbroker_fluence::Credentials { api_key: secret() };
        Subject {
            name,
            pages: 1,
            provider: Arc::new(
                vmbroker_fluence::Fluence::new(id(name), config, credentials, clock.clone()).unwrap(),
            ),
            plain: plain(),
            requests: vec![get(path)],
            decode: |bytes| vmbroker_fluence::floor(bytes).unwrap(),
        }
    };
    let waldur = {
        let config = vmbroker_wayscloud::Config {
            dialect: vmbroker_wayscloud::Dialect::Waldur,
            url: url.clone(),
            project: Some("11111111a32c419a956a63aae54d0c7a".to_owned()),
            offering: Some("68308972a32c419a956a63aae54d0c7a".to_owned()),
            http: pace.clone(),
            ..Default::default()
        };
        let credentials = vmbroker_wayscloud::Credentials { token: secret() };
        let pages = MACHINES.div_ceil(WALDUR_PAGE);
        let path = |page| format!("/api/marketplace-resources/?page_size={WALDUR_PAGE}&page={page}");
        Subject {
            name: "wayscloud waldur",
            pages,
            provider: Arc::new(
                vmbroker_wayscloud::Wayscloud::new(id("waldur"), config, credentials, clock.clone()).unwrap(),
            ),
            plain: plain(),
            requests: (1..=pages).map(|page| get(&path(page))).collect(),
            decode: |bytes| vmbroker_wayscloud::floor(bytes).unwrap(),
        }
    };
    let zenlayer = {
        let config = vmbroker_zenlayer::Config { url: url.clone(), http: pace.clone(), ..Default::default() };
        let access = vmbroker_zenlayer::Access::Key { id: Secret::new("AKIDEXAMPLE"), password: secret() };
        let credentials = vmbroker_zenlayer::Credentials { access, machine_password: None };
        let pages = MACHINES / ZENLAYER_PAGE;
        let request = |page| {
            let mut request =
                reqwest::Request::new(reqwest::Method::POST, format!("{base}/api/v2/vm").parse().unwrap());
            let body = format!("{{\"pageSize\":{ZENLAYER_PAGE},\"pageNum\":{page}}}");
            *request.body_mut() = Some(body.into());
            request
        };
        Subject {
            name: "zenlayer",
            pages,
            provider: Arc::new(
                vmbroker_zenlayer::Zenlayer::new(id("zenlayer"), config, credentials, clock.clone()).unwrap(),
            ),
            plain: plain(),
            requests: (1..=pages).map(request).collect(),
            decode: |bytes| vmbroker_zenlayer::floor(bytes).unwrap(),
        }
    };
    wanted(vec![
        fluence("fluence-2025-04", vmbroker_fluence::Contract::April2025, "/vms/v2"),
        fluence("fluence-2025-05", vmbroker_fluence::Contract::May2025, "/vms/v3"),
        waldur,
        zenlayer,
    ])
}

/// As with other benchmarks: `cargo bench --bench listing -- zenlayer` measures one.
fn wanted(mut all: Vec<Subject>) -> Vec<Subject> {
    if let Some(name) = std::env::args().skip(1).find(|argument| !argument.starts_with('-')) {
        all.retain(|subject| subject.name.contains(&name));
    }
    all
}

async fn compare(subject: &Subject) -> Duration {
    let (mut adapter, mut floor) = (Vec::new(), Vec::new());
    for _ in 0..=ROUNDS {
        let start = ProcessTime::now();
        let listing = subject.provider.list().await.unwrap();
        adapter.push(start.elapsed());
        assert_eq!(listing.instances().len(), MACHINES);
        drop(listing);
        let start = ProcessTime::now();
        let mut rows = 0;
        for request in &subject.requests {
            let body =
                subject.plain.execute(request.try_clone().unwrap()).await.unwrap().bytes().await.unwrap();
            rows += (subject.decode)(&body);
        }
        floor.push(start.elapsed());
        assert_eq!(rows, MACHINES);
    }
    let (adapter, floor) = (median(adapter), median(floor));
    print_row(subject, adapter, floor);
    floor
}

async fn wait(subject: &Subject, floor: Duration) {
    let mut walls = Vec::new();
    for _ in 0..=ROUNDS / 3 {
        let start = tokio::time::Instant::now();
        subject.provider.list().await.unwrap();
        walls.push(start.elapsed());
    }
    let answers = 1 + (subject.pages - 1).div_ceil(8);
    let bound = SLOW * u32::try_from(answers).unwrap() + floor.mul_f64(1.3);
    print_row(subject, median(walls), bound);
}

/// The first round warms up and does not count.
fn median(mut figures: Vec<Duration>) -> Duration {
    figures.remove(0);
    figures.sort();
    figures[figures.len() / 2]
}

fn print_row(subject: &Subject, figure: Duration, against: Duration) {
    let ms = |duration: Duration| duration.as_secs_f64() * 1_000.0;
    let ratio = figure.as_secs_f64() / against.as_secs_f64();
    println!(
        "{:<22} {:>6} {:>12.1} {:>12.1} {:>8.2}",
        subject.name,
        subject.pages,
        ms(figure),
        ms(against),
        ratio
    );
}
