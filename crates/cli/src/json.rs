//! The output for programs. Its keys are documented in the manual of each command and do not change meaning.

use std::fmt::Write as _;

use serde::Serialize;
use serde_json::{Value, json};
use vmbroker::{Handle, Instance, Observation, told_apart};

use crate::failure::Failure;

/// A value over several lines, with a line break at its end.
pub(crate) fn pretty(value: &impl Serialize) -> Result<String, Failure> {
    let text = serde_json::to_string_pretty(value)
        .map_err(|error| Failure::other("the output cannot be written as JSON").because(error))?;
    Ok(harmless(text) + "\n")
}

/// A value in one line, with a line break at its end.
pub(crate) fn line(value: &Value) -> String {
    harmless(value.to_string()) + "\n"
}

/// A machine, with its handle also as the text that every command takes.
pub(crate) fn instance(instance: &Instance) -> Value {
    with_handle_text(json!(instance), &instance.handle)
}

/// What was seen of a machine, with its handle also as text.
pub(crate) fn observation(observation: &Observation) -> Value {
    let mut value = with_handle_text(json!({ "handle": observation.handle }), &observation.handle);
    value["at"] = json!(observation.at);
    value["found"] = json!(observation.state().is_some());
    if let vmbroker::Finding::Found { state, word, failure, instance: machine } = &observation.finding {
        value["state"] = json!(state);
        value["word"] = json!(word);
        value["failure"] = json!(failure);
        value["instance"] = machine.as_deref().map_or(Value::Null, instance);
    }
    value
}

fn with_handle_text(mut value: Value, handle: &Handle) -> Value {
    value["handle_text"] = json!(handle.to_string());
    value
}

/// JSON in which nothing can drive a terminal: such characters stand only inside strings (`serde_json` spells
/// out the others), where an escape means the same.
fn harmless(text: String) -> String {
    if text.bytes().all(|byte| byte.is_ascii() && byte != 0x7f) {
        return text;
    }
    let mut out = String::with_capacity(text.len() + 16);
    for (c, harmless) in told_apart(&text) {
        if harmless || c == '\n' {
            out.push(c);
            continue;
        }
        for unit in c.encode_utf16(&mut [0; 2]) {
            let _ = write!(out, "\\u{unit:04x}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use vmbroker::printable;

    use super::*;

    #[test]
    fn json_cannot_drive_a_terminal_and_still_means_the_same() {
        let hostile = "\u{9b}31m\u{202e}\u{e0041}\u{7f}\u{1b}é東";
        let text = pretty(&json!({ "name": hostile })).unwrap();
        assert!(text.chars().all(|c| c == '\n' || printable(&c.to_string()) == c.to_string()), "{text}");
        assert!(text.contains("é東"));
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap()["name"], hostile);
        let storm = format!("a{}", "\u{301}".repeat(100));
        let text = line(&json!({ "name": storm }));
        assert_eq!(printable(text.trim_end()), text.trim_end());
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap()["name"], storm);
    }
}
