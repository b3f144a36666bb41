//! What the provider's refusals mean, and its credentials.

use jiff::Timestamp;
use serde_json::Value;
use vmbroker_core::{ErrorKind, Secret, clip};
use vmbroker_http::{Answer, Dialect, Header, Nature, Refusal, Request, kind_of_status};

use crate::config::Credentials;

/// What a refusal says, in lower case, and its kind: the first row that fits counts.
///
/// The sentences are those of Waldur MasterMind 7.0; WAYSCloud documents only statuses.
const SENTENCES: &[(&str, ErrorKind)] = &[
    ("authentication credentials were not provided", ErrorKind::Unauthenticated),
    ("invalid token", ErrorKind::Unauthenticated),
    ("token has expired", ErrorKind::Unauthenticated),
    ("invalid username/password", ErrorKind::Unauthenticated),
    ("quota", ErrorKind::QuotaExceeded),
    ("terms of service", ErrorKind::PermissionDenied),
    ("you do not have permission", ErrorKind::PermissionDenied),
    ("no valid host was found", ErrorKind::OutOfCapacity),
    (PENDING_ORDER, ErrorKind::Conflict),
    (STOP_FIRST, ErrorKind::Conflict),
    ("valid states for operation", ErrorKind::Conflict),
    ("instance is already", ErrorKind::Conflict),
    ("this field must be unique", ErrorKind::Conflict),
];

/// Fields of an order that come from the account's configuration alone.
const CONFIGURED: [&str; 3] = ["project", "offering", "plan"];

/// A terminate order is refused because an order for the machine is open.
pub(crate) const PENDING_ORDER: &str = "pending order for resource already exists";
/// A terminate order is refused because the machine is on.
pub(crate) const STOP_FIRST: &str = "please stop the instance";
/// A stop is refused because the machine is off.
pub(crate) const ALREADY_STOPPED: &str = "instance is already stopped";

/// Token authentication and the six shapes of refusal.
#[derive(Debug)]
pub(crate) struct TokenDialect {
    token: Secret,
}

impl TokenDialect {
    pub(crate) fn new(credentials: Credentials) -> Self {
        Self { token: credentials.token }
    }
}

impl Dialect for TokenDialect {
    fn authorise(&self, request: &mut Request, _now: Timestamp) {
        request.headers.push(Header::secret("authorization", format!("Token {}", self.token.expose())));
    }

    fn refusal(&self, _operation: &'static str, nature: Nature, answer: &Answer, _now: Timestamp) -> Refusal {
        let said = Said::read(answer);
        let mut refusal = Refusal::of_status(nature, answer, said.sentence());
        refusal.kind = kind(nature, answer.status, &said);
        refusal.request_id = answer.header("x-request-id").map(str::to_owned);
        refusal
    }

    fn secrets(&self) -> Vec<Secret> {
        vec![self.token.clone()]
    }
}

/// Whether an error's sentence holds this one, whatever its letter case.
pub(crate) fn says(error: &vmbroker_core::Error, sentence: &str) -> bool {
    error.message().to_ascii_lowercase().contains(sentence)
}

fn kind(nature: Nature, status: u16, said: &Said) -> ErrorKind {
    let by_status = kind_of_status(nature, status);
    if !(400..500).contains(&status) || status == 429 {
        return by_status;
    }
    match said {
        // Somebody's page in place of JSON: never to be read as the absence of a thing.
        Said::Page(_) | Said::Nothing if matches!(status, 404 | 410) => ErrorKind::Unsupported,
        Said::Page(_) | Said::Nothing => by_status,
        Said::Fields(fields) => {
            let text = said.sentence().to_ascii_lowercase();
            let row = SENTENCES.iter().find(|(sentence, _)| text.contains(sentence));
            let is_configured = |(path, _): &(String, String)| CONFIGURED.contains(&path.as_str());
            match row {
                Some((_, kind)) => *kind,
                None if status == 400 && fields.iter().any(is_configured) => ErrorKind::InvalidConfig,
                None => by_status,
            }
        }
    }
}

/// What the body of a refusal says.
#[derive(Debug, PartialEq, Eq)]
enum Said {
    /// Sentences by field: `detail`, a field's name, a path such as `ports.subnet`, or nothing.
    Fields(Vec<(String, String)>),
    /// A page for people; its title.
    Page(String),
    /// Nothing.
    Nothing,
}

/// The most sentences, and the deepest nesting, that are looked at.
const MOST_SENTENCES: usize = 8;
const DEEPEST: usize = 6;

impl Said {
    fn read(answer: &Answer) -> Self {
        if answer.body.iter().all(u8::is_ascii_whitespace) {
            return Self::Nothing;
        }
        match serde_json::from_slice::<Value>(&answer.body) {
            Ok(value @ (Value::Object(_) | Value::Array(_))) => {
                let mut fields = Vec::new();
                collect(&value, "", 0, &mut fields);
                Self::Fields(fields)
            }
            _ => Self::Page(title(answer)),
        }
    }

    fn sentence(&self) -> String {
        match self {
            Self::Nothing => String::new(),
            Self::Page(title) => format!("no JSON but a page: {title}"),
            Self::Fields(fields) => {
                let mut text = String::new();
                for (path, said) in fields {
                    if !text.is_empty() {
                        text.push_str("; ");
                    }
                    if !path.is_empty() {
                        text.push_str(path);
                        text.push_str(": ");
                    }
                    text.push_str(said);
                }
                text
            }
        }
    }
}

fn collect(value: &Value, path: &str, depth: usize, fields: &mut Vec<(String, String)>) {
    if depth > DEEPEST || fields.len() >= MOST_SENTENCES {
        return;
    }
    match value {
        Value::Null => {}
        Value::String(text) => fields.push((path.to_owned(), clip(text, 300))),
        Value::Bool(_) | Value::Number(_) => fields.push((path.to_owned(), value.to_string())),
        Value::Array(items) => {
            for item in items.iter().take(MOST_SENTENCES) {
                collect(item, path, depth + 1, fields);
            }
        }
        Value::Object(members) => {
            for (key, member) in members.iter().take(MOST_SENTENCES) {
                let inner = match (path, key.as_str()) {
                    (path, "detail" | "non_field_errors") => path.to_owned(),
                    ("", key) => clip(key, 60),
                    (path, key) => format!("{path}.{}", clip(key, 60)),
                };
                collect(member, &inner, depth + 1, fields);
            }
        }
    }
}

fn title(answer: &Answer) -> String {
    let head = String::from_utf8_lossy(&answer.body[..answer.body.len().min(4_096)]).into_owned();
    let lower = head.to_ascii_lowercase();
    let within = |open: &str, close: &str| {
        let start = lower.find(open)? + open.len();
        let end = start + lower[start..].find(close)?;
        Some(head[start..end].trim().to_owned())
    };
    within("<title>", "</title>").unwrap_or_else(|| answer.excerpt())
}

#[cfg(test)]
mod tests;
