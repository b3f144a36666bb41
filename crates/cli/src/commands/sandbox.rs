//! `vmbroker sandbox`.

use std::fs;
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::json;
use vmbroker_sim::Dialect;

use crate::context::Context;
use crate::failure::{Failure, OK};
use crate::interrupt::interrupted;
use crate::sandbox::{HEADER, Pace, Sandbox, Secrets, Settings};
use crate::units::duration_or_seconds;

/// Serve simulated clouds on ports of this machine until Ctrl-C.
///
/// They speak the providers' own wires: this program and any other can use them.
///
/// The control face sets the weather, in JSON over HTTP; NAME is a cloud as `--cloud` names it, and `GET /` shows all:
/// `GET /NAME/ledger` what each machine cost, `GET /NAME/calls` what arrived, `POST /NAME/faults` the next fault, such
/// as `{"kind": "lose_answer", "operation": "create", "times": 1}`, `DELETE /NAME/faults` ends them, `POST
/// /NAME/capacity` with `{"offer": …, "capacity": 0}` sells out, `POST /step` with `{"seconds": 3600}` moves the clock.
///
/// JSON, once all listen: `{"clouds": [{"account", "dialect", "url"}], "control", "config", "config_text",
/// "secrets": {name: value}}`.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  vmbroker sandbox --write-config sandbox.toml
  vmbroker sandbox --cloud waldur --cloud zenlayer --speed 60 --for 10m")]
pub(crate) struct Args {
    /// Write a vmbroker.toml with accounts at these clouds (and beside it a folder with their secrets).
    #[arg(long, value_name = "FILE")]
    write_config: Option<PathBuf>,
    /// End after this time, such as 90s or 15m; a number alone is seconds.
    #[arg(long = "for", value_name = "TIME", value_parser = duration_or_seconds)]
    lasts: Option<Duration>,
    /// How many times less time everything takes than at the real providers.
    #[arg(long, value_name = "FACTOR", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    speed: u32,
    /// Which clouds (repeat for more) [default: fluence-2025-04, wayscloud, zenlayer].
    #[arg(long = "cloud", value_name = "NAME", value_parser = cloud)]
    clouds: Vec<Dialect>,
    /// The port of the control face, which sets faults, steps time and shows ledgers; the clouds have the ports
    /// after it [default: any free ones].
    #[arg(long, value_name = "PORT", default_value_t = 0, hide_default_value = true)]
    port: u16,
}

fn cloud(text: &str) -> Result<Dialect, String> {
    text.parse()
}

pub(crate) async fn run(args: Args, context: Context) -> Result<u8, Failure> {
    let dialects = if args.clouds.is_empty() { Dialect::DEFAULT.to_vec() } else { args.clouds };
    let settings = Settings {
        from: context.clock().now(),
        pace: Pace::Hurry(args.speed),
        dialects,
        first_port: args.port,
    };
    if let Some(twice) = settings.twice() {
        return Err(Failure::usage(format!(
            "two of the clouds would be the account `{twice}`: one of them is enough"
        )));
    }
    let sandbox = Sandbox::start(&settings).await?;
    let written =
        args.write_config.as_deref().map(|file| write_config(&sandbox, &context, file)).transpose()?;
    say_start(&sandbox, &context, written.as_deref())?;
    let end = async {
        match args.lasts {
            Some(lasts) => tokio::time::sleep(lasts).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        () = interrupted() => {}
        () = end => {}
    }
    for ledger in sandbox.ledgers().iter().filter(|_| !context.terminal.is_json()) {
        let (account, machines, open) = (&ledger.account, ledger.machines, ledger.open);
        context.terminal.note(&format!(
            "{account}: {machines} machines ever, {open} still cost money, {} {} charged",
            ledger.charged, ledger.currency
        ));
    }
    Ok(OK)
}

fn say_start(sandbox: &Sandbox, context: &Context, written: Option<&Path>) -> Result<(), Failure> {
    let terminal = &context.terminal;
    let (config, secrets) =
        sandbox.config_text(Secrets::Variables, &format!("sandbox.state/{}", sandbox.state_name()))?;
    if terminal.is_json() {
        return terminal.print_json(&json!({
            "clouds": sandbox.clouds(),
            "control": sandbox.control_url(),
            "config": written,
            "config_text": config,
            "secrets": secrets,
        }));
    }
    let mut text = String::from("Simulated clouds:\n");
    for cloud in sandbox.clouds() {
        text.push_str(&format!("  {:<12} {}  ({})\n", cloud.account, cloud.url, cloud.dialect));
    }
    text.push_str(&format!("  {:<12} {}\n", "control", sandbox.control_url()));
    match written {
        Some(path) => {
            text.push_str(&format!("\nIn another shell:\n  export VMBROKER_CONFIG={}\n", path.display()));
        }
        None => {
            text.push_str("\nIn another shell:\n");
            for (variable, value) in secrets {
                text.push_str(&format!("  export {variable}='{value}'\n"));
            }
            text.push_str(&format!("and as vmbroker.toml (`--write-config FILE` writes it):\n\n{config}"));
        }
    }
    text.push_str("\nthen, for example: vmbroker offers\n");
    terminal.print(&text)?;
    terminal.note("serving until Ctrl-C");
    Ok(())
}

/// Writes the configuration, over an older one of a sandbox but over nothing else, and its secrets.
fn write_config(sandbox: &Sandbox, context: &Context, file: &Path) -> Result<PathBuf, Failure> {
    let path = context.place.resolve(&context.place.folder, file);
    if path.exists() && !fs::read_to_string(&path).is_ok_and(|text| text.starts_with(HEADER)) {
        let message = format!("`{}` is there already and is no sandbox's configuration", path.display());
        return Err(Failure::configuration(message).hint("name another file"));
    }
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let folder = format!("{name}.secrets");
    let (text, secrets) =
        sandbox.config_text(Secrets::Files(&folder), &format!("{name}.state/{}", sandbox.state_name()))?;
    let write = || -> std::io::Result<()> {
        let secrets_folder = path.with_file_name(&folder);
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&secrets_folder)?;
        for (name, value) in &secrets {
            let path = secrets_folder.join(name);
            let mut options = fs::OpenOptions::new();
            let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(path)?;
            file.write_all(value.as_bytes())?;
        }
        fs::write(&path, text)
    };
    write().map_err(|error| {
        Failure::configuration(format!("`{}` cannot be written", path.display())).because(error)
    })?;
    Ok(path)
}
