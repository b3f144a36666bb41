use serde_json::{Value, json};
use vmbroker_core::{ComputeProvider, ComputeProviderExt, Effect, ErrorKind, Next, State, Wait};
use vmbroker_http::Exchange;

use crate::world::*;

fn answered(status: u16, body: &str) -> Exchange {
    Exchange::new("DELETE", "/vms/v3", status, body)
}

fn for_id(mut exchange: Exchange, contract: vmbroker_fluence::Contract, id: &str) -> Exchange {
    let body = if contract == APRIL { json!({ "vmId": id }) } else { json!({ "vmIds": [id] }) };
    exchange.body = Some(body.to_string());
    exchange
}

async fn next(contract: vmbroker_fluence::Contract, exchanges: Vec<Exchange>) -> (Next, Vec<String>) {
    let world = world(contract, exchanges);
    let it = handle("0xabc").seen("2025-05-01T11:00:00Z".parse().unwrap(), State::Running);
    let deletion = world.fluence.delete(&it).await.unwrap();
    (deletion.next, world.calls())
}

#[tokio::test(start_paused = true)]
async fn a_machine_that_may_be_hidden_while_it_is_launched_is_never_nothing_left() {
    let young = handle("0xabc").made("2025-05-01T11:59:00Z".parse().unwrap(), marker());
    let old = handle("0xabc").made("2025-05-01T11:00:00Z".parse().unwrap(), marker());
    let rows = [(APRIL, &young, true), (APRIL, &old, true), (MAY, &young, true), (MAY, &old, false)];
    for (contract, it, waits) in rows {
        let world = world(contract, vec![answered(422, r#"{"error":"x"}"#), listed(contract, &[])]);
        let next = world.fluence.delete(it).await.unwrap().next;
        assert_eq!(matches!(next, Next::WaitThenRepeat { .. }), waits, "{contract:?} {it:?} {next:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_list_with_a_row_that_nobody_can_name_proves_no_absence() {
    for row in [json!("what?"), json!({"status":"Active"}), json!({"id":7,"status":"Active"})] {
        let it = handle("0xabc").seen("2025-05-01T11:00:00Z".parse().unwrap(), State::Running);
        let rows = [row, vm("0x1", "Active")];
        let world = world(MAY, vec![listed(MAY, &rows), answered(404, "no"), listed(MAY, &rows)]);
        let error = world.fluence.status(std::slice::from_ref(&it)).await.unwrap_err();
        assert_eq!((error.kind(), error.operation()), (ErrorKind::Protocol, Some("status")));
        assert_eq!(world.fluence.delete(&it).await.unwrap_err().kind(), ErrorKind::Protocol);
    }
}

#[tokio::test(start_paused = true)]
async fn each_contract_sends_its_own_body_and_any_2xx_starts_it() {
    for (contract, status, body) in [
        (APRIL, 200, ""),
        (APRIL, 204, ""),
        (MAY, 200, ""),
        (MAY, 200, r#"{"transactions":["0x1"]}"#),
        (MAY, 200, r#"{"removed_ids":["0xABC"],"transactions":[]}"#),
    ] {
        let (next, calls) = next(contract, vec![for_id(answered(status, body), contract, "0xabc")]).await;
        assert_eq!((next, calls.len()), (Next::Started, 1), "{body}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_machine_nobody_knows_is_nothing_left() {
    let rows: [(u16, &str); 4] =
        [(404, r#"{"error":"no"}"#), (422, r#"{"error":"x"}"#), (400, r#"{"error":"x"}"#), (404, "gone")];
    for (status, body) in rows {
        let (next, calls) = next(MAY, vec![answered(status, body), listed(MAY, &[])]).await;
        assert_eq!((next, calls.len()), (Next::NothingLeft, 2), "{status} {body}");
    }
    for (status, body) in [rows[0], rows[3], (409, r#"{"error":"already"}"#)] {
        let (next, calls) = next(APRIL, vec![answered(status, body), listed(APRIL, &[])]).await;
        assert_eq!((next, calls.len()), (Next::NothingLeft, 2), "{status} {body}");
    }
    let ended = vec![answered(404, r#"{"error":"no"}"#), listed(MAY, &[vm("0xabc", "Stopped")])];
    assert_eq!(next(MAY, ended).await.0, Next::NothingLeft);
}

/// Under 2025-04 a machine that is out of funds is missing from the list just like one that is gone, and only a delete
/// frees what is reserved for it.
#[tokio::test(start_paused = true)]
async fn a_refused_delete_of_an_unlisted_machine_is_no_end_where_only_active_ones_are_listed() {
    for (status, body) in [(422, r#"{"error":"x"}"#), (400, r#"{"error":"x"}"#)] {
        let it = handle("0xabc").seen("2025-05-01T11:00:00Z".parse().unwrap(), State::Running);
        let unlisted = || vec![answered(status, body), listed(APRIL, &[])];
        let error = world(APRIL, unlisted()).fluence.delete(&it).await.unwrap_err();
        assert_eq!((error.effect(), error.operation()), (Effect::None, Some("delete")), "{error}");
        let wait = Wait::new(clock(), std::time::Duration::from_secs(600));
        assert!(world(APRIL, unlisted()).fluence.delete_until_gone(&it, &wait).await.is_err(), "{status}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_machine_known_with_other_letters_is_deleted_by_the_exact_id() {
    let world = world(
        MAY,
        vec![
            for_id(answered(404, r#"{"error":"no"}"#), MAY, "0xabc"),
            listed(MAY, &[vm("0xABC", "Terminated")]),
            for_id(answered(200, ""), MAY, "0xABC"),
        ],
    );
    let deletion = world.fluence.delete(&handle("0xabc")).await.unwrap();
    assert_eq!((deletion.next, deletion.handle.id()), (Next::Started, "0xABC"));
    assert_eq!(deletion.handle.last_seen.unwrap().state, State::Failed);
}

#[tokio::test(start_paused = true)]
async fn what_was_not_removed_is_tried_again_later() {
    let empty = r#"{"removed_ids":[],"transactions":[]}"#;
    let (step, _) = next(MAY, vec![answered(200, empty), listed(MAY, &[vm("0xabc", "Active")])]).await;
    assert!(matches!(step, Next::WaitThenRepeat { .. }), "{step:?}");
    let (step, _) = next(MAY, vec![answered(200, empty), listed(MAY, &[])]).await;
    assert_eq!(step, Next::NothingLeft);
    for (status, body) in [(409, r#"{"error":"being deleted"}"#), (404, r#"{"error":"no"}"#)] {
        let (step, _) = next(MAY, vec![answered(status, body), listed(MAY, &[vm("0xabc", "Active")])]).await;
        assert!(matches!(step, Next::WaitThenRepeat { .. }), "{status} {step:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_refusal_of_a_machine_that_stands_is_an_error() {
    let world = world(
        MAY,
        vec![answered(422, r#"{"error":"missing field"}"#), listed(MAY, &[vm("0xabc", "Active")])],
    );
    let error = world.fluence.delete(&handle("0xabc")).await.unwrap_err();
    assert_eq!((error.kind(), error.effect()), (ErrorKind::Protocol, Effect::None));
    assert!(error.message().contains("missing field"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_delete_is_repeated_where_a_create_is_not() {
    let (next, calls) = next(APRIL, vec![answered(500, "<html>"), answered(200, "")]).await;
    assert_eq!((next, calls.len()), (Next::Started, 2));
    let world = world(APRIL, (0..4).map(|_| answered(503, "")).collect());
    let error = world.fluence.delete(&handle("0xabc")).await.unwrap_err();
    assert_eq!((error.kind(), error.effect()), (ErrorKind::Unavailable, Effect::Unknown));
}

#[tokio::test(start_paused = true)]
async fn a_machine_ended_by_the_provider_is_deleted_until_it_leaves_the_list() {
    let row: Value = vm("0xABC", "Terminated");
    // Accepted and without effect: the letters were not the provider's.
    let mut exchanges = vec![for_id(answered(200, ""), MAY, "0xabc")];
    // It stays, until it is deleted once more, some looks later.
    exchanges.extend((0..7).map(|_| listed(MAY, std::slice::from_ref(&row))));
    exchanges.extend([for_id(answered(200, ""), MAY, "0xABC"), listed(MAY, &[])]);
    let world = world(MAY, exchanges);
    let wait = Wait::new(clock(), std::time::Duration::from_secs(600));
    let it = handle("0xabc").made("2025-05-01T11:00:00Z".parse().unwrap(), marker());
    let end = world.fluence.delete_until_gone(&it, &wait).await.unwrap();
    assert_eq!((end.state(), world.replay.left()), (None, 0));
}
