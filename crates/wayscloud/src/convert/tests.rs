use vmbroker_core::Finding;

use super::*;

const ORDER: &str = "68308972a32c419a956a63aae54d0c7a";
const RESOURCE: &str = "515bc48013264b6d844314c18b45cd2e";
const CREATED: &str = "2026-11-20T22:00:00Z";

fn provider() -> ProviderId {
    "ways".parse().unwrap()
}

fn order(state: &str) -> Order {
    Order {
        uuid: Some(ORDER.into()),
        state: Some(state.into()),
        marketplace_resource_uuid: Some(RESOURCE.into()),
        error_message: Some("No valid host was found.".into()),
        ..Order::default()
    }
}

fn resource(json: &str) -> Resource {
    let mut resource: Resource = serde_json::from_str(json).unwrap();
    resource.uuid = Some(RESOURCE.into());
    resource
}

fn look(asked: Handle, sight: Sight, dialect: Dialect) -> Observation {
    look_at(asked, sight, dialect, Timestamp::UNIX_EPOCH)
}

fn look_at(asked: Handle, sight: Sight, dialect: Dialect, at: Timestamp) -> Observation {
    let sizes = HashMap::from([("f1".to_owned(), Size { vcpus: 2, memory_mib: 4_096 })]);
    let location = Location { city: Some("Oslo".into()), ..Location::default() };
    let context = Context {
        provider: &provider(),
        dialect,
        location: &location,
        sizes: &sizes,
        settles_in: Duration::from_secs(120),
    };
    observe(asked, sight, &context, at)
}

fn of_order() -> Handle {
    Handle::of_order(&provider(), ORDER)
}

type Row = (Seen<Order>, &'static str, State, &'static str);

fn check(rows: &[Row]) {
    for (order, machine, state, word) in rows {
        let sight =
            Sight { order: order.clone(), resource: Seen::Found(resource(machine)), ..Sight::default() };
        let seen = look(of_order(), sight, Dialect::Waldur);
        let Finding::Found { state: found, word: told, .. } = &seen.finding else { panic!("{machine}") };
        assert_eq!((found, told.as_str()), (state, *word), "{order:?} {machine}");
        assert_eq!(seen.handle.instance.as_deref(), Some(RESOURCE));
        assert_eq!(seen.handle.order.as_deref(), Some(ORDER));
    }
}

/// Every documented and observed pair of an order's and a machine's words, and what they mean together.
#[test]
fn a_new_machine_counts_together_with_its_order() {
    use Seen::{Found, Missing, NotAsked};
    check(&[
        (
            Found(order("pending-consumer")),
            r#"{"state":"Creating"}"#,
            State::AwaitingApproval,
            "Creating/pending-consumer",
        ),
        (
            Found(order("pending-start-date")),
            r#"{"state":"Creating"}"#,
            State::AwaitingApproval,
            "Creating/pending-start-date",
        ),
        (Found(order("executing")), r#"{"state":"Creating"}"#, State::Provisioning, "Creating"),
        (Found(order("done")), r#"{"state":"Creating"}"#, State::Provisioning, "Creating"),
        (Found(order("new word")), r#"{"state":"Creating"}"#, State::Provisioning, "Creating"),
        (Found(order("erred")), r#"{"state":"Creating"}"#, State::Failed, "Creating/erred"),
        (Found(order("canceled")), r#"{"state":"Creating"}"#, State::Gone, "Creating/canceled"),
        (Found(order("rejected")), r#"{"state":"Creating"}"#, State::Gone, "Creating/rejected"),
        (Missing, r#"{"state":"Creating"}"#, State::Gone, "Creating"),
        (NotAsked, r#"{"state":"Creating"}"#, State::Provisioning, "Creating"),
    ]);
}

/// The same once the machine is built: its own state counts.
#[test]
fn a_built_machine_counts_by_its_own_state() {
    use Seen::{Found, NotAsked};
    check(&[
        // The machine is built before its order is done.
        (
            Found(order("executing")),
            r#"{"state":"Creating","backend_metadata":{"state":"OK","runtime_state":"ACTIVE"}}"#,
            State::Provisioning,
            "Creating",
        ),
        (
            NotAsked,
            r#"{"state":"OK","backend_metadata":{"state":"OK","runtime_state":"ACTIVE"}}"#,
            State::Running,
            "OK/ACTIVE",
        ),
        (NotAsked, r#"{"state":"OK","runtime_state":"active"}"#, State::Running, "OK/active"),
        (NotAsked, r#"{"state":"OK","runtime_state":"online"}"#, State::Running, "OK/online"),
        (
            NotAsked,
            r#"{"state":"OK","backend_metadata":{"runtime_state":"SHUTOFF"}}"#,
            State::Stopped,
            "OK/SHUTOFF",
        ),
        (NotAsked, r#"{"state":"OK","backend_metadata":{"runtime_state":""}}"#, State::Provisioning, "OK"),
        (NotAsked, r#"{"state":"OK","backend_metadata":{}}"#, State::Provisioning, "OK"),
        (
            NotAsked,
            r#"{"state":"OK","backend_metadata":{"runtime_state":"BUILDING"}}"#,
            State::Provisioning,
            "OK/BUILDING",
        ),
        (
            NotAsked,
            r#"{"state":"OK","backend_metadata":{"runtime_state":"ERROR"}}"#,
            State::Failed,
            "OK/ERROR",
        ),
        (
            NotAsked,
            r#"{"state":"OK","backend_metadata":{"runtime_state":"MOVING"}}"#,
            State::Unrecognised,
            "OK/MOVING",
        ),
        // A failed deletion: the row is OK again, the machine erred and is on.
        (
            NotAsked,
            r#"{"state":"OK","backend_metadata":{"state":"Erred","runtime_state":"ACTIVE"}}"#,
            State::Running,
            "OK/ACTIVE",
        ),
        (
            NotAsked,
            r#"{"state":"OK","backend_metadata":{"state":"Update Scheduled","action":"Stop","runtime_state":"ACTIVE"}}"#,
            State::Stopping,
            "OK/ACTIVE",
        ),
        (
            NotAsked,
            r#"{"state":"Updating","backend_metadata":{"runtime_state":"ACTIVE"}}"#,
            State::Running,
            "Updating/ACTIVE",
        ),
        (
            Found(order("erred")),
            r#"{"state":"Erred","backend_metadata":{"runtime_state":"ERROR"}}"#,
            State::Failed,
            "Erred",
        ),
        (NotAsked, r#"{"state":"Terminating"}"#, State::Deleting, "Terminating"),
        (
            NotAsked,
            r#"{"state":"Terminated","backend_metadata":{"state":"Deleted"}}"#,
            State::Gone,
            "Terminated",
        ),
        (NotAsked, r#"{"state":"Frozen"}"#, State::Unrecognised, "Frozen"),
        (NotAsked, r#"{}"#, State::Unrecognised, ""),
    ]);
}

#[test]
fn the_documented_pages_need_not_tell_the_machines_own_state() {
    let sight = |json| Sight { resource: Seen::Found(resource(json)), ..Sight::default() };
    let state = |json, dialect| look(of_order(), sight(json), dialect).state().unwrap();
    assert_eq!(state(r#"{"state":"OK"}"#, Dialect::Documented), State::Running);
    assert_eq!(state(r#"{"state":"OK","runtime_state":""}"#, Dialect::Documented), State::Provisioning);
    assert_eq!(state(r#"{"state":"OK"}"#, Dialect::Waldur), State::Provisioning);
}

#[test]
fn an_order_alone_says_what_it_can() {
    let rows = [
        ("Creating", State::Ordered),
        ("executing", State::Ordered),
        ("pending-provider", State::AwaitingApproval),
        ("Success", State::Provisioning),
        ("Erred", State::Failed),
        ("rejected", State::Gone),
        ("queued", State::Unrecognised),
    ];
    for (word, state) in rows {
        let mut alone = order(word);
        alone.marketplace_resource_uuid = None;
        let sight = Sight { order: Seen::Found(alone), ..Sight::default() };
        let seen = look(of_order(), sight, Dialect::Documented);
        assert_eq!(seen.state(), Some(state), "{word}");
        assert_eq!(seen.handle.last_seen.unwrap().state, state);
    }
}

/// The documented order says Success for ever; its machine, when it is looked for and gone, is not being made.
#[test]
fn a_fulfilled_order_whose_machine_is_not_there_is_old_or_new() {
    let made: Timestamp = CREATED.parse().unwrap();
    let observed = |created: Option<&str>, seconds: i64, resource: Seen<Resource>| {
        let mut order = order("Success");
        order.marketplace_resource_uuid = None;
        order.created = created.map(str::to_owned);
        let sight = Sight { order: Seen::Found(order), resource, ..Sight::default() };
        let at = Timestamp::from_second(made.as_second() + seconds).unwrap();
        look_at(of_order(), sight, Dialect::Documented, at).finding
    };
    assert_eq!(observed(Some(CREATED), 121, Seen::Missing), Finding::NotFound);
    for (told, seconds, resource) in [
        (Some(CREATED), 120, Seen::Missing),
        (Some(CREATED), 121, Seen::NotAsked),
        (None, 86_400, Seen::Missing),
        (Some("yesterday"), 86_400, Seen::Missing),
    ] {
        let finding = observed(told, seconds, resource);
        assert!(matches!(finding, Finding::Found { state: State::Provisioning, .. }), "{told:?} {seconds}");
    }
}

#[test]
fn leftovers_of_an_erred_order_are_named_and_told_why() {
    let sight = Sight {
        order: Seen::Found(order("erred")),
        resource: Seen::Found(resource(r#"{"state":"Erred","error_message":""}"#)),
        ..Sight::default()
    };
    let seen = look(of_order(), sight, Dialect::Waldur);
    assert_eq!(seen.handle.to_string(), format!("ways/instance:{RESOURCE}"));
    let Finding::Found { failure, instance, .. } = seen.finding else { panic!() };
    assert_eq!(failure.as_deref(), Some("No valid host was found."));
    assert_eq!(instance.unwrap().failure, failure);
}

#[test]
fn what_vanished_is_not_found_and_what_is_unknown_too() {
    let missing = |order| Sight { order, resource: Seen::Missing, ..Sight::default() };
    let unknown = look(of_order(), Sight { order: Seen::Missing, ..Sight::default() }, Dialect::Waldur);
    assert_eq!(unknown.finding, Finding::NotFound);
    let named = look(of_order(), missing(Seen::Found(order("done"))), Dialect::Documented);
    assert_eq!(named.finding, Finding::NotFound);
    let mut seen = of_order().seen(Timestamp::UNIX_EPOCH, State::Failed);
    seen.instance = Some(RESOURCE.into());
    let vanished = look(seen, missing(Seen::Found(order("erred"))), Dialect::Documented);
    assert_eq!(vanished.finding, Finding::NotFound);
    let first = look(of_order(), missing(Seen::Found(order("erred"))), Dialect::Documented);
    assert_eq!(first.state(), Some(State::Failed));
}

#[test]
fn an_order_to_end_it_shows_before_the_row_does_and_is_forgotten_when_it_failed() {
    let running = r#"{"state":"OK","backend_metadata":{"runtime_state":"ACTIVE"}}"#;
    let rows = [
        (Seen::Found(order("executing")), State::Deleting, true),
        (Seen::Found(order("pending-consumer")), State::Deleting, true),
        (Seen::Found(order("done")), State::Deleting, true),
        (Seen::Found(order("erred")), State::Running, false),
        (Seen::Found(order("rejected")), State::Running, false),
        (Seen::Missing, State::Running, false),
        (Seen::NotAsked, State::Running, true),
    ];
    for (deletion, state, kept) in rows {
        let mut asked = of_order();
        asked.deletion_order = Some("d1".into());
        let sight = Sight { deletion, resource: Seen::Found(resource(running)), ..Sight::default() };
        let seen = look(asked, sight, Dialect::Waldur);
        assert_eq!((seen.state(), seen.handle.deletion_order.is_some()), (Some(state), kept));
    }
}

#[test]
fn every_field_of_a_row_reaches_the_machine() {
    let row = resource(
        r#"{"state":"OK","name":"web-vbabcd-aaaaaaaaaaaaaaaa","created":"2026-11-20T22:28:07.987481Z","scope":"https://w/api/openstack-instances/m1/",
        "backend_id":"2f669f9d-e1a3","attributes":{"image":"https://w/api/openstack-images/i1/","flavor":"/api/openstack-flavors/f1/","system_volume_size":10240},
        "backend_metadata":{"state":"OK","runtime_state":"ACTIVE","external_ips":["203.0.113.132","soon"],"internal_ips":["192.168.42.72"],"system_volume_image_name":"Ubuntu 24.04"}}"#,
    );
    let sight = Sight { resource: Seen::Found(row), ..Sight::default() };
    let seen = look(of_order(), sight, Dialect::Waldur);
    let it = seen.instance().unwrap();
    assert_eq!(it.marker.unwrap().as_str(), "vbabcd-aaaaaaaaaaaaaaaa");
    assert_eq!(it.size, Size { vcpus: 2, memory_mib: 4_096 });
    assert_eq!((it.disks[0].size_mib, it.disks[0].system), (10_240, true));
    assert_eq!(it.image, Some(Image { id: Some("i1".into()), name: Some("Ubuntu 24.04".into()) }));
    assert_eq!(it.public_addresses, ["203.0.113.132".parse::<IpAddr>().unwrap()]);
    assert_eq!(it.private_addresses, ["192.168.42.72".parse::<IpAddr>().unwrap()]);
    assert_eq!(it.created_at.unwrap().to_string(), "2026-11-20T22:28:07.987481Z");
    assert_eq!(it.location.city.as_deref(), Some("Oslo"));
    let extras: Vec<(&str, &str)> = it.extras.iter().collect();
    assert_eq!(extras, [("backend_id", "2f669f9d-e1a3"), ("external_ips", "soon"), ("resource_uuid", "m1")]);
}

#[test]
fn each_situation_has_its_next_step() {
    use Seen::{Found, Missing, NotAsked};
    let on = r#"{"state":"OK","scope":"/m1/","backend_metadata":{"state":"OK","runtime_state":"ACTIVE"}}"#;
    let off = r#"{"state":"OK","scope":"/m1/","backend_metadata":{"state":"OK","runtime_state":"SHUTOFF"}}"#;
    let target = |is_on, machine: Option<&str>, is_hollow| {
        let machine = machine.map(str::to_owned);
        Step::End(Target { resource: RESOURCE.into(), machine, is_on, is_hollow })
    };
    let withdraw = Step::Withdraw(ORDER.into());
    let built = Step::Wait("it is being built");
    let rows: Vec<(Seen<Order>, Option<&str>, Step)> = vec![
        (NotAsked, None, Step::NothingLeft),
        (Missing, None, Step::NothingLeft),
        (Found(order("pending-consumer")), None, withdraw.clone()),
        (Found(order("executing")), None, Step::Wait("its order is being worked on")),
        (Found(order("new word")), None, Step::Wait("its order is being worked on")),
        (Found(order("erred")), None, Step::Wait("its order failed, and what it made cannot be looked for")),
        (Found(order("canceled")), None, Step::NothingLeft),
        (Found(order("pending-project")), Some(r#"{"state":"Creating"}"#), withdraw),
        (Found(order("executing")), Some(r#"{"state":"Creating"}"#), built.clone()),
        (Found(order("erred")), Some(r#"{"state":"Creating"}"#), built.clone()),
        (NotAsked, Some(r#"{"state":"Creating"}"#), built),
        (Found(order("canceled")), Some(r#"{"state":"Creating"}"#), Step::NothingLeft),
        (Missing, Some(r#"{"state":"Creating"}"#), Step::NothingLeft),
        (NotAsked, Some(on), target(true, Some("m1"), false)),
        (NotAsked, Some(off), target(false, Some("m1"), false)),
        (
            NotAsked,
            Some(r#"{"state":"Erred","scope":"/m1/","backend_metadata":{"runtime_state":"ACTIVE"}}"#),
            target(false, Some("m1"), false),
        ),
        (
            NotAsked,
            Some(
                r#"{"state":"OK","scope":"/m1/","backend_metadata":{"state":"ERRED","runtime_state":"ACTIVE"}}"#,
            ),
            target(false, Some("m1"), false),
        ),
        (NotAsked, Some(r#"{"state":"Erred","scope":null}"#), target(false, None, true)),
        (
            NotAsked,
            Some(r#"{"state":"OK","backend_metadata":{"state":"UPDATING","action":"Stop"}}"#),
            Step::Wait("it is being switched or changed"),
        ),
        (NotAsked, Some(r#"{"state":"Updating"}"#), Step::Wait("it is being changed")),
        (NotAsked, Some(r#"{"state":"Terminating"}"#), Step::UnderWay),
        (NotAsked, Some(r#"{"state":"Terminated"}"#), Step::NothingLeft),
    ];
    for (order, machine, step) in rows {
        let resource = machine.map_or(NotAsked, |json| Found(resource(json)));
        let sight = Sight { order: order.clone(), resource, ..Sight::default() };
        assert_eq!(next_step(&sight), step, "{order:?} {machine:?}");
    }
    let looked_for = Sight { order: Found(order("erred")), resource: Missing, ..Sight::default() };
    assert_eq!(next_step(&looked_for), Step::NothingLeft);
    let open =
        Sight { deletion: Found(order("executing")), resource: Found(resource(on)), ..Sight::default() };
    assert_eq!(next_step(&open), Step::UnderWay);
}
