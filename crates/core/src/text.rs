//! Provider text made fit for people: no control characters, no endless lines.

/// The text with everything that could drive a terminal or reorder a line replaced by `\u{…}`.
///
/// Control characters, line breaks, bidirectional overrides, zero-width and invisible format characters and byte-order
/// marks are spelled out; all other characters stay.
///
/// ```
/// assert_eq!(vmbroker_core::printable("a\u{1b}[31m\nb"), "a\\u{1b}[31m\\u{a}b");
/// ```
#[must_use]
pub fn printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if is_hostile(c) {
            out.extend(c.escape_unicode());
        } else {
            out.push(c);
        }
    }
    out
}

fn is_hostile(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e007f}')
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
    }

    #[test]
    fn a_character_that_shows_nothing_is_spelled_out_wherever_unicode_keeps_it() {
        assert_eq!(printable("a\u{180e}b\u{1bca0}c\u{1d173}"), "a\\u{180e}b\\u{1bca0}c\\u{1d173}");
    }
}
