//! What becomes of a request without a connection.

use std::time::Duration;

use serde_json::{Value, json};
use vmbroker_core::Clock;
use vmbroker_sim::{Answer, Cloud, Dialect, Ending, Fault, FaultKind, Request};

/// A cloud that is called without a connection.
struct Counter {
    dialect: Dialect,
    clock: Clock,
    cloud: Cloud,
}

impl Counter {
    fn of(dialect: Dialect) -> Self {
        let clock = Clock::simulated("2026-03-01T10:00:00Z".parse().unwrap(), 1);
        let cloud = dialect.cloud(clock.clone(), 7);
        Self { dialect, clock, cloud }
    }

    fn call(&self, method: &str, path: &str, action: &str, body: Option<&Value>) -> Ending {
        let header = |name: &str, value: String| (name.to_owned(), value);
        let token = format!("Bearer {}", self.cloud.account().credentials.secret);
        let headers = vec![
            header("authorization", token),
            header("content-type", "application/json".to_owned()),
            header("x-zc-action", action.to_owned()),
        ];
        let body = body.map(|body| body.to_string().into_bytes()).unwrap_or_default();
        let (method, path, query) = (method.to_owned(), path.to_owned(), String::new());
        self.cloud.receive(&*self.dialect.face(), &Request { method, path, query, headers, body })
    }

    fn create(&self) -> Ending {
        let body = json!({ "constraints": null, "instances": 1, "vmConfiguration": {
            "name": "vm", "openPorts": [], "osImage": "https://images.example/a.img", "sshKeys": ["ssh-ed25519 AAAA"] } });
        self.call("POST", "/vms/v3", "", Some(&body))
    }

    /// How many machines the list shows, with this going wrong.
    fn listed(&self, kind: Option<FaultKind>) -> usize {
        if let Some(kind) = kind {
            self.cloud.arm(Fault::once("list", kind));
        }
        let ending = match self.dialect {
            Dialect::Zenlayer => self.call("POST", "/api/v2/vm", "DescribeInstances", Some(&json!({}))),
            _ => self.call("GET", "/vms/v3", "", None),
        };
        let Ending::Answered(answer) = ending else { panic!("{ending:?}") };
        let body: Value = serde_json::from_slice(&answer.body).unwrap();
        let rows = if body.is_array() { &body } else { &body["response"]["dataSet"] };
        rows.as_array().unwrap_or_else(|| panic!("{body}")).len()
    }
}

/// What the ending of a request must be like.
type Fits = Box<dyn Fn(&Ending) -> bool>;

#[tokio::test(start_paused = true)]
async fn each_fault_ends_the_call_in_its_own_way_and_only_some_are_done() {
    let second = Duration::from_secs(1);
    let answered = |ending: &Ending, status: u16| matches!(ending, Ending::Answered(Answer { status: it, .. }) if *it == status);
    let rows: Vec<(FaultKind, bool, Fits)> = vec![
        (FaultKind::Reset, false, Box::new(|it| *it == Ending::Lost)),
        (FaultKind::LoseAnswer, true, Box::new(|it| *it == Ending::Lost)),
        (FaultKind::TruncateAnswer, true, Box::new(|it| matches!(it, Ending::Cut(_)))),
        (FaultKind::Hang, false, Box::new(|it| *it == Ending::Silence)),
        (FaultKind::ApplyLate(60), false, Box::new(|it| *it == Ending::Silence)),
        (
            FaultKind::Slow(1_000),
            true,
            Box::new(move |it| matches!(it, Ending::Slow(_, late) if *late == second)),
        ),
        (FaultKind::Endless, true, Box::new(|it| *it == Ending::Endless)),
        (FaultKind::Html(502), false, Box::new(move |it| answered(it, 502))),
        (FaultKind::StatusAfter(500), true, Box::new(move |it| answered(it, 500))),
        (FaultKind::Hide(60), true, Box::new(move |it| answered(it, 200))),
    ];
    for (kind, is_done, ends) in rows {
        let counter = Counter::of(Dialect::Fluence202505);
        counter.cloud.arm(Fault::once("create", kind.clone()));
        let ending = counter.create();
        assert!(ends(&ending), "{kind:?}: {ending:?}");
        assert_eq!(counter.cloud.ledger().open().count(), usize::from(is_done), "{kind:?}");
        assert_eq!(counter.cloud.calls()[0].fault, Some(kind));
    }
}

#[tokio::test(start_paused = true)]
async fn an_old_list_shows_what_stood_then() {
    let counter = Counter::of(Dialect::Fluence202505);
    counter.clock.step(Duration::from_secs(100));
    assert!(matches!(counter.create(), Ending::Answered(_)));
    assert_eq!((counter.listed(None), counter.listed(Some(FaultKind::Stale(30)))), (1, 0));
    counter.clock.step(Duration::from_secs(31));
    assert_eq!(counter.listed(Some(FaultKind::Stale(30))), 1);
}

#[tokio::test(start_paused = true)]
async fn an_old_list_is_answered_to_whoever_calls_now() {
    let counter = Counter::of(Dialect::Zenlayer);
    // Older than a signature may be: what is old is the answer, not the caller.
    assert_eq!(counter.listed(Some(FaultKind::Stale(3_600))), 0);
    // Where no answer is old, nothing goes wrong.
    let waldur = Counter::of(Dialect::Waldur);
    waldur.cloud.arm(Fault::once("list", FaultKind::Stale(60)));
    let ending = waldur.call("GET", "/api/marketplace-resources/", "", None);
    assert!(matches!(ending, Ending::Answered(_)), "{ending:?}");
}
