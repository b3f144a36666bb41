//! Text in the picture: how wide it is, and made harmless.

use vmbroker::printable;

/// Hundredths of the font size that each character from space to `~` takes in DejaVu Sans, which is wider than most:
/// what fits with it fits with the others.
#[rustfmt::skip]
const WIDTHS: [u8; 95] = [
    32, 41, 46, 84, 64, 96, 78, 28, 40, 40, 50, 84, 32, 37, 32, 34, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 34, 34,
    84, 84, 84, 54, 100, 69, 69, 70, 78, 64, 58, 78, 76, 30, 30, 66, 56, 87, 75, 79, 61, 79, 70, 64, 62, 74, 69, 99,
    69, 62, 69, 40, 34, 40, 84, 50, 50, 62, 64, 55, 64, 62, 36, 64, 64, 28, 28, 58, 28, 98, 64, 62, 64, 64, 42, 53,
    40, 64, 60, 82, 60, 60, 53, 64, 34, 64, 84,
];
/// Letters of Latin, Greek and Cyrillic are at most this wide; all others at most as wide as high.
const LETTER: u8 = 85;
/// How much wider bold text is.
const BOLD: f64 = 1.12;

/// An upper bound of the width of the text.
pub(super) fn width(text: &str, size: f64, bold: bool) -> f64 {
    let hundredths: f64 = text.chars().map(|c| f64::from(of_char(c))).sum();
    hundredths / 100.0 * size * if bold { BOLD } else { 1.0 }
}

fn of_char(c: char) -> u8 {
    let at = u32::from(c).checked_sub(32).and_then(|at| usize::try_from(at).ok());
    match at.and_then(|at| WIDTHS.get(at)) {
        Some(width) => *width,
        None if c < '\u{530}' => LETTER,
        None => 100,
    }
}

/// The text, or as much of its beginning as fits, with `…` for the rest.
pub(super) fn fitted(text: &str, size: f64, bold: bool, most: f64) -> String {
    if width(text, size, bold) <= most {
        return text.to_owned();
    }
    let mut fitted = String::new();
    for c in text.chars() {
        fitted.push(c);
        if width(&fitted, size, bold) + width("…", size, bold) > most {
            fitted.pop();
            break;
        }
    }
    fitted.truncate(fitted.trim_end().len());
    fitted + "…"
}

/// The text over as many lines as it needs; a word that is wider than a line is cut.
pub(super) fn wrapped(text: &str, size: f64, most: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let word = fitted(word, size, false, most);
        match lines.last_mut() {
            Some(line)
                if width(line, size, false) + width(" ", size, false) + width(&word, size, false) <= most =>
            {
                line.push(' ');
                line.push_str(&word);
            }
            _ => lines.push(word),
        }
    }
    lines
}

/// The text as it may stand in XML: nothing that could end it, and no character that XML refuses.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in harmless(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(c),
        }
    }
    out
}

/// The text without what could reorder or hide it, as it is shown and measured.
pub(super) fn harmless(text: &str) -> String {
    printable(text).replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_measured_cut_and_wrapped() {
        assert!((width("il", 10.0, false) - 5.6).abs() < 1e-9);
        assert!(width("WW", 10.0, true) > width("WW", 10.0, false));
        assert_eq!(fitted("short", 10.0, false, 100.0), "short");
        let cut = fitted("a very long name of a provider", 10.0, false, 80.0);
        assert!(cut.ends_with('…') && !cut.contains(" …") && width(&cut, 10.0, false) <= 80.0, "{cut}");
        let lines = wrapped("one two three fourfourfourfourfour", 10.0, 50.0);
        assert!(lines.len() > 2 && lines.iter().all(|line| width(line, 10.0, false) <= 50.0), "{lines:?}");
        assert!(wrapped(" ", 10.0, 50.0).is_empty());
    }

    #[test]
    fn hostile_text_stays_text() {
        assert_eq!(
            escaped("<script>&\"'\u{0}\u{202e}\u{ffff}"),
            "&lt;script&gt;&amp;&quot;&#39;\\u{0}\\u{202e}\u{fffd}"
        );
    }
}
