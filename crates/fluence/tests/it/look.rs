use serde_json::{Value, json};
use vmbroker_core::{ComputeProvider, Effect, ErrorKind, Finding, State};
use vmbroker_http::Exchange;

use crate::world::*;

fn many(count: usize) -> Vec<Value> {
    (0..count)
        .map(|n| json!({"id":format!("0x{n:040x}"),"vmName":format!("vm-{n}"),"status":"Active"}))
        .collect()
}

#[tokio::test(start_paused = true)]
async fn five_hundred_machines_are_one_call_a_round() {
    for contract in [APRIL, MAY] {
        let rows = many(500);
        let world = world(contract, vec![listed(contract, &rows), listed(contract, &rows)]);
        let mut handles: Vec<_> = rows.iter().map(|row| handle(row["id"].as_str().unwrap())).collect();
        for round in 1..=2 {
            let observations = world.fluence.status(&handles).await.unwrap();
            assert_eq!((observations.len(), world.calls().len()), (500, round));
            assert!(observations.iter().all(|it| it.state() == Some(State::Running)));
            handles = observations.into_iter().map(|it| it.handle).collect();
        }
    }
}

#[tokio::test(start_paused = true)]
async fn each_handle_has_its_observation_in_order_whatever_the_letters() {
    let world = world(APRIL, vec![listed(APRIL, &[vm("0xAbC", "ACTIVE"), vm("0xother", "ACTIVE")])]);
    let asked = [handle("0xabc"), handle("0xhidden"), handle("0xABC"), handle("0xAbC")];
    let seen = world.fluence.status(&asked).await.unwrap();
    let ids: Vec<&str> = seen.iter().map(|it| it.handle.id()).collect();
    assert_eq!(ids, ["0xAbC", "0xhidden", "0xAbC", "0xAbC"]);
    assert_eq!(seen[1].finding, Finding::NotFound);
    assert_eq!(seen[0].finding, seen[3].finding);
    let instance = seen[2].instance().unwrap();
    assert_eq!((instance.marker, instance.handle.id()), (Some(marker()), "0xAbC"));
    assert_eq!(instance.public_addresses, ["192.0.2.1".parse::<std::net::IpAddr>().unwrap()]);
    assert_eq!(seen[0].handle.last_seen.unwrap().state, State::Running);
}

#[tokio::test(start_paused = true)]
async fn nobody_asked_is_no_call() {
    let world = world(APRIL, vec![]);
    assert!(world.fluence.status(&[]).await.unwrap().is_empty());
    assert!(world.calls().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_bad_row_is_kept_and_never_absence() {
    let rows = [
        vm("0x1", "Active"),
        json!({"id":"0x2","vmName":7,"status":"Active"}),
        json!("what?"),
        vm("0x3", "Odd"),
    ];
    let world = world(MAY, vec![listed(MAY, &rows), listed(MAY, &rows)]);
    let listing = world.fluence.list().await.unwrap();
    let states: Vec<(&str, State)> =
        listing.instances().iter().map(|it| (it.handle.id(), it.state)).collect();
    assert_eq!(
        states,
        [
            ("0x1", State::Running),
            ("0x2", State::Unrecognised),
            ("", State::Unrecognised),
            ("0x3", State::Unrecognised)
        ]
    );
    assert!(listing.instances()[1].extras["unreadable"].contains("invalid type"));
    assert_eq!(listing.instances()[3].word, "Odd");
    let seen = world.fluence.status(&[handle("0x2")]).await.unwrap();
    assert_eq!(seen[0].state(), Some(State::Unrecognised));
}

#[tokio::test(start_paused = true)]
async fn what_is_no_list_is_an_error_and_never_an_empty_one() {
    for body in ["", "{}", "null", "<html>", r#"[{"id":"0x1"}"#, r#"{"items":[]}"#] {
        let world = world(MAY, vec![Exchange::new("GET", "/vms/v3", 200, body)]);
        let error = world.fluence.list().await.unwrap_err();
        assert_eq!((error.kind(), error.effect()), (ErrorKind::Protocol, Effect::None), "{body}");
    }
    let world = world(MAY, vec![listed(MAY, &[])]);
    assert!(world.fluence.list().await.unwrap().instances().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_list_with_a_machine_twice_is_read_again_and_then_given_up() {
    let twice = || listed(APRIL, &[vm("0x1", "ACTIVE"), vm("0x1", "ACTIVE")]);
    let mends = world(APRIL, vec![twice(), listed(APRIL, &[vm("0x1", "ACTIVE")])]);
    assert_eq!(mends.fluence.list().await.unwrap().instances().len(), 1);
    let stays = world(APRIL, vec![twice(), twice(), twice(), twice()]);
    assert_eq!(stays.fluence.list().await.unwrap_err().kind(), ErrorKind::Unavailable);
    assert_eq!(stays.calls().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn reads_are_repeated_and_wait_as_they_are_told() {
    let busy =
        Exchange::new("GET", "/vms/v2", 429, "Too Many Requests").with_answer_header("retry-after", "7");
    let down = Exchange::new("GET", "/vms/v2", 502, "<html>");
    let world = world(APRIL, vec![busy, down, listed(APRIL, &[vm("0x1", "ACTIVE")])]);
    let listing = world.fluence.list().await.unwrap();
    assert_eq!(world.calls().len(), 3);
    assert!(listing.at() >= "2025-05-01T12:00:07Z".parse().unwrap());
}

#[tokio::test(start_paused = true)]
async fn the_wrong_contract_is_told_as_such() {
    let world = world(APRIL, vec![Exchange::new("GET", "/vms/v2", 404, r#"{"error":"not found"}"#)]);
    assert_eq!(world.fluence.list().await.unwrap_err().kind(), ErrorKind::InvalidConfig);
}

#[tokio::test(start_paused = true)]
async fn in_a_large_account_launching_machines_are_asked_for_alone() {
    let mut rows = many(300);
    rows.push(vm("0xNew", "Launching"));
    let brief = |word: &str| {
        let body = json!([{"id":"0xnew","status":word,"statusChangedAt":"2025-05-01T12:00:00Z"}]).to_string();
        Exchange::new("GET", "/vms/v3/status?ids=0xNew", 200, body)
    };
    let mut last = rows.clone();
    last[300] = vm("0xNew", "Active");
    let exchanges = vec![listed(MAY, &rows), brief("Launching"), brief("Active"), listed(MAY, &last)];
    let world = world(MAY, exchanges);
    let mut machine = handle("0xnew");
    for (calls, state) in [(1, State::Provisioning), (2, State::Provisioning), (4, State::Running)] {
        let seen = world.fluence.status(std::slice::from_ref(&machine)).await.unwrap().remove(0);
        assert_eq!((seen.state(), world.calls().len()), (Some(state), calls));
        machine = seen.handle;
    }
    assert_eq!(world.replay.left(), 0);
}

#[tokio::test(start_paused = true)]
async fn where_states_are_not_told_by_ids_the_list_is_read_and_they_are_asked_for_no_more() {
    let mut rows = many(300);
    rows.push(vm("0xNew", "Launching"));
    let unknown = || Exchange::new("GET", "/vms/v3/status?ids=0xNew", 404, "not found");
    let exchanges = vec![listed(MAY, &rows), unknown(), listed(MAY, &rows), unknown(), listed(MAY, &rows)];
    let world = world(MAY, exchanges);
    for calls in [1, 3, 4] {
        let seen = world.fluence.status(&[handle("0xNew")]).await.unwrap();
        assert_eq!((seen[0].state(), world.calls().len()), (Some(State::Provisioning), calls));
    }
}
