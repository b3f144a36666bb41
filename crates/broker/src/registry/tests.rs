use std::future::pending;

use async_trait::async_trait;
use vmbroker_core::{CreateRequest, DeleteMode, Deletion, Instance, NameRule, Next, Pages, Semantics, State};

use super::*;

/// An account with one machine that answers at once, never, or with an error.
#[derive(Debug)]
struct Account {
    id: ProviderId,
    semantics: Semantics,
    mood: Mood,
}

#[derive(Clone, Copy, Debug)]
enum Mood {
    Well,
    Silent,
    Broken,
}

impl Account {
    fn new(id: &str, mood: Mood) -> Arc<Self> {
        let semantics = Semantics {
            kind: "memory",
            status_batch: None,
            creates_order: false,
            approval_possible: false,
            name: NameRule { longest: 40, capitals: false, full_stop: false },
            create_applies_within: Duration::ZERO,
            list_lags_by: Duration::ZERO,
            visible_within: Some(Duration::ZERO),
            lists_inactive: true,
            delete: DeleteMode::Direct,
            poll_every: Duration::from_secs(1),
        };
        Arc::new(Self { id: id.parse().unwrap(), semantics, mood })
    }

    async fn answer<T>(&self, value: T) -> Result<T> {
        match self.mood {
            Mood::Well => Ok(value),
            Mood::Silent => pending().await,
            Mood::Broken => Err(Error::new(ErrorKind::Unavailable, "it is down")),
        }
    }
}

#[async_trait]
impl ComputeProvider for Account {
    fn id(&self) -> &ProviderId {
        &self.id
    }

    fn semantics(&self) -> &Semantics {
        &self.semantics
    }

    async fn offers(&self, _: &OfferQuery) -> Result<Vec<Offer>> {
        self.answer(Vec::new()).await
    }

    async fn create(&self, _: &CreateRequest) -> Result<Handle> {
        self.answer(Handle::of_instance(&self.id, "1")).await
    }

    async fn status(&self, handles: &[Handle]) -> Result<Vec<Observation>> {
        let at = jiff::Timestamp::UNIX_EPOCH;
        self.answer(handles.iter().map(|it| Observation::not_found(it.clone(), at)).collect()).await
    }

    async fn list(&self) -> Result<Listing> {
        let mut pages = Pages::new();
        let handle = Handle::of_instance(&self.id, "1");
        pages.add(vec![Instance::new(handle, "one", State::Running, "on")], 0, None, true);
        self.answer(pages.finish(jiff::Timestamp::UNIX_EPOCH)?).await
    }

    async fn delete(&self, handle: &Handle) -> Result<Deletion> {
        self.answer(Deletion { handle: handle.clone(), next: Next::NothingLeft }).await
    }
}

fn registry(accounts: &[(&str, Mood)]) -> Registry {
    let mut registry = Registry::new(Clock::system()).answering_within(Duration::from_secs(30));
    for (id, mood) in accounts {
        registry.add(Account::new(id, *mood)).unwrap();
    }
    registry
}

fn kinds<T>(answers: Vec<Answer<T>>) -> Vec<(String, Option<ErrorKind>)> {
    let kind = |answer: Answer<T>| (answer.provider.to_string(), answer.result.err().map(|e| e.kind()));
    answers.into_iter().map(kind).collect()
}

#[tokio::test(start_paused = true)]
async fn a_silent_or_broken_account_is_reported_beside_the_others() {
    let registry = registry(&[("a", Mood::Silent), ("b", Mood::Well), ("c", Mood::Broken)]);
    let expected = vec![
        ("a".to_owned(), Some(ErrorKind::DeadlineExceeded)),
        ("b".to_owned(), None),
        ("c".to_owned(), Some(ErrorKind::Unavailable)),
    ];
    assert_eq!(kinds(registry.list().await), expected);
    assert_eq!(kinds(registry.offers(&OfferQuery::default()).await), expected);
    assert_eq!(registry.clock().elapsed().as_secs(), 60, "each round ended at its deadline");
}

#[tokio::test]
async fn status_asks_each_account_once_for_all_its_handles_in_order() {
    let registry = registry(&[("a", Mood::Well), ("b", Mood::Broken), ("c", Mood::Well)]);
    let texts = ["b/instance:1", "a/instance:2", "nobody/instance:1", "a/instance:1"];
    let handles: Vec<Handle> = texts.iter().map(|text| text.parse().unwrap()).collect();
    let mut answers = registry.status(&handles).await;
    let first: Vec<String> =
        answers[0].result.as_ref().unwrap().iter().map(|it| it.handle.to_string()).collect();
    assert_eq!(first, ["a/instance:2", "a/instance:1"]);
    let unknown = answers.pop().unwrap().result.unwrap_err();
    assert_eq!(
        unknown.to_string(),
        "invalid request: `account` is `nobody`, but the accounts are: `a`, `b`, `c`"
    );
    assert_eq!(answers.pop().unwrap().result.unwrap_err().kind(), ErrorKind::Unavailable);
}

#[tokio::test]
async fn an_account_without_credentials_says_so_whatever_is_asked() {
    let mut registry = registry(&[("a", Mood::Well)]);
    let why = Error::new(ErrorKind::Unauthenticated, "no key");
    registry.add_unusable("z".parse().unwrap(), &why).unwrap();
    assert!(registry.add_unusable("a".parse().unwrap(), &why).is_err(), "the name is taken");
    let answers = registry.list().await;
    assert_eq!(answers[1].result.as_ref().unwrap_err().to_string(), "z open: not authenticated: no key");
    assert!(registry.get(&"z".parse().unwrap()).is_err());
}

#[test]
fn only_the_wanted_accounts_are_kept() {
    let wanted = |names: &[&str]| names.iter().map(|name| name.parse().unwrap()).collect::<Vec<_>>();
    let names = |registry: Registry| registry.ids().map(ToString::to_string).collect::<Vec<_>>();
    let all = registry(&[("a", Mood::Well), ("b", Mood::Well)]);
    assert_eq!(names(all.clone().only(&[]).unwrap()), ["a", "b"]);
    assert_eq!(names(all.clone().only(&wanted(&["b"])).unwrap()), ["b"]);
    assert_eq!(all.only(&wanted(&["x"])).unwrap_err().kind(), ErrorKind::InvalidRequest);
}

#[test]
fn what_is_asked_of_all_can_be_asked_from_any_thread() {
    fn sendable<T: Send>(_: T) {}
    let registry = registry(&[]);
    let query = OfferQuery::default();
    sendable(registry.offers(&query));
    sendable(registry.list());
    sendable(registry.status(&[]));
}
