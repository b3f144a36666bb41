//! The catalogue's files: what is damaged is set aside and said, and never fails a question.

use std::cell::RefCell;
use std::fs;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use sha2::{Digest, Sha256};
use tempfile::TempDir;
use vmbroker::{Catalogue, Comparison, ExchangeRates, Market, Question, Registry, Seen};
use vmbroker_core::{
    ComputeProvider, CreateRequest, Deletion, Error, ErrorKind, Handle, Listing, Observation, Offer,
    OfferQuery, ProviderId, Result, Semantics,
};

use super::harmless::check_sentence;
use super::thread::{block_on, clock, now};
use super::{Double, Mark, Target};

pub(super) const TARGETS: &[Target] = &[Target {
    name: "catalogue",
    group: "journals and catalogues",
    corpora: &["catalogue"],
    run: |input| catalogue(input, |comparison| comparison),
    doubles: &[
        Double {
            lacks: "the word that a file was set aside",
            run: |input| catalogue(input, |comparison| Comparison { notes: Vec::new(), ..comparison }),
            says: "nobody says",
        },
        Double {
            lacks: "one offer",
            run: |input| {
                catalogue(input, |mut comparison| {
                    comparison.ranked.pop();
                    comparison
                })
            },
            says: "is lost",
        },
    ],
}];

/// A provider that sells one thing, and nothing else.
#[derive(Debug)]
pub(super) struct Shop {
    pub(super) id: ProviderId,
    pub(super) offers: Vec<Offer>,
    pub(super) list: Option<Vec<vmbroker_core::Instance>>,
}

#[async_trait]
impl ComputeProvider for Shop {
    fn id(&self) -> &ProviderId {
        &self.id
    }

    fn semantics(&self) -> &Semantics {
        &super::wire::SEMANTICS
    }

    async fn offers(&self, _: &OfferQuery) -> Result<Vec<Offer>> {
        Ok(self.offers.clone())
    }

    async fn create(&self, _: &CreateRequest) -> Result<Handle> {
        Err(Error::new(ErrorKind::Unsupported, "it only shows"))
    }

    async fn status(&self, _: &[Handle]) -> Result<Vec<Observation>> {
        Err(Error::new(ErrorKind::Unsupported, "it only shows"))
    }

    async fn list(&self) -> Result<Listing> {
        let mut pages = vmbroker_core::Pages::new();
        pages.add(self.list.clone().unwrap_or_default(), 0, None, true);
        pages.finish(now())
    }

    async fn delete(&self, _: &Handle) -> Result<Deletion> {
        Err(Error::new(ErrorKind::Unsupported, "it only shows"))
    }
}

/// The account that sells it.
pub(super) fn shop() -> Arc<dyn ComputeProvider> {
    Arc::new(Shop { id: "shop".parse().unwrap(), offers: vec![offer()], list: None })
}

/// The one thing that is sold.
fn offer() -> Offer {
    let text = r#"{"provider":"shop","id":"small","size":{"vcpus":2,"memory_mib":4096},"disk_gib":25,"location":{},
        "charge":"pay_as_you_go","price":{"currency":"USD","charges":[{"item":"machine","amount":"0.05",
        "due":{"rate":{"per":"hour","billing":{"increment":"hour"}}}}]},"availability":"unknown"}"#;
    serde_json::from_str(text).unwrap()
}

thread_local! {
    static FOLDER: RefCell<Option<TempDir>> = const { RefCell::new(None) };
}

/// Asks a market whose catalogue holds this file: its body where it begins with a list, else all of it. A body with
/// `changes` is that of the other file, the history.
fn catalogue(input: &[u8], spoil: impl Fn(Comparison) -> Comparison) -> Mark {
    FOLDER.with_borrow_mut(|kept| {
        let folder = kept.get_or_insert_with(|| tempfile::tempdir().unwrap()).path();
        let of_history = input.windows(9).any(|part| part == b"\"changes\"");
        let holds = if of_history { "history" } else { "offers" };
        for name in ["offers-shop", "history-shop"] {
            let _ = fs::remove_file(folder.join(name).with_extension("json"));
            let _ = fs::remove_file(folder.join(name).with_extension("set-aside"));
        }
        // What others may read is not believed at all, whatever stands in it.
        let mut file = fs::File::options();
        let file = file.create(true).truncate(true).write(true).mode(0o600);
        let mut file = file.open(folder.join(format!("{holds}-shop.json"))).unwrap();
        file.write_all(&with_header(input, holds)).unwrap();
        let (comparison, histories) = block_on(async {
            let mut registry = Registry::new(clock());
            registry.add(shop()).unwrap();
            let catalogue = Catalogue::in_folder(folder);
            let market = Market::new(registry, catalogue, ExchangeRates::default());
            let (histories, notes) = market.history(&OfferQuery::default()).await;
            let day = Duration::from_secs(86_400);
            let mut comparison = market.compare(&Question::new(OfferQuery::default(), now(), day)).await;
            comparison.notes.extend(notes);
            (comparison, histories)
        });
        let histories: usize = histories.iter().map(|history| history.changes.len()).sum();
        check(&spoil(comparison), folder.join(format!("{holds}-shop.set-aside")).exists())
            .and(histories.min(4))
    })
}

fn check(comparison: &Comparison, set_aside: bool) -> Mark {
    assert!(comparison.failures.is_empty(), "a file fails a question: {:?}", comparison.failures);
    for note in &comparison.notes {
        check_sentence("a note", note);
    }
    let told = comparison.notes.iter().any(|note| note.contains("set aside"));
    assert!(told == set_aside, "a file was set aside: {set_aside}; nobody says so: {:?}", comparison.notes);
    let cached = comparison.answers.iter().any(|answer| matches!(answer.seen, Seen { cached: true, .. }));
    assert!(!(cached && set_aside), "a damaged file is believed");
    if !cached {
        let found = comparison.ranked.iter().any(|ranked| *ranked.offer == offer());
        assert!(found, "what is sold is lost: {comparison:?}");
    }
    for ranked in &comparison.ranked {
        assert!(ranked.converted.amount > rust_decimal::Decimal::ZERO, "it is ranked as free: {ranked:?}");
        let _lines = comparison.explain(&ranked.offer);
    }
    let counts =
        (comparison.ranked.len().min(4), comparison.unranked.len().min(4), comparison.excluded.len().min(4));
    let mark = Mark::of(cached).and((set_aside, counts));
    comparison
        .notes
        .first()
        .map_or(mark, |note| mark.and_words(note.rsplit("used: ").next().unwrap_or_default()))
}

/// A body with the header that makes it whole; a file that has one of its own stays.
fn with_header(input: &[u8], holds: &str) -> Vec<u8> {
    if !input.starts_with(b"[") {
        return input.to_vec();
    }
    let body = [b"\n", input, b"\n"].concat();
    let sum: String = Sha256::digest(&body).iter().map(|byte| format!("{byte:02x}")).collect();
    let header = format!(r#"{{"vmbroker":"{holds}","version":1,"account":"shop","sha256":"{sum}"}}"#);
    [header.as_bytes(), &body].concat()
}
