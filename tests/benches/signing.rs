//! What signing one Zenlayer request costs, against a floor in the same run: the same hashes over the same bytes.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark ends where it cannot measure")]

use std::hint::black_box;
use std::time::Duration;

use cpu_time::ProcessTime;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use vmbroker_core::{Clock, Secret};
use vmbroker_http::{Header, Method, Request};
use vmbroker_tests::figures::Figures;
use vmbroker_zenlayer::Access;

const TIMES: u32 = 20_000;
const ROUNDS: usize = 9;

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(run());
}

async fn run() {
    let now = Clock::system().now();
    println!(
        "signing one request; medians of {ROUNDS} rounds of {TIMES}; floor = two SHA-256 and one HMAC of the same bytes"
    );
    println!("{:<12} {:>10} {:>10} {:>8}", "body bytes", "us", "floor us", "ratio");
    let mut kept = Figures::new();
    for length in [40, 400, 4_000, 32_000] {
        let body = vec![b'x'; length];
        let access = Access::Key {
            id: Secret::new("AKIDEXAMPLE0123456789"),
            password: Secret::new("examplePassword"),
        };
        let request = Request {
            method: Method::POST,
            url: "https://console.zenlayer.com/api/v2/vm".parse().unwrap(),
            headers: vec![Header::new("content-type", "application/json")],
            body: Some(body.clone()),
            own_connection: false,
            hidden: Vec::new(),
        };
        let (mut signed, mut floors) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            let mut requests = vec![request.clone(); 64];
            signed.push(measure(|turn| {
                let request = &mut requests[turn % 64];
                request.headers.truncate(1);
                vmbroker_zenlayer::authorise(&access, request, now);
            }));
            floors.push(measure(|_| {
                black_box(floor(&body));
            }));
        }
        let (signed, floor) = (median(signed), median(floors));
        let ratio = signed.as_secs_f64() / floor.as_secs_f64();
        let us = |duration: Duration| duration.as_secs_f64() * 1e6 / f64::from(TIMES);
        println!("{length:<12} {:>10.2} {:>10.2} {ratio:>8.2}", us(signed), us(floor));
        kept.keep(
            &format!("signing {length} bytes"),
            ratio,
            None,
            "two SHA-256 and one HMAC of the same bytes",
        );
    }
    kept.say();
}

fn floor(body: &[u8]) -> [u8; 32] {
    let payload = Sha256::digest(body);
    let canonical = Sha256::digest([payload.as_slice(), &[0; 120]].concat());
    let mut mac = <Hmac<Sha256>>::new_from_slice(b"examplePassword").unwrap();
    mac.update(&canonical);
    mac.update(&[0; 27]);
    mac.finalize().into_bytes().into()
}

fn measure(mut work: impl FnMut(usize)) -> Duration {
    let start = ProcessTime::now();
    for turn in 0..TIMES as usize {
        work(turn);
    }
    start.elapsed()
}

fn median(mut figures: Vec<Duration>) -> Duration {
    figures.sort();
    figures[figures.len() / 2]
}
