//! `vmbroker init`.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use serde_json::json;

use super::create::read_key;
use crate::config::Place;
use crate::context::Context;
use crate::failure::{Failure, OK};

/// Write a commented vmbroker.toml to fill in, or a deployment's file; an existing file is never overwritten.
///
/// Where: `--config FILE`, else ./vmbroker.toml; with `--deployment FILE` a file for `vmbroker deploy`, there.
///
/// JSON: `{"written": path}`.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  vmbroker init
  vmbroker init --deployment web.toml --ssh-key demo-key.pub")]
pub(crate) struct Args {
    /// Write a deployment's file instead.
    #[arg(long, value_name = "FILE", conflicts_with = "config")]
    deployment: Option<PathBuf>,
    /// With `--deployment`: the file with the public key that may log in [default: ~/.ssh/id_ed25519.pub].
    #[arg(long, value_name = "FILE", requires = "deployment")]
    ssh_key: Option<PathBuf>,
}

pub(crate) fn run(args: Args, context: &Context) -> Result<u8, Failure> {
    let usual = context.global.config.as_deref().unwrap_or(Path::new("vmbroker.toml"));
    let place = &context.place;
    let named = args.deployment.as_deref().unwrap_or(usual);
    let path = place.resolve(&place.folder, named);
    let template = match (&args.deployment, &args.ssh_key) {
        (None, _) => TEMPLATE.to_owned(),
        (Some(_), None) => DEPLOYMENT.to_owned(),
        (Some(_), Some(key)) => with_key(place, &path, key)?,
    };
    let written = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(&path)
        .and_then(|mut file| file.write_all(template.as_bytes()));
    match written {
        Ok(()) => {}
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            let message = format!("`{}` is there already and stays as it is", path.display());
            let option = if args.deployment.is_some() { "--deployment" } else { "--config" };
            return Err(
                Failure::configuration(message).hint(format!("`{option} FILE` writes to another place"))
            );
        }
        Err(error) => {
            let message = format!("`{}` cannot be written", path.display());
            return Err(Failure::configuration(message).because(error));
        }
    }
    if context.terminal.is_json() {
        context.terminal.print_json(&json!({ "written": path }))?;
    } else {
        context.terminal.print(&format!("{}\n", path.display()))?;
        context.terminal.note(match args.deployment {
            Some(_) => "note: fill it in, then run `vmbroker deploy FILE --plan`: it spends nothing",
            None => "note: fill in at least one account, then run `vmbroker providers`",
        });
    }
    Ok(OK)
}

/// The deployment's file at this path, with this public key.
fn with_key(place: &Place, path: &Path, key: &Path) -> Result<String, Failure> {
    read_key(place, key)?;
    // In the file, what is relative starts at the file's own folder.
    let is_beside = path.parent() == Some(place.folder.as_path()) || key.starts_with("~");
    let key = if is_beside { key.to_path_buf() } else { place.resolve(&place.folder, key) };
    let quoted = toml::Value::from(key.display().to_string()).to_string();
    Ok(DEPLOYMENT.replace(&format!("\"{USUAL_KEY}\""), &quoted))
}

/// The key that a deployment's file names unless another one is given.
const USUAL_KEY: &str = "~/.ssh/id_ed25519.pub";

/// A deployment's file: what must stand in it, and all else commented out.
pub(crate) const DEPLOYMENT: &str = include_str!("deployment.toml");

/// What is written: every account commented out.
pub(crate) const TEMPLATE: &str = include_str!("init.toml");

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;
    use vmbroker::{Account, Clock, Kind, Secret};

    use super::*;
    use crate::config::{Config, unknown_field};

    /// The template with its examples in force: comments that are no settings stay comments.
    fn filled_in() -> String {
        let lines = TEMPLATE.lines().map(|line| match line.strip_prefix("# ") {
            Some(setting) if setting.starts_with('[') || setting.contains(" = ") => setting,
            _ => line,
        });
        lines.collect::<Vec<_>>().join("\n")
    }

    #[tokio::test]
    async fn every_setting_of_the_template_is_understood() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("vmbroker.toml");
        std::fs::write(&path, filled_in()).unwrap();
        let authority = rcgen::CertificateParams::default().self_signed(&rcgen::KeyPair::generate().unwrap());
        std::fs::write(folder.path().join("waldur-ca.pem"), authority.unwrap().pem()).unwrap();
        let names = [
            "FLUENCE_API_KEY",
            "WAYSCLOUD_API_TOKEN",
            "WALDUR_ACCESS_TOKEN",
            "ZENLAYERCLOUD_ACCESS_KEY_ID",
            "ZENLAYERCLOUD_ACCESS_KEY_PASSWORD",
            "ZENLAYER_MACHINE_PASSWORD",
        ];
        let env: BTreeMap<String, _> =
            names.iter().map(|name| ((*name).to_owned(), "Abcdef1!2345".into())).collect();
        let place = Place { env, folder: PathBuf::from("/") };
        let config = Config::load(Some(&path), &place).unwrap();
        assert_eq!(config.owner.as_deref(), Some("my-team"));
        assert_eq!((config.exchange.len(), config.exchange[0].rate.to_string().as_str()), (1, "1.0834"));
        assert_eq!(config.accounts[0].offers_fresh_for.unwrap().as_secs(), 300);
        let registry = config.open(&Clock::system()).unwrap();
        let ids: Vec<String> = registry.ids().map(ToString::to_string).collect();
        assert_eq!(ids, ["fluence", "waldur", "wayscloud", "zenlayer"]);
        for id in registry.ids() {
            registry.get(id).unwrap();
        }
    }
    #[tokio::test]
    async fn every_setting_that_there_is_stands_in_the_template() {
        let said = |kind: Kind, settings: serde_json::Value| {
            let secrets = kind.credential_sets()[0].iter();
            let account = Account {
                id: kind.word().parse().unwrap(),
                kind,
                settings: settings.as_object().unwrap().clone(),
                credentials: secrets.map(|name| ((*name).to_owned(), Secret::new("0123456789"))).collect(),
            };
            account.open(&Clock::system()).unwrap_err().message().to_owned()
        };
        for kind in Kind::ALL {
            for settings in
                [json!({ "?": 1 }), json!({ "http": { "?": 1 } }), json!({ "timing": { "?": 1 } })]
            {
                let message = said(kind, settings);
                let known = unknown_field(&message).unwrap().known;
                assert!(known.len() >= 4, "{message}");
                for field in known.iter().map(|field| field.replace("ca_certificates", "ca_file")) {
                    let is_there = |line: &str| {
                        line.contains(&format!("{field} = ")) || line.ends_with(&format!(".{field}]"))
                    };
                    assert!(TEMPLATE.lines().any(is_there), "{kind}: `{field}`");
                }
            }
            for secret in kind.secrets().filter(|name| kind != Kind::Zenlayer || *name != "token") {
                assert!(TEMPLATE.contains(&format!("{secret}_env = ")), "{kind}: {secret}");
            }
        }
    }
}
