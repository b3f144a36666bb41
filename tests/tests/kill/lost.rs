//! A journal that is lost: with the installation's id kept, every machine is found and taken back.

use std::fs;

use serde_json::json;

use crate::world::{THREE, World};

#[tokio::test]
async fn a_lost_journal_is_rebuilt_from_the_clouds() {
    let world = World::start(&THREE).await;
    // The id is a file of its own beside the journal.
    let config = world.home.path("vmbroker.toml");
    let text = fs::read_to_string(&config).unwrap().replace("owner = \"the tests\"\n", "");
    fs::write(&config, text).unwrap();
    world.wish(3, "");
    // Each somewhere else, so that no account may be forgotten.
    let file = fs::read_to_string(world.home.path("web.toml")).unwrap().replace("in-order", "spread");
    world.home.file("web.toml", &file, 0o644);
    world.home.well(&["deploy", "web.toml"]).await;
    let kept = fs::read_to_string(world.state().join("installation-id")).unwrap();
    for entry in fs::read_dir(world.state()).unwrap() {
        let path = entry.unwrap().path();
        if path.file_name().unwrap() != "installation-id" {
            fs::remove_file(path).unwrap();
        }
    }

    // What the journal does not know may be in use: nothing of it is deleted, however often it is asked for.
    for _ in 0..2 {
        world.home.well(&["sweep", "--delete"]).await;
    }
    let swept = world.home.well(&["sweep", "--output", "json"]).await.json();
    assert_eq!(swept["unknown"], json!(3), "{swept}");
    assert_eq!(world.live().await, 3);
    for machine in swept["machines"].as_array().unwrap() {
        let [marker, handle] = ["marker", "handle_text"].map(|key| machine[key].as_str().unwrap());
        world.home.well(&["resolve", marker, "adopt", handle, "--into", "web"]).await;
    }
    let again = world.home.well(&["sweep", "--output", "json"]).await.json();
    assert_eq!(again["unknown"], json!(0), "{again}");
    world.home.well(&["deploy", "web.toml"]).await;
    assert_eq!((world.live().await, world.all_creates().await), (3, 3), "nothing is made anew");
    assert_eq!(fs::read_to_string(world.state().join("installation-id")).unwrap(), kept);
    world.end("lost").await;
}
