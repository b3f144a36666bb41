//! What only a process has: a panic with its trace, and arguments that every program on this machine can read.

use std::fs;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;
use vmbroker::Clock;
use vmbroker_sim::{Dialect, Profile, Sandbox, SandboxConfig};
use vmbroker_tests::probe::{PANIC_AT, WAIT_AT};

use crate::authority::{Authority, Flaw};
use crate::front::{Front, Trap};
use crate::leak::{MACHINE_PASSWORD, PROXY_PASSWORD, TOKEN, leak, script};
use crate::program::{Home, account_text};

/// No command here takes anywhere near this long.
const PATIENCE: Duration = Duration::from_secs(60);

/// A quick cloud by the real clock, and a home with every secret at it.
async fn world() -> (Sandbox, Home) {
    let config = SandboxConfig { dialects: vec![Dialect::Zenlayer], ..SandboxConfig::new(Clock::system()) };
    let sandbox = Sandbox::start(config).await.unwrap();
    let home = Home::new(Clock::system());
    let running = sandbox.cloud(Dialect::Zenlayer).unwrap();
    let mut account = running.cloud.account();
    account.credentials.secret = TOKEN.to_owned();
    let quick = Duration::from_millis(50);
    account.profile =
        Profile { queue: quick, build: quick, address: quick, delete: quick, ..Profile::default() };
    home.file("id", &account.credentials.id, 0o600);
    drop(account);
    home.file("secret", TOKEN, 0o600);
    home.file("password", MACHINE_PASSWORD, 0o600);
    home.file("user-data", script(), 0o600);
    // A proxy for plain http would be asked; this one stands where no account looks.
    let text = account_text("zenlayer", Dialect::Zenlayer, &running.url, "")
        .replace("[accounts.zenlayer]\n", "[accounts.zenlayer]\nmachine_password_file = \"password\"\n");
    let other = format!("proxy = \"http://proxy:{PROXY_PASSWORD}@127.0.0.1:1\"");
    home.file("vmbroker.toml", text + &account_text("other", Dialect::Zenlayer, &running.url, &other), 0o644);
    let wish = "name = \"web\"\ncount = 1\nfor = \"2h\"\nready = \"running\"\n[machine]\nvcpus = 2\nmemory = \"4GiB\"\n\
                ssh_keys = [\"key.pub\"]\nuser_data = \"user-data\"\n[where]\nproviders = [\"zenlayer\"]\n";
    home.file("web.toml", wish, 0o644);
    (sandbox, home)
}

fn command(home: &Home, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vmbroker-under-test"));
    command.args(args).env_clear().envs(&home.env).current_dir(home.folder());
    command.env("VMBROKER_LOG", "trace").env("RUST_BACKTRACE", "full").kill_on_drop(true);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_in_the_middle_tells_no_secret() {
    let (sandbox, home) = world().await;
    for point in ["before:sending", "after:accepted"] {
        let output = command(&home, &["deploy", "web.toml"]).env(PANIC_AT, point).output();
        let output = tokio::time::timeout(PATIENCE, output).await.unwrap().unwrap();
        let err = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(err.contains("panicked") && err.contains("TRACE"), "{point}: {err}");
        for bytes in [&output.stdout, &output.stderr] {
            assert_eq!(leak(bytes), None, "{point}: {err}");
        }
        assert_ne!(output.status.code(), Some(0), "{point}: {err}");
    }
    let gone =
        tokio::time::timeout(PATIENCE, command(&home, &["destroy", "web"]).output()).await.unwrap().unwrap();
    assert!(gone.status.success(), "{gone:?}");
    let ledger = sandbox.cloud(Dialect::Zenlayer).unwrap().cloud.ledger();
    assert_eq!(ledger.open().count(), 0, "and what was made meanwhile is not lost");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_every_program_on_this_machine_can_read_of_it_holds_no_secret() {
    let (_sandbox, home) = world().await;
    let mut child = command(&home, &["deploy", "web.toml"]).env(WAIT_AT, "after:sending").spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let waits = async {
        while let Some(line) = lines.next_line().await.unwrap() {
            if line == "waiting" {
                return;
            }
        }
        panic!("it does not wait");
    };
    tokio::time::timeout(PATIENCE, waits).await.unwrap();
    // By now every secret was read, and the order is about to go.
    let arguments = fs::read(format!("/proc/{}/cmdline", child.id().unwrap()));
    child.kill().await.unwrap();
    let Ok(arguments) = arguments else {
        println!("ignored: this system has no /proc");
        return;
    };
    assert!(String::from_utf8_lossy(&arguments).contains("deploy"));
    assert_eq!(leak(&arguments), None);
    // An argument that would hold one is refused, since it could be read there.
    let token = format!("--api-key={TOKEN}");
    let output =
        tokio::time::timeout(PATIENCE, command(&home, &["list", &token]).output()).await.unwrap().unwrap();
    assert_eq!((output.status.code(), leak(&output.stderr)), (Some(2), None));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_surroundings_give_it_no_proxy_no_trust_and_no_place_for_keys() {
    let (sandbox, home) = world().await;
    let url = &sandbox.cloud(Dialect::Zenlayer).unwrap().url;
    let (trap, authority) = (Trap::set().await, Authority::new());
    let front = Front::start(url, Some(authority.server(Flaw::None))).await;
    home.file("ca.pem", authority.pem(), 0o644);
    let behind = format!("https://localhost:{}", front.port);
    let account = |more: &str| account_text("zenlayer", Dialect::Zenlayer, &behind, more);
    home.file("tls.toml", account(""), 0o644);
    home.file("trusting.toml", account("ca_file = \"ca.pem\""), 0o644);
    let proxy = format!("http://127.0.0.1:{}", trap.port);
    let run = async |config: &str| {
        let mut command = command(&home, &["list", "--provider", "zenlayer", "--config", config]);
        for name in ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"] {
            command.env(name, &proxy);
        }
        let ca = home.path("ca.pem");
        command.env("SSL_CERT_FILE", &ca).env("SSL_CERT_DIR", home.folder()).env("CURL_CA_BUNDLE", &ca);
        command.env("SSLKEYLOGFILE", home.path("keys"));
        tokio::time::timeout(PATIENCE, command.output()).await.unwrap().unwrap()
    };
    let plain = run("vmbroker.toml").await;
    assert_eq!(plain.status.code(), Some(0), "{plain:?}");
    let refused = run("tls.toml").await;
    assert_eq!(refused.status.code(), Some(1), "{refused:?}");
    assert!(String::from_utf8_lossy(&refused.stderr).contains("TLS failed") && front.seen().is_empty());
    let trusting = run("trusting.toml").await;
    assert_eq!(trusting.status.code(), Some(0), "{trusting:?}");
    assert!(!front.seen().is_empty());
    assert_eq!(trap.caught().await, (0, String::new()), "the proxy of the surroundings was asked");
    assert!(!home.path("keys").exists(), "the keys of a connection were written down");
}
