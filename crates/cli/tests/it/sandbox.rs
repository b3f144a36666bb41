//! The commands against the simulated clouds, over HTTP.

use std::time::Duration;

use serde_json::Value;
use vmbroker::Clock;
use vmbroker_sim::{Dialect, Sandbox, SandboxConfig};

use crate::world::World;

const CREATE: [&str; 7] = ["create", "--vcpus", "2", "--memory", "4GiB", "--wait", "reachable"];

#[tokio::test(start_paused = true)]
async fn every_command_works_without_any_account() {
    let world = World::new();
    for account in ["fluence", "wayscloud", "zenlayer"] {
        let args: Vec<&str> = CREATE.iter().copied().chain(["--sandbox", "--provider", account]).collect();
        let outcome = world.run(&args).await;
        assert_eq!(outcome.code, 0, "{account}: {}", outcome.err);
        assert!(outcome.out.starts_with(&format!("{account}/")), "{}", outcome.out);
    }
    let outcome = world.run(&["offers", "--sandbox", "--vcpus", "4", "--output", "json"]).await;
    let offers = outcome.json()["offers"].clone();
    for account in ["fluence", "wayscloud", "zenlayer"] {
        let of = |offer: &&Value| offer["provider"] == account;
        assert!(offers.as_array().unwrap().iter().any(|offer| of(&offer)), "{account}");
    }
    let outcome = world.run(&["providers", "--sandbox", "--output", "json"]).await;
    let accounts = outcome.json()["accounts"].clone();
    assert!(accounts.as_array().unwrap().iter().all(|it| it["reached"] == true), "{accounts}");
    assert_eq!(world.run(&["list", "--sandbox"]).await.code, 0);
}

#[tokio::test(start_paused = true)]
async fn served_clouds_are_used_through_the_configuration_they_write() {
    for clouds in [["fluence-2025-04", "wayscloud", "zenlayer"], ["fluence-2025-05", "waldur", "zenlayer"]] {
        let world = World::new();
        let mut serve =
            vec!["sandbox", "--for", "86400", "--write-config", "vmbroker.toml", "--output", "json"];
        serve.extend(clouds.iter().flat_map(|cloud| ["--cloud", cloud]));
        let story = async {
            while !world.path("vmbroker.toml").exists() {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            walk(&world).await;
        };
        tokio::select! {
            outcome = world.run(&serve) => unreachable!("the clouds ended: {}", outcome.err),
            () = story => {}
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_account_that_the_environment_alone_describes_is_used() {
    let clock = Clock::simulated("2026-01-01T00:00:00Z".parse().unwrap(), 1);
    let config = SandboxConfig { dialects: vec![Dialect::Waldur], ..SandboxConfig::new(clock) };
    let sandbox = Sandbox::start(config).await.unwrap();
    let running = sandbox.cloud(Dialect::Waldur).unwrap();
    let token = running.cloud.account().credentials.secret.clone();
    let world = World::new().env("WALDUR_API_URL", &running.url).env("WALDUR_ACCESS_TOKEN", &token);
    walk(&world).await;
    let ended: Vec<bool> = running.cloud.ledger().entries.iter().map(|it| it.ended.is_some()).collect();
    assert_eq!(ended, [true]);
}

/// From order to gone at every configured account, with nothing kept but the printed handle.
async fn walk(world: &World) {
    let outcome = world.run(&["providers", "--output", "json"]).await;
    let accounts = outcome.json()["accounts"].clone();
    for account in accounts.as_array().unwrap() {
        let name = account["account"].as_str().unwrap();
        let args = CREATE.iter().copied().chain(["--provider", name, "--ssh-key", "key.pub"]);
        let outcome = world.run(&args.collect::<Vec<_>>()).await;
        assert_eq!(outcome.code, 0, "{name}: {}", outcome.err);
        let handle = outcome.out.trim();
        let status = world.run(&["status", handle, "--output", "json"]).await.json();
        assert_eq!(status["machines"][0]["state"], "running", "{name}");
        let mine = world.run(&["list", "--mine", "--output", "json"]).await.json();
        assert_eq!(mine["instances"].as_array().unwrap().len(), 1, "{name}");
        let outcome = world.run(&["delete", handle]).await;
        assert_eq!(
            (outcome.code, outcome.out),
            (0, format!("{handle} is gone\n")),
            "{name}: {}",
            outcome.err
        );
        let mine = world.run(&["list", "--mine", "--output", "json"]).await.json();
        assert_eq!(mine["instances"], serde_json::json!([]), "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_sandbox_never_overwrites_what_is_not_its_own() {
    let world = World::new();
    world.file("vmbroker.toml", "owner = \"me\"\n", 0o644);
    let outcome = world.run(&["sandbox", "--for", "1", "--write-config", "vmbroker.toml"]).await;
    assert_eq!(outcome.code, 3);
    assert!(outcome.err.contains("is there already and is no sandbox's configuration"), "{}", outcome.err);
    let again = ["sandbox", "--for", "1s", "--write-config", "other.toml"];
    assert_eq!((world.run(&again).await.code, world.run(&again).await.code), (0, 0));
    let outcome = world.run(&["sandbox", "--cloud", "fluence-2025-04", "--cloud", "fluence-2025-05"]).await;
    assert_eq!(outcome.code, 2, "{}", outcome.err);
}
