//! `vmbroker.toml`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use toml::{Table, Value};
use vmbroker::{Kind, ProviderId, clip, printable};

use super::place::read_text;
use super::{Config, Described, Place, authorities, exchange, near, secrets};
use crate::failure::Failure;
use crate::units::duration;

/// The name of the file, in the current folder and in the user's folder for configuration.
pub(crate) const NAME: &str = "vmbroker.toml";
/// The variable that names another file.
const VARIABLE: &str = "VMBROKER_CONFIG";
/// The key of an account for how long its offers count as fresh.
pub(super) const FRESH_FOR: &str = "offers_fresh_for";
/// Far more than a thousand accounts need.
const MOST_BYTES: u64 = 1_024 * 1_024;

/// The file to read: the named one, which must be there, else the first that is; absent where none is.
pub(crate) fn find(named: Option<&Path>, place: &Place) -> Result<Option<PathBuf>, Failure> {
    if let Some(named) = named {
        return must_be_there(place.resolve(&place.folder, named), "--config");
    }
    if let Some(named) = place.variable(VARIABLE) {
        return must_be_there(place.resolve(&place.folder, Path::new(&named)), VARIABLE);
    }
    let of_user = place.config_home().map(|folder| folder.join("vmbroker").join(NAME));
    let candidates = [Some(place.folder.join(NAME)), of_user];
    Ok(candidates.into_iter().flatten().find(|path| path.exists()))
}

fn must_be_there(path: PathBuf, by: &str) -> Result<Option<PathBuf>, Failure> {
    if path.exists() {
        return Ok(Some(path));
    }
    let message = format!("the configuration file `{}`, named by `{by}`, does not exist", path.display());
    Err(Failure::configuration(message).hint("`vmbroker init` writes one"))
}

/// Reads the file.
pub(crate) fn read(path: PathBuf, place: &Place) -> Result<Config, Failure> {
    let shown = format!("{}: ", path.display());
    let text = read_text(&path, MOST_BYTES).map_err(|error| {
        Failure::configuration(format!("the configuration file `{}` cannot be read", path.display()))
            .because(error)
    })?;
    let mut table: Table = text.parse().map_err(|error| syntax(&shown, &text, &error))?;
    let owner = match table.remove("owner") {
        None => None,
        Some(Value::String(owner)) if !owner.trim().is_empty() => Some(owner),
        Some(_) => {
            return Err(Failure::configuration(format!("{shown}`owner` must be a text that is not empty")));
        }
    };
    let state = match table.remove("state") {
        None => None,
        Some(Value::String(state)) if !state.trim().is_empty() => Some(state),
        Some(_) => {
            return Err(Failure::configuration(format!("{shown}`state` must be the path of a folder")));
        }
    };
    let accounts = match table.remove("accounts") {
        None => Table::new(),
        Some(Value::Table(accounts)) => accounts,
        Some(_) => {
            let message = format!("{shown}`accounts` must be a table");
            return Err(Failure::configuration(message).hint("an account begins with `[accounts.NAME]`"));
        }
    };
    let exchange = exchange::read(&shown, table.remove("exchange"))?;
    if let Some(unknown) = table.keys().next() {
        return Err(near::unknown_key(
            &shown,
            "",
            "",
            unknown,
            ["owner", "state", "accounts", "exchange"].into_iter(),
        ));
    }
    let folder = path.parent().map(Path::to_path_buf).unwrap_or_default();
    let read = |(name, value)| account(&shown, name, value, place, &folder);
    let accounts = accounts.into_iter().map(read).collect::<Result<_, _>>()?;
    let state = state.map(|state| place.resolve(&folder, Path::new(&state)));
    Ok(Config { path: Some(path), owner, state, accounts, exchange })
}

fn account(
    shown: &str,
    name: String,
    value: Value,
    place: &Place,
    folder: &Path,
) -> Result<Described, Failure> {
    let id: ProviderId = name
        .parse()
        .map_err(|error: vmbroker::Error| Failure::configuration(format!("{shown}{}", error.message())))?;
    let account = format!("accounts.{id}");
    let Value::Table(mut table) = value else {
        let message = format!("{shown}`{account}` must be a table");
        return Err(Failure::configuration(message).hint(format!("an account begins with `[{account}]`")));
    };
    let kinds = Kind::ALL.map(|kind| format!("\"{kind}\"")).join(", ");
    let kind = match table.remove("provider") {
        None => {
            let message =
                format!("{shown}`{account}.provider` is missing: it says which cloud this account is at");
            return Err(Failure::configuration(message).hint(format!("it is one of {kinds}")));
        }
        Some(Value::String(word)) => word.parse::<Kind>().map_err(|_| {
            let given = clip(&printable(&word), 80);
            let failure = Failure::configuration(format!(
                "{shown}`{account}.provider` is `{given}`, but it must be one of {kinds}"
            ));
            match near::nearest(&word, Kind::ALL.iter().map(|kind| kind.word())) {
                Some(near) => failure.hint(format!("did you mean \"{near}\"?")),
                None => failure,
            }
        })?,
        Some(_) => {
            let message = format!("{shown}`{account}.provider` must be one of {kinds}");
            return Err(Failure::configuration(message));
        }
    };
    secrets::refuse_direct(shown, &account, kind, &table)?;
    let offers_fresh_for = fresh_for(shown, &account, &mut table)?;
    let credentials = secrets::take(place, folder, shown, &account, kind, &mut table)?;
    let authorities = authorities::take(place, folder, shown, &account, &mut table)?;
    let settings = serde_json::to_value(table).ok().and_then(|value| match value {
        serde_json::Value::Object(settings) => Some(settings),
        _ => None,
    });
    let unreadable = || Failure::configuration(format!("{shown}`{account}` holds what JSON cannot"));
    let settings = settings.ok_or_else(unreadable)?;
    Ok(Described { id, kind, settings, offers_fresh_for, authorities, credentials })
}

/// How long offers of the account count as fresh.
fn fresh_for(shown: &str, account: &str, table: &mut Table) -> Result<Option<Duration>, Failure> {
    let Some(value) = table.remove(FRESH_FOR) else { return Ok(None) };
    let given = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let read = value.as_str().ok_or(()).and_then(|text| duration(text).map_err(drop));
    read.map(Some).map_err(|()| {
        let given = clip(&printable(&given), 80);
        Failure::configuration(format!(
            "{shown}`{account}.{FRESH_FOR}` is `{given}`, but it must be a time of more than zero, such as \"10m\""
        ))
    })
}

/// What is wrong with the text, and where. The line itself is not repeated: it may hold a secret.
pub(crate) fn syntax(shown: &str, text: &str, error: &toml::de::Error) -> Failure {
    let at = error.span().map_or(0, |span| span.start.min(text.len()));
    let before = text.get(..at).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    let message = error.message().lines().collect::<Vec<_>>().join(", ");
    Failure::configuration(format!("{shown}line {line}, column {column}: {}", printable(&message)))
}
