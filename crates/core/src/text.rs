//! Provider text made fit for people: no control characters, no endless lines.

use unicode_width::UnicodeWidthChar;

/// The most marks of no width, such as accents, that may stand on one character. No script needs more; hundreds of them
/// paint over the lines above and below.
const MOST_MARKS: u8 = 4;

/// The text with everything that could drive a terminal, reorder a line or hide in it replaced by `\u{…}`.
///
/// Control characters, line breaks, bidirectional controls and everything that is invisible by itself (Unicode's
/// `Default_Ignorable_Code_Point`: zero-width characters, variation selectors, tags) are spelled out, and so are marks
/// that pile up on one character; all other characters stay.
///
/// ```
/// assert_eq!(vmbroker_core::printable("a\u{1b}[31m\nb"), "a\\u{1b}[31m\\u{a}b");
/// ```
#[must_use]
pub fn printable(text: &str) -> String {
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    for (c, harmless) in told_apart(text) {
        if harmless {
            out.push(c);
        } else {
            out.extend(c.escape_unicode());
        }
    }
    out
}

/// Each character, and whether it is harmless where it stands: what [`printable`] leaves as it is.
pub fn told_apart(text: &str) -> impl Iterator<Item = (char, bool)> {
    let mut marks = 0_u8;
    text.chars().map(move |c| {
        if is_hostile(c) {
            return (c, false);
        }
        if c.is_ascii() || c.width() != Some(0) {
            marks = 0;
            return (c, true);
        }
        marks = marks.saturating_add(1);
        (c, marks <= MOST_MARKS)
    })
}

fn is_hostile(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
            | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// The first `most` characters of the text, with `…` in place of the rest.
#[must_use]
pub fn clip(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clip_counts_characters_not_bytes() {
        assert_eq!(clip("añb", 2), "añ…");
        assert_eq!(clip("añb", 3), "añb");
    }

    #[test]
    fn bidi_and_zero_width_are_spelled_out() {
        assert_eq!(printable("\u{202e}x\u{200b}"), "\\u{202e}x\\u{200b}");
        assert_eq!(printable("Zürich 東京"), "Zürich 東京");
        for hidden in ['\u{34f}', '\u{3164}', '\u{fe0f}', '\u{180e}', '\u{e0100}', '\u{1d173}', '\u{fff9}'] {
            assert_eq!(printable(&format!("a{hidden}b")), format!("a{}b", hidden.escape_unicode()));
        }
    }

    #[test]
    fn marks_that_pile_up_are_spelled_out_and_those_of_a_language_stay() {
        for word in ["Vie\u{302}\u{323}t Nam", "कम्पनी", "ที่นี่", "בְּרֵאשִׁית", "مُحَمَّد"]
        {
            assert_eq!(printable(word), word);
        }
        let storm = format!("a{}b", "\u{301}".repeat(1_000));
        let shown = printable(&storm);
        assert!(shown.starts_with("a\u{301}\u{301}\u{301}\u{301}\\u{301}") && shown.ends_with("\\u{301}b"));
        assert_eq!(printable(&shown), shown, "what is printable stays so");
    }

    #[test]
    fn a_character_that_shows_nothing_is_spelled_out_wherever_unicode_keeps_it() {
        assert_eq!(printable("a\u{180e}b\u{1bca0}c\u{1d173}"), "a\\u{180e}b\\u{1bca0}c\\u{1d173}");
    }
}
