//! Words on the command line. Options that write files are not among them.

use serde_json::Value;

use super::super::Mark;
use super::super::catalogue::shop;
use super::{Outcome, check, folder, run};

/// What may be given, a line each: its name, a blank, and its value.
const OPTIONS: [&str; 15] = [
    "--for",
    "--from",
    "--memory",
    "--disk",
    "--vcpus",
    "--max-total",
    "--currency",
    "--country",
    "--zone",
    "--prepaid-months",
    "--provider",
    "--sort",
    "--limit",
    "--deadline",
    "--output",
];
/// What `create` may be given: without a key it ends before anything is ordered.
const WISHES: [&str; 9] = [
    "--vcpus",
    "--memory",
    "--disk",
    "--data-disk",
    "--image",
    "--port",
    "--label",
    "--max-price",
    "--option",
];

pub(super) fn options(input: &[u8], spoil: impl Fn(Outcome) -> Outcome) -> Mark {
    let text = String::from_utf8_lossy(input);
    let create = text.starts_with("create");
    let known: &[&str] = if create { &WISHES } else { &OPTIONS };
    let mut args: Vec<String> = if create {
        vec!["create".to_owned()]
    } else {
        ["--output=json", "offers"].map(str::to_owned).to_vec()
    };
    let mut run_time = None;
    for line in text.lines() {
        let Some((name, value)) = line.split_once(' ').filter(|(name, _)| known.contains(name)) else {
            continue;
        };
        if name == "--for" {
            run_time = Some(value);
        }
        args.push(format!("{name}={value}"));
    }
    let outcome = spoil(run(&folder(), &args, vec![shop()]));
    check(&outcome);
    if create {
        assert!(outcome.code == 2, "an order without a key: {args:?} {}", outcome.err);
        return Mark::refused().and_words(&outcome.err);
    }
    if outcome.code == 0
        && let Some(seconds) = run_time.and_then(seconds)
        && let Ok(value) = serde_json::from_str::<Value>(&outcome.out)
    {
        let told = value["run_seconds"].as_u64();
        assert!(told == Some(seconds), "{run_time:?} is another run: {told:?}");
    }
    Mark::of(outcome.code == 0).and(outcome.code).and_words(&outcome.err)
}

/// The seconds of `1d12h`, where nothing but digits and units stands there.
fn seconds(text: &str) -> Option<u64> {
    let mut sum = 0_u64;
    let mut number = String::new();
    for c in text.chars() {
        let unit = match c {
            '0'..='9' => {
                number.push(c);
                continue;
            }
            's' => 1,
            'm' => 60,
            'h' => 3_600,
            'd' => 86_400,
            'w' => 604_800,
            _ => return None,
        };
        sum += std::mem::take(&mut number).parse::<u64>().ok()? * unit;
    }
    number.is_empty().then_some(sum)
}
