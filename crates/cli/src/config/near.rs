//! Unknown keys, and the known one that was probably meant.

use crate::failure::Failure;

/// What serde says of an unknown field.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct UnknownField<'a> {
    /// The tables it stands in, such as `http`; empty at the top.
    pub path: String,
    pub field: &'a str,
    pub known: Vec<&'a str>,
}

/// Reads `path: unknown field `x`, expected one of `a`, `b``.
pub(crate) fn unknown_field(message: &str) -> Option<UnknownField<'_>> {
    let (path, rest) = message.split_once("unknown field `")?;
    let (field, rest) = rest.split_once('`')?;
    let known = rest.split_once("expected").map_or("", |(_, known)| known);
    let path = path.trim_end().trim_end_matches(':').trim_matches('.');
    let path = path.strip_suffix(field).unwrap_or(path).trim_end_matches('.');
    Some(UnknownField { path: path.to_owned(), field, known: known.split('`').skip(1).step_by(2).collect() })
}

/// The failure for a key that is not known at this place of the file.
pub(crate) fn unknown_key<'a>(
    place: &str,
    table: &str,
    path: &str,
    field: &str,
    known: impl Iterator<Item = &'a str>,
) -> Failure {
    let inside = [table, path].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(".");
    let known: Vec<&str> =
        if path.is_empty() { known.collect() } else { known.take_while(|key| *key != "provider").collect() };
    let full = if inside.is_empty() { field.to_owned() } else { format!("{inside}.{field}") };
    let failure = Failure::configuration(format!("{place}`{full}` is not a known key"));
    match nearest(field, known.iter().copied()) {
        Some(near) => failure.hint(format!("did you mean `{near}`?")),
        None => {
            let known: Vec<String> = known.iter().map(|key| format!("`{key}`")).collect();
            failure.hint(format!("the known keys are {}", known.join(", ")))
        }
    }
}

/// The known word that is most like this one; absent where none is like it.
pub(crate) fn nearest<'a>(given: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let distance = |word: &str| strsim::damerau_levenshtein(&given.to_lowercase(), word);
    let (word, far) = known.map(|word| (word, distance(word))).min_by_key(|(_, far)| *far)?;
    (far <= 1 + given.len() / 4).then_some(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_serde_says_is_understood() {
        let message =
            "http.red_timeout: unknown field `red_timeout`, expected one of `read_timeout`, `proxy`";
        let unknown = unknown_field(message).unwrap();
        assert_eq!((unknown.path.as_str(), unknown.field), ("http", "red_timeout"));
        assert_eq!(unknown.known, ["read_timeout", "proxy"]);
        let unknown = unknown_field(".: unknown field `x`, expected `a` or `b`").unwrap();
        assert_eq!((unknown.path.as_str(), unknown.known), ("", vec!["a", "b"]));
        assert_eq!(unknown_field("url: invalid type"), None);
    }

    #[test]
    fn only_a_near_word_is_suggested() {
        let known = ["api_key_env", "region", "url"];
        assert_eq!(nearest("api_key_evn", known.into_iter()), Some("api_key_env"));
        assert_eq!(nearest("Regoin", known.into_iter()), Some("region"));
        assert_eq!(nearest("frobnicate", known.into_iter()), None);
    }
}
