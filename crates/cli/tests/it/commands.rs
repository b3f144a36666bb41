//! What each command does when all is well, and when a provider is not.

use vmbroker::{Marker, State};

use crate::cloud::{Cloud, Mood};
use crate::world::{Buffer, Closed, World};

const CREATE: [&str; 7] = ["create", "--vcpus", "2", "--memory", "4GiB", "--ssh-key", "key.pub"];

fn create<'a>(more: &[&'a str]) -> Vec<&'a str> {
    CREATE.iter().copied().chain(more.iter().copied()).collect()
}

/// The marker that was printed before anything was sent.
fn marker_in(err: &str) -> Marker {
    err.lines().find_map(|line| line.strip_prefix("marker: ")).unwrap().parse().unwrap()
}

#[tokio::test(start_paused = true)]
async fn create_prints_the_marker_first_and_the_handle_alone_as_data() {
    let cloud = Cloud::new("one", Mood::Well);
    let world = World::new().with(cloud.clone());
    let outcome = world.run(&create(&["--name", "web", "--wait", "reachable"])).await;
    assert_eq!((outcome.code, outcome.out.as_str()), (0, "one/instance:m1\n"), "{}", outcome.err);
    let marker = marker_in(&outcome.err);
    assert_eq!(cloud.machines()[0].name, format!("web-{marker}"));
    assert!(outcome.err.ends_with("one/instance:m1: running 192.0.2.7\n"), "{}", outcome.err);
}

#[tokio::test(start_paused = true)]
async fn create_as_json_is_one_document_and_two_lines_beside_it() {
    let world = World::new().with(Cloud::new("one", Mood::Well));
    let outcome = world.run(&create(&["--wait", "running", "--output", "json"])).await;
    let document = outcome.json();
    assert_eq!(document["handle_text"], "one/instance:m1");
    assert_eq!(document["observation"]["state"], "running");
    let lines: Vec<serde_json::Value> =
        outcome.err.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines[0]["marker"], document["marker"]);
    assert_eq!(lines[1]["accepted"], "one/instance:m1");
}

#[tokio::test(start_paused = true)]
async fn after_a_lost_answer_the_marker_leads_to_the_machine() {
    let cloud = Cloud::new("one", Mood::LosesAnswers);
    let world = World::new().with(cloud.clone());
    let outcome = world.run(&create(&[])).await;
    assert_eq!((outcome.code, outcome.out.as_str()), (1, ""));
    let marker = marker_in(&outcome.err);
    let advice = outcome.err.split("\n\n").nth(1).unwrap();
    assert_eq!(
        advice,
        format!(
            "hint: a machine may exist and cost money; look for it: vmbroker list --provider one --marker {marker}\n\
             hint: a list without it is proof only from 10 min from now on\n\
             hint: do not order again before that\n"
        )
    );
    let list = world.run(&["list", "--provider", "one", "--marker", marker.as_str()]).await;
    assert!(list.out.contains("one/instance:m1"), "{}", list.out);
    assert_eq!(cloud.machines().len(), 1, "nothing was ordered again");
}

#[tokio::test(start_paused = true)]
async fn a_refused_order_says_that_nothing_was_ordered() {
    let world = World::new().with(Cloud::new("one", Mood::SoldOut));
    let outcome = world.run(&create(&[])).await;
    assert_eq!(outcome.code, 1);
    assert!(
        outcome
            .err
            .ends_with("error: one create: out of capacity: nothing is left\n\nhint: nothing was ordered\n"),
        "{}",
        outcome.err
    );
}

#[tokio::test(start_paused = true)]
async fn a_machine_that_fails_is_kept_in_mind_and_its_words_are_harmless() {
    let world = World::new().with(Cloud::new("one", Mood::Fails));
    let outcome = world.run(&create(&["--wait", "running"])).await;
    assert_eq!((outcome.code, outcome.out.as_str()), (1, "one/instance:m1\n"));
    assert!(outcome.err.contains("no disk \\u{1b}[31mleft"), "{}", outcome.err);
    assert!(
        outcome.err.contains("hint: to be rid of it: vmbroker delete one/instance:m1\n"),
        "{}",
        outcome.err
    );
    assert!(!outcome.err.contains('\u{1b}'));
}

#[tokio::test(start_paused = true)]
async fn with_several_accounts_one_must_be_named() {
    let world = World::new().with(Cloud::new("one", Mood::Well)).with(Cloud::new("two", Mood::Well));
    let outcome = world.run(&create(&[])).await;
    assert_eq!(outcome.code, 2);
    assert!(outcome.err.contains("hint: `--provider` is one of `one`, `two`\n"), "{}", outcome.err);
    let outcome = world.run(&create(&["--provider", "two"])).await;
    assert_eq!((outcome.code, outcome.out.as_str()), (0, "two/instance:m1\n"));
}

#[tokio::test(start_paused = true)]
async fn a_broken_account_stands_beside_the_others() {
    let well = Cloud::new("well", Mood::Well);
    well.put("m1", "web \u{1b}[2J");
    let world = World::new().with(well).with(Cloud::new("down", Mood::Down));
    let outcome = world.run(&["list"]).await;
    assert_eq!(outcome.code, 1);
    insta::assert_snapshot!(outcome.out, @r"
    HANDLE            STATE    NAME           SIZE  WHERE  ADDRESS  PRICE
    well/instance:m1  running  web \u{1b}[2J  -     -      -        unknown
    ");
    assert_eq!(outcome.err, "error: down list: unavailable: nothing answers\n");
    let document = world.run(&["list", "--output", "json"]).await.json();
    assert_eq!(document["instances"][0]["handle_text"], "well/instance:m1");
    assert_eq!(document["complete"], serde_json::json!(["well"]));
    assert_eq!(document["failures"][0]["kind"], "unavailable");
}

#[tokio::test(start_paused = true)]
async fn nothing_found_is_said_and_what_it_proves() {
    let world = World::new().with(Cloud::new("one", Mood::Well));
    let outcome = world.run(&["list"]).await;
    assert_eq!((outcome.code, outcome.out.as_str()), (0, ""));
    assert_eq!(outcome.err, "no machine at `one`\n");
    let outcome = world.run(&["list", "--marker", "vbaaaa-aaaaaaaaaaaaaaaa"]).await;
    assert_eq!(
        outcome.err,
        "no machine with the marker vbaaaa-aaaaaaaaaaaaaaaa at `one`\n\
         note: at `one` this is proof only from 10 min after the order on\n"
    );
    assert_eq!(world.run(&["list", "--output", "json"]).await.json()["instances"], serde_json::json!([]));
}

#[tokio::test(start_paused = true)]
async fn only_machines_of_this_installation_are_mine() {
    let cloud = Cloud::new("one", Mood::Well);
    cloud.put("foreign", "vbaaaa-aaaaaaaaaaaaaaaa");
    let world = World::new().with(cloud);
    world.run(&create(&[])).await;
    let outcome = world.run(&["list", "--mine"]).await;
    assert!(outcome.out.contains("one/instance:m2") && !outcome.out.contains("foreign"), "{}", outcome.out);
}

#[tokio::test(start_paused = true)]
async fn a_narrow_terminal_keeps_what_can_be_copied() {
    let cloud = Cloud::new("one", Mood::Well);
    cloud.put("m1", "a-rather-long-name-of-a-machine");
    let mut world = World::new().with(cloud);
    world.width = Some(40);
    let outcome = world.run(&["list"]).await;
    assert!(outcome.out.contains("one/instance:m1"));
    assert!(outcome.out.lines().all(|line| line.len() <= 40), "{}", outcome.out);
    assert!(
        outcome.err.starts_with("note: left out on this narrow terminal: price, where"),
        "{}",
        outcome.err
    );
}

#[tokio::test(start_paused = true)]
async fn status_shows_every_handle_in_the_order_given() {
    let cloud = Cloud::new("one", Mood::Well);
    cloud.put("m1", "web");
    let world = World::new().with(cloud).with(Cloud::new("down", Mood::Down));
    let outcome = world.run(&["status", "one/instance:nobody", "down/instance:m9", "one/instance:m1"]).await;
    assert_eq!(outcome.code, 1);
    insta::assert_snapshot!(outcome.out, @r"
    HANDLE               STATE                     WORD     ADDRESS    FAILURE
    one/instance:nobody  not found                 -        -          -
    down/instance:m9     not known: see the error  -        -          -
    one/instance:m1      running                   running  192.0.2.7  -
    ");
    let document = world.run(&["status", "one/instance:nobody", "--output", "json"]).await.json();
    assert_eq!(document["machines"][0]["found"], false);
}

#[tokio::test(start_paused = true)]
async fn watching_ends_when_all_machines_are_gone() {
    let cloud = Cloud::new("one", Mood::Well);
    let world = World::new().with(cloud.clone());
    world.run(&create(&[])).await;
    world.run(&["delete", "--no-wait", "one/instance:m1"]).await;
    let outcome = world.run(&["status", "--watch", "one/instance:m1", "--timeout", "5m"]).await;
    assert_eq!(outcome.code, 0);
    assert!(outcome.out.contains("not found"), "{}", outcome.out);
}

#[tokio::test(start_paused = true)]
async fn watching_what_is_not_there_ends_when_it_would_be_shown() {
    let world = World::new().with(Cloud::new("one", Mood::Well));
    let before = tokio::time::Instant::now();
    let outcome = world.run(&["status", "--watch", "one/instance:m9"]).await;
    assert_eq!(outcome.code, 0, "{}", outcome.err);
    assert!(before.elapsed().as_secs() >= 600);
}

/// A standard output without room.
struct Full;

impl std::io::Write for Full {
    fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
        Err(std::io::ErrorKind::StorageFull.into())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test(start_paused = true)]
async fn a_handle_that_cannot_be_printed_is_written_down_and_said() {
    let world = World::new().with(Cloud::new("one", Mood::Well));
    let err = Buffer::default();
    let code = world.run_into(&create(&[]), Box::new(Full), Box::new(err.clone())).await;
    let err = err.text();
    assert_eq!(code, 1, "{err}");
    assert!(err.contains("the machine was ordered and may cost money"), "{err}");
    let marker = err.lines().find_map(|line| line.strip_prefix("marker: ")).unwrap();
    let story = world.run(&["events", marker]).await.out;
    assert!(story.contains("one/instance:m1"), "{story}");
}

#[tokio::test(start_paused = true)]
async fn delete_waits_for_proof_and_is_safe_to_repeat() {
    let cloud = Cloud::new("one", Mood::Well);
    let world = World::new().with(cloud.clone());
    world.run(&create(&["--wait", "running"])).await;
    let outcome = world.run(&["delete", "one/instance:m1", "one/instance:m1"]).await;
    assert_eq!((outcome.code, outcome.out.as_str()), (0, "one/instance:m1 is gone\n"), "{}", outcome.err);
    assert_eq!(cloud.machines(), []);
    let outcome = world.run(&["delete", "--no-wait", "one/instance:m1", "--output", "json"]).await;
    assert_eq!(outcome.json()["machines"][0]["result"], "nothing_left");
}

#[tokio::test(start_paused = true)]
async fn a_variable_that_a_file_without_accounts_hides_is_named() {
    let world = World::new().env("FLUENCE_API_KEY", "0123456789");
    world.file("vmbroker.toml", "", 0o644);
    let outcome = world.run(&["list"]).await;
    let said =
        "`[folder]/vmbroker.toml` describes no account, and beside it `FLUENCE_API_KEY` stands for none";
    assert!(outcome.code == 3 && outcome.err.contains(said), "{}", outcome.err);
}

#[tokio::test(start_paused = true)]
async fn another_account_under_an_old_name_proves_nothing_until_a_person_says_so() {
    let ours = Cloud::known_by("one", "ours");
    let world = World::new().with(ours.clone());
    world.run(&create(&["--wait", "running"])).await;
    let world = world.instead(Cloud::known_by("one", "theirs"));
    let outcome = world.run(&["delete", "one/instance:m1"]).await;
    assert_eq!((outcome.code, outcome.out.as_str()), (3, ""), "{}", outcome.err);
    assert!(
        outcome.err.contains("`one` has other credentials than when 1 of its machines"),
        "{}",
        outcome.err
    );
    assert!(outcome.err.contains("`vmbroker resolve --same-account one`"), "{}", outcome.err);
    let outcome = world.run(&["resolve", "--same-account", "two"]).await;
    assert!(outcome.code == 2 && outcome.err.contains("`two`"), "{} {}", outcome.code, outcome.err);
    let outcome = world.run(&["resolve", "--same-account", "one"]).await;
    assert_eq!(
        outcome.out, "one: written down; its machines are looked for there again\n",
        "{}",
        outcome.err
    );
    let outcome = world.run(&["delete", "one/instance:m1"]).await;
    assert_eq!(outcome.code, 0, "a person is believed: {}", outcome.err);
    let world = world.instead(ours.clone());
    let outcome = world.run(&["delete", "one/instance:m1"]).await;
    assert_eq!((outcome.code, ours.machines()), (0, Vec::new()), "nothing of ours is open: {}", outcome.err);
}

#[tokio::test(start_paused = true)]
async fn a_machine_that_was_never_seen_is_believed_gone_only_when_it_would_be_visible() {
    let world = World::new().with(Cloud::new("one", Mood::Well));
    let before = tokio::time::Instant::now();
    let outcome = world.run(&["delete", "one/instance:m1"]).await;
    let told = "one/instance:m1 is known neither to `one` nor to the journal: nothing was deleted\n";
    assert_eq!((outcome.code, outcome.out.as_str()), (0, told), "{}", outcome.err);
    assert!(before.elapsed().as_secs() >= 600);
    let world = World::new().with(Cloud::hiding("one", Mood::Well));
    let outcome = world.run(&["delete", "one/instance:m1"]).await;
    assert_eq!((outcome.code, outcome.out.as_str()), (1, ""));
    assert!(outcome.err.contains("which does not prove that it is gone"), "{}", outcome.err);
}

#[tokio::test(start_paused = true)]
async fn a_failed_deletion_says_that_money_may_run_on() {
    let world = World::new().with(Cloud::new("one", Mood::Down));
    let outcome = world.run(&["delete", "one/instance:m1"]).await;
    assert_eq!((outcome.code, outcome.out.as_str()), (1, ""));
    assert!(outcome.err.contains("may still be there and cost money"), "{}", outcome.err);
}

#[tokio::test(start_paused = true)]
async fn offers_of_all_accounts_are_shown_and_an_unknown_price_is_never_free() {
    let world = World::new().with(Cloud::new("one", Mood::Well)).with(Cloud::new("two", Mood::Well));
    let outcome = world.run(&["offers"]).await;
    insta::assert_snapshot!(outcome.out, @"
    PROVIDER  OFFER  SIZE             DISK  WHERE  LEFT  RATE       TOTAL
    one       large  8 vCPU 16 GiB  25 GiB  DE        ?  unknown  unknown
    one       small  2 vCPU 4 GiB   25 GiB  NO        ?  unknown  unknown
    two       large  8 vCPU 16 GiB  25 GiB  DE        ?  unknown  unknown
    two       small  2 vCPU 4 GiB   25 GiB  NO        ?  unknown  unknown
    ");
    assert!(outcome.err.contains("4 offers have no exact total, which never means free"), "{}", outcome.err);
    let outcome = world.run(&["offers", "--vcpus", "64"]).await;
    assert_eq!(
        (outcome.code, outcome.out.as_str(), outcome.err.as_str()),
        (0, "", "no offer meets this wish at `one`, `two`\n")
    );
    let outcome = world.run(&["offers", "--country", "no", "--provider", "two", "--output", "json"]).await;
    assert_eq!(outcome.json()["offers"].as_array().unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn providers_shows_who_can_be_reached_and_how_each_behaves() {
    let world = World::new().with(Cloud::new("one", Mood::Well)).with(Cloud::new("down", Mood::Down));
    let outcome = world.run(&["providers"]).await;
    assert_eq!(outcome.code, 1);
    insta::assert_snapshot!(outcome.out, @r"
    ACCOUNT  CLOUD    CREDENTIALS  REACHED        MACHINES
    down     fluence  -            no: see below         ?
    one      fluence  -            yes                   0

    ACCOUNT  CREATES    APPROVAL  NAMES UP TO  DELETES   LATE CREATE  LIST LAGS  VISIBLE WITHIN  LOOKS EVERY
    down     a machine  no                 64  directly        2 min       30 s          10 min          8 s
    one      a machine  no                 64  directly        2 min       30 s          10 min          8 s
    ");
}

#[tokio::test(start_paused = true)]
async fn a_closed_pipe_is_success_and_loses_no_machine() {
    let cloud = Cloud::new("one", Mood::Well);
    let world = World::new().with(cloud.clone());
    let code =
        world.run_into(&create(&["--wait", "running"]), Box::new(Closed), Box::new(std::io::sink())).await;
    assert_eq!(code, 0);
    assert_eq!(cloud.machines()[0].state, State::Running);
    assert_eq!(world.run_into(&["list"], Box::new(Closed), Box::new(std::io::sink())).await, 0);
}

#[tokio::test(start_paused = true)]
async fn init_writes_a_file_that_is_read_and_never_overwrites() {
    let world = World::new().with(Cloud::new("one", Mood::Well));
    let outcome = world.run(&["init"]).await;
    assert_eq!((outcome.code, outcome.out.as_str()), (0, "[folder]/vmbroker.toml\n"));
    assert_eq!(world.run(&["list"]).await.code, 0, "what was written is understood");
    let outcome = world.run(&["init"]).await;
    assert_eq!(outcome.code, 3);
    assert!(outcome.err.contains("is there already and stays as it is"), "{}", outcome.err);
}

#[tokio::test(start_paused = true)]
async fn completions_are_printed_for_each_shell() {
    for shell in ["bash", "zsh", "fish"] {
        let outcome = World::new().run(&["completions", shell]).await;
        assert!(outcome.code == 0 && outcome.out.contains("vmbroker"), "{shell}");
    }
}

#[tokio::test(start_paused = true)]
async fn help_and_version_are_data() {
    let world = World::new();
    let outcome = world.run(&["--help"]).await;
    assert_eq!((outcome.code, outcome.err.as_str()), (0, ""));
    assert!(outcome.out.lines().all(|line| line.chars().count() <= 100));
    assert!(world.run(&["--version"]).await.out.starts_with("vmbroker 0."));
}

#[tokio::test]
async fn calls_are_logged_when_asked_and_never_with_a_secret() {
    // A port that was free a moment ago: nobody answers there.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let world = World::new().env("KEY", "canary-77aa");
    let config = format!(
        "[accounts.a]\nprovider = \"fluence\"\napi_key_env = \"KEY\"\nurl = \"http://127.0.0.1:{port}\"\n\
         http.read_every = \"0s\"\n"
    );
    world.file("vmbroker.toml", &config, 0o644);
    tokio::time::pause();
    let silent = world.run(&["list"]).await;
    let lines: Vec<&str> = silent.err.lines().collect();
    let [error, "", hint] = lines.as_slice() else { unreachable!("{}", silent.err) };
    assert!(silent.code == 1 && error.starts_with("error: a list: unavailable: not sent"), "{}", silent.err);
    assert!(hint.starts_with("hint: nothing listens at this account's address"), "{}", silent.err);
    let loud = world.env("VMBROKER_LOG", "trace").run(&["list"]).await;
    assert!(loud.err.contains("provider=a") && loud.err.contains("operation=\"list\""), "{}", loud.err);
    assert!(!format!("{}{}{}", silent.err, loud.err, loud.out).contains("canary-77aa"));
}

#[tokio::test(start_paused = true)]
async fn a_deployments_file_with_a_key_can_be_planned_as_it_is() {
    let world = World::new();
    let init = |key: &'static str, file: &'static str| ["init", "--deployment", file, "--ssh-key", key];
    assert_eq!(world.run(&init("key.pub", "web.toml")).await.code, 0);
    let outcome = world.run(&["deploy", "web.toml", "--plan", "--sandbox"]).await;
    assert!(outcome.code == 0 && outcome.out.starts_with("web: 3 machines"), "{}", outcome.err);
    // In another folder, what is relative would be another file.
    std::fs::create_dir(world.path("below")).unwrap();
    assert_eq!(world.run(&init("key.pub", "below/web.toml")).await.code, 0);
    let outcome = world.run(&["deploy", "below/web.toml", "--plan", "--sandbox"]).await;
    assert_eq!(outcome.code, 0, "{}", outcome.err);
    let outcome = world.run(&init("nowhere.pub", "other.toml")).await;
    assert_eq!((outcome.code, world.path("other.toml").exists()), (2, false), "{}", outcome.err);
    assert!(outcome.err.starts_with("error: the public key `nowhere.pub` cannot be read"), "{}", outcome.err);
}
