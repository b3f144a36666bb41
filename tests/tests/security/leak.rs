//! The secrets, and how they would be found.

/// What each account proves itself with.
pub(crate) const TOKEN: &str = "canary-7Q3xVd81mZk20LwP";
/// A line of the user data.
pub(crate) const USER_DATA: &str = "password: hunter-4Bq77zXw";
/// What machines get that are logged in to with a password.
pub(crate) const MACHINE_PASSWORD: &str = "Kn4ry-Pw!x7Q2";
/// What the proxy wants.
pub(crate) const PROXY_PASSWORD: &str = "pr0xyCanary95ZtUe";

/// The user data: a secret in the middle of what is none.
pub(crate) fn script() -> String {
    format!("#cloud-config\nusers:\n  - name: root\n    {USER_DATA}\nruncmd: [\"true\"]\n")
}

/// The ways in which bytes may hold a secret; who reads a log undoes each of them at once.
fn spellings(secret: &str) -> Vec<String> {
    let bytes = secret.as_bytes();
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let list: Vec<String> = bytes.iter().map(ToString::to_string).collect();
    // A part is as bad: texts are cut before they are shown.
    let mut all = vec![secret[..secret.len().min(12)].to_owned(), hex, list.join(", "), list.join(",")];
    all.extend((0..3).map(|before| base64(bytes, before)));
    all
}

/// Standard base64 of it, as it stands in a text in which so many bytes are before it: its whole groups alone.
fn base64(bytes: &[u8], before: usize) -> String {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for group in bytes[(3 - before) % 3..].chunks_exact(3) {
        let bits = group.iter().fold(0, |bits, byte| bits << 8 | usize::from(*byte));
        text.extend([18, 12, 6, 0].map(|shift| char::from(LETTERS[bits >> shift & 63])));
    }
    text
}

/// How these bytes hold one of the secrets; absent: they hold none.
pub(crate) fn leak(bytes: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(bytes);
    let value = USER_DATA.strip_prefix("password: ").unwrap_or(USER_DATA);
    let secrets = [TOKEN, value, MACHINE_PASSWORD, PROXY_PASSWORD];
    secrets.iter().flat_map(|secret| spellings(secret)).find(|spelling| text.contains(spelling.as_str()))
}
