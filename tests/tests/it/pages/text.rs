//! The commands of a page.

/// A command as a page has it.
#[derive(Clone, Debug)]
pub(crate) struct Command {
    /// Where, counted from 1.
    pub(crate) line: usize,
    /// Its words, without quotes.
    pub(crate) words: Vec<String>,
}

/// What the program can be asked to do: a span of a comment may leave the program's own name away.
const VERBS: [&str; 4] = ["events", "receipt", "deploy", "destroy"];

/// Every command of a page in its order: lines of `sh` blocks, and spans of code that begin as one.
pub(crate) fn commands(page: &str) -> Vec<Command> {
    let mut found = Vec::new();
    let mut fence: Option<&str> = None;
    for (at, text) in page.lines().enumerate() {
        let line = at + 1;
        if let Some(kind) = text.strip_prefix("```") {
            fence = fence.is_none().then_some(kind);
            continue;
        }
        match fence {
            Some("sh") => {
                let (command, comment) = split(text);
                found.extend(read(line, command));
                found.extend(spans(line, comment));
            }
            Some(_) => {}
            None => found.extend(spans(line, text)),
        }
    }
    found
}

/// The commands of a text that has one on each line.
pub(crate) fn lines(text: &str) -> Vec<Command> {
    text.lines().enumerate().filter_map(|(at, text)| read(at + 1, text)).collect()
}

/// A line and its comment.
fn split(text: &str) -> (&str, &str) {
    text.split_once(" #").unwrap_or((text, ""))
}

fn read(line: usize, text: &str) -> Option<Command> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    for letter in text.chars() {
        match (quote, letter) {
            (None, '\'' | '"') => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            (Some(open), _) if open == letter => quote = None,
            (None, _) if letter.is_whitespace() => words.extend(word.take()),
            (None | Some(_), _) => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    (!words.is_empty()).then_some(Command { line, words })
}

fn spans(line: usize, text: &str) -> impl Iterator<Item = Command> {
    let is_command = |span: &&str| {
        let words: Vec<&str> = span.split(' ').collect();
        match words.as_slice() {
            ["cargo" | "vmbroker", _, ..] => true,
            [verb, _, ..] => VERBS.contains(verb),
            _ => false,
        }
    };
    let spans = text.split('`').skip(1).step_by(2).filter(is_command);
    spans.filter_map(move |span| {
        let named = ["cargo ", "vmbroker "].iter().any(|name| span.starts_with(name));
        read(line, &if named { span.to_owned() } else { format!("vmbroker {span}") })
    })
}

#[test]
fn commands_stand_in_blocks_and_in_spans() {
    let page = "# `cargo xtask ci` and `Registry`\n```sh\nvmbroker list   # `events web`, `create`\n\nx -N '' 'a b' C=\"d e\"\n```\n\
                ```rust\nlet a = `vmbroker no`;\n```\nsee `vmbroker help COMMAND`.\n";
    let found: Vec<(usize, String)> = commands(page).iter().map(|it| (it.line, it.words.join("|"))).collect();
    let wanted = [
        (1, "cargo|xtask|ci"),
        (3, "vmbroker|list"),
        (3, "vmbroker|events|web"),
        (5, "x|-N||a b|C=d e"),
        (10, "vmbroker|help|COMMAND"),
    ];
    assert_eq!(found, wanted.map(|(line, words)| (line, words.to_owned())));
}
