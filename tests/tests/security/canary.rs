//! No secret is anywhere but in the requests: every command there is, at its loudest, well and badly, and every file that
//! it leaves behind.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use serde_json::{Value, json};
use vmbroker_sim::{Dialect, Fault, FaultKind, Refusal};
use vmbroker_tests::proof;

use crate::front::{Act, Front};
use crate::leak::{MACHINE_PASSWORD, PROXY_PASSWORD, TOKEN, USER_DATA, leak, script};
use crate::program::{Done, World, account_text};

/// The world, with every secret that there may be, and what was tried in it.
struct Tried {
    world: World,
    proxy: Front,
    commands: Vec<Vec<String>>,
    /// How often each command ended well, and badly.
    ends: BTreeMap<Vec<String>, [u64; 2]>,
    /// What all of them said, by the second.
    texts: u64,
}

/// Files that hold a secret because a person put it there.
const OWN: [&str; 6] = ["secret", "password", "user-data", "vmbroker.toml", "loud.toml", "closed.toml"];

impl Tried {
    async fn start() -> Self {
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
    async fn run(&mut self, args: &[&str]) -> Done {
        let done = self.world.home.run(args).await;
        for (stream, text) in [("stdout", &done.out), ("stderr", &done.err)] {
            assert_eq!(leak(text.as_bytes()), None, "{args:?}: {stream}: {text}");
        }
        let ends = self.ends.entry(self.command(args)).or_default();
        ends[usize::from(done.code != 0)] += 1;
        self.texts += 2;
        done
    }

    async fn well(&mut self, args: &[&str]) -> Done {
        let done = self.run(args).await;
        assert_eq!(done.code, 0, "{args:?}: {done:?}");
        done
    }

    async fn badly(&mut self, args: &[&str]) -> Done {
        let done = self.run(args).await;
        assert_ne!(done.code, 0, "{args:?}: {done:?}");
        done
    }

    /// Both forms that every command has.
    async fn both(&mut self, args: &[&str]) -> [Done; 2] {
        let table = self.run(args).await;
        let json = self.run(&[args, &["--output", "json"]].concat()).await;
        [table, json]
    }

    fn arm(&self, operation: Option<&str>, kind: &FaultKind, times: Option<u32>) {
        for running in self.world.sandbox.clouds() {
            let operation = operation.map(str::to_owned);
            running.cloud.arm(Fault { kind: kind.clone(), operation, after: 0, times });
        }
    }

    fn disarm(&self) {
        for running in self.world.sandbox.clouds() {
            running.cloud.disarm();
        }
    }

    /// Each file in the home that was not put there, and whether it holds a secret.
    fn look_at_files(&self) -> BTreeSet<String> {
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

const SIZE: [&str; 6] = ["--vcpus", "2", "--memory", "4GiB", "--ssh-key", "key.pub"];

fn handle(done: &Done) -> String {
    done.json()["handle_text"].as_str().unwrap().to_owned()
}

/// Everything once, as it should go.
async fn all_goes_well(tried: &mut Tried) {
    for args in [
        &["init", "--config", "new.toml"][..],
        &["init", "--deployment", "new-web.toml"],
        &["completions", "bash"],
        &["completions", "zsh"],
        &["demo", "--speed", "1000", "--machines", "4"],
        &["sandbox", "--for", "1", "--write-config", "loud-sandbox.toml"],
        &["offers", "--explain", "--excluded", "--chart", "costs.svg"],
        &["offers", "--output", "csv", "--refresh"],
        &["offers", "history", "--output", "csv"],
    ] {
        tried.well(args).await;
    }
    for args in [
        &["providers"][..],
        &["offers", "--vcpus", "2"],
        &["offers", "history"],
        &["list"],
        &["list", "--mine"],
        &["sweep"],
        &["resolve"],
    ] {
        for done in tried.both(args).await {
            assert_eq!(done.code, 0, "{args:?}: {done:?}");
        }
    }
    // Each account makes a machine with user data where it has a place for it, and with a password where it can.
    let accounts = Dialect::ALL.into_iter().map(Dialect::name).chain(["behind"]);
    for account in accounts {
        let place = ["create", "--provider", account, "--output", "json"];
        let mut more: Vec<&str> = Vec::new();
        if ["waldur", "zenlayer", "behind"].contains(&account) {
            more.extend(["--user-data", "user-data"]);
        }
        if account == "zenlayer" {
            more.extend(["--option", "zenlayer.login=password"]);
        }
        let created = tried.well(&[&place, &SIZE[..], &more].concat()).await;
        assert!(created.err.contains("TRACE") && created.err.contains("vmbroker::http"), "it is not loud");
        let handle = handle(&created);
        tried.both(&["status", &handle]).await;
        tried.well(&["status", &handle, "--watch", "--timeout", "1s"]).await;
        tried.well(&["delete", &handle]).await;
    }
    tried.world.wish("web", 3, &[Dialect::Waldur, Dialect::Zenlayer], "user_data = \"user-data\"");
    for args in [
        &["deploy", "web.toml", "--plan"][..],
        &["deploy", "web.toml"],
        &["deployments"],
        &["events", "web"],
        &["receipt", "web"],
        &["sweep", "--all"],
        &["destroy", "web"],
        &["deployments", "--all"],
    ] {
        for done in tried.both(args).await {
            assert_eq!(done.code, 0, "{args:?}: {done:?}");
        }
    }
}

/// A question that a person decides, in each of the three ways.
async fn decided(tried: &mut Tried) {
    for decision in ["confirm-absent", "adopt", "keep-both"] {
        let name = format!("ask-{decision}");
        tried.world.wish(
            &name,
            1,
            &[Dialect::Zenlayer],
            "user_data = \"user-data\"\n[on_uncertain]\nzenlayer = \"ask\"",
        );
        let made = decision != "confirm-absent";
        tried.arm(Some("create"), &if made { FaultKind::LoseAnswer } else { FaultKind::Hang }, Some(1));
        // A machine that nobody can see leaves the question open.
        tried.arm(Some("list"), &FaultKind::Refuse(Refusal::Unavailable), None);
        let file = format!("{name}.toml");
        tried.badly(&["deploy", &file]).await;
        tried.disarm();
        let asks = tried.well(&["resolve", "--output", "json"]).await.json();
        let Some(marker) = asks["asks"].as_array().unwrap().iter().find_map(|it| it["marker"].as_str())
        else {
            panic!("{decision}: nothing is asked: {asks}")
        };
        let marker = marker.to_owned();
        tried.badly(&["resolve", &marker]).await;
        let list = ["list", "--provider", "zenlayer", "--marker", &marker, "--output", "json"];
        let machines = tried.well(&list).await.json();
        let handle =
            machines["instances"][0]["handle_text"].as_str().unwrap_or("zenlayer/instance:1").to_owned();
        match decision {
            "adopt" => {
                tried.badly(&["resolve", "vbaaaa-aaaaaaaaaaaaaaaa", "adopt", &handle]).await;
                tried.well(&["resolve", &marker, "adopt", &handle]).await;
            }
            "keep-both" => {
                // Where there is but one, there is nothing to keep both of.
                tried.badly(&["resolve", &marker, "keep-both"]).await;
                tried.run(&["resolve", &marker, "adopt", &handle]).await;
            }
            _ => {
                tried.badly(&["resolve", "vbaaaa-aaaaaaaaaaaaaaaa", "confirm-absent"]).await;
                tried.well(&["resolve", &marker, "confirm-absent"]).await;
            }
        }
        tried.well(&["destroy", &name]).await;
    }
}

/// What a provider may answer to hurt: to a question, and to an order, of which it knows more.
fn kinds(order: bool) -> Vec<FaultKind> {
    let said = if order { script() } else { TOKEN.to_owned() };
    let inside = json!({ "said": said, "token": TOKEN }).to_string();
    let parrot = json!({ "error": inside, "detail": said, "code": TOKEN, "message": said, "userData": said });
    vec![
        FaultKind::Echo,
        FaultKind::BodyAfter(parrot.to_string()),
        FaultKind::BodyAfter(format!("{}{said}", "x".repeat(180))),
        FaultKind::Refuse(Refusal::Credentials),
        FaultKind::Throttle { retry_after: Some(TOKEN.to_owned()) },
        FaultKind::Html(502),
        FaultKind::TruncateAnswer,
        FaultKind::StatusAfter(500),
    ]
}

/// Everything again, while everything fails.
async fn nothing_goes_well(tried: &mut Tried) {
    tried.world.wish("bad", 2, &[Dialect::Waldur, Dialect::Zenlayer], "user_data = \"user-data\"");
    tried.well(&["deploy", "bad.toml"]).await;
    let handles: Vec<String> =
        tried.world.fronts.keys().map(|dialect| format!("{dialect}/instance:1")).collect();
    let handles: Vec<&str> = handles.iter().map(String::as_str).collect();
    for (kind, of_order) in kinds(false).into_iter().zip(kinds(true)) {
        tried.arm(None, &kind, None);
        for args in [&["providers"][..], &["list"], &["offers", "--refresh"], &["sweep"]] {
            tried.badly(args).await;
        }
        tried.badly(&[&["status", "--output", "json"], &handles[..]].concat()).await;
        tried.run(&[&["delete", "--no-wait"], &handles[..]].concat()).await;
        tried.badly(&["deploy", "bad.toml", "--plan"]).await;
        tried.disarm();
        for account in ["waldur", "zenlayer", "behind"] {
            tried.arm(Some("create"), &of_order, None);
            let create = ["create", "--provider", account, "--user-data", "user-data", "--output", "json"];
            tried.badly(&[&create, &SIZE[..]].concat()).await;
            tried.disarm();
        }
    }
    parrots_of_the_whole_request(tried).await;
    a_proxy_that_repeats_its_password(tried).await;
    tried.arm(Some("delete"), &FaultKind::Hang, None);
    tried.badly(&["destroy", "bad"]).await;
    tried.disarm();
    tried.run(&["destroy", "bad"]).await;
    wrong_from_the_start(tried).await;
}

/// A provider that repeats in its refusal what was sent to it, to the last byte.
async fn parrots_of_the_whole_request(tried: &mut Tried) {
    for dialect in [Dialect::Waldur, Dialect::Zenlayer] {
        let front = tried.world.fronts[&dialect].clone();
        let mut taken_out = 0;
        for status in [400, 422, 500, 200] {
            front.meddle(move |asked| {
                if !asked.text().contains("hunter") {
                    return Act::Pass;
                }
                let said: Value = json!({
                    "detail": asked.text(), "message": asked.text(), "code": "INVALID_PARAMETER", "requestId": asked.head,
                    "non_field_errors": [String::from_utf8_lossy(&asked.body)],
                });
                let body = said.to_string();
                let head = format!("HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n", body.len());
                Act::Say(format!("{head}{body}").into_bytes())
            });
            let mut create = vec!["create", "--provider", dialect.name(), "--user-data", "user-data"];
            if dialect == Dialect::Zenlayer {
                create.extend(["--option", "zenlayer.login=password"]);
            }
            create.extend(SIZE);
            let done = tried.badly(&create).await;
            taken_out += usize::from(done.err.contains("[secret]"));
            tried.world.wish("echo", 1, &[dialect], "user_data = \"user-data\"");
            tried.run(&["deploy", "echo.toml", "--output", "json"]).await;
            tried.both(&["events", "echo"]).await;
            tried.run(&["destroy", "echo"]).await;
            front.meddle(|_| Act::Pass);
            // What is not known of a create leaves its deployment behind, which then has to go as well.
            tried.run(&["destroy", "echo"]).await;
        }
        assert!(taken_out >= 2, "{dialect}: it is repeated, and taken out {taken_out} times");
    }
}

/// A proxy that refuses with what was said to it.
async fn a_proxy_that_repeats_its_password(tried: &mut Tried) {
    for status in [407, 502] {
        tried.proxy.meddle(move |asked| {
            let body = format!("{} http://proxy:{PROXY_PASSWORD}@127.0.0.1", asked.text());
            let head = format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\n\r\n", body.len());
            Act::Say(format!("{head}{body}").into_bytes())
        });
        for command in ["list", "offers", "providers"] {
            tried.badly(&[command, "--provider", "behind"]).await;
        }
        tried.badly(&[&["create", "--provider", "behind"], &SIZE[..]].concat()).await;
    }
    tried.proxy.meddle(|_| Act::Pass);
}

/// What is wrong before anything is asked.
async fn wrong_from_the_start(tried: &mut Tried) {
    let secret = format!("--api-key={TOKEN}");
    for args in [
        &["offers", "history", "--config", "nowhere.toml"][..],
        &["init", "--config", "vmbroker.toml"],
        &["completions", "cobol"],
        &["demo", "--machines", "1"],
        &["sandbox", "--write-config", "key.pub"],
        &["deployments", "--config", "nowhere.toml"],
        &["events", "nobody"],
        &["receipt", "nobody"],
        &["resolve", "confirm-absent"],
        &["destroy", "nobody"],
        &["deploy", "nowhere.toml"],
        &["list", "--config", "closed.toml"],
        &["create", "--config", "closed.toml", "--offer", "x", "--ssh-key", "key.pub"],
        &["offers", "--config", "closed.toml"],
        &["list", &secret],
    ] {
        tried.badly(args).await;
    }
}

#[tokio::test(start_paused = true)]
async fn no_secret_is_anywhere_but_in_the_requests_whatever_is_run() {
    let mut tried = Tried::start().await;
    all_goes_well(&mut tried).await;
    decided(&mut tried).await;
    let looked = tried.look_at_files();
    for file in
        ["journal.sqlite", "installation-id", "costs.svg", "offers-zenlayer.json", "history-waldur.json"]
    {
        assert!(looked.contains(file), "{file} was not looked at: {looked:?}");
    }
    nothing_goes_well(&mut tried).await;
    tried.look_at_files();
    // Each secret is really used, or nothing here would mean anything.
    let fronts = &tried.world.fronts;
    assert!(fronts[&Dialect::Fluence202504].saw(TOKEN) && fronts[&Dialect::Waldur].saw(TOKEN));
    assert!(fronts[&Dialect::Waldur].saw(USER_DATA) && fronts[&Dialect::Zenlayer].saw(USER_DATA));
    assert!(fronts[&Dialect::Zenlayer].saw(MACHINE_PASSWORD));
    assert!(
        tried.proxy.seen().iter().any(|asked| leak(asked.text().as_bytes()).is_some()),
        "the proxy's password"
    );
    for command in &tried.commands {
        let [well, badly] = tried.ends.get(command).copied().unwrap_or_default();
        // A command that only leads to others, and a decision that there was nothing for, end in one way only.
        let never_well = *command == ["resolve", "keep-both"];
        assert!(
            badly > 0 && (well > 0 || never_well),
            "{command:?} was run {well} times well and {badly} badly"
        );
    }
    let runs = tried.ends.values().flatten().sum();
    let counts = [
        ("commands", tried.commands.len() as u64),
        ("runs at trace level", runs),
        ("texts looked through", tried.texts),
    ];
    proof::tried("security: canary over every command", &counts, "");
}

#[test]
fn a_secret_would_be_found_however_it_is_written() {
    let script = script();
    let hex = |text: &str| text.bytes().map(|byte| format!("{byte:02x}")).collect::<String>();
    for text in [
        format!("error: {TOKEN}"),
        format!("{:?}", TOKEN.as_bytes()),
        format!("runcmd: {USER_DATA}"),
        json!({ "user_data": script }).to_string(),
        hex(MACHINE_PASSWORD),
        format!("http://proxy:{PROXY_PASSWORD}@127.0.0.1"),
    ] {
        assert!(leak(text.as_bytes()).is_some(), "{text}");
    }
    let mut binary = vec![0, 159, 146, 150];
    binary.extend_from_slice(MACHINE_PASSWORD.as_bytes());
    assert!(leak(&binary).is_some());
    assert_eq!(leak(b"error: [secret]"), None);
}
