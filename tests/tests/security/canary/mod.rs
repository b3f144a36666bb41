//! No secret is anywhere but in the requests: every command there is, at its loudest, well and badly, and every file that
//! it leaves behind.

mod badly;
mod tried;
mod well;

use serde_json::json;
use vmbroker_sim::Dialect;
use vmbroker_tests::proof;

use self::badly::nothing_goes_well;
use self::tried::Tried;
use self::well::{all_goes_well, decided};
use crate::leak::{MACHINE_PASSWORD, PROXY_PASSWORD, TOKEN, USER_DATA, leak, script};

#[tokio::test(start_paused = true)]
async fn no_secret_is_anywhere_but_in_the_requests_whatever_is_run() {
    let mut tried = Tried::start().await;
    all_goes_well(&mut tried).await;
    decided(&mut tried).await;
    let looked = tried.look_at_files();
    for file in
        ["journal.sqlite", "installation-id", "costs.svg", "offers-zenlayer.json", "history-waldur.json"]
    {
        assert!(looked.contains(file), "{file} was not looked at: {looked:?}");
    }
    nothing_goes_well(&mut tried).await;
    tried.look_at_files();
    // Each secret is really used, or nothing here would mean anything.
    let fronts = &tried.world.fronts;
    assert!(fronts[&Dialect::Fluence202504].saw(TOKEN) && fronts[&Dialect::Waldur].saw(TOKEN));
    assert!(fronts[&Dialect::Waldur].saw(USER_DATA) && fronts[&Dialect::Zenlayer].saw(USER_DATA));
    assert!(fronts[&Dialect::Zenlayer].saw(MACHINE_PASSWORD));
    assert!(
        tried.proxy.seen().iter().any(|asked| leak(asked.text().as_bytes()).is_some()),
        "the proxy's password"
    );
    for command in &tried.commands {
        let [well, badly] = tried.ends.get(command).copied().unwrap_or_default();
        // A command that only leads to others, and a decision that there was nothing for, end in one way only.
        let never_well = *command == ["resolve", "keep-both"];
        assert!(
            badly > 0 && (well > 0 || never_well),
            "{command:?} was run {well} times well and {badly} badly"
        );
    }
    let runs = tried.ends.values().flatten().sum();
    let counts = [
        ("commands", tried.commands.len() as u64),
        ("runs at trace level", runs),
        ("texts looked through", tried.texts),
    ];
    proof::tried("security: canary over every command", &counts, "");
}

#[test]
fn a_secret_would_be_found_however_it_is_written() {
    let script = script();
    let hex = |text: &str| text.bytes().map(|byte| format!("{byte:02x}")).collect::<String>();
    for text in [
        format!("error: {TOKEN}"),
        format!("{:?}", TOKEN.as_bytes()),
        format!("runcmd: {USER_DATA}"),
        json!({ "user_data": script }).to_string(),
        hex(MACHINE_PASSWORD),
        format!("http://proxy:{PROXY_PASSWORD}@127.0.0.1"),
    ] {
        assert!(leak(text.as_bytes()).is_some(), "{text}");
    }
    let mut binary = vec![0, 159, 146, 150];
    binary.extend_from_slice(MACHINE_PASSWORD.as_bytes());
    assert!(leak(&binary).is_some());
    assert_eq!(leak(b"error: [secret]"), None);
}
