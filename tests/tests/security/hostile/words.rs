//! What a user, or a program in a user's name, gives as a word.

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;
use vmbroker_sim::Dialect;
use vmbroker_tests::proof;

use super::judged::Judge;
use super::payloads::PAYLOADS;

#[tokio::test(start_paused = true)]
async fn hostile_words_of_a_user_make_no_file_and_stay_text() {
    let mut judge = Judge::new().await;
    judge.world.wish("web", 1, &[Dialect::Zenlayer], "");
    let config = fs::read_to_string(judge.world.home.path("vmbroker.toml")).unwrap();
    let wish = fs::read_to_string(judge.world.home.path("web.toml")).unwrap();
    let before: BTreeSet<String> =
        judge.world.home.files().into_keys().chain(["a/b/c/d/e/home/bad.toml".to_owned()]).collect();
    for payload in
        PAYLOADS.iter().map(|it| (*it).to_owned()).chain(["x".repeat(1 << 20), "a/../../b".to_owned()])
    {
        if payload.contains('\0') {
            // The operating system hands over no such argument.
            continue;
        }
        let word = payload.as_str();
        for args in [
            &["list", "--provider", word][..],
            &["create", "--provider", word, "--offer", word, "--ssh-key", "key.pub"],
            &["create", "--provider", "zenlayer", "--name", word, "--offer", word, "--ssh-key", word],
            &["events", word],
            &["receipt", word],
            &["destroy", word],
            &["status", word],
            &["delete", word],
            &["resolve", word],
            &["offers", "--zone", word, "--output", "json"],
            &["offers", "--country", word],
            &["list", word],
            &[word],
            &["deploy", word],
            &["list", "--config", word],
        ] {
            let done = judge.run(args, Some(80), false).await;
            assert!(done.code != 0 || args[0] == "offers", "{args:?}: {done:?}");
        }
        let quoted = Value::from(word).to_string();
        for text in [
            config.replace("[accounts.zenlayer]", &format!("[accounts.{quoted}]")),
            format!("{quoted} = 1\n{config}"),
            config.replace("provider = \"zenlayer\"", &format!("provider = {quoted}")),
            config.replace("api_key_file = \"secret\"", &format!("api_key_file = {quoted}")),
        ] {
            judge.world.home.file("bad.toml", text, 0o644);
            judge.run(&["list", "--config", "bad.toml"], Some(80), false).await;
        }
        for text in [
            wish.replace("name = \"web\"", &format!("name = {quoted}")),
            wish.replace("memory = \"4GiB\"", &format!("memory = {quoted}")),
            format!("{quoted} = 1\n{wish}"),
        ] {
            judge.world.home.file("bad.toml", text, 0o644);
            let done = judge.run(&["deploy", "bad.toml"], Some(80), false).await;
            assert_ne!(done.code, 0, "{done:?}");
        }
    }
    let after: BTreeSet<String> = judge.world.home.files().into_keys().collect();
    let new: Vec<&String> =
        after.difference(&before).filter(|it| !it.contains("/.cache/vmbroker/offers-")).collect();
    let new: Vec<&&String> = new.iter().filter(|it| !it.contains("/.local/state/vmbroker/")).collect();
    assert!(new.is_empty(), "{new:?}");
    judge.look_at_files();
    assert_eq!(judge.world.creates(), 0, "nothing was ordered");
    proof::tried("security: hostile words of a user", &[("texts judged", judge.texts)], "");
}
