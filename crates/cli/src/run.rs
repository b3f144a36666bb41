//! The whole program.

use tracing::instrument::WithSubscriber;

use crate::Surroundings;
use crate::args::{self, Asked, Cli, Command};
use crate::commands::{
    completions, create, delete, demo, deploy, deployments, destroy, events, init, list, offers, providers,
    receipt, resolve, sandbox, status, sweep,
};
use crate::config::Place;
use crate::context::Context;
use crate::failure::{Failure, OK, USAGE};
use crate::log;
use crate::terminal::Terminal;

/// Help texts are no wider than this where there is no terminal.
const HELP_WIDTH: u16 = 100;

/// Runs the program once and returns its exit code: 0 all went well, 1 a provider failed or what was wanted did
/// not come true, 2 the command line is wrong, 3 the configuration is wrong.
pub async fn run(surroundings: Surroundings) -> u8 {
    let Surroundings { args, env, folder, stdout, stderr, clock, providers, probe } = surroundings;
    let width = stdout.width.unwrap_or(HELP_WIDTH);
    let terminal = Terminal::new(stdout, stderr, args::format_of(&args));
    let place = Place { env, folder };
    let result = match args::parse(&args, width.into()) {
        Err(failure) => Err(failure),
        Ok(Asked::Read(text)) => terminal.print(&text).map(|()| OK),
        Ok(Asked::Nothing(_)) if terminal.is_json() => {
            Err(Failure::usage("a command is missing").hint("`vmbroker --help` shows all"))
        }
        Ok(Asked::Nothing(help)) => {
            terminal.notes(help.trim_end());
            Ok(USAGE)
        }
        Ok(Asked::Run(cli)) => {
            let log =
                log::subscriber(cli.global.verbose, place.variable("VMBROKER_LOG").as_deref(), &terminal);
            let context = Context::new(terminal.clone(), place, cli.global.clone(), clock, providers, probe);
            match log {
                Err(failure) => Err(failure),
                Ok(None) => Box::pin(command(*cli, context)).await,
                Ok(Some(log)) => Box::pin(command(*cli, context)).with_subscriber(log).await,
            }
        }
    };
    result.unwrap_or_else(|failure| {
        terminal.report(&failure);
        failure.exit_code
    })
}

async fn command(cli: Cli, context: Context) -> Result<u8, Failure> {
    if context.terminal.is_csv() && !matches!(cli.command, Command::Offers(_)) {
        return Err(Failure::usage("`--output csv` is for `vmbroker offers` alone")
            .hint("`--output json` is for programs at every command"));
    }
    match cli.command {
        Command::Demo(args) => Box::pin(demo::run(args, context)).await,
        Command::Sandbox(args) => Box::pin(sandbox::run(args, context)).await,
        Command::Init(args) => init::run(args, &context),
        Command::Providers(args) => Box::pin(providers::run(args, context)).await,
        Command::Offers(args) => Box::pin(offers::run(*args, context)).await,
        Command::Create(args) => Box::pin(create::run(*args, context)).await,
        Command::List(args) => Box::pin(list::run(args, context)).await,
        Command::Status(args) => Box::pin(status::run(args, context)).await,
        Command::Delete(args) => Box::pin(delete::run(args, context)).await,
        Command::Deploy(args) => Box::pin(deploy::run(args, context)).await,
        Command::Deployments(args) => Box::pin(deployments::run(args, context)).await,
        Command::Events(args) => Box::pin(events::run(args, context)).await,
        Command::Receipt(args) => Box::pin(receipt::run(args, context)).await,
        Command::Resolve(args) => Box::pin(resolve::run(args, context)).await,
        Command::Destroy(args) => Box::pin(destroy::run(args, context)).await,
        Command::Sweep(args) => Box::pin(sweep::run(args, context)).await,
        Command::Completions(args) => completions::run(args, &context),
    }
}
