//! The interpreter, and a program in it that is spoken to line by line.

use std::ffi::OsString;
use std::path::Path;
use std::process::{Command as Plain, Stdio};
use std::time::Duration;

use anyhow::{Context, bail};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

/// Names the interpreter; absent: `python3`.
const VARIABLE: &str = "VMBROKER_PYTHON";
/// No answer on this machine takes anywhere near this long.
const PATIENCE: Duration = Duration::from_secs(30);

/// An interpreter that has the package.
#[derive(Clone, Debug)]
pub(crate) struct Python {
    program: OsString,
    path: OsString,
    /// Which version of the package it has.
    pub(crate) version: String,
}

impl Python {
    /// # Errors
    /// A sentence that says what is missing.
    #[expect(clippy::disallowed_methods, reason = "the one place that asks for the interpreter")]
    pub(crate) fn with(package: &str) -> Result<Self, String> {
        let program = std::env::var_os(VARIABLE).unwrap_or_else(|| "python3".into());
        let path = std::env::var_os("PATH").unwrap_or_default();
        let shown = program.to_string_lossy().into_owned();
        let question = "import importlib.metadata as it, sys; print(it.version(sys.argv[1]))";
        let answer = Plain::new(&program).args(["-c", question, package]).stdin(Stdio::null()).output();
        let answer =
            answer.map_err(|error| format!("`{shown}` cannot be started ({error}); set {VARIABLE}"))?;
        if !answer.status.success() {
            return Err(format!("`{shown}` has no package {package}; set {VARIABLE}"));
        }
        let version = String::from_utf8_lossy(&answer.stdout).trim().to_owned();
        Ok(Self { program, path, version })
    }
}

/// A script that answers each line with a line. It ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Speaker {
    child: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
}

impl Speaker {
    /// Starts this script of this folder, with an environment in which no proxy stands.
    pub(crate) fn start(python: &Python, script: &str, address: &str) -> anyhow::Result<Self> {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/witness").join(script);
        let mut command = Command::new(&python.program);
        command.arg(script).arg(address).env_clear().env("PATH", &python.path);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn()?;
        let input = child.stdin.take().context("no standard input")?;
        let output = BufReader::new(child.stdout.take().context("no standard output")?).lines();
        Ok(Self { child, input, output })
    }

    /// Says this, and hears the answer.
    pub(crate) async fn say(&mut self, line: &Value) -> anyhow::Result<Value> {
        self.input.write_all(format!("{line}\n").as_bytes()).await?;
        let answer = tokio::time::timeout(PATIENCE, self.output.next_line()).await;
        let Some(answer) = answer.with_context(|| format!("no answer to {line}"))?? else {
            bail!("the script ended at {line}: {:?}", self.child.wait().await?);
        };
        serde_json::from_str(&answer).with_context(|| format!("`{answer}` to {line}"))
    }
}
