//! Foreign text made fit for people.

use vmbroker_core::{Extras, Text, clip, printable};

use super::harmless::{check_line, class};
use super::{Double, Mark, Target};

pub(super) const TARGETS: &[Target] = &[
    Target {
        name: "printable",
        group: "text and escaping",
        corpora: &["text"],
        run: |input| escaping(printable, input),
        doubles: &[
            Double {
                lacks: "the escaping of bidi controls",
                run: |input| escaping(|text| text.replace(char::is_control, "?"), input),
                says: "bidi control",
            },
            Double {
                lacks: "the escaping of line breaks",
                run: |input| escaping(|text| escaped_but(text, '\u{2028}'), input),
                says: "line break",
            },
            Double {
                lacks: "sparing what does no harm",
                run: |input| escaping(|text| text.escape_unicode().to_string(), input),
                says: "escaping twice",
            },
        ],
    },
    Target {
        name: "clip",
        group: "text and escaping",
        corpora: &["text"],
        run: |input| clipping(clip, input),
        doubles: &[
            Double {
                lacks: "counting characters",
                run: |input| clipping(|text, most| text.get(..most).unwrap_or(text).to_owned(), input),
                says: "characters",
            },
            Double {
                lacks: "the mark of what is missing",
                run: |input| clipping(|text, most| text.chars().take(most).collect(), input),
                says: "says so",
            },
        ],
    },
    Target {
        name: "texts",
        group: "text and escaping",
        corpora: &["text"],
        run: |input| keeping(|text| Text::from(text), input),
        doubles: &[Double {
            lacks: "the end of a text of more than 22 bytes",
            run: |input| keeping(|text| Text::from(text.chars().take(22).collect::<String>()), input),
            says: "another text",
        }],
    },
];

fn escaped_but(text: &str, kept: char) -> String {
    text.split(kept).map(printable).collect::<Vec<_>>().join(&kept.to_string())
}

fn escaping(escape: impl Fn(&str) -> String, input: &[u8]) -> Mark {
    let text = String::from_utf8_lossy(input);
    let escaped = escape(&text);
    check_line("an escaped text", &escaped);
    assert!(escape(&escaped) == escaped, "escaping twice is not escaping once: {text:?} {escaped:?}");
    let classes: std::collections::BTreeSet<_> = text.chars().filter_map(class).collect();
    assert!(!classes.is_empty() || escaped == text, "what does no harm stays: {text:?} {escaped:?}");
    // At most `\u{10ffff}` for each character.
    assert!(escaped.len() <= 10 * text.chars().count().max(text.len()), "{escaped:?}");
    // What is left of the text is in it, in its order.
    let mut rest = escaped.as_str();
    for c in text.chars() {
        let shown = if class(c).is_some() { c.escape_unicode().to_string() } else { c.to_string() };
        let after = rest.strip_prefix(&shown).or_else(|| rest.strip_prefix(&c.escape_unicode().to_string()));
        assert!(after.is_some(), "{c:?} is lost: {text:?} {escaped:?}");
        rest = after.unwrap_or_default();
    }
    assert!(rest.is_empty(), "something was added: {text:?} {escaped:?}");
    Mark::of(classes.is_empty()).and(classes)
}

fn clipping(clip: impl Fn(&str, usize) -> String, input: &[u8]) -> Mark {
    let (most, rest) = input.split_first().map_or((0, input), |(most, rest)| (usize::from(*most), rest));
    let text = String::from_utf8_lossy(rest);
    let clipped = clip(&text, most);
    let (all, left) = (text.chars().count(), clipped.chars().count());
    assert!(left <= most + 1, "{left} characters where {most} were wanted: {clipped:?}");
    if all <= most {
        assert!(clipped == text, "a short text stays, all its characters: {text:?} {clipped:?}");
    } else {
        let kept = clipped.strip_suffix('…');
        assert!(kept.is_some(), "a text that was cut says so: {clipped:?}");
        let kept = kept.unwrap_or_default();
        assert!(text.starts_with(kept) && kept.chars().count() == most, "{text:?} {clipped:?}");
    }
    Mark::of(all <= most).and((all.min(3), most.min(3)))
}

/// Texts that are kept in a list itself while they are short, and what is added to them.
fn keeping(keep: impl Fn(&str) -> Text, input: &[u8]) -> Mark {
    let text = String::from_utf8_lossy(input);
    let mut extras = Extras::new();
    let mut wanted = std::collections::BTreeMap::new();
    for line in text.split('\n') {
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        assert!(keep(value).as_str() == value, "another text is kept: {value:?}");
        if let Some(more) = value.strip_prefix('+') {
            extras.append(name.to_owned(), ", ", more);
            wanted
                .entry(name.to_owned())
                .and_modify(|text: &mut String| *text = format!("{text}, {more}"))
                .or_insert_with(|| more.to_owned());
        } else {
            extras.insert(name.to_owned(), keep(value));
            wanted.insert(name.to_owned(), value.to_owned());
        }
    }
    let kept: std::collections::BTreeMap<String, String> =
        extras.iter().map(|(name, text)| (name.to_owned(), text.to_owned())).collect();
    assert!(kept == wanted && extras.len() == wanted.len(), "{kept:?} {wanted:?}");
    for (name, text) in &wanted {
        assert!(extras.get(name) == Some(text) && &*extras[name.as_str()] == text, "{name:?}");
    }
    let json = serde_json::to_string(&extras).unwrap();
    assert!(serde_json::from_str::<Extras>(&json).unwrap() == extras, "{json}");
    Mark::of(wanted.len() > 1).and((wanted.len().min(4), extras.iter().any(|(_, text)| text.len() > 22)))
}
