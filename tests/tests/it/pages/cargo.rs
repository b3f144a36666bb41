//! What pages say of cargo and of what else is not run inside a test: each rule says why it is not, and what must be
//! true all the same.

use std::fs;
use std::path::Path;

use super::text::Command;

/// Whether what a page says is true of this repository.
///
/// # Errors
/// What is not, or that the command is not known.
pub(crate) fn judge(root: &Path, command: &Command) -> Result<(), String> {
    let words: Vec<&str> = command.words.iter().map(String::as_str).collect();
    // `NAME=value` before a command.
    let assigned =
        |word: &&str| word.split_once('=').is_some_and(|(name, _)| name.chars().all(is_of_variable));
    let start = words.iter().take_while(|word| assigned(word)).count();
    match &words[start..] {
        // It would compile what is being tested once more.
        ["cargo", "run", "--release", "--"] => Ok(()),
        ["cargo", "install", "--path", path] => exists(root, &format!("{path}/Cargo.toml")),
        // It would run this test.
        ["cargo", "test", "--workspace"] => Ok(()),
        ["cargo", "test" | "bench", rest @ ..] => target(root, rest),
        // The gate, and what takes longer than the gate.
        ["cargo", "xtask"] => Ok(()),
        ["cargo", "xtask", word, ..] => xtask(root, word),
        // examples/tests runs each of them.
        ["cargo", "run", "-p", "vmbroker-examples", "--bin", name] => example(root, name),
        // A program of the reader's own: examples/tests runs it from the page, and `stranger` as a stranger would.
        ["cd", ".." | "my-broker"] | ["cargo", "new", "my-broker"] => Ok(()),
        ["cargo", "run", "--", "URL", _] => tried(root, "the_readmes_program"),
        // The test is of the program as it is; a program of others is asked only where it is installed.
        ["python3", "-m", "venv", _] => Ok(()),
        [pip, "install", "-r", file] if pip.ends_with("bin/pip") => exists(root, file),
        ["vmbroker", verb, ..] => is_verb(root, verb),
        _ => Err(format!("`{}` is not known: neither run nor known to be right", words.join(" "))),
    }
}

fn is_of_variable(letter: char) -> bool {
    letter.is_ascii_uppercase() || letter == '_'
}

fn exists(root: &Path, file: &str) -> Result<(), String> {
    if root.join(file).is_file() { Ok(()) } else { Err(format!("there is no `{file}`")) }
}

fn text(root: &Path, file: &str) -> Result<String, String> {
    fs::read_to_string(root.join(file)).map_err(|error| format!("{file}: {error}"))
}

/// The options of a test or a bench that choose what is built.
fn target(root: &Path, words: &[&str]) -> Result<(), String> {
    let mut words = words.iter().take_while(|word| **word != "--");
    while let Some(option) = words.next() {
        let name = words.next().ok_or_else(|| format!("`{option}` has no value"))?;
        match *option {
            "-p" => package(root, name)?,
            "--test" if !root.join("tests/tests").join(name).is_dir() => {
                return Err(format!("there is no test `{name}`"));
            }
            "--test" => {}
            "--bench" => {
                let known =
                    text(root, "tests/Cargo.toml")?.contains(&format!("[[bench]]\nname = \"{name}\""));
                if !known {
                    return Err(format!("there is no bench `{name}`"));
                }
            }
            _ => return Err(format!("`{option}` is not known")),
        }
    }
    Ok(())
}

fn package(root: &Path, name: &str) -> Result<(), String> {
    let folder = match name {
        "vmbroker" => "crates/broker".to_owned(),
        "vmbroker-tests" => "tests".to_owned(),
        "vmbroker-examples" => "examples".to_owned(),
        _ => format!("crates/{}", name.trim_start_matches("vmbroker-")),
    };
    exists(root, &format!("{folder}/Cargo.toml"))
}

/// Its words are the variants of one enum.
fn xtask(root: &Path, word: &str) -> Result<(), String> {
    let mut letters = word.chars();
    let variant: String = letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect();
    let code = text(root, "crates/xtask/src/main.rs")?;
    let known = [",", "("].iter().any(|end| code.contains(&format!("\n    {variant}{end}")));
    if known || word == "help" { Ok(()) } else { Err(format!("`cargo xtask` knows no `{word}`")) }
}

fn example(root: &Path, name: &str) -> Result<(), String> {
    exists(root, &format!("examples/src/bin/{name}.rs"))
        .map_err(|_| format!("there is no example `{name}`"))?;
    tried(root, &format!("CARGO_BIN_EXE_{name}\""))
}

/// The tests of the examples have these words.
fn tried(root: &Path, words: &str) -> Result<(), String> {
    let tests = text(root, "examples/tests/run.rs")?;
    if tests.contains(words) { Ok(()) } else { Err(format!("no test in examples/tests has `{words}`")) }
}

fn is_verb(root: &Path, verb: &str) -> Result<(), String> {
    let file = format!("crates/cli/src/commands/{verb}.rs");
    if verb == "help" || exists(root, &file).is_ok() {
        Ok(())
    } else {
        Err(format!("there is no command `{verb}`"))
    }
}
