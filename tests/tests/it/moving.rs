//! A Waldur's list is whole although machines come and go between any two answers.
//!
//! Beside the adapter, three other ways to read the same pages: one that trusts the count, one that counts what ended
//! before and after, and one whose pages overlap but need not have a row in common. Each of them misses a machine.

mod others;
mod place;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use place::{Change, Place};
use vmbroker_core::{Clock, ComputeProvider, ErrorKind, Secret};
use vmbroker_http::{Answer, Limits, Request, Transport, TransportError};
use vmbroker_tests::proof::tried;
use vmbroker_wayscloud::{Config, Credentials, Dialect, Wayscloud};

/// How many lists are read in each world.
const LISTS: u64 = 400;
const OFFERING: &str = "5d3ed594914344d7bcbd56d120d26dde";

/// A Waldur over a place where something happens before each answer, and answers take their time.
#[derive(Debug)]
struct Moving(Mutex<Place>);

#[async_trait::async_trait]
impl Transport for Moving {
    async fn round_trip(&self, request: &Request, _: Limits) -> Result<Answer, TransportError> {
        let place = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let takes = Duration::from_micros(place().random.u64(100..20_000));
        // What is answered is decided in the end: so answers are given in any order.
        tokio::time::sleep(takes).await;
        let nothing = |status, body: &str| Answer { status, headers: Vec::new(), body: body.into() };
        if request.url.path() != "/api/marketplace-resources/" {
            return Ok(nothing(404, r#"{"detail":"Not found."}"#));
        }
        let asked = |key: &str| request.url.query_pairs().find(|pair| pair.0 == key).map(|pair| pair.1);
        assert_eq!(asked("o").as_deref(), Some("created"), "it is asked for in an order that never changes");
        let number = |key: &str| asked(key).map(|text| text.parse::<usize>().unwrap());
        let Some((rows, total)) = place().answer(number("page_size").unwrap(), number("page").unwrap_or(1))
        else {
            return Ok(nothing(404, r#"{"detail":"Invalid page."}"#));
        };
        let row = |key: &u64| format!(r#"{{"uuid":"{key:032x}","state":"OK","offering_uuid":"{OFFERING}"}}"#);
        let rows: Vec<String> = rows.iter().map(row).collect();
        let headers = vec![("x-result-count".to_owned(), total.to_string())];
        Ok(Answer { status: 200, headers, body: format!("[{}]", rows.join(",")).into() })
    }
}

fn account(moving: Arc<Moving>) -> Wayscloud {
    let clock = Clock::simulated("2026-11-20T22:00:00Z".parse().unwrap(), 1);
    let config = Config {
        dialect: Dialect::Waldur,
        url: Some("https://w.example".to_owned()),
        offering: Some(OFFERING.to_owned()),
        ..Config::default()
    };
    let credentials = Credentials { token: Secret::new("token") };
    Wayscloud::over(moving, "ways".parse().unwrap(), config, credentials, clock).unwrap()
}

#[tokio::test(start_paused = true)]
async fn what_is_listed_all_the_while_is_never_missed() {
    let (mut lists, mut refused, mut changes) = (0, 0, 0);
    for (world, happens) in [&Change::COUNTED[..], &Change::ALL[..]].into_iter().enumerate() {
        for seed in 0..LISTS {
            let moving = Arc::new(Moving(Mutex::new(Place::new(seed, happens))));
            let listing = account(Arc::clone(&moving)).list().await;
            let place = moving.0.lock().unwrap();
            changes += place.changes;
            match listing {
                Ok(listing) => {
                    let key = |id: &str| u64::from_str_radix(id, 16).unwrap();
                    let keys: Vec<u64> = listing.instances().iter().map(|it| key(it.handle.id())).collect();
                    assert_eq!(place.wrong(&keys), None, "world {world}, seed {seed}");
                    lists += 1;
                }
                Err(error) => {
                    assert_eq!(error.kind(), ErrorKind::Unavailable, "world {world}, seed {seed}: {error}");
                    refused += 1;
                }
            }
        }
    }
    assert!(lists > refused, "most lists are proven whole: {lists} are, {refused} are not");
    let counts =
        [("whole lists", lists), ("lists given up", refused), ("machines that came or went", changes)];
    tried("lists read while machines come and go", &counts, &format!("0 to {}", LISTS - 1));
}

/// How many of the lists that this way takes for whole miss a machine or show one twice.
fn wrong_lists(happens: &[Change], read: impl Fn(&mut Place) -> Option<Vec<u64>>) -> usize {
    let mut wrong = 0;
    for seed in 0..LISTS * 2 {
        let mut place = Place::new(seed, happens);
        if let Some(keys) = read(&mut place) {
            wrong += usize::from(place.wrong(&keys).is_some());
        }
    }
    wrong
}

#[test]
fn other_ways_to_read_a_list_miss_a_machine() {
    assert!(wrong_lists(&Change::COUNTED, others::by_the_count) > 0, "the count alone proves nothing");
    assert!(wrong_lists(&Change::COUNTED, others::overlapping_unproven) > 0, "nor do pages that overlap");
    assert_eq!(wrong_lists(&Change::COUNTED, others::by_what_ended), 0, "what ended, before and after, does");
    assert!(wrong_lists(&Change::ALL, others::by_what_ended) > 0, "but not where machines leave otherwise");
}
