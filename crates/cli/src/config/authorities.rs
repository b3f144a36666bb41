//! `http.ca_file`: certificates of authorities that an account trusts besides the built-in ones.

use std::path::{Path, PathBuf};

use toml::{Table, Value};
use vmbroker::{Error, ErrorKind, clip, printable};
use vmbroker_http::Authorities;

use super::Place;
use super::place::read_text;
use crate::failure::Failure;

/// The key, inside the account's `http`.
pub(super) const KEY: &str = "ca_file";
/// What an adapter is told in its place: what the file holds.
const CERTIFICATES: &str = "ca_certificates";
/// Far more than all public authorities together have.
const MOST_BYTES: u64 = 1_024 * 1_024;

/// Puts in place of the file's name what the file holds, and returns where it is; absent where the account names none.
///
/// # Errors
/// As a failure where the key itself is wrong. As the inner error where the file cannot be used: that is a matter of
/// this account alone.
pub(super) fn take(
    place: &Place,
    folder: &Path,
    shown: &str,
    account: &str,
    table: &mut Table,
) -> Result<Result<Option<PathBuf>, Error>, Failure> {
    let Some(Value::Table(http)) = table.get_mut("http") else { return Ok(Ok(None)) };
    let named = match http.remove(KEY) {
        None => return Ok(Ok(None)),
        Some(Value::String(named)) if !named.trim().is_empty() => named,
        Some(_) => {
            let message = format!("{shown}`{account}.http.{KEY}` must be the path of a file");
            return Err(Failure::configuration(message));
        }
    };
    if http.contains_key(CERTIFICATES) {
        let message = format!(
            "{shown}`{account}.http.{KEY}` and `{account}.http.{CERTIFICATES}` are both given: one is enough"
        );
        return Err(Failure::configuration(message));
    }
    let path = place.resolve(folder, Path::new(&named));
    match read(&path) {
        Ok(text) => drop(http.insert(CERTIFICATES.to_owned(), Value::String(text))),
        Err(why) => {
            let path = clip(&printable(&path.display().to_string()), 300);
            let message = format!("the certificates `{path}` (`http.{KEY}`) cannot be used: {why}");
            return Ok(Err(Error::new(ErrorKind::InvalidConfig, message)));
        }
    }
    Ok(Ok(Some(path)))
}

/// The file's text, looked through.
fn read(path: &Path) -> Result<String, String> {
    let text = read_text(path, MOST_BYTES).map_err(|error| error.to_string())?;
    Authorities::from_pem(&text).map_err(|error| error.message().to_owned())?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "[http]\nca_file = \"ca.pem\"\nread_timeout = \"5s\"";

    fn take_from(text: &str, folder: &Path) -> (Result<Result<Option<PathBuf>, Error>, Failure>, Table) {
        let mut table: Table = text.parse().unwrap();
        let place = Place { env: Default::default(), folder: "/".into() };
        let taken = take(&place, folder, "", "accounts.waldur", &mut table);
        (taken, table)
    }

    #[test]
    fn the_file_is_read_and_stands_in_place_of_its_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ca.pem");
        let key = rcgen::KeyPair::generate().unwrap();
        let pem = rcgen::CertificateParams::default().self_signed(&key).unwrap().pem();
        std::fs::write(&path, &pem).unwrap();
        let (taken, table) = take_from(TABLE, folder.path());
        assert_eq!(taken.unwrap().unwrap(), Some(path.clone()));
        assert_eq!(table["http"].as_table().unwrap().len(), 2);
        assert_eq!(table["http"][CERTIFICATES].as_str(), Some(pem.as_str()));
        assert_eq!(take_from("", folder.path()).0.unwrap().unwrap(), None);
        std::fs::write(&path, key.serialize_pem()).unwrap();
        let error = take_from(TABLE, folder.path()).0.unwrap().unwrap_err();
        assert!(
            error
                .message()
                .ends_with("cannot be used: it holds a private key: only certificates belong there")
        );
    }

    #[test]
    fn what_is_wrong_with_it_is_said() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("empty.pem"), "").unwrap();
        let rows = [
            (
                TABLE.replace("ca.pem", "nowhere.pem"),
                "nowhere.pem` (`http.ca_file`) cannot be used: No such file",
            ),
            (TABLE.replace("ca.pem", "empty.pem"), "it holds no certificate"),
            (TABLE.replace("ca.pem", "."), "it is a folder"),
        ];
        for (text, why) in rows {
            let error = take_from(&text, folder.path()).0.unwrap().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidConfig);
            assert!(error.message().contains(why), "{error}");
        }
        let both = format!("{TABLE}\nca_certificates = \"x\"");
        for (text, why) in [
            (TABLE.replace("\"ca.pem\"", "5"), "`accounts.waldur.http.ca_file` must be the path of a file"),
            (TABLE.replace("ca.pem", " "), "must be the path of a file"),
            (both, "are both given: one is enough"),
        ] {
            let failure = take_from(&text, folder.path()).0.unwrap_err();
            assert!(failure.message.contains(why), "{failure:?}");
        }
    }
}
