//! Inputs made of inputs: values of JSON exchanged for odd ones, and bytes for bytes. The same draw makes the same.

use fastrand::Rng;

use super::corpus::Seed;
use super::harmless::SECRET;
use super::spans::{Kind, Span, scan};

/// What is put in place of a value.
const ODD: &[&str] = &[
    "null",
    "true",
    "false",
    "0",
    "-0",
    "-1",
    "1",
    "2",
    "[]",
    "{}",
    "[null]",
    "[[]]",
    "{\"a\":{}}",
    "\"\"",
    "\" \"",
    "1e400",
    "-1e400",
    "1e308",
    "1e-400",
    "3e-7",
    "1E+2",
    "0.1",
    "1.5",
    "-0.0",
    "00",
    "0x10",
    "1.",
    ".5",
    "9007199254740993",
    "9223372036854775807",
    "-9223372036854775808",
    "9223372036854775808",
    "18446744073709551615",
    "18446744073709551616",
    "123456789012345678901234567890",
    "79228162514264337593543950335",
    "0.1234567890123456789012345678",
    "0.12345678901234567890123456789",
    "4294967295",
    "4294967296",
    "65535",
    "65536",
    "\"NaN\"",
    "\"inf\"",
    "\"1e400\"",
    "\"-1\"",
    "\"0\"",
    "\"1,5\"",
    "\" 7 \"",
    "\"0.5\"",
    "\"99999999999999999999\"",
    "\"\\u0000\"",
    "\"\\u001b[31m\"",
    "\"\\u202e\"",
    "\"\\ud800\"",
    "\"a\\nb\"",
    "\"=1+1\"",
    "\"`\"",
    "\"../../x\"",
    "\"/\"",
    "\"a/b\"",
    "\"a:b\"",
    "\"é\"",
    "\"東京\"",
    "\"+002025-04-01T16:50:57.000000000Z\"",
    "\"9999-12-31T23:59:59Z\"",
    "\"-009999-01-02T01:59:59Z\"",
    "\"2026-02-30T00:00:00Z\"",
    "\"2026-11-21T08:00:00Z\"",
    "\"2016-12-31T23:59:60Z\"",
    "\"2026-11-21T08:00:00+24:00\"",
    "\"Sat, 21 Nov 2026 08:00:09 GMT\"",
    "\"USD\"",
    "\"https://w.example/api/x/?page=2\"",
    "\"//evil.example/\"",
];

/// What is put into a text, or anywhere.
const HOSTILE: &[&str] = &[
    "\u{202e}",
    "\u{2066}",
    "\u{1b}[2J",
    "\u{9b}",
    "\u{7f}",
    "\n",
    "\r",
    "\u{2028}",
    "\u{85}",
    "\u{feff}",
    "\u{180e}",
    "\u{e0041}",
    "\u{200b}",
    "\u{ad}",
    "\u{fff9}",
    "\u{ffff}",
    "`",
    "\"",
    "\\",
    "'",
    "<",
    "&",
    "]]>",
    ",",
    ";",
    "=",
    "@",
    "/",
    "%",
    "\0",
    "\t",
    " ",
    "-",
    "é",
    "東",
    "\u{1f600}",
    "\\u0000",
    "\\u202e",
    "\\n",
    "\\\"",
    "> ",
    "? ",
    "\n\n",
    "\n> ",
];

/// Longer inputs than this are not made longer: 64 MiB is what a list may have.
const LONGEST: usize = 4 << 20;
/// One text in so many is a long one, since it takes as long as all others together.
const RARELY: u32 = 4_096;

/// Makes an input of these, with these words.
#[derive(Debug)]
pub struct Mutator<'a> {
    seeds: &'a [Seed],
    words: &'a [Vec<u8>],
    rng: Rng,
}

impl<'a> Mutator<'a> {
    /// One whose draws follow from this number.
    #[must_use]
    pub fn new(seeds: &'a [Seed], words: &'a [Vec<u8>], draw: u64) -> Self {
        Self { seeds, words, rng: Rng::with_seed(draw) }
    }

    /// The next input: one of the seeds, or of these that were found worth it, changed a few times.
    pub fn next(&mut self, found: &[Seed]) -> Vec<u8> {
        let first = !found.is_empty() && self.rng.bool();
        let base = if first { self.pick(found) } else { self.pick(self.seeds) };
        let mut input = base.bytes.clone();
        let mut spans = base.spans.clone();
        let times = 1 + self.rng.u64(..).trailing_ones().min(6);
        for time in 0..times {
            if time > 0 {
                spans = scan(&input);
            }
            if !spans.is_empty() && self.rng.u8(..8) > 2 {
                self.change_value(&mut input, &spans);
            } else {
                self.change_bytes(&mut input);
            }
        }
        input
    }

    fn pick<'b, T>(&mut self, all: &'b [T]) -> &'b T {
        &all[self.rng.usize(..all.len())]
    }

    fn change_value(&mut self, input: &mut Vec<u8>, spans: &[Span]) {
        let span = spans[self.rng.usize(..spans.len())];
        let part = input[span.start..span.end].to_vec();
        let made = match (self.rng.u8(..16), span.kind) {
            (0, Kind::Member) => Vec::new(),
            (1, Kind::Member) => [&part, &b","[..], &part].concat(),
            (_, Kind::Member) | (0..=2, _) => {
                let other = spans[self.rng.usize(..spans.len())];
                if other.kind == Kind::Member && span.kind != Kind::Member {
                    return;
                }
                // One stands where the other stood, or in both places.
                if self.rng.bool() {
                    swap(input, span, other)
                } else {
                    copy(input, span, other)
                }
                return;
            }
            (3, Kind::Text | Kind::Bare | Kind::Nest) => [&b"["[..], &part, b"]"].concat(),
            (4, Kind::Text | Kind::Bare | Kind::Nest) => [&b"{\"a\":"[..], &part, b"}"].concat(),
            (5, Kind::Text | Kind::Bare | Kind::Nest) => {
                let deep = [100, 126, 130, 200][self.rng.usize(..4)];
                [b"[".repeat(deep), part, b"]".repeat(deep)].concat()
            }
            (6..=8, Kind::Text | Kind::Key) => self.within(&part),
            (9, Kind::Text | Kind::Key) if self.rng.u32(..RARELY) == 0 => self.long(),
            (9, Kind::Bare) => [&b"\""[..], &part, b"\""].concat(),
            (10..=12, _) if !self.words.is_empty() => self.pick(self.words).clone(),
            _ => self.pick(ODD).as_bytes().to_vec(),
        };
        replace(input, span.start, span.end, &made);
    }

    /// The text with something in it.
    fn within(&mut self, text: &[u8]) -> Vec<u8> {
        let at = self.rng.usize(1..text.len().max(2)).min(text.len());
        let at = boundary(text, at);
        let what = if self.rng.u8(..16) == 0 { SECRET } else { *self.pick(HOSTILE) };
        let times = if self.rng.u8(..16) == 0 { self.rng.usize(1..300) } else { 1 };
        [&text[..at], what.repeat(times).as_bytes(), &text[at..]].concat()
    }

    /// A text of up to 1 MiB.
    fn long(&mut self) -> Vec<u8> {
        let what = self.pick(&["x", "é", "\\u001b", "[", "0", "a-"]);
        let times = [2_000, 70_000, 1 << 20][self.rng.usize(..3)] / what.len();
        [&b"\""[..], what.repeat(times).as_bytes(), b"\""].concat()
    }

    fn change_bytes(&mut self, input: &mut Vec<u8>) {
        let length = input.len();
        let (from, to) = {
            let (one, other) = (self.rng.usize(..=length), self.rng.usize(..=length));
            (one.min(other), one.max(other))
        };
        let near = (from + self.rng.usize(..8)).min(length);
        match self.rng.u8(..12) {
            0 if from < length => input[from] ^= 1 << self.rng.u8(..8),
            1 if from < length => input[from] = self.rng.u8(..),
            2 => input.insert(from, self.rng.u8(..)),
            3 => drop(input.drain(from..near)),
            4 => drop(input.drain(from..to)),
            5 => input.truncate(to),
            6 if length < LONGEST => {
                let part = input[from..to].to_vec();
                replace(input, to, to, &part);
            }
            7 => {
                let other = &self.pick(self.seeds).bytes;
                let at = self.rng.usize(..=other.len());
                replace(input, from, length, &other[at..]);
            }
            8 | 9 => {
                let what = self.pick(HOSTILE);
                replace(input, from, from, what.as_bytes());
            }
            10 if !self.words.is_empty() => {
                let word = self.pick(self.words);
                replace(input, from, near, word);
            }
            _ => {
                // A digit more or less is what most limits turn on.
                let digit = |byte: &u8| byte.is_ascii_digit();
                if let Some(at) = input[from..].iter().position(digit) {
                    input[from + at] = b'0' + self.rng.u8(..10);
                }
            }
        }
    }
}

/// The nearest place before this one that does not cut a character.
fn boundary(text: &[u8], mut at: usize) -> usize {
    while at > 0 && at < text.len() && text[at] & 0xc0 == 0x80 {
        at -= 1;
    }
    at
}

fn replace(input: &mut Vec<u8>, start: usize, end: usize, made: &[u8]) {
    if input.len() + made.len() < 2 * LONGEST {
        input.splice(start..end, made.iter().copied());
    }
}

fn swap(input: &mut Vec<u8>, one: Span, other: Span) {
    let (first, second) = if one.start <= other.start { (one, other) } else { (other, one) };
    if first.end <= second.start {
        let (before, after) =
            (input[first.start..first.end].to_vec(), input[second.start..second.end].to_vec());
        replace(input, second.start, second.end, &before);
        replace(input, first.start, first.end, &after);
    }
}

fn copy(input: &mut Vec<u8>, to: Span, from: Span) {
    let part = input[from.start..from.end].to_vec();
    replace(input, to.start, to.end, &part);
}
