//! Ending a machine, step by step.

use serde_json::json;
use vmbroker_core::{ComputeProvider, Effect, ErrorKind, Handle, Next, State};
use vmbroker_http::Exchange;

use crate::cloud::*;

fn done() -> Exchange {
    answer(200, success(&json!({ "requestId": "T1" })))
}

fn refused(status: u16, code: &str) -> Exchange {
    answer(status, refusal(code))
}

fn status(word: &str) -> Exchange {
    answer(200, page(1, &[json!({ "instanceId": ID, "instanceStatus": word })]))
}

fn seen(state: State) -> Handle {
    handle(ID).seen(NOW.parse().unwrap(), state)
}

async fn step(handle: &Handle, exchanges: Vec<Exchange>) -> (Next, Vec<String>) {
    let (provider, replay) = account(exchanges);
    let deletion = provider.delete(handle).await.unwrap();
    assert_eq!(deletion.handle.to_string(), handle.to_string(), "it is the same machine");
    assert_eq!(replay.left(), 0);
    (deletion.next, actions(&replay))
}

fn waits(next: &Next) -> bool {
    matches!(next, Next::WaitThenRepeat { .. })
}

#[tokio::test(start_paused = true)]
async fn a_running_machine_is_terminated_and_one_in_the_bin_released() {
    let (next, asked) = step(&seen(State::Running), vec![done()]).await;
    assert_eq!((next, asked), (Next::Started, vec!["TerminateInstance".to_owned()]));
    let (provider, replay) = account(vec![done()]);
    provider.delete(&seen(State::Recycled)).await.unwrap();
    let asked = replay.asked();
    assert_eq!(header(&asked[0], "x-zc-action"), "ReleaseInstances");
    assert_eq!(body(&asked[0]), json!({ "instanceIds": [ID] }));
}

#[tokio::test(start_paused = true)]
async fn a_machine_found_in_the_bin_is_released_at_once() {
    for code in ["OPERATION_DENIED_INSTANCE_RECYCLED", "OPERATION_FAILED_FOR_RECYCLE_RESOURCE"] {
        let (next, asked) = step(&seen(State::Running), vec![refused(403, code), done()]).await;
        assert_eq!(next, Next::Started);
        assert_eq!(asked, ["TerminateInstance", "ReleaseInstances"]);
    }
    let gone =
        vec![refused(403, "OPERATION_DENIED_INSTANCE_RECYCLED"), refused(404, "INVALID_INSTANCE_NOT_FOUND")];
    assert_eq!(step(&seen(State::Running), gone).await.0, Next::NothingLeft);
    let on_its_way = vec![
        refused(403, "OPERATION_DENIED_INSTANCE_RECYCLED"),
        refused(403, "OPERATION_DENIED_INSTANCE_NOT_RECYCLED"),
    ];
    assert!(waits(&step(&seen(State::Running), on_its_way).await.0));
}

#[tokio::test(start_paused = true)]
async fn a_machine_that_lay_in_the_bin_is_known_to_cost_nothing() {
    let rows = [
        (State::Running, vec![done()], State::Running),
        (State::Running, vec![refused(403, "OPERATION_DENIED_INSTANCE_RECYCLED"), done()], State::Recycled),
        (State::Recycled, vec![done()], State::Recycled),
    ];
    for (before, exchanges, after) in rows {
        let (provider, _replay) = account(exchanges);
        let deletion = provider.delete(&seen(before)).await.unwrap();
        assert_eq!(deletion.handle.last_seen.map(|seen| seen.state), Some(after), "{before}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_machine_that_left_the_bin_is_terminated_again() {
    let exchanges = vec![refused(403, "OPERATION_DENIED_INSTANCE_NOT_RECYCLED"), done()];
    let (next, asked) = step(&seen(State::Recycled), exchanges).await;
    assert_eq!((next, asked.len()), (Next::Started, 2));
    assert_eq!(asked[1], "TerminateInstance");
}

#[tokio::test(start_paused = true)]
async fn a_machine_that_is_being_built_must_be_waited_for() {
    for code in ["OPERATION_DENIED_INSTANCE_CREATING", "OPERATION_DENIED_INSTANCE_STATUS_INSTALLING"] {
        assert!(waits(&step(&seen(State::Provisioning), vec![refused(403, code)]).await.0), "{code}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_refusal_that_only_the_state_explains_is_looked_into() {
    for code in ["OPERATION_DENIED_INSTANCE_STATUS", "SOMETHING_NEW"] {
        for (word, wanted) in [("RECYCLING", Next::Started), ("RELEASING", Next::Started)] {
            let (next, asked) = step(&seen(State::Running), vec![refused(403, code), status(word)]).await;
            assert_eq!(next, wanted, "{word}");
            assert_eq!(asked[1], "DescribeInstancesStatus");
        }
        for word in ["DEPLOYING", "BOOTING", "STOPPING", "REBOOT"] {
            assert!(
                waits(&step(&seen(State::Running), vec![refused(403, code), status(word)]).await.0),
                "{word}"
            );
        }
        let in_bin = vec![refused(403, code), status("RECYCLE"), done()];
        assert_eq!(step(&seen(State::Running), in_bin).await.0, Next::Started);
        let gone = vec![refused(403, code), answer(200, page(0, &[]))];
        assert_eq!(step(&seen(State::Running), gone).await.0, Next::NothingLeft);
        let (provider, _) = account(vec![refused(403, code), status("RUNNING")]);
        let error = provider.delete(&seen(State::Running)).await.unwrap_err();
        assert_eq!((error.code(), error.effect()), (Some(code), Effect::None));
    }
}

#[tokio::test(start_paused = true)]
async fn a_look_that_failed_is_never_nothing_left() {
    let looks = [
        answer(200, page(1, &[])),
        answer(200, page(1, &[json!({ "instanceId": {}, "instanceStatus": "RUNNING" })])),
        answer(200, page(1, &[serde_json::Value::Null])),
        answer(200, success(&json!({ "dataSet": [] }))),
        answer(404, refusal("INVALID_ACTION_NOT_FOUND")),
    ];
    for look in looks {
        let shown = look.answer.clone();
        let refused = refused(403, "OPERATION_DENIED_INSTANCE_STATUS");
        let (provider, _) = account([vec![refused], vec![look; 4]].concat());
        let result = provider.delete(&seen(State::Running)).await;
        assert!(result.is_err(), "{shown}: {result:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_machine_that_is_not_there_needs_nothing_unless_it_may_only_be_invisible() {
    for code in ["INVALID_INSTANCE_NOT_FOUND", "OPERATION_FAILED_RESOURCE_NOT_FOUND"] {
        let not_found = || vec![refused(404, code)];
        assert_eq!(step(&seen(State::Running), not_found()).await.0, Next::NothingLeft);
        assert_eq!(step(&handle(ID), not_found()).await.0, Next::NothingLeft);
        let young = handle(ID).made(NOW.parse().unwrap(), marker());
        assert!(waits(&step(&young, not_found()).await.0));
        let old = handle(ID).made("2026-11-21T07:50:00Z".parse().unwrap(), marker());
        assert_eq!(step(&old, not_found()).await.0, Next::NothingLeft);
    }
}

#[tokio::test(start_paused = true)]
async fn a_machine_that_may_not_be_ended_says_so_and_is_not_asked_again() {
    for code in ["OPERATION_DENIED_INSTANCE_SUBSCRIPTION", "OPERATION_DENIED_POSTPAID_PROMISE"] {
        let (provider, _) = account(vec![refused(403, code)]);
        let error = provider.delete(&seen(State::Running)).await.unwrap_err();
        assert_eq!((error.kind(), error.effect()), (ErrorKind::Unsupported, Effect::None), "{code}");
    }
    let (provider, _) = account(vec![refused(401, "AUTHFAILURE_UNAUTHORIZED_OPERATION")]);
    let error = provider.delete(&seen(State::Running)).await.unwrap_err();
    assert_eq!((error.kind(), error.operation()), (ErrorKind::PermissionDenied, Some("delete")));
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_is_asked_again_because_ending_twice_is_ending_once() {
    let mut lost = answer(0, "reset");
    lost.status = None;
    let exchanges = vec![lost.clone(), refused(403, "OPERATION_DENIED_INSTANCE_RECYCLED"), done()];
    assert_eq!(step(&seen(State::Running), exchanges).await.0, Next::Started);
    let (provider, _) = account(vec![lost.clone(), lost.clone(), lost.clone(), lost]);
    let error = provider.delete(&seen(State::Running)).await.unwrap_err();
    assert_eq!((error.kind(), error.effect()), (ErrorKind::Unavailable, Effect::Unknown));
}

#[tokio::test(start_paused = true)]
async fn what_is_no_machine_of_this_provider_is_refused() {
    let (provider, replay) = account(vec![]);
    let order = Handle::of_order(&"zen".parse().unwrap(), "o-1");
    for handle in [order, handle("?unreadable-row-0"), handle("")] {
        assert_eq!(provider.delete(&handle).await.unwrap_err().kind(), ErrorKind::InvalidRequest);
    }
    assert!(replay.asked().is_empty());
}
