//! `vmbroker sandbox`.

use std::fs;
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::json;
use vmbroker_sim::Face;

use crate::context::Context;
use crate::failure::{Failure, OK};
use crate::interrupt::interrupted;
use crate::sandbox::{HEADER, Pace, Sandbox, Secrets, Settings};

/// Serve simulated clouds on ports of this machine until Ctrl-C, for this program and any other that speaks the
/// providers' wires.
///
/// JSON, once all listen: `{"clouds": [{"account", "face", "url"}], "control", "config", "config_text",
/// "secrets": {name: value}}`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Write a vmbroker.toml with accounts at these clouds (and beside it a folder with their secrets).
    #[arg(long, value_name = "FILE")]
    write_config: Option<PathBuf>,
    /// End after this many seconds.
    #[arg(long = "for", value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..))]
    seconds: Option<u64>,
    /// How many times less time everything takes than at the real providers.
    #[arg(long, value_name = "FACTOR", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    speed: u32,
    /// The port of the simulated Fluence [default: any free one].
    #[arg(long, value_name = "PORT", default_value_t = 0, hide_default_value = true)]
    fluence_port: u16,
    /// The contract that the simulated Fluence keeps.
    #[arg(long, value_enum, default_value = "2025-04")]
    fluence_contract: Contract,
    /// The port of the simulated WAYSCloud [default: any free one].
    #[arg(long, value_name = "PORT", default_value_t = 0, hide_default_value = true)]
    wayscloud_port: u16,
    /// The dialect that the simulated WAYSCloud speaks.
    #[arg(long, value_enum, default_value = "documented")]
    wayscloud_dialect: Dialect,
    /// The port of the simulated Zenlayer [default: any free one].
    #[arg(long, value_name = "PORT", default_value_t = 0, hide_default_value = true)]
    zenlayer_port: u16,
    /// The port of the control face, which sets faults, steps time and shows ledgers [default: any free one].
    #[arg(long, value_name = "PORT", default_value_t = 0, hide_default_value = true)]
    control_port: u16,
}

/// A contract of Fluence's API.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Contract {
    /// April 2025.
    #[value(name = "2025-04")]
    April2025,
    /// May 2025.
    #[value(name = "2025-05")]
    May2025,
}

/// A dialect of WAYSCloud's API.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Dialect {
    /// As its pages say.
    Documented,
    /// As a running Waldur does.
    Waldur,
}

pub(crate) async fn run(args: Args, context: Context) -> Result<u8, Failure> {
    let fluence = match args.fluence_contract {
        Contract::April2025 => Face::Fluence202504,
        Contract::May2025 => Face::Fluence202505,
    };
    let wayscloud = match args.wayscloud_dialect {
        Dialect::Documented => Face::WaysCloudDocumented,
        Dialect::Waldur => Face::WaysCloudWaldur,
    };
    let settings = Settings {
        from: context.clock().now(),
        pace: Pace::Hurry(args.speed),
        clouds: vec![
            (fluence, args.fluence_port),
            (wayscloud, args.wayscloud_port),
            (Face::Zenlayer, args.zenlayer_port),
        ],
        control_port: Some(args.control_port),
    };
    let sandbox = Sandbox::start(&settings).await?;
    let written =
        args.write_config.as_deref().map(|file| write_config(&sandbox, &context, file)).transpose()?;
    say_start(&sandbox, &context, written.as_deref())?;
    let end = async {
        match args.seconds {
            Some(seconds) => tokio::time::sleep(Duration::from_secs(seconds)).await,
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
    let (config, secrets) = sandbox.config_text(Secrets::Variables)?;
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
        text.push_str(&format!("  {:<12} {}  ({})\n", cloud.account, cloud.url, cloud.face));
    }
    if let Some(url) = sandbox.control_url() {
        text.push_str(&format!("  {:<12} {url}\n", "control"));
    }
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
    let (text, secrets) = sandbox.config_text(Secrets::Files(&folder))?;
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
