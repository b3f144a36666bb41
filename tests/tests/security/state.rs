//! What the program keeps is its owner's alone: who may read it, who may change it, and what it is reached through.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};

use vmbroker_sim::Dialect;
use vmbroker_tests::proof;

use crate::program::World;

const STATE: &str = ".local/state/vmbroker";

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().mode() & 0o777
}

/// A world in which everything was used once, and the folder of its offers.
async fn used() -> (World, PathBuf) {
    let world = World::start("canary-7Q3xVd81mZk20LwP").await;
    world.wish("web", 1, &[Dialect::Zenlayer], "");
    for args in [&["offers"][..], &["deploy", "web.toml"], &["list", "--mine"]] {
        world.home.well(args).await;
    }
    let offers = fs::read_dir(world.home.path(".cache/vmbroker")).unwrap().next().unwrap().unwrap().path();
    (world, offers)
}

#[tokio::test(start_paused = true)]
async fn everything_that_is_kept_is_its_owners_alone() {
    let (world, offers) = used().await;
    let mut looked = 0;
    for (name, path) in world.home.files() {
        if name.contains("/.local/") || name.contains("/.cache/") {
            assert_eq!(mode(&path), 0o600, "{name}");
            for folder in path.ancestors().skip(1).take_while(|it| *it != world.home.folder()) {
                assert_eq!(mode(folder), 0o700, "{}", folder.display());
            }
            looked += 1;
        }
    }
    assert!(looked >= 8 && offers.exists(), "{looked} files");
    proof::tried("security: state folder", &[("files with their modes", looked)], "");
}

/// That whatever orders, or reads what was ordered, stops with this sentence, and nothing is sent.
async fn stops(world: &World, sentence: &str, case: &str) {
    let creates = world.creates();
    let create =
        ["create", "--provider", "zenlayer", "--vcpus", "2", "--memory", "4GiB", "--ssh-key", "key.pub"];
    for args in [
        &["deploy", "web.toml"][..],
        &create,
        &["destroy", "web"],
        &["sweep"],
        &["events", "web"],
        &["receipt", "web"],
    ] {
        let done = world.home.run(args).await;
        assert_ne!(done.code, 0, "{case} {args:?}: {done:?}");
        assert!(done.out.is_empty() && done.err.contains(sentence), "{case} {args:?}: {done:?}");
    }
    assert_eq!(world.creates(), creates, "{case}: something was ordered");
}

#[tokio::test(start_paused = true)]
async fn a_state_folder_that_others_may_change_or_own_stops_everything_that_rests_on_it() {
    let (world, _) = used().await;
    let folder = world.home.path(STATE);
    let mut cases = 0;
    for open in [0o770, 0o703, 0o777, 0o1777] {
        set_mode(&folder, open);
        stops(&world, "chmod 700", &format!("{open:o}")).await;
        cases += 1;
    }
    set_mode(&folder, 0o700);
    for name in ["journal.sqlite", "installation-id", "journal.lock"] {
        let file = folder.join(name);
        // Readers need neither the lock nor the id.
        for open in [0o640, 0o604] {
            set_mode(&file, open);
            let done = world.home.run(&["deploy", "web.toml"]).await;
            let said = (done.code != 0, done.err.contains("chmod 600"));
            assert_eq!(said, (true, true), "{name} {open:o}: {done:?}");
            cases += 1;
        }
        set_mode(&file, 0o600);
        let elsewhere = world.home.path("elsewhere");
        fs::rename(&file, &elsewhere).unwrap();
        symlink(&elsewhere, &file).unwrap();
        let done = world.home.run(&["deploy", "web.toml"]).await;
        assert!(done.code != 0 && done.err.contains("must be a plain file"), "{name} is a link: {done:?}");
        fs::rename(&elsewhere, &file).unwrap();
        cases += 1;
    }
    world.home.well(&["deploy", "web.toml"]).await;
    // A link to a folder of one's own is usual, and as good as the folder.
    let real = world.home.path("elsewhere");
    fs::rename(&folder, &real).unwrap();
    symlink(&real, &folder).unwrap();
    world.home.well(&["deploy", "web.toml"]).await;
    world.home.well(&["events", "web"]).await;
    assert_eq!(world.live(), 1, "it is the same machine");
    if fs::metadata(&real).unwrap().uid() == 0 {
        chown(&real, Some(65_534), None).unwrap();
        stops(&world, "belongs to another user", "another's folder").await;
        chown(&real, Some(0), None).unwrap();
        cases += 1;
    } else {
        println!("ignored: only root can give a folder to another user");
    }
    world.home.well(&["destroy", "web"]).await;
    assert_eq!(world.live(), 0);
    proof::tried("security: state folder", &[("ways to be exposed, each refused", cases)], "");
}

#[tokio::test(start_paused = true)]
async fn offers_that_others_may_have_written_are_asked_for_anew() {
    let (world, offers) = used().await;
    let asked =
        || world.sandbox.clouds().iter().map(|it| it.cloud.count_calls(Some("offers"))).sum::<usize>();
    let before = asked();
    world.home.well(&["offers"]).await;
    assert_eq!(asked(), before, "what was kept is enough");
    set_mode(&offers, 0o777);
    let done = world.home.well(&["offers"]).await;
    assert!(asked() > before && done.err.contains("chmod 700"), "{done:?}");
    set_mode(&offers, 0o700);
    let kept = offers.join("offers-zenlayer.json");
    let planted = world.home.path("planted.json");
    fs::rename(&kept, &planted).unwrap();
    symlink(&planted, &kept).unwrap();
    let done = world.home.well(&["offers", "--provider", "zenlayer"]).await;
    assert!(done.err.contains("must be a plain file"), "{done:?}");
    assert!(fs::symlink_metadata(&kept).unwrap().is_file(), "the link is replaced by what was asked for");
}

#[tokio::test(start_paused = true)]
async fn a_secret_that_others_may_read_is_not_used() {
    let world = World::start("canary-7Q3xVd81mZk20LwP").await;
    let secret = world.home.path("secret");
    let calls = || world.sandbox.clouds().iter().map(|it| it.cloud.count_calls(None)).sum::<usize>();
    for open in [0o640, 0o604, 0o644, 0o660, 0o601] {
        set_mode(&secret, open);
        let done = world.home.run(&["list"]).await;
        assert_eq!((done.code, calls()), (3, 0), "{open:o}: {done:?}");
        assert!(done.err.contains("chmod 600") && !done.err.contains("canary"), "{open:o}: {done:?}");
    }
    for closed in [0o600, 0o400] {
        set_mode(&secret, closed);
        world.home.well(&["list"]).await;
    }
    // Where a link leads counts, not the link: secrets are often given as links.
    let link = world.home.path("link");
    fs::rename(&secret, &link).unwrap();
    symlink(&link, &secret).unwrap();
    world.home.well(&["list"]).await;
    set_mode(&link, 0o644);
    assert_eq!(world.home.run(&["list"]).await.code, 3);
}
