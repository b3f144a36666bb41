//! The installation's id, by which its machines are told from those of others.

use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::path::Path;

use vmbroker::journal::private::{self, Refused};
use vmbroker::{Marker, Owner};

use crate::config::{Config, Place};
use crate::failure::Failure;
use crate::state;

/// Far more than an id has.
const MOST_BYTES: u64 = 4_096;

/// The owner tag of this installation: of the `owner` in the configuration, else of the id in the state folder,
/// which is made where there is none.
pub(crate) fn owner(config: &Config, place: &Place) -> Result<Owner, Failure> {
    let id = match &config.owner {
        Some(owner) => owner.clone(),
        None => id_in(&state::folder(config, place)?)?,
    };
    Ok(Owner::of_installation(&id))
}

/// The owner of machines that exist only in simulated clouds of one process.
pub(crate) fn sandbox_owner() -> Owner {
    Owner::of_installation("sandbox")
}

/// A new marker of this owner.
pub(crate) fn new_marker(owner: Owner) -> Result<Marker, Failure> {
    Ok(Marker::new(owner, random()?))
}

fn random<const N: usize>() -> Result<[u8; N], Failure> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)
        .map_err(|error| Failure::other("the operating system gives no random numbers").because(error))?;
    Ok(bytes)
}

fn id_in(folder: &Path) -> Result<String, Failure> {
    let named = folder.join("installation-id");
    let cannot = |what: &str, refused: Refused| {
        Failure::configuration(format!("the installation's id `{}` cannot be {what}", named.display()))
            .because(refused)
            .hint("`owner = \"…\"` in vmbroker.toml names the installation instead")
    };
    let found = private::find_folder(folder).map_err(|refused| cannot("read", refused))?;
    if let Some(real) = &found
        && let Some(id) = read(&real.join("installation-id")).map_err(|refused| cannot("read", refused))?
    {
        return whole(&named, id);
    }
    let real = private::make_folder(folder).map_err(|refused| cannot("written", refused))?;
    let file = real.join("installation-id");
    let id: String = random::<16>()?.iter().map(|byte| format!("{byte:02x}")).collect();
    match write_new(&file, &id) {
        Ok(()) => Ok(id),
        // Another process was quicker: its id counts.
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            let id = read(&file).map_err(|refused| cannot("read", refused))?;
            whole(&named, id.unwrap_or_default())
        }
        Err(error) => Err(cannot("written", error.into())),
    }
}

/// What the file says; absent where there is none. Who may change it decides whose machines are ours.
fn read(file: &Path) -> Result<Option<String>, Refused> {
    let Some(opened) = private::open(file, false)? else { return Ok(None) };
    let mut id = String::new();
    opened.take(MOST_BYTES).read_to_string(&mut id)?;
    Ok(Some(id))
}

fn whole(file: &Path, id: String) -> Result<String, Failure> {
    if id.trim().is_empty() {
        let message = format!("the installation's id `{}` is empty", file.display());
        return Err(Failure::configuration(message)
            .hint("put the former id back, or delete the file: then machines made before are no longer known as ours"));
    }
    Ok(id)
}

/// Writes the file whole or not at all, and never over another.
fn write_new(file: &Path, id: &str) -> std::io::Result<()> {
    let draft = file.with_extension(format!("{id}.tmp"));
    let made = private::make(&draft)?.ok_or(ErrorKind::AlreadyExists);
    let written = made.map_err(std::io::Error::from).and_then(|mut it| {
        it.write_all(format!("{id}\n").as_bytes())?;
        it.sync_all()
    });
    let linked = written.and_then(|()| fs::hard_link(&draft, file));
    let _ = fs::remove_file(&draft);
    linked
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn the_id_is_made_once_and_only_for_its_owner() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("state/vmbroker");
        let id = id_in(&folder).unwrap();
        assert_eq!(id.len(), 32);
        assert_eq!(id_in(&folder).unwrap().trim(), id);
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&folder), mode(&folder.join("installation-id"))), (0o700, 0o600));
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1, "no draft is left");
    }

    #[test]
    fn a_second_writer_takes_the_first_ones_id() {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("installation-id");
        write_new(&file, "first").unwrap();
        assert_eq!(write_new(&file, "second").unwrap_err().kind(), ErrorKind::AlreadyExists);
        assert_eq!(id_in(home.path()).unwrap().trim(), "first");
        fs::write(&file, "").unwrap();
        assert_eq!(id_in(home.path()).unwrap_err().exit_code, crate::failure::CONFIGURATION);
    }

    #[test]
    fn an_id_that_others_may_change_is_refused_and_no_link_is_followed() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("state");
        let file = folder.join("installation-id");
        let set_mode =
            |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        let refused = |why: &str| {
            let failure = id_in(&folder).unwrap_err();
            assert!(failure.causes[0].contains(why), "{failure:?}");
        };
        id_in(&folder).unwrap();
        set_mode(&file, 0o666);
        refused("chmod 600");
        set_mode(&file, 0o600);
        set_mode(&folder, 0o777);
        refused("chmod 700");
        set_mode(&folder, 0o700);
        id_in(&folder).unwrap();
        let elsewhere = home.path().join("elsewhere");
        fs::rename(&file, &elsewhere).unwrap();
        std::os::unix::fs::symlink(&elsewhere, &file).unwrap();
        refused("must be a plain file");
        fs::remove_file(&elsewhere).unwrap();
        refused("must be a plain file");
        assert!(!elsewhere.exists(), "nothing is made through a link to nowhere");
    }
}
