//! The arguments.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};
use vmbroker::ProviderId;

use crate::commands::{
    completions, create, delete, demo, deploy, deployments, destroy, events, init, list, offers, providers,
    receipt, resolve, sandbox, status, sweep,
};
use crate::failure::Failure;
use crate::units::word;

/// Rent virtual machines at Fluence, WAYSCloud and Zenlayer through one tool.
///
/// Try it without any account: `vmbroker demo`, or `--sandbox` at any command that asks accounts.
///
/// Exit codes: 0 all went well; 1 a provider failed, or what was wanted did not come true; 2 the command line is
/// wrong; 3 the configuration is wrong.
#[derive(Debug, Parser)]
#[command(name = "vmbroker", version, subcommand_required = true, arg_required_else_help = true)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

/// What every command takes.
#[derive(Clone, Debug, Args)]
pub(crate) struct Global {
    /// The configuration file [default: $VMBROKER_CONFIG, else ./vmbroker.toml, else
    /// $XDG_CONFIG_HOME/vmbroker/vmbroker.toml, else the vendors' own environment variables].
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// For people or for programs.
    #[arg(long, global = true, value_enum, default_value_t = Format::Table)]
    pub output: Format,
    /// Log calls to standard error; twice: all detail. $VMBROKER_LOG takes filter directives.
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
}

/// For whom the output is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Tables for people.
    Table,
    /// JSON for programs; errors, on standard error, too.
    Json,
    /// Comma-separated values for spreadsheets: `offers` alone knows it.
    Csv,
}

/// Which clouds are asked.
#[derive(Clone, Copy, Debug, Default, Args)]
pub(crate) struct Clouds {
    /// Use simulated clouds, which live as long as this command. Needs no account.
    #[arg(long)]
    pub sandbox: bool,
}

/// Which accounts are asked.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct Accounts {
    #[command(flatten)]
    pub clouds: Clouds,
    /// Only this account (repeat for more) [default: all].
    #[arg(long = "provider", value_name = "ACCOUNT", value_parser = word::<ProviderId>)]
    pub providers: Vec<ProviderId>,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Demo(demo::Args),
    Sandbox(sandbox::Args),
    Init(init::Args),
    Providers(providers::Args),
    Offers(Box<offers::Args>),
    Create(Box<create::Args>),
    List(list::Args),
    Status(status::Args),
    Delete(delete::Args),
    Deploy(deploy::Args),
    Deployments(deployments::Args),
    Events(events::Args),
    Receipt(receipt::Args),
    Resolve(resolve::Args),
    Destroy(destroy::Args),
    Sweep(sweep::Args),
    Completions(completions::Args),
}

/// What the arguments ask for.
#[derive(Debug)]
pub(crate) enum Asked {
    /// To do this.
    Run(Box<Cli>),
    /// To read this: a help text or the version.
    Read(String),
    /// Nothing: this is the help text.
    Nothing(String),
}

/// The words of every command that there is, such as `create`, or `offers` and `history`, as the command line itself
/// knows them; `help` is none.
#[must_use]
pub fn commands() -> Vec<Vec<String>> {
    fn below(command: &clap::Command, words: &[String], all: &mut Vec<Vec<String>>) {
        for inner in command.get_subcommands().filter(|inner| inner.get_name() != "help") {
            let words = [words, &[inner.get_name().to_owned()]].concat();
            below(inner, &words, all);
            all.push(words);
        }
    }
    let mut all = Vec::new();
    below(&Cli::command(), &[], &mut all);
    all
}

/// Reads the arguments. Lines of help texts are this wide at most.
pub(crate) fn parse(args: &[OsString], width: usize) -> Result<Asked, Failure> {
    refuse_secrets(args)?;
    let command = Cli::command().term_width(width);
    let parsed = command.try_get_matches_from(args).and_then(|matches| Cli::from_arg_matches(&matches));
    match parsed {
        Ok(cli) => Ok(Asked::Run(Box::new(cli))),
        Err(error) if !error.use_stderr() => Ok(Asked::Read(error.to_string())),
        Err(error) if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            Ok(Asked::Nothing(error.to_string()))
        }
        Err(error) => Err(wrong(&error.to_string())),
    }
}

/// What clap says, in the form of all our failures: one sentence, then hints.
fn wrong(text: &str) -> Failure {
    let mut paragraphs = text.split("\n\n").map(|paragraph| {
        let lines: Vec<&str> = paragraph.lines().map(str::trim).collect();
        lines.join(" ")
    });
    let first = paragraphs.next().unwrap_or_default();
    let mut failure = Failure::usage(first.strip_prefix("error: ").unwrap_or(&first));
    for paragraph in paragraphs {
        if let Some(tip) = paragraph.strip_prefix("tip: ") {
            failure = failure.hint(tip);
        } else if let Some(usage) = paragraph.strip_prefix("Usage: ") {
            failure = failure.hint(format!("usage: {usage}"));
        }
    }
    failure
}

/// Whether the output is for programs, as far as can be told from arguments that may be wrong.
pub(crate) fn format_of(args: &[OsString]) -> Format {
    let is = |arg: Option<&OsString>, text: &str| arg.is_some_and(|arg| arg == text);
    let asked = |word: &str| {
        args.iter().enumerate().any(|(at, arg)| {
            arg.to_str().and_then(|arg| arg.strip_prefix("--output=")) == Some(word)
                || (arg == "--output" && is(args.get(at + 1), word))
        })
    };
    match (asked("json"), asked("csv")) {
        (true, _) => Format::Json,
        (false, true) => Format::Csv,
        (false, false) => Format::Table,
    }
}

/// Words that begin the name of an argument which would hold a secret.
const SECRET_ARGUMENTS: [&str; 7] =
    ["--api-key", "--api-token", "--token", "--access-key", "--access-token", "--password", "--secret"];

/// A secret in an argument is refused before anything repeats it.
fn refuse_secrets(args: &[OsString]) -> Result<(), Failure> {
    for arg in args.iter().skip(1).filter_map(|arg| arg.to_str()).take_while(|arg| *arg != "--") {
        let name = arg.split('=').next().unwrap_or_default();
        if SECRET_ARGUMENTS.iter().any(|secret| name.starts_with(secret)) {
            let message = format!(
                "`{name}` is refused: a secret is never an argument, because every program on this machine can \
                 read arguments"
            );
            return Err(Failure::usage(message)
                .hint("set the vendor's environment variable, such as `FLUENCE_API_KEY`")
                .hint(
                    "or put the secret into a file of mode 600 and name it in vmbroker.toml: `api_key_file`",
                ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    /// What `vmbroker help COMMAND` shows as examples of it.
    fn examples(command: &clap::Command) -> Vec<String> {
        let text = command.get_after_long_help().map(ToString::to_string).unwrap_or_default();
        let rows = text.strip_prefix("Examples:\n").unwrap_or_default().lines();
        rows.map(|row| row.trim_start().to_owned()).collect()
    }

    #[test]
    fn every_command_has_examples_of_itself_that_are_understood() {
        for command in Cli::command().get_subcommands() {
            let name = command.get_name();
            let examples = examples(command);
            assert!(!examples.is_empty(), "{name} has none");
            for example in examples {
                let words = example.trim_start_matches("source <(").trim_end_matches(')').split(' ');
                // What stands for something that the user has.
                let words = words.map(|word| match word {
                    "HANDLE" => "zenlayer/instance:1",
                    "MARKER" => "vbaaaa-aaaaaaaaaaaaaaaa",
                    word => word,
                });
                let args: Vec<OsString> = words.map(OsString::from).collect();
                assert_eq!(args[1], name, "{example}");
                assert!(matches!(parse(&args, 100), Ok(Asked::Run(_))), "{example}: {:?}", parse(&args, 100));
            }
        }
    }

    #[test]
    fn no_argument_of_ours_looks_like_a_secret() {
        for command in Cli::command().get_subcommands() {
            for name in command.get_arguments().filter_map(clap::Arg::get_long) {
                let name = format!("--{name}");
                assert!(!SECRET_ARGUMENTS.iter().any(|secret| name.starts_with(secret)), "{name}");
            }
        }
    }
}
