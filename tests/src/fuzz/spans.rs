//! Where the values of a JSON text stand. The text may be broken, or JSON only in parts: what can be found is found.

use std::borrow::Cow;

/// A value, or a member of an object, as a part of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) kind: Kind,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// What stands there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A text, with its quotes. In TOML a value all the same.
    Text,
    /// A number, a truth value or null.
    Bare,
    /// A list or an object.
    Nest,
    /// The name of a member.
    Key,
    /// A name with its value.
    Member,
}

/// Everything that can be found, in the order of its end.
pub(super) fn scan(text: &[u8]) -> Vec<Span> {
    let mut scan = Scan { text, spans: Vec::with_capacity(64), open: Vec::new(), key: None };
    let mut at = 0;
    while at < text.len() {
        at = scan.step(at);
    }
    scan.spans
}

/// Every text and number, texts without their quotes and escapes.
pub(super) fn scalars(text: &[u8]) -> impl Iterator<Item = Cow<'_, str>> {
    scan(text).into_iter().filter_map(|span| {
        let part = &text[span.start..span.end];
        match span.kind {
            Kind::Text | Kind::Key => serde_json::from_slice::<String>(part).ok().map(Cow::Owned),
            Kind::Bare => std::str::from_utf8(part).ok().map(Cow::Borrowed),
            Kind::Nest | Kind::Member => None,
        }
    })
}

struct Scan<'a> {
    text: &'a [u8],
    spans: Vec<Span>,
    /// Where each list or object that is open begins, with the name that it is the value of.
    open: Vec<(usize, Option<usize>)>,
    /// Where the name of the next value begins.
    key: Option<usize>,
}

impl Scan<'_> {
    /// Looks at one thing; where the next one may begin.
    fn step(&mut self, at: usize) -> usize {
        match self.text[at] {
            b'"' => {
                let end = end_of_text(self.text, at);
                let after = self.text[end..].iter().find(|byte| !byte.is_ascii_whitespace());
                if after == Some(&b':') {
                    self.push(Kind::Key, at, end);
                    self.key = Some(at);
                } else {
                    self.value(Kind::Text, at, end);
                }
                end
            }
            b'{' | b'[' => {
                self.open.push((at, self.key.take()));
                at + 1
            }
            b'}' | b']' => {
                if let Some((start, key)) = self.open.pop() {
                    self.key = key;
                    self.value(Kind::Nest, start, at + 1);
                }
                at + 1
            }
            byte if byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'+' => {
                let is_part =
                    |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'+' | b'.' | b'_');
                let length = self.text[at..].iter().take_while(|byte| is_part(byte)).count();
                let is_value = !byte.is_ascii_alphabetic() || [b't', b'f', b'n'].contains(&byte);
                if is_value {
                    self.value(Kind::Bare, at, at + length);
                }
                at + length
            }
            _ => at + 1,
        }
    }

    fn value(&mut self, kind: Kind, start: usize, end: usize) {
        self.push(kind, start, end);
        if let Some(key) = self.key.take() {
            self.push(Kind::Member, key, end);
        }
    }

    fn push(&mut self, kind: Kind, start: usize, end: usize) {
        self.spans.push(Span { kind, start, end });
    }
}

/// Where the text that begins here with a quote ends; the end of all where it does not.
fn end_of_text(text: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while at < text.len() {
        match text[at] {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    text.len()
}
