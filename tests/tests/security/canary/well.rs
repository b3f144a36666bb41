//! Every command as it should go.

use vmbroker_sim::{Dialect, FaultKind, Refusal};

use super::tried::{SIZE, Tried};
use crate::program::Done;

fn handle(done: &Done) -> String {
    done.json()["handle_text"].as_str().unwrap().to_owned()
}

/// Everything once, as it should go.
pub(super) async fn all_goes_well(tried: &mut Tried) {
    for args in [
        &["init", "--config", "new.toml"][..],
        &["init", "--deployment", "new-web.toml"],
        &["completions", "bash"],
        &["completions", "zsh"],
        &["demo", "--speed", "1000", "--machines", "4"],
        &["sandbox", "--for", "1", "--write-config", "loud-sandbox.toml"],
        &["offers", "--explain", "--excluded", "--chart", "costs.svg"],
        &["offers", "--output", "csv", "--refresh"],
        &["offers", "history", "--output", "csv"],
    ] {
        tried.well(args).await;
    }
    for args in [
        &["providers"][..],
        &["offers", "--vcpus", "2"],
        &["offers", "history"],
        &["list"],
        &["list", "--mine"],
        &["sweep"],
        &["resolve"],
    ] {
        for done in tried.both(args).await {
            assert_eq!(done.code, 0, "{args:?}: {done:?}");
        }
    }
    // Each account makes a machine with user data where it has a place for it, and with a password where it can.
    let accounts = Dialect::ALL.into_iter().map(Dialect::name).chain(["behind"]);
    for account in accounts {
        let place = ["create", "--provider", account, "--output", "json"];
        let mut more: Vec<&str> = Vec::new();
        if ["waldur", "zenlayer", "behind"].contains(&account) {
            more.extend(["--user-data", "user-data"]);
        }
        if account == "zenlayer" {
            more.extend(["--option", "zenlayer.login=password"]);
        }
        let created = tried.well(&[&place, &SIZE[..], &more].concat()).await;
        assert!(created.err.contains("TRACE") && created.err.contains("vmbroker::http"), "it is not loud");
        let handle = handle(&created);
        tried.both(&["status", &handle]).await;
        tried.well(&["status", &handle, "--watch", "--timeout", "1s"]).await;
        tried.well(&["delete", &handle]).await;
    }
    tried.world.wish("web", 3, &[Dialect::Waldur, Dialect::Zenlayer], "user_data = \"user-data\"");
    for args in [
        &["deploy", "web.toml", "--plan"][..],
        &["deploy", "web.toml"],
        &["deployments"],
        &["events", "web"],
        &["receipt", "web"],
        &["sweep", "--all"],
        &["destroy", "web"],
        &["deployments", "--all"],
    ] {
        for done in tried.both(args).await {
            assert_eq!(done.code, 0, "{args:?}: {done:?}");
        }
    }
}

/// A question that a person decides, in each of the three ways.
pub(super) async fn decided(tried: &mut Tried) {
    for decision in ["confirm-absent", "adopt", "keep-both"] {
        let name = format!("ask-{decision}");
        tried.world.wish(
            &name,
            1,
            &[Dialect::Zenlayer],
            "user_data = \"user-data\"\n[on_uncertain]\nzenlayer = \"ask\"",
        );
        let made = decision != "confirm-absent";
        tried.arm(Some("create"), &if made { FaultKind::LoseAnswer } else { FaultKind::Hang }, Some(1));
        // A machine that nobody can see leaves the question open.
        tried.arm(Some("list"), &FaultKind::Refuse(Refusal::Unavailable), None);
        let file = format!("{name}.toml");
        tried.badly(&["deploy", &file]).await;
        tried.disarm();
        let asks = tried.well(&["resolve", "--output", "json"]).await.json();
        let Some(marker) = asks["asks"].as_array().unwrap().iter().find_map(|it| it["marker"].as_str())
        else {
            panic!("{decision}: nothing is asked: {asks}")
        };
        let marker = marker.to_owned();
        tried.badly(&["resolve", &marker]).await;
        let list = ["list", "--provider", "zenlayer", "--marker", &marker, "--output", "json"];
        let machines = tried.well(&list).await.json();
        let handle =
            machines["instances"][0]["handle_text"].as_str().unwrap_or("zenlayer/instance:1").to_owned();
        match decision {
            "adopt" => {
                tried.badly(&["resolve", "vbaaaa-aaaaaaaaaaaaaaaa", "adopt", &handle]).await;
                tried.well(&["resolve", &marker, "adopt", &handle]).await;
            }
            "keep-both" => {
                // Where there is but one, there is nothing to keep both of.
                tried.badly(&["resolve", &marker, "keep-both"]).await;
                tried.run(&["resolve", &marker, "adopt", &handle]).await;
            }
            _ => {
                tried.badly(&["resolve", "vbaaaa-aaaaaaaaaaaaaaaa", "confirm-absent"]).await;
                tried.well(&["resolve", &marker, "confirm-absent"]).await;
            }
        }
        tried.well(&["destroy", &name]).await;
    }
}
