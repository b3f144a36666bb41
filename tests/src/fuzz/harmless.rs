//! What may be shown to a person: a second reading of which characters do harm, by their classes in Unicode 16.

use std::error::Error as StdError;

use vmbroker_core::{Effect, Error, Retry};

use super::Mark;

/// The longest that a sentence about something foreign may be, in characters: what is quoted of it is clipped.
pub(super) const LONGEST: usize = 2_000;
/// Stands wherever a secret of an account stands.
pub(super) const SECRET: &str = "canary-5b1f0a7e-secret";

/// Whether a character is of a class.
type Is = fn(char) -> bool;

/// Each class of characters that could drive a terminal, reorder or break a line, or hide in it.
const CLASSES: [(&str, Is); 11] = [
    // Cc: C0 with its line breaks, DEL and C1, whose 0x9b starts an escape sequence by itself.
    ("control", |c| matches!(c, '\0'..='\x1f' | '\x7f'..='\u{9f}')),
    // Zl and Zp.
    ("line break", |c| matches!(c, '\u{2028}' | '\u{2029}')),
    // Bidi_Control.
    (
        "bidi control",
        |c| matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'),
    ),
    ("zero width", |c| matches!(c, '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}' | '\u{180e}')),
    ("soft hyphen", |c| c == '\u{ad}'),
    ("invisible operator", |c| matches!(c, '\u{2061}'..='\u{2064}')),
    ("deprecated format", |c| matches!(c, '\u{206a}'..='\u{206f}')),
    // Cf of shorthand and of music.
    ("invisible format", |c| matches!(c, '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}')),
    ("annotation", |c| matches!(c, '\u{fff9}'..='\u{fffb}')),
    ("tag", |c| matches!(c, '\u{e0000}'..='\u{e007f}')),
    // What else is Default_Ignorable_Code_Point: joiners, fillers, vowels and selectors that nobody sees.
    ("ignorable", |c| {
        matches!(c,
            '\u{34f}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{2065}'
            | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{ffa0}' | '\u{fff0}'..='\u{fff8}' | '\u{e0080}'..='\u{e0fff}')
    }),
];

/// The class of harmful characters that this one belongs to.
pub(super) fn class(c: char) -> Option<&'static str> {
    // Nearly all characters are these.
    if matches!(c, ' '..='~') {
        return None;
    }
    CLASSES.iter().find(|(_, is)| is(c)).map(|(name, _)| *name)
}

/// One line that may be shown.
pub(super) fn check_line(what: &str, line: &str) {
    if let Some(bad) = line.chars().find(|c| class(*c).is_some()) {
        let class = class(bad).unwrap_or_default();
        assert!(class.is_empty(), "{what} shows a {class} character, {bad:?}: {line:?}");
    }
}

/// Lines that may be shown.
pub(super) fn check_lines(what: &str, text: &str) {
    text.split('\n').for_each(|line| check_line(what, line));
}

/// A sentence about something foreign: one line that may be shown, and not without end.
pub(super) fn check_sentence(what: &str, sentence: &str) {
    check_line(what, sentence);
    let length = sentence.chars().count();
    assert!(length <= LONGEST, "{what} has {length} characters: {sentence:.400}");
}

/// An error that a caller gets, and how to tell it from others.
pub(super) fn check_error(error: &Error) -> Mark {
    let said = error.to_string();
    check_sentence("an error", &said);
    check_sentence("an error's code", error.code().unwrap_or_default());
    check_sentence("an error's request id", error.request_id().unwrap_or_default());
    assert!(!said.contains(SECRET), "an error tells the secret: {said}");
    let mut cause = error.source();
    while let Some(source) = cause {
        assert!(!source.to_string().contains(SECRET), "a cause tells the secret: {source}");
        cause = source.source();
    }
    assert!(
        error.effect() == Effect::None
            || error.retry() != Retry::Backoff
            || error.operation() != Some("create"),
        "a create of unknown effect is to be sent again: {error}"
    );
    let told = (error.kind(), error.effect(), error.code().is_some(), error.operation());
    let retry = std::mem::discriminant(&error.retry());
    Mark::refused().and(told).and(retry).and_words(error.message())
}
