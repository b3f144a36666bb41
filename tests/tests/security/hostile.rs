//! Provider text that is made to hurt, through the real wires: it stays text, on whatever it is shown and wherever it
//! is kept.

use std::collections::BTreeSet;
use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};
use vmbroker_sim::Dialect;
use vmbroker_tests::proof;

use crate::front::Act;
use crate::judge::{FORGED, complaint, csv_complaint, json_complaint, svg_complaint};
use crate::program::World;

/// What terminals, spreadsheets, browsers, loggers and file systems have been hurt with.
const PAYLOADS: [&str; 24] = [
    "\u{1b}[2J\u{1b}[31mred\u{1b}[0m",
    "\u{1b}]8;;http://evil.example\u{7}click\u{1b}]8;;\u{7}",
    "\u{1b}]52;c;ZXZpbA==\u{7}",
    "\u{1b}]0;title\u{7}\u{1b}P$q\"p\u{1b}\\",
    "\u{9b}31m\u{9d}0;x\u{9c}\u{90}x\u{9c}\u{85}",
    "\r\nforged-line: all is well\r\n",
    "\nforged-line: 127.0.0.1\n",
    "\u{8}\u{8}\u{8}\u{7f}\u{0}\t\u{b}\u{c}",
    "\u{202e}txt.exe\u{202d}\u{202a}\u{202b}\u{202c}",
    "\u{2066}a\u{2067}b\u{2068}c\u{2069}\u{200e}\u{200f}\u{61c}",
    "a\u{200b}b\u{200c}c\u{200d}d\u{2060}\u{feff}\u{ad}\u{34f}\u{180e}\u{3164}",
    "\u{2028}forged-line\u{2029}forged-line",
    "\u{e0001}\u{e0041}\u{e007f}\u{fe0f}\u{e0100}",
    "a\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}",
    "\u{e01}\u{e47}\u{e47}\u{e47}\u{e47}\u{e47}\u{e47}\u{e47}\u{e47}\u{e47}\u{e47}\u{e47}\u{e47}",
    "../../../../../../../etc/passwd",
    "/etc/passwd\u{0}.json",
    "C:\\CON",
    "=cmd|'/c calc'!A1",
    "@SUM(1+1),\"\",\"",
    "</title></svg><script>alert(1)</script><a href=\"x\" onload='y'>]]>&lt;",
    "\",\"forged\":\"\\u0000",
    "%s%n{}$(touch x)`touch x`",
    "\u{fffe}\u{ffff}\u{fffd}\u{1f600}",
];

/// Longer than this is a name of a megabyte, which is judged at a glance.
const HUGE: usize = 10_000;

/// All of them in each place, and names of a megabyte.
fn waves() -> Vec<(String, Which)> {
    let all = || PAYLOADS.concat();
    vec![
        (all(), Which::Shown),
        (all(), Which::Words),
        (all(), Which::All),
        ("A".repeat(1 << 20), Which::Shown),
        ("\u{202e}".repeat((1 << 20) / 3), Which::All),
    ]
}

/// Which texts of an answer are spoiled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Which {
    /// Names, descriptions, places, reasons: what is only shown.
    Shown,
    /// The words of states as well.
    Words,
    /// Everything, ids and amounts included.
    All,
}

impl Which {
    fn takes(self, key: &str) -> bool {
        let lower = key.to_lowercase();
        let names = ["name", "description", "message", "detail", "city", "title", "reason", "country"];
        let shown =
            names.iter().any(|it| lower.contains(it)) && !lower.contains("code") && !lower.ends_with("id");
        let is_word = lower.contains("state") || lower.contains("status");
        match self {
            Self::Shown => shown && !is_word,
            Self::Words => shown || is_word,
            Self::All => true,
        }
    }
}

/// The most texts of one answer that become a megabyte longer.
const MOST_HUGE: usize = 2;

/// Puts the payload before and after the texts that are taken.
fn spoil(value: &mut Value, key: &str, which: Which, payload: &str, left: &mut usize) {
    match value {
        Value::String(text) if which.takes(key) && *left > 0 => {
            *left -= 1;
            // A marker in it is still found.
            *text = format!("{text} {payload}");
            if left.is_multiple_of(2) && payload.len() < HUGE {
                *text = format!("{payload}{text}");
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|it| spoil(it, key, which, payload, left)),
        Value::Object(fields) => fields.iter_mut().for_each(|(key, it)| spoil(it, key, which, payload, left)),
        _ => {}
    }
}

fn spoiled(body: &[u8], which: Which, payload: &str) -> Vec<u8> {
    let Ok(mut value) = serde_json::from_slice(body) else { return body.to_vec() };
    let mut left = if payload.len() < HUGE { usize::MAX } else { MOST_HUGE };
    spoil(&mut value, "", which, payload, &mut left);
    value.to_string().into_bytes()
}

/// What was run, and where hostile text was really shown.
struct Judge {
    world: World,
    texts: u64,
    /// Commands whose output had some of it, spelled out.
    shown_by: BTreeSet<String>,
}

impl Judge {
    async fn new() -> Self {
        Self { world: World::start("canary-7Q3xVd81mZk20LwP").await, texts: 0, shown_by: BTreeSet::new() }
    }

    /// Runs it for this width of the terminal and judges all it said.
    async fn run(&mut self, args: &[&str], width: Option<u16>, loud: bool) -> crate::program::Done {
        self.world.home.width = width;
        let variable = "VMBROKER_LOG".to_owned();
        match loud {
            true => drop(self.world.home.env.insert(variable, "trace".into())),
            false => drop(self.world.home.env.remove(&variable)),
        }
        let done = self.world.home.run(args).await;
        let is = |word: &str| args.contains(&word);
        let out = match (is("json"), is("csv")) {
            (true, _) if !done.out.is_empty() => json_complaint(&done.out),
            (_, true) if !done.out.is_empty() => csv_complaint(&done.out),
            _ => complaint(&done.out, false),
        };
        // A failure in JSON is one line, whatever is in it.
        let err = complaint(&done.err, is("json"));
        for (stream, wrong) in [("stdout", out), ("stderr", err)] {
            if let Some(wrong) = wrong {
                panic!("{args:?} {width:?} {loud}: {stream} has {wrong:.2000}");
            }
            self.texts += 1;
        }
        assert!(done.code < 4 && !done.err.contains("panicked"), "{args:?}: {done:?}");
        if done.out.contains("\\u{1b}") || done.out.contains("\\u001b") {
            self.shown_by.insert(args[0].to_owned());
        }
        done
    }

    /// Everything that is shown, in every form.
    async fn show(&mut self) {
        for width in [None, Some(20), Some(80), Some(250)] {
            for args in [
                &["list"][..],
                &["offers"],
                &["offers", "--explain"],
                &["offers", "--excluded", "--max-total", "0.01 USD"],
            ] {
                self.run(args, width, false).await;
            }
        }
        for args in [
            &["list", "--output", "json"][..],
            &["list", "--mine"],
            &["providers"],
            &["providers", "--output", "json"],
            &["offers", "--refresh", "--output", "json"],
            &["offers", "--output", "csv"],
            &["offers", "--explain", "--output", "csv"],
            &["offers", "history"],
            &["offers", "history", "--output", "json"],
            &["offers", "history", "--output", "csv"],
            &["sweep"],
            &["sweep", "--any-owner", "--all", "--output", "json"],
            &["deployments"],
            &["resolve"],
            &["deploy", "web.toml", "--plan"],
            &["deploy", "web.toml", "--plan", "--output", "json"],
            &["list", "-v"],
        ] {
            self.run(args, None, false).await;
        }
        self.run(&["list"], Some(80), true).await;
        self.run(&["offers", "--refresh", "--chart", "chart.svg"], Some(80), true).await;
        let chart = fs::read_to_string(self.world.home.path("chart.svg")).unwrap_or_default();
        assert_eq!(if chart.is_empty() { None } else { svg_complaint(&chart) }, None);
    }

    /// Each form once.
    async fn glance(&mut self) {
        for (args, width) in [
            (&["list"][..], None),
            (&["list"], Some(80)),
            (&["list", "--output", "json"], None),
            (&["offers", "--refresh", "--chart", "chart.svg"], Some(20)),
            (&["offers", "--explain"], None),
            (&["offers", "--output", "csv"], None),
            (&["status", "waldur/instance:1", "zenlayer/instance:1"], Some(80)),
            (&["sweep"], None),
            (&["deploy", "web.toml", "--plan"], Some(80)),
        ] {
            self.run(args, width, false).await;
        }
        self.run(&["list", "--provider", "waldur"], None, true).await;
        let chart = fs::read_to_string(self.world.home.path("chart.svg")).unwrap_or_default();
        assert!(chart.len() < 1 << 20, "a chart of {} bytes", chart.len());
    }

    /// A machine's life at each account, and a deployment's.
    async fn live(&mut self) {
        for dialect in Dialect::ALL {
            let name = dialect.name();
            let create = [
                "create",
                "--provider",
                name,
                "--vcpus",
                "2",
                "--memory",
                "4GiB",
                "--ssh-key",
                "key.pub",
                "--output",
                "json",
            ];
            let made = self.run(&create, None, false).await;
            let handle = serde_json::from_str::<Value>(&made.out).ok();
            let handle = handle.and_then(|it| it["handle_text"].as_str().map(str::to_owned));
            let handle = handle.unwrap_or_else(|| format!("{name}/instance:1"));
            for args in [
                &["status", &handle][..],
                &["status", &handle, "--output", "json"],
                &["status", &handle, "--watch", "--timeout", "2s"],
            ] {
                self.run(args, Some(80), false).await;
            }
            self.run(&["delete", &handle, "--timeout", "2m"], None, false).await;
        }
        for args in [
            &["deploy", "web.toml"][..],
            &["deploy", "web.toml", "--output", "json"],
            &["deployments", "--all"],
            &["events", "web"],
            &["events", "web", "--output", "json"],
            &["receipt", "web"],
            &["receipt", "web", "--output", "json"],
            &["resolve", "--output", "json"],
            &["destroy", "web"],
            &["destroy", "web", "--output", "json"],
        ] {
            self.run(args, Some(80), args.len() == 2).await;
        }
    }

    /// Every file in the home, and that none is anywhere else or has a name that came from outside.
    fn look_at_files(&self) {
        for name in self.world.home.files().into_keys() {
            let own = name.strip_prefix("a/b/c/d/e/home/");
            let fine = own.is_some_and(|own| {
                let folders = [".cache/vmbroker/offers-", ".local/state/vmbroker/"];
                let depth = own.matches('/').count();
                let plain = own.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"./-".contains(&byte));
                plain && (depth == 0 || (depth <= 3 && folders.iter().any(|folder| own.starts_with(folder))))
            });
            assert!(fine, "a file that should not be there: {name}");
        }
    }

    fn pass(&self) {
        self.world.fronts.values().for_each(|front| front.meddle(|_| Act::Pass));
    }
}

#[tokio::test(start_paused = true)]
async fn hostile_names_words_and_ids_stay_text_wherever_they_are_shown_or_kept() {
    let mut judge = Judge::new().await;
    judge.world.wish("web", 2, &[Dialect::Waldur, Dialect::Zenlayer, Dialect::Fluence202505], "");
    // Some machines are there before anything is spoiled.
    for dialect in Dialect::ALL {
        let create = [
            "create",
            "--provider",
            dialect.name(),
            "--vcpus",
            "2",
            "--memory",
            "4GiB",
            "--ssh-key",
            "key.pub",
        ];
        judge.world.home.well(&create).await;
    }
    let spoilt = Arc::new(AtomicUsize::new(0));
    for (payload, which) in waves() {
        for front in judge.world.fronts.values() {
            let (payload, spoilt) = (Arc::<str>::from(payload.as_str()), Arc::clone(&spoilt));
            front.meddle(move |_| {
                let payload = Arc::clone(&payload);
                spoilt.fetch_add(1, Ordering::Relaxed);
                Act::Change(Box::new(move |body| spoiled(body, which, &payload)))
            });
        }
        if payload.len() > HUGE {
            judge.glance().await;
        } else {
            judge.show().await;
            judge.live().await;
        }
        judge.look_at_files();
        // What was kept meanwhile is read by commands that ask nobody.
        judge.pass();
        judge.run(&["offers", "history"], Some(80), false).await;
        judge.run(&["deploy", "web.toml"], None, false).await;
        judge.run(&["destroy", "web"], None, false).await;
    }
    for command in ["list", "offers", "status", "sweep", "deploy"] {
        assert!(judge.shown_by.contains(command), "{command} showed none: {:?}", judge.shown_by);
    }
    let spoilt = spoilt.load(Ordering::Relaxed) as u64;
    let counts =
        [("answers spoilt", spoilt), ("texts judged", judge.texts), ("payloads", PAYLOADS.len() as u64 + 2)];
    proof::tried("security: hostile provider text", &counts, "");
}

/// Refusals of every kind, with all that they may say.
fn refusals() -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    let mut answers = |status: u16, head: &[u8], body: &[u8]| {
        let mut bytes = format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\n", body.len()).into_bytes();
        bytes.extend_from_slice(head);
        bytes.extend_from_slice(b"\r\n");
        bytes.extend_from_slice(body);
        all.push(bytes);
    };
    let soup = PAYLOADS.concat();
    let said = |text: &str| {
        let body = json!({
            "code": text, "message": text, "detail": text, "error": text, "requestId": text, "non_field_errors": [text],
            text: [text], "response": { "requestId": text, "error": { text: text } },
        });
        body.to_string()
    };
    for status in [400, 401, 403, 404, 409, 422, 429, 500, 503] {
        answers(status, b"content-type: application/json\r\n", said(&soup).as_bytes());
    }
    answers(400, b"content-type: application/json\r\n", said(&"A".repeat(1 << 18)).as_bytes());
    answers(200, b"content-type: application/json\r\n", said(&soup).as_bytes());
    answers(500, b"content-type: text/html\r\n", soup.as_bytes());
    answers(200, b"content-type: text/html\r\n", soup.as_bytes());
    answers(400, b"", b"{\"message\":\"\xff\xfe\x9b31m\xc3\x28\"}");
    answers(200, b"", b"\xff\xfe\x1b[2J\x9b31m");
    answers(429, b"retry-after: \xff\x9b31m\r\nx-request-id: \xe2\x80\xae\r\n", said(&soup).as_bytes());
    answers(302, b"location: http://\xe2\x80\xae/\x9b31m\r\n", b"");
    answers(302, "location: /\u{202e}\u{9b}31m\r\n".as_bytes(), b"");
    all
}

#[tokio::test(start_paused = true)]
async fn hostile_refusals_stay_text_in_errors_logs_and_the_journal() {
    let mut judge = Judge::new().await;
    judge.world.wish("web", 1, &[Dialect::Waldur, Dialect::Zenlayer, Dialect::Fluence202505], "");
    let refusals = refusals();
    for refusal in &refusals {
        for front in judge.world.fronts.values() {
            let refusal = refusal.clone();
            front.meddle(move |_| Act::Say(refusal.clone()));
        }
        for (args, loud) in [
            (&["list"][..], true),
            (&["providers", "--output", "json"], false),
            (&["offers", "--refresh"], false),
            (&["status", "waldur/instance:1", "zenlayer/instance:1", "fluence-2025-05/instance:1"], false),
            (&["delete", "--no-wait", "waldur/instance:1", "zenlayer/instance:1"], false),
            (
                &[
                    "create",
                    "--provider",
                    "zenlayer",
                    "--vcpus",
                    "2",
                    "--memory",
                    "4GiB",
                    "--ssh-key",
                    "key.pub",
                ],
                true,
            ),
        ] {
            judge.run(args, Some(80), loud).await;
        }
        // All goes well until the order: what is said of it is kept.
        for front in judge.world.fronts.values() {
            let refusal = refusal.clone();
            front.meddle(move |asked| {
                let orders = ["POST /vms/v3", "POST /api/marketplace-orders/"];
                let order = orders.iter().any(|it| asked.line.starts_with(it))
                    || asked.head.contains("CreateInstances");
                if order { Act::Say(refusal.clone()) } else { Act::Pass }
            });
        }
        judge.run(&["deploy", "web.toml"], Some(80), true).await;
        judge.pass();
        for args in [
            &["events", "web"][..],
            &["events", "web", "--output", "json"],
            &["resolve"],
            &["destroy", "web"],
        ] {
            judge.run(args, None, false).await;
        }
    }
    judge.look_at_files();
    let counts = [("refusals", refusals.len() as u64), ("texts judged", judge.texts)];
    proof::tried("security: hostile provider text", &counts, "");
}

#[tokio::test(start_paused = true)]
async fn hostile_words_of_a_user_make_no_file_and_stay_text() {
    let mut judge = Judge::new().await;
    judge.world.wish("web", 1, &[Dialect::Zenlayer], "");
    let config = fs::read_to_string(judge.world.home.path("vmbroker.toml")).unwrap();
    let wish = fs::read_to_string(judge.world.home.path("web.toml")).unwrap();
    let before: BTreeSet<String> =
        judge.world.home.files().into_keys().chain(["a/b/c/d/e/home/bad.toml".to_owned()]).collect();
    for payload in
        PAYLOADS.iter().map(|it| (*it).to_owned()).chain(["x".repeat(1 << 20), "a/../../b".to_owned()])
    {
        if payload.contains('\0') {
            // The operating system hands over no such argument.
            continue;
        }
        let word = payload.as_str();
        for args in [
            &["list", "--provider", word][..],
            &["create", "--provider", word, "--offer", word, "--ssh-key", "key.pub"],
            &["create", "--provider", "zenlayer", "--name", word, "--offer", word, "--ssh-key", word],
            &["events", word],
            &["receipt", word],
            &["destroy", word],
            &["status", word],
            &["delete", word],
            &["resolve", word],
            &["offers", "--zone", word, "--output", "json"],
            &["offers", "--country", word],
            &["list", word],
            &[word],
            &["deploy", word],
            &["list", "--config", word],
        ] {
            let done = judge.run(args, Some(80), false).await;
            assert!(done.code != 0 || args[0] == "offers", "{args:?}: {done:?}");
        }
        let quoted = Value::from(word).to_string();
        for text in [
            config.replace("[accounts.zenlayer]", &format!("[accounts.{quoted}]")),
            format!("{quoted} = 1\n{config}"),
            config.replace("provider = \"zenlayer\"", &format!("provider = {quoted}")),
            config.replace("api_key_file = \"secret\"", &format!("api_key_file = {quoted}")),
        ] {
            judge.world.home.file("bad.toml", text, 0o644);
            judge.run(&["list", "--config", "bad.toml"], Some(80), false).await;
        }
        for text in [
            wish.replace("name = \"web\"", &format!("name = {quoted}")),
            wish.replace("memory = \"4GiB\"", &format!("memory = {quoted}")),
            format!("{quoted} = 1\n{wish}"),
        ] {
            judge.world.home.file("bad.toml", text, 0o644);
            let done = judge.run(&["deploy", "bad.toml"], Some(80), false).await;
            assert_ne!(done.code, 0, "{done:?}");
        }
    }
    let after: BTreeSet<String> = judge.world.home.files().into_keys().collect();
    let new: Vec<&String> =
        after.difference(&before).filter(|it| !it.contains("/.cache/vmbroker/offers-")).collect();
    let new: Vec<&&String> = new.iter().filter(|it| !it.contains("/.local/state/vmbroker/")).collect();
    assert!(new.is_empty(), "{new:?}");
    judge.look_at_files();
    assert_eq!(judge.world.creates(), 0, "nothing was ordered");
    proof::tried("security: hostile words of a user", &[("texts judged", judge.texts)], "");
}

#[test]
fn each_payload_as_it_is_would_be_found() {
    for payload in PAYLOADS {
        let shown = format!("a name: {payload}");
        let harmless = ["../", "C:\\", "=cmd", "@SUM", "</title>", "%s", "\",\""]
            .iter()
            .any(|it| payload.starts_with(it));
        let noncharacter = payload.starts_with('\u{fffe}');
        assert_eq!(
            complaint(&shown, false).is_some(),
            !harmless && !noncharacter,
            "{}",
            payload.escape_unicode()
        );
    }
    assert!(complaint(&"A".repeat(1 << 20), false).is_some());
    assert!(complaint(&format!("x\n  {FORGED}"), true).is_some());
    assert!(
        json_complaint("{\"a\":\"\n\"}").is_some() && json_complaint("{\"a\":\"\\u001b\u{202e}\"}").is_some()
    );
    assert!(csv_complaint("a,b\n=1+1,2").is_some() && csv_complaint("a,b\n1,2,3").is_some());
    assert_eq!(csv_complaint("a,b\n\"1,\"\"x\"\"\",-2"), None);
    for svg in [
        "<svg><a/></svg>",
        "<svg>&</svg>",
        "<svg><text onload='x'/></svg>",
        "<svg><title></svg>",
        "<svg><script/></svg>",
    ] {
        assert!(svg_complaint(svg).is_some(), "{svg}");
    }
    let mut value = json!({ "name": "x", "id": "1", "rows": [{ "state": "on", "cityName": "y" }] });
    spoil(&mut value, "", Which::Shown, "!", &mut 100);
    assert_eq!(value, json!({ "name": "x !", "id": "1", "rows": [{ "state": "on", "cityName": "!y !" }] }));
}
