//! Runs of the program of which every character is judged.

use std::collections::BTreeSet;
use std::fs;

use vmbroker_sim::Dialect;

use crate::front::Act;
use crate::judge::{complaint, csv_complaint, json_complaint, svg_complaint};
use crate::program::{Done, World};

/// What was run, and where hostile text was really shown.
pub(super) struct Judge {
    pub(super) world: World,
    pub(super) texts: u64,
    /// What had some of it, spelled out.
    pub(super) shown_by: BTreeSet<String>,
}

impl Judge {
    pub(super) async fn new() -> Self {
        Self { world: World::start("canary-7Q3xVd81mZk20LwP").await, texts: 0, shown_by: BTreeSet::new() }
    }

    /// Runs it for this width of the terminal and judges all it said.
    pub(super) async fn run(&mut self, args: &[&str], width: Option<u16>, loud: bool) -> Done {
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
    pub(super) async fn show(&mut self) {
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
        self.look_at_chart();
    }

    /// The chart is a picture and nothing else, and no longer than one.
    fn look_at_chart(&mut self) {
        let path = self.world.home.path("chart.svg");
        let Ok(chart) = fs::read_to_string(&path) else { return };
        assert!(chart.len() < 1 << 18, "a chart of {} bytes", chart.len());
        assert_eq!(svg_complaint(&chart), None);
        if chart.contains("&lt;script&gt;") {
            self.shown_by.insert("a chart".to_owned());
        }
        fs::remove_file(path).unwrap();
    }

    /// Each form once.
    pub(super) async fn glance(&mut self) {
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
        self.look_at_chart();
    }

    /// A machine's life at each account, and a deployment's.
    pub(super) async fn live(&mut self) {
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
                "--wait",
                "running",
                "--timeout",
                "1m",
            ];
            let made = self.run(&create, None, false).await;
            let printed = made.out.trim();
            let handle = if printed.is_empty() { format!("{name}/instance:1") } else { printed.to_owned() };
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
    pub(super) fn look_at_files(&self) {
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

    pub(super) fn pass(&self) {
        self.world.fronts.values().for_each(|front| front.meddle(|_| Act::Pass));
    }
}
