//! The parts of PROOF.md that are written by runs.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::Context;

/// The marks of one part, by its name: what stands between them is written anew.
pub(crate) struct Marks(pub(crate) &'static str);

impl Marks {
    /// Puts the text between the marks of this file.
    ///
    /// # Errors
    /// Where the file lacks them, or cannot be written.
    pub(crate) fn write(&self, file: &Path, text: &str) -> anyhow::Result<()> {
        let old = fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))?;
        let new = self
            .fill(&old, text)
            .with_context(|| format!("{} lacks the marks of the {}", file.display(), self.0))?;
        fs::write(file, new).with_context(|| format!("{} cannot be written", file.display()))
    }

    fn fill(&self, old: &str, text: &str) -> Option<String> {
        let mark = |which: &str| format!("<!-- {}, written by `cargo xtask {}`: {which} -->", self.0, self.0);
        let (begin, end) = (mark("begin"), mark("end"));
        let (head, rest) = old.split_once(&begin)?;
        let (_, tail) = rest.split_once(&end)?;
        Some(format!("{head}{begin}\n\n{text}\n{end}{tail}"))
    }
}

#[expect(clippy::disallowed_methods, reason = "the day on which a person ran it")]
pub(crate) fn today() -> String {
    jiff::Timestamp::now().strftime("%Y-%m-%d").to_string()
}

/// The commit that was tried, and whether files differ from it.
pub(crate) fn code(root: &Path) -> String {
    let git = |arguments: &[&str]| {
        let output = Command::new("git").args(arguments).current_dir(root).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let Some(commit) = git(&["rev-parse", "--short=12", "HEAD"]) else { return "no commit known".to_owned() };
    let is_changed = git(&["status", "--porcelain"]).is_some_and(|changes| !changes.is_empty());
    if is_changed { format!("commit {commit} and changes") } else { format!("commit {commit}") }
}

/// The machine in a few words, as far as it tells.
pub(crate) fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    let told = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model =
        told.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": ").map(|it| it.1));
    let model = model.map(|model| format!(" of {model}")).unwrap_or_default();
    format!("{cores} cores{model}, {}", std::env::consts::OS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_stands_between_the_marks_is_written_anew() {
        let marks = Marks("x");
        let (begin, end) =
            ("<!-- x, written by `cargo xtask x`: begin -->", "<!-- x, written by `cargo xtask x`: end -->");
        let new = marks.fill(&format!("before\n{begin}\nold\n{end}\nafter\n"), "new\n").unwrap();
        assert_eq!(new, format!("before\n{begin}\n\nnew\n\n{end}\nafter\n"));
        assert_eq!(marks.fill("no marks", "new"), None);
    }
}
