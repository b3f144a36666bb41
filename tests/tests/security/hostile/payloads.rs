//! The texts that are made to hurt, and where in an answer they are put.

use serde_json::Value;

/// What terminals, spreadsheets, browsers, loggers and file systems have been hurt with.
pub(super) const PAYLOADS: [&str; 24] = [
    "\u{1b}[2J\u{1b}[31mred\u{1b}[0m",
    "\u{1b}]8;;http://evil.example\u{7}click\u{1b}]8;;\u{7}",
    "\u{1b}]52;c;ZXZpbA==\u{7}",
    "\u{1b}]0;title\u{7}\u{1b}P$q\"p\u{1b}\\",
    "\u{9b}31m\u{9d}0;x\u{9c}\u{90}x\u{9c}\u{85}",
    "\r\nforged-line: all is well\r\n",
    "\nforged-line: 127.0.0.1\n",
    "\u{8}\u{8}\u{8}\u{7f}\u{0}\t\u{b}\u{c}",
    "\u{202e}txt.exe\u{202d}\u{202a}\u{202b}\u{202c}",
    "\u{2066}a\u{2067}b\u{2068}c\u{2069}\u{200e}\u{200f}\u{61c}",
    "a\u{200b}b\u{200c}c\u{200d}d\u{2060}\u{feff}\u{ad}\u{34f}\u{180e}\u{3164}",
    "\u{2028}forged-line\u{2029}forged-line",
    "\u{e0001}\u{e0041}\u{e007f}\u{fe0f}\u{e0100}",
    "a\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}",
    "\u{e01}\u{e47}\u{e47}\u{e47}\u{e47}\u{e47}\u{e47}\u{e47}\u{e47}\u{e47}\u{e47}\u{e47}\u{e47}",
    "../../../../../../../etc/passwd",
    "/etc/passwd\u{0}.json",
    "C:\\CON",
    "=cmd|'/c calc'!A1",
    "@SUM(1+1),\"\",\"",
    "</title></svg><script>alert(1)</script><a href=\"x\" onload='y'>]]>&lt;",
    "\",\"forged\":\"\\u0000",
    "%s%n{}$(touch x)`touch x`",
    "\u{fffe}\u{ffff}\u{fffd}\u{1f600}",
];

/// Longer than this is a name of a megabyte, of which an answer gets few.
const HUGE: usize = 10_000;

/// What is put where, and whether everything is then tried or each form once.
pub(super) struct Wave {
    pub(super) payload: String,
    pub(super) which: Which,
    pub(super) whole: bool,
}

/// All of them in each place; what must stand at the beginning of a text; names of a megabyte.
pub(super) fn waves() -> Vec<Wave> {
    let wave = |payload: &str, which, whole| Wave { payload: payload.to_owned(), which, whole };
    let all = PAYLOADS.concat();
    let first = ["=cmd|'/c calc'!A1", "\nforged-line: x\n", "../../../x"];
    let mut waves: Vec<Wave> =
        [Which::Shown, Which::Words, Which::All].into_iter().map(|which| wave(&all, which, true)).collect();
    waves.extend(first.into_iter().map(|payload| wave(payload, Which::All, false)));
    waves.push(wave("</title></svg><script>alert(1)</script>", Which::Cities, false));
    waves.push(wave(&"A".repeat(1 << 20), Which::Shown, false));
    waves.push(wave(&"\u{202e}".repeat((1 << 20) / 3), Which::All, false));
    waves
}

/// Which texts of an answer are spoiled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Which {
    /// Names, descriptions, places, reasons: what is only shown.
    Shown,
    /// The words of states as well.
    Words,
    /// Everything, ids and amounts included.
    All,
    /// Cities alone, so that prices stay as they are and there is something to draw.
    Cities,
}

impl Which {
    fn takes(self, key: &str) -> bool {
        let lower = key.to_lowercase();
        let names = ["name", "description", "message", "detail", "city", "title", "reason", "country"];
        let shown =
            names.iter().any(|it| lower.contains(it)) && !lower.contains("code") && !lower.ends_with("id");
        let is_word = lower.contains("state") || lower.contains("status");
        match self {
            Self::Shown => shown && !is_word,
            Self::Words => shown || is_word,
            Self::All => true,
            Self::Cities => lower.starts_with("city"),
        }
    }
}

/// Shorter than this is one that hurts at the beginning of a text.
const SHORT: usize = 50;
/// The most texts of one answer that become a megabyte longer.
const MOST_HUGE: usize = 2;

/// Puts the payload before and after the texts that are taken.
pub(super) fn spoil(value: &mut Value, key: &str, which: Which, payload: &str, left: &mut usize) {
    match value {
        Value::String(text) if which.takes(key) && *left > 0 => {
            *left -= 1;
            // A marker in it is still found. Of the long ones, every other text begins as it did.
            *text = format!("{text} {payload}");
            if payload.len() < SHORT || (left.is_multiple_of(2) && payload.len() < HUGE) {
                *text = format!("{payload}{text}");
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|it| spoil(it, key, which, payload, left)),
        Value::Object(fields) => fields.iter_mut().for_each(|(key, it)| spoil(it, key, which, payload, left)),
        _ => {}
    }
}

pub(super) fn spoiled(body: &[u8], which: Which, payload: &str) -> Vec<u8> {
    let Ok(mut value) = serde_json::from_slice(body) else { return body.to_vec() };
    let mut left = if payload.len() < HUGE { usize::MAX } else { MOST_HUGE };
    spoil(&mut value, "", which, payload, &mut left);
    value.to_string().into_bytes()
}
