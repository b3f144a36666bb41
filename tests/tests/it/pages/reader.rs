//! Somebody who reads a page and does what it says, in a home of their own and with the clouds of `vmbroker sandbox`.

use std::process::Stdio;

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Child;

use super::cargo::judge;
use super::root;
use super::text::Command;
use crate::program::{Done, Home, PATIENCE};

/// Simulated clouds that a reader waits for, and that outlive no test.
const HURRY: [&str; 4] = ["--speed", "400", "--for", "300"];

/// What this file says is not run as it stands, and why; what is run in its place, if anything.
const OTHERWISE: [(&str, Option<&str>); 6] = [
    // tests/it/process.rs runs it and times it.
    ("demo", None),
    ("demo --machines 4 --speed 60", None),
    // Nothing waits for a decision here: tests/kill and crates/cli/tests make something wait, and decide it.
    ("resolve MARKER adopt HANDLE", Some("resolve")),
    ("resolve MARKER confirm-absent", Some("resolve")),
    // Whoever watches a machine that stays, waits for long.
    ("status HANDLE --watch --timeout 15m", Some("status HANDLE --watch --timeout 1s")),
    // The last step of a machine that is deleted again anyway.
    ("delete HANDLE --no-wait", Some("delete HANDLE")),
];

pub(crate) struct Reader {
    home: Home,
    /// `vmbroker sandbox`, each in a shell of its own; they end with the reader.
    served: Vec<Child>,
    /// What is seen on the screen.
    seen: String,
    /// How many commands were run.
    pub(crate) ran: usize,
}

impl Reader {
    pub(crate) fn new() -> Self {
        let reader = Self { home: Home::new(), served: Vec::new(), seen: String::new(), ran: 0 };
        reader.make_key("demo-key");
        reader
    }

    /// Does what the page says.
    pub(crate) async fn follow(&mut self, command: &Command) -> Result<(), String> {
        let words: Vec<&str> = command.words.iter().map(String::as_str).collect();
        match words.as_slice() {
            ["export", assignment] => {
                let (name, value) = assignment.split_once('=').ok_or("nothing is assigned")?;
                let value = self.value(value)?;
                self.home.set_env(name, Some(&value));
            }
            ["unset", name] => self.home.set_env(name, None),
            ["ssh-keygen", .., "-f", name] => self.make_key(name),
            ["cargo", "run", "--release", "--", args @ ..] if !args.is_empty() => self.vmbroker(args).await?,
            ["source", _, args @ ..] => {
                let args: Vec<&str> = args.iter().map(|arg| arg.trim_end_matches(')')).collect();
                self.vmbroker(&args).await?;
            }
            ["vmbroker", "help", "COMMAND"] => self.help_of_all().await?,
            ["vmbroker", args @ ..] => self.vmbroker(args).await?,
            _ => judge(&root(), command)?,
        }
        Ok(())
    }

    /// What `vmbroker help` says.
    pub(crate) async fn help(&self, of: &[&str]) -> String {
        self.home.well(&[&["help"], of].concat()).await.out
    }

    async fn help_of_all(&mut self) -> Result<(), String> {
        for command in super::subcommands(&self.help(&[]).await) {
            self.vmbroker(&["help", &command]).await?;
        }
        Ok(())
    }

    async fn vmbroker(&mut self, args: &[&str]) -> Result<(), String> {
        let asked = args.join(" ");
        let otherwise = OTHERWISE.iter().find(|(known, _)| *known == asked);
        let args: Vec<String> = match otherwise {
            Some((_, None)) => return Ok(()),
            Some((_, Some(other))) => other.split(' ').map(|word| self.resolve(word)).collect(),
            None => args.iter().map(|word| self.resolve(word)).collect(),
        };
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        self.ran += 1;
        if args[0] == "sandbox" {
            return self.serve(&args).await;
        }
        let Done { code, out, err } = self.home.run(&args).await;
        // A page may write the same file again; a reader keeps the first.
        let is_kept = args[0] == "init" && err.contains("is there already");
        if code != Some(0) && !is_kept {
            return Err(format!("`vmbroker {}` ends with {code:?}: {out}{err}", args.join(" ")));
        }
        if args == ["init"] && !is_kept {
            self.fill_in();
        }
        self.seen.push_str(&out);
        self.seen.push_str(&err);
        Ok(())
    }

    /// What a word of a page stands for: the last handle or marker on the screen.
    fn resolve(&self, word: &str) -> String {
        let last = |is_it: fn(&str) -> bool| {
            self.seen.split_whitespace().rfind(|word| is_it(word)).map(str::to_owned)
        };
        let found = match word {
            "HANDLE" => last(|word| word.contains("/instance:") && word.parse::<vmbroker::Handle>().is_ok()),
            "MARKER" => last(|word| word.parse::<vmbroker::Marker>().is_ok()),
            _ => None,
        };
        found.unwrap_or_else(|| word.to_owned())
    }

    /// What a shell makes of a value. The reader works in the clone, which a program beside it calls `../vmbroker`.
    fn value(&self, text: &str) -> Result<String, String> {
        let home = self.home.path("");
        let Some(file) = text.strip_prefix("$(cat ").and_then(|rest| rest.strip_suffix(')')) else {
            return Ok(text.replace("$PWD", home.to_str().unwrap_or_default()));
        };
        let file = home.join(file.trim_start_matches("../vmbroker/"));
        std::fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))
    }

    /// Fills in a new vmbroker.toml: this reader has accounts at simulated clouds only.
    fn fill_in(&self) {
        let accounts = std::fs::read_to_string(self.home.path("sandbox.toml"));
        self.home.file("vmbroker.toml", &accounts.unwrap_or_default(), 0o644);
    }

    /// A key pair, of which only the public half is needed.
    fn make_key(&self, name: &str) {
        let key = std::fs::read_to_string(self.home.path("key.pub")).unwrap_or_default();
        self.home.file(&format!("{name}.pub"), &key, 0o644);
    }

    /// Another shell, in which the clouds are left running.
    async fn serve(&mut self, args: &[&str]) -> Result<(), String> {
        let hurry = HURRY.chunks(2).filter(|pair| !args.contains(&pair[0])).flatten().copied();
        let args: Vec<&str> = args.iter().copied().chain(hurry).collect();
        let mut child =
            self.home.command(&args).stderr(Stdio::null()).spawn().map_err(|error| error.to_string())?;
        let mut lines = BufReader::new(child.stdout.take().ok_or("no output")?).lines();
        let ready = async {
            while let Ok(Some(line)) = lines.next_line().await {
                if line.starts_with("then, for example: ") {
                    return true;
                }
            }
            false
        };
        let ready = tokio::time::timeout(PATIENCE, ready).await.unwrap_or(false);
        self.served.push(child);
        if ready { Ok(()) } else { Err(format!("`vmbroker {}` does not serve", args.join(" "))) }
    }
}
