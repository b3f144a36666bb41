//! An input as the answers of a provider, in a form that a person can write.
//!
//! ```text
//! ? seen=running disk=40
//! > GET /vms/v2 200
//! x-request-id: 7
//!
//! [{"id":"0x1"}]
//! > POST /vms/v3 lost
//! ```
//!
//! The first line, with `?`, says what is asked. Each answer begins with `>`: a part of the calls it answers (`*`: any;
//! with `$`: their end), and a status, or `lost`, `unsent` or `refused` where none comes. Then headers, an empty line,
//! and the body. An input without such lines is the body of a 200 to the call that the operation is about.

use super::harmless::SECRET;

/// Answers, and what is asked.
#[derive(Clone, Debug, Default)]
pub(super) struct Script {
    /// What is asked, by name.
    words: Vec<(String, String)>,
    pub(super) answers: Vec<Answered>,
}

/// The answer to some calls.
#[derive(Clone, Debug)]
pub(super) struct Answered {
    /// A part of the name of the calls that it answers.
    pub(super) to: String,
    pub(super) end: End,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

/// How a call ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// With a complete answer of this status.
    Status(u16),
    /// It was sent, and nothing whole came back.
    Lost,
    /// It was not sent.
    Unsent,
    /// What came back is not taken.
    Refused,
}

impl Script {
    /// Reads an input; `main` is a part of the name of the call that a bare body answers.
    pub(super) fn read(input: &[u8], main: &str) -> Self {
        let mut script = Self::default();
        let (line, after) = split_line(input);
        let mut rest = input;
        if let Some(words) = line.strip_prefix(b"? ") {
            // Who asks knows better than to name a secret.
            script.words = words_of(&String::from_utf8_lossy(words).replace(SECRET, ""));
            rest = after;
        }
        if !rest.starts_with(b"> ") {
            let body = rest.to_vec();
            let (to, end) = (main.to_owned(), End::Status(200));
            script.answers.push(Answered { to, end, headers: Vec::new(), body });
            return script;
        }
        while !rest.is_empty() {
            let end = next_answer(rest);
            script.answers.push(Answered::read(&rest[2..end]));
            rest = &rest[end..];
        }
        script
    }

    /// What this word of the question says; absent where it is not there.
    pub(super) fn word(&self, name: &str) -> Option<&str> {
        self.words.iter().find(|(word, _)| word == name).map(|(_, value)| value.as_str())
    }

    /// The same as a number.
    pub(super) fn number(&self, name: &str) -> Option<u64> {
        self.word(name)?.parse().ok()
    }
}

fn words_of(line: &str) -> Vec<(String, String)> {
    let word = |word: &str| {
        let (name, value) = word.split_once('=').unwrap_or((word, ""));
        (name.to_owned(), value.to_owned())
    };
    line.split_whitespace().map(word).collect()
}

/// Where the next answer begins; the end where none does.
fn next_answer(rest: &[u8]) -> usize {
    rest.windows(3).position(|three| three == b"\n> ").map_or(rest.len(), |at| at + 1)
}

fn split_line(text: &[u8]) -> (&[u8], &[u8]) {
    match text.iter().position(|byte| *byte == b'\n') {
        Some(at) => (&text[..at], &text[at + 1..]),
        None => (text, &[]),
    }
}

impl Answered {
    fn read(text: &[u8]) -> Self {
        let (head, mut rest) = split_line(text);
        let head = String::from_utf8_lossy(head);
        let (to, end) = head.trim_end().rsplit_once(' ').unwrap_or((&head, "200"));
        let mut headers = Vec::new();
        loop {
            let (line, after) = split_line(rest);
            rest = after;
            if line.is_empty() {
                break;
            }
            // Values that HTTP does not take are left out, as they are of real answers.
            let fits = |byte: &u8| matches!(byte, b' '..=b'~' | b'\t');
            if let Some((name, value)) = std::str::from_utf8(line).ok().and_then(|line| line.split_once(':'))
                && value.bytes().all(|byte| fits(&byte))
            {
                headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
            }
        }
        Self { to: to.to_owned(), end: End::read(end), headers, body: rest.to_vec() }
    }
}

impl End {
    fn read(word: &str) -> Self {
        match word {
            "lost" => Self::Lost,
            "unsent" => Self::Unsent,
            "refused" => Self::Refused,
            status => Self::Status(status.parse().map_or(200, |status: u16| status.clamp(200, 999))),
        }
    }
}
