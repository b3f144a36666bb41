//! Bugs that hide behind rare inputs: whoever changes `mutate` sees here whether it still makes them.

use super::spans::{Kind, scan};
use super::{Double, Mark};

pub(super) const SENTINELS: &[Double] = &[
    Double { lacks: "an override within a text", run: override_in_text, says: "planted" },
    Double { lacks: "nesting", run: nesting, says: "planted" },
    Double { lacks: "a number that no float holds", run: number, says: "planted" },
    Double { lacks: "a name that stands twice", run: twice, says: "planted" },
    Double { lacks: "half a text", run: half, says: "planted" },
];

fn planted(found: bool, input: &[u8]) -> Mark {
    assert!(!found, "planted: {} bytes", input.len());
    Mark::of(!input.is_empty())
}

fn override_in_text(input: &[u8]) -> Mark {
    let whole = serde_json::from_slice::<serde_json::Value>(input);
    planted(whole.is_ok_and(|value| value.to_string().contains('\u{202e}')), input)
}

fn nesting(input: &[u8]) -> Mark {
    planted(input.windows(150).any(|part| part.iter().all(|byte| *byte == b'[')), input)
}

fn number(input: &[u8]) -> Mark {
    let value = |text: &[u8]| text.ends_with(b"1e400");
    let is_it = |span: &super::spans::Span| {
        let member = &input[span.start..span.end];
        span.kind == Kind::Member && member.starts_with(b"\"totalCount\"") && value(member)
    };
    planted(scan(input).iter().any(is_it), input)
}

fn twice(input: &[u8]) -> Mark {
    let keys: Vec<&[u8]> = scan(input)
        .iter()
        .filter(|span| span.kind == Kind::Member)
        .map(|span| &input[span.start..span.end])
        .collect();
    planted(keys.windows(2).any(|pair| pair[0] == pair[1] && pair[0].len() > 12), input)
}

fn half(input: &[u8]) -> Mark {
    let quotes = input.iter().filter(|byte| **byte == b'"').count();
    planted(quotes % 2 == 1 && input.last() == Some(&b'a'), input)
}
