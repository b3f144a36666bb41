//! Secrets taken out of what a provider says.

use std::fmt;
use std::sync::Arc;

use data_encoding::BASE64;
use url::Url;
use vmbroker_core::Secret;

use crate::Answer;

/// Replaces an account's secrets wherever they turn up in text.
#[derive(Clone, Default)]
pub struct Redactor(Arc<[Secret]>);

/// Shorter texts are not looked for: they would tear holes into ordinary words.
const SHORTEST: usize = 6;

impl Redactor {
    /// A redactor of these secrets.
    #[must_use]
    pub fn new(secrets: Vec<Secret>) -> Self {
        Self(secrets.into_iter().filter(|secret| secret.expose().len() >= SHORTEST).collect())
    }

    /// The same, and these secrets besides.
    #[must_use]
    pub fn and(&self, more: &[Secret]) -> Self {
        if more.is_empty() {
            return self.clone();
        }
        Self::new(more.iter().chain(&*self.0).cloned().collect())
    }

    /// The text with each secret replaced by `[secret]`.
    #[must_use]
    pub fn clean(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, secret| {
            let text =
                if text.contains(secret.expose()) { text.replace(secret.expose(), "[secret]") } else { text };
            // As it stands inside a JSON text.
            match serde_json::to_string(secret.expose()) {
                Ok(quoted) if quoted.len() > secret.expose().len() + 2 => {
                    text.replace(&quoted[1..quoted.len() - 1], "[secret]")
                }
                _ => text,
            }
        })
    }
}

/// What nobody may see of a proxy's URL: all of it, its password, and how both are sent to it (RFC 7617).
pub(crate) fn of_proxy(proxy: &Secret) -> Vec<Secret> {
    let mut all = vec![proxy.clone()];
    if let Ok(url) = Url::parse(proxy.expose()) {
        let (user, password) = (url.username(), url.password().unwrap_or_default());
        all.extend(
            [password.to_owned(), BASE64.encode(format!("{user}:{password}").as_bytes())].map(Secret::new),
        );
    }
    all
}

impl Redactor {
    /// The answer with each secret in its body replaced, before anything cuts the body: half a secret would no
    /// longer be known as one.
    pub(crate) fn answer(&self, answer: &Answer) -> Answer {
        let text = String::from_utf8_lossy(&answer.body);
        let clean = self.clean(&text);
        if clean == text { answer.clone() } else { Answer { body: clean.into_bytes(), ..answer.clone() } }
    }
}

impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Redactor({} secrets)", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Call, Nature};

    #[test]
    fn secrets_are_replaced_plain_and_inside_json() {
        let redactor = Redactor::new(vec![Secret::new("sec\"ret-1"), Secret::new("abc")]);
        assert_eq!(redactor.clean("x sec\"ret-1 y"), "x [secret] y");
        assert_eq!(redactor.clean(r#"{"k":"sec\"ret-1"}"#), r#"{"k":"[secret]"}"#);
        assert_eq!(redactor.clean("abc"), "abc");
    }

    #[test]
    fn what_one_call_hides_is_taken_out_whole_line_by_line_and_in_base64() {
        let url = "https://api.example.com".parse().unwrap();
        let script = "#cloud-config\n  password: hunter-22\nrun: [a]\n";
        let call = Call::new("create", Nature::Once, crate::Method::POST, url).hiding(Some(script));
        let redactor = Redactor::new(vec![Secret::new("the-token")]).and(&call.hidden);
        let whole = serde_json::json!({ "initScript": script.trim() }).to_string();
        assert_eq!(redactor.clean(&whole), r#"{"initScript":"[secret]"}"#);
        let base64 = "I2Nsb3VkLWNvbmZpZwogIHBhc3N3b3JkOiBodW50ZXItMjIKcnVuOiBbYV0K";
        assert_eq!(redactor.clean(&format!("bad {base64}, the-token")), "bad [secret], [secret]");
        assert_eq!(redactor.clean("line 2: `password: hunter-22` is weak"), "line 2: `[secret]` is weak");
        assert_eq!(Redactor::default().and(&[]).clean("password: hunter-22"), "password: hunter-22");
    }

    #[test]
    fn a_proxys_password_is_taken_out_however_it_is_sent() {
        let proxy = Secret::new("http://me:canary-pw@127.0.0.1:8080");
        let redactor = Redactor::new(of_proxy(&proxy));
        for said in ["canary-pw", "bWU6Y2FuYXJ5LXB3", proxy.expose()] {
            assert_eq!(redactor.clean(&format!("no: {said}!")), "no: [secret]!");
        }
        assert_eq!(of_proxy(&Secret::new("no url")).len(), 1);
    }

    #[test]
    fn a_secret_is_taken_out_before_the_body_is_cut() {
        let secret = "s3cr".repeat(300);
        let redactor = Redactor::new(vec![Secret::new(secret.clone())]);
        for before in [0, 190, 590] {
            let body = format!("{}{secret}", "x".repeat(before)).into_bytes();
            let answer = Answer { status: 403, headers: Vec::new(), body };
            assert!(answer.excerpt().contains("s3cr") || before > 190);
            assert!(!redactor.answer(&answer).excerpt().contains("s3c"), "{before}");
        }
        let garbage = Answer { status: 200, headers: Vec::new(), body: vec![0xff, 0xfe] };
        assert_eq!(redactor.answer(&garbage).body, garbage.body, "what holds no secret stays as it is");
    }
}
