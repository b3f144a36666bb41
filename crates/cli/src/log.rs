//! Logging: silent unless asked.

use tracing::Dispatch;
use tracing_subscriber::EnvFilter;

use crate::failure::Failure;
use crate::terminal::Terminal;

/// The variable that says what is logged, besides `--verbose`.
const VARIABLE: &str = "VMBROKER_LOG";

/// What is logged: nothing, what `-v` (our own calls), `-vv` (all detail) say, or what the variable says.
pub(crate) fn subscriber(
    verbose: u8,
    variable: Option<&str>,
    terminal: &Terminal,
) -> Result<Option<Dispatch>, Failure> {
    let directives = match (verbose, variable) {
        (0, None | Some("")) => return Ok(None),
        (0, Some(directives)) => directives,
        (1, _) => "vmbroker=debug",
        (_, _) => "vmbroker=trace",
    };
    let filter = EnvFilter::try_new(directives).map_err(|error| {
        Failure::configuration(format!("`{VARIABLE}` is `{directives}`, which says no level of logging"))
            .because(error)
            .hint(format!("`{VARIABLE}=vmbroker=debug` shows each call, `trace` shows all"))
    })?;
    let writer = terminal.log();
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    Ok(Some(Dispatch::new(subscriber)))
}
