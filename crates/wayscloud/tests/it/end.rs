use vmbroker_core::{
    Clock, ComputeProvider, ComputeProviderExt, Deletion, ErrorKind, Handle, Next, State, Wait,
};
use vmbroker_http::Exchange;
use vmbroker_wayscloud::Dialect;

use crate::cloud::{
    DELETION, MACHINE, OFF, ON, ORDER, RESOURCE, asked, get, handle, order_path, provider, resource,
    resource_path,
};

fn row(state: &str, metadata: &str) -> Exchange {
    get(&resource_path(), &resource(state, metadata))
}

fn stop(status: u16, answer: &str) -> Exchange {
    Exchange::new("POST", &format!("/api/openstack-instances/{MACHINE}/stop/"), status, answer)
}

fn terminate(status: u16, answer: &str) -> Exchange {
    Exchange::new("POST", &format!("/api/marketplace-resources/{RESOURCE}/terminate/"), status, answer)
}

fn placed() -> Exchange {
    terminate(200, &format!(r#"{{"order_uuid":"{DELETION}"}}"#))
}

fn no_orders() -> Exchange {
    let path = format!("/api/marketplace-orders/?resource_uuid={RESOURCE}&o=-created&page_size=300");
    get(&path, "[]").with_answer_header("x-result-count", "0")
}

fn it() -> Handle {
    handle(&format!("instance:{RESOURCE}"))
}

async fn delete(
    dialect: Dialect,
    exchanges: Vec<Exchange>,
) -> (vmbroker_core::Result<Deletion>, Vec<String>, usize) {
    let (replay, provider) = provider(dialect, exchanges);
    let deletion = provider.delete(&it()).await;
    (deletion, asked(&replay), replay.left())
}

#[tokio::test(start_paused = true)]
async fn a_waldur_machine_is_stopped_then_terminated_and_proven_gone() {
    let deletion = |state: &str| {
        get(
            &format!("/api/marketplace-orders/{DELETION}/"),
            &format!(r#"{{"uuid":"{DELETION}","type":"Terminate","state":"{state}"}}"#),
        )
    };
    let stopping = r#"{"state":"Update Scheduled","action":"Stop","runtime_state":"ACTIVE"}"#;
    let (replay, provider) = provider(
        Dialect::Waldur,
        vec![
            row("OK", ON),
            stop(202, r#"{"status":"stop was scheduled"}"#),
            row("OK", stopping),
            row("OK", stopping),
            row("OK", OFF),
            row("OK", OFF),
            placed(),
            row("OK", OFF),
            deletion("executing"),
            row("Terminating", OFF),
            row("Terminated", r#"{"state":"Deleted"}"#),
        ],
    );
    let wait = Wait::new(
        Clock::simulated("2026-11-20T22:00:00Z".parse().unwrap(), 1),
        std::time::Duration::from_secs(600),
    );
    let seen = provider.delete_until_gone(&it(), &wait).await.unwrap();
    assert_eq!(seen.state(), Some(State::Gone));
    let bodies: Vec<String> = replay.asked().into_iter().filter_map(|call| call.body).collect();
    assert_eq!(bodies, [r#"{"attributes":{"delete_volumes":true,"release_floating_ips":true}}"#]);
}

#[tokio::test(start_paused = true)]
async fn one_step_at_a_time() {
    let started = |order: Option<&str>| (Some(true), order.map(str::to_owned));
    let later = (None, None);
    let nothing = (Some(false), None);
    let conflict = |text: &str| format!(r#"{{"detail":"{text}"}}"#);
    let busy = conflict("Valid states for operation: OK.");
    let rows = vec![
        (vec![row("OK", ON), stop(202, "{}")], later.clone()),
        (vec![row("OK", ON), stop(409, &busy)], later.clone()),
        (
            vec![row("OK", ON), stop(409, &conflict("Instance is already stopped.")), placed()],
            started(Some(DELETION)),
        ),
        (vec![row("OK", OFF), placed()], started(Some(DELETION))),
        (vec![row("Erred", ON), no_orders(), placed()], started(Some(DELETION))),
        (vec![row("OK", r#"{"state":"Erred","runtime_state":"ACTIVE"}"#), placed()], started(Some(DELETION))),
        (vec![row("OK", OFF), terminate(200, "")], started(None)),
        (
            vec![
                row("OK", "{}"),
                terminate(409, &conflict("Please stop the instance before its removal.")),
                stop(202, "{}"),
            ],
            later.clone(),
        ),
        (
            vec![row("OK", OFF), terminate(409, &conflict("Valid states for operation: OK, Erred."))],
            later.clone(),
        ),
        (
            vec![row("OK", OFF), terminate(404, &conflict("No Resource matches the given query."))],
            nothing.clone(),
        ),
        (vec![row("Terminating", OFF)], started(None)),
        (vec![row("Terminated", "{}")], nothing.clone()),
        (vec![Exchange::new("GET", &resource_path(), 404, r#"{"detail":"Not found."}"#)], nothing.clone()),
    ];
    for (exchanges, wanted) in rows {
        let shown = format!("{:?}", exchanges.iter().map(|it| (&it.status, &it.answer)).collect::<Vec<_>>());
        let (deletion, _, left) = delete(Dialect::Waldur, exchanges).await;
        let deletion = deletion.expect(&shown);
        let next = match deletion.next {
            Next::Started => Some(true),
            Next::NothingLeft => Some(false),
            Next::WaitThenRepeat { .. } => None,
        };
        assert_eq!(((next, deletion.handle.deletion_order), left), (wanted, 0), "{shown}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_machine_neither_on_nor_off_is_ended_by_force() {
    let paused = r#"{"state":"OK","runtime_state":"PAUSED"}"#;
    let exchanges = vec![
        row("OK", paused),
        terminate(409, r#"{"detail":"Please stop the instance before its removal."}"#),
        stop(409, r#"{"detail":"Instance is already stopped."}"#),
        placed(),
    ];
    let (replay, provider) = provider(Dialect::Waldur, exchanges);
    assert_eq!(provider.delete(&it()).await.unwrap().next, Next::Started);
    assert!(replay.asked().pop().unwrap().body.unwrap().contains(r#""action":"force_destroy""#));
}

#[tokio::test(start_paused = true)]
async fn an_open_order_to_end_it_is_adopted_and_another_is_waited_for() {
    let pending = || terminate(400, r#"["Pending order for resource already exists."]"#);
    let orders = |kind: &str| {
        let path = format!("/api/marketplace-orders/?resource_uuid={RESOURCE}&o=-created&page_size=300");
        let order = format!(
            r#"[{{"uuid":"{DELETION}","type":"{kind}","state":"executing","marketplace_resource_uuid":"{RESOURCE}"}}]"#
        );
        get(&path, &order).with_answer_header("x-result-count", "1")
    };
    let (deletion, _, _) =
        delete(Dialect::Waldur, vec![row("OK", OFF), pending(), orders("Terminate")]).await;
    let deletion = deletion.unwrap();
    assert_eq!((deletion.next, deletion.handle.deletion_order.as_deref()), (Next::Started, Some(DELETION)));
    let (deletion, _, _) = delete(Dialect::Waldur, vec![row("OK", OFF), pending(), orders("Update")]).await;
    assert!(matches!(deletion.unwrap().next, Next::WaitThenRepeat { .. }));
}

#[tokio::test(start_paused = true)]
async fn a_documented_machine_is_deleted_by_its_verb_or_by_an_order() {
    let verb = |status: u16, answer: &str| Exchange::new("DELETE", &resource_path(), status, answer);
    let (deletion, asked, _) = delete(Dialect::Documented, vec![row("OK", ON), verb(204, "")]).await;
    assert_eq!((deletion.unwrap().next, asked.len()), (Next::Started, 2));
    let not_allowed = r#"{"detail":"Method \"DELETE\" not allowed."}"#;
    for answer in [not_allowed, ""] {
        let (deletion, _, left) =
            delete(Dialect::Documented, vec![row("OK", OFF), verb(405, answer), placed()]).await;
        let deletion = deletion.unwrap();
        assert_eq!(
            (deletion.next, deletion.handle.deletion_order.as_deref(), left),
            (Next::Started, Some(DELETION), 0)
        );
    }
    let (deletion, _, _) =
        delete(Dialect::Documented, vec![row("OK", ON), verb(404, r#"{"detail":"Not found."}"#)]).await;
    assert_eq!(deletion.unwrap().next, Next::NothingLeft);
    let (deletion, _, _) =
        delete(Dialect::Documented, vec![row("OK", ON), verb(409, r#"{"detail":"disk attached"}"#)]).await;
    assert!(
        matches!(deletion.unwrap().next, Next::WaitThenRepeat { why, .. } if why.contains("disk attached"))
    );
}

#[tokio::test(start_paused = true)]
async fn an_order_that_awaits_approval_is_withdrawn() {
    let it = handle(&format!("order:{ORDER}"));
    let order = || {
        get(
            &order_path(),
            &format!(
                r#"{{"uuid":"{ORDER}","state":"pending-consumer","marketplace_resource_uuid":"{RESOURCE}"}}"#
            ),
        )
    };
    let withdraw = |status: u16, answer: &str| Exchange::new("DELETE", &order_path(), status, answer);
    let rows = [
        (withdraw(204, ""), Ok(Next::Started)),
        (withdraw(404, r#"{"detail":"No Order matches the given query."}"#), Ok(Next::Started)),
        (
            withdraw(403, r#"{"detail":"You do not have permission to perform this action."}"#),
            Err(ErrorKind::PermissionDenied),
        ),
        (
            withdraw(409, r#"{"detail":"Valid states for operation: pending-consumer."}"#),
            Err(ErrorKind::Conflict),
        ),
    ];
    for (answer, wanted) in rows {
        let (_, provider) = provider(Dialect::Waldur, vec![order(), row("Creating", "{}"), answer]);
        let result = provider.delete(&it).await.map(|it| it.next).map_err(|error| error.kind());
        assert_eq!(result, wanted);
    }
}

#[tokio::test(start_paused = true)]
async fn what_never_came_to_be_is_ended_and_stays_ended() {
    // A quota race: the row has no machine behind it, and may be refused an order to end it.
    let hollow = || {
        get(
            &resource_path(),
            &format!(
                r#"{{"uuid":"{RESOURCE}","state":"Erred","scope":null,"resource_uuid":null,"error_message":"quota"}}"#
            ),
        )
    };
    let refused = terminate(400, r#"{"non_field_errors":["no scope"]}"#);
    let (_, row_only) = provider(Dialect::Waldur, vec![hollow(), refused, hollow()]);
    assert_eq!(row_only.delete(&it()).await.unwrap().next, Next::NothingLeft);
    assert_eq!(row_only.status(&[it()]).await.unwrap()[0].state(), Some(State::Gone));
    // No refusal, or one by a provider that does not tell whether there is a machine, writes nothing off.
    let answers: [(Dialect, Vec<Exchange>); 4] = [
        (Dialect::Waldur, vec![terminate(301, "")]),
        (Dialect::Waldur, vec![terminate(400, "<html>"); 4]),
        (Dialect::Waldur, vec![terminate(404, "")]),
        (
            Dialect::Documented,
            vec![
                Exchange::new("DELETE", &resource_path(), 405, ""),
                terminate(405, r#"{"detail":"Method \"POST\" not allowed."}"#),
            ],
        ),
    ];
    for (dialect, refusals) in answers {
        let shown = format!("{refusals:?}");
        let (_, row_only) = provider(dialect, [vec![hollow()], refusals, vec![hollow()]].concat());
        row_only.delete(&it()).await.expect_err(&shown);
        assert_eq!(row_only.status(&[it()]).await.unwrap()[0].state(), Some(State::Failed), "{shown}");
    }
    // A documented order that failed without leaving anything.
    let name = crate::cloud::marker();
    let order = || {
        let body = format!(r#"{{"uuid":"{ORDER}","state":"Erred","attributes":{{"name":"{name}"}}}}"#);
        get(&order_path(), &body)
    };
    let none = || {
        let project = crate::cloud::PROJECT;
        let path =
            format!("/api/marketplace-resources/?project_uuid={project}&name_exact={name}&page_size=300");
        get(&path, "[]").with_answer_header("x-result-count", "0")
    };
    let looks = vec![order(), none(), order(), none(), order(), none()];
    let (_, order_only) = provider(Dialect::Documented, looks);
    let it = handle(&format!("order:{ORDER}"));
    let seen = order_only.status(std::slice::from_ref(&it)).await.unwrap().remove(0);
    assert_eq!(seen.state(), Some(State::Failed));
    assert_eq!(order_only.delete(&seen.handle).await.unwrap().next, Next::NothingLeft);
    assert_eq!(order_only.status(&[seen.handle]).await.unwrap()[0].state(), Some(State::Gone));
}
