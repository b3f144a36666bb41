//! Secrets: from environment variables or from files that nobody else can read, never from the file itself.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use toml::Table;
use vmbroker::{Error, ErrorKind, Kind, Secret};

use super::place::read_open;
use super::{Found, Place};
use crate::failure::Failure;

/// No credential of any provider comes near this many bytes.
const MOST_BYTES: u64 = 64 * 1_024;

/// Keys that would hold a secret, besides the names of the kinds' own secrets.
const SECRET_WORDS: [&str; 8] =
    ["access_token", "api_token", "auth_token", "key", "password", "private_key", "secret", "secret_key"];

/// The keys of an account that this room reads itself.
pub(crate) fn keys(kind: Kind) -> impl Iterator<Item = &'static str> {
    let own = match kind {
        Kind::Fluence => &["provider", "api_key_env", "api_key_file"][..],
        Kind::Wayscloud => &["provider", "token_env", "token_file"],
        Kind::Zenlayer => &[
            "provider",
            "access_key_id_env",
            "access_key_id_file",
            "access_key_password_env",
            "access_key_password_file",
            "token_env",
            "token_file",
            "machine_password_env",
            "machine_password_file",
        ],
    };
    own.iter().copied()
}

/// The vendor's own variable for a secret; absent where it has none.
fn vendor_variable(kind: Kind, secret: &str, settings: &Table) -> Option<&'static str> {
    let waldur = settings.get("dialect").and_then(toml::Value::as_str) == Some("waldur");
    match (kind, secret) {
        (Kind::Fluence, "api_key") => Some("FLUENCE_API_KEY"),
        (Kind::Wayscloud, "token") if waldur => Some("WALDUR_ACCESS_TOKEN"),
        (Kind::Wayscloud, "token") => Some("WAYSCLOUD_API_TOKEN"),
        (Kind::Zenlayer, "access_key_id") => Some("ZENLAYERCLOUD_ACCESS_KEY_ID"),
        (Kind::Zenlayer, "access_key_password") => Some("ZENLAYERCLOUD_ACCESS_KEY_PASSWORD"),
        _ => None,
    }
}

/// Refuses a secret that stands in the file itself. Its value is not repeated.
pub(crate) fn refuse_direct(place: &str, account: &str, kind: Kind, table: &Table) -> Result<(), Failure> {
    for name in kind.secrets().chain(SECRET_WORDS) {
        if table.contains_key(name) {
            let message = format!(
                "{place}`{account}.{name}` holds a secret: secrets come from the environment or from a file of \
                 their own, never from the configuration"
            );
            let own = kind.credential_sets()[0].last().copied().unwrap_or(name);
            let near = if kind.secrets().any(|known| known == name) { name } else { own };
            return Err(Failure::configuration(message).hint(format!(
                "`{near}_file = \"PATH\"` names a file of mode 600, `{near}_env = \"NAME\"` a variable"
            )));
        }
    }
    Ok(())
}

/// Takes the keys that name secrets out of the table and reads what they name.
///
/// # Errors
/// As a failure where the keys themselves are wrong. As the inner error where a secret is missing: that is a
/// matter of this account alone.
pub(crate) fn take(
    place: &Place,
    folder: &Path,
    shown: &str,
    account: &str,
    kind: Kind,
    table: &mut Table,
) -> Result<Result<Found, Error>, Failure> {
    let mut named: BTreeMap<&'static str, Source> = BTreeMap::new();
    for name in kind.secrets() {
        let variable = text(shown, account, table, &format!("{name}_env"))?;
        let file = text(shown, account, table, &format!("{name}_file"))?;
        match (variable, file) {
            (Some(_), Some(_)) => {
                let message = format!(
                    "{shown}`{account}.{name}_env` and `{account}.{name}_file` are both given: one is enough"
                );
                return Err(Failure::configuration(message));
            }
            (Some(variable), None) => drop(named.insert(name, Source::Variable(variable))),
            (None, Some(file)) => drop(named.insert(name, Source::File(file))),
            (None, None) => {}
        }
    }
    let sets = kind.credential_sets();
    let of_vendor = |name: &str| vendor_variable(kind, name, table).map(|it| Source::Variable(it.to_owned()));
    let whole = |set: &&[&'static str]| set.iter().any(|name| named.contains_key(name));
    let set = sets.iter().copied().find(whole).unwrap_or(sets[0]);
    let mut found = Found { secrets: BTreeMap::new(), sources: Vec::new() };
    let optional = kind.optional_secrets().iter().copied().filter(|name| named.contains_key(name));
    let wanted: Vec<&str> = set.iter().copied().chain(optional).collect();
    for name in wanted {
        let source = named.remove(name).or_else(|| of_vendor(name));
        let Some(source) = source else {
            return Ok(Err(missing(format!("`{account}` needs `{name}_env` or `{name}_file`"))));
        };
        match source.read(place, folder) {
            Err(error) => return Ok(Err(error)),
            Ok((secret, from)) => {
                found.secrets.insert(name.to_owned(), secret);
                found.sources.push(from);
            }
        }
    }
    Ok(Ok(found))
}

fn text(shown: &str, account: &str, table: &mut Table, key: &str) -> Result<Option<String>, Failure> {
    match table.remove(key) {
        None => Ok(None),
        Some(toml::Value::String(text)) if !text.trim().is_empty() => Ok(Some(text)),
        Some(_) => {
            let message = format!("{shown}`{account}.{key}` must be a text that is not empty");
            Err(Failure::configuration(message))
        }
    }
}

fn missing(message: String) -> Error {
    Error::new(ErrorKind::InvalidConfig, message)
}

/// Where a secret comes from.
#[derive(Debug)]
enum Source {
    Variable(String),
    File(String),
}

impl Source {
    fn read(&self, place: &Place, folder: &Path) -> Result<(Secret, String), Error> {
        match self {
            Self::Variable(name) => match place.variable(name) {
                Some(value) => Ok((Secret::new(value), name.clone())),
                None => Err(missing(format!("the environment variable `{name}` is not set"))),
            },
            Self::File(path) => {
                let path = place.resolve(folder, Path::new(path));
                let secret = read_private_file(&path).map_err(missing)?;
                Ok((secret, path.display().to_string()))
            }
        }
    }
}

/// The text of a file that only its owner can read; what is wrong is one sentence.
fn read_private_file(path: &Path) -> Result<Secret, String> {
    let shown = path.display();
    let cannot = |error: std::io::Error| format!("the secret file `{shown}` cannot be read: {error}");
    // What is read is what was looked at, whatever the path leads to by then.
    let file = std::fs::File::open(path).map_err(cannot)?;
    let mode = file.metadata().map_err(cannot)?.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(format!(
            "the secret file `{shown}` has mode {mode:03o}, so that others may use it; run: chmod 600 {shown}"
        ));
    }
    let secret = Secret::new(read_open(file, MOST_BYTES).map_err(cannot)?);
    if secret.is_empty() {
        return Err(format!("the secret file `{shown}` is empty"));
    }
    Ok(secret)
}
