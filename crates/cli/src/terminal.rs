//! Where the program speaks: data on one stream, everything else on the other.

use std::borrow::Cow;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;
use vmbroker::{clip, printable, told_apart};

use crate::Stream;
use crate::args::Format;
use crate::failure::Failure;
use crate::json;

/// How often a spinner turns: as often as an eye can tell steps apart.
const TURN: Duration = Duration::from_millis(120);

/// The longest log line, in characters. The longest of our own has a few hundred.
const LONGEST_LOG: usize = 8_192;

/// Where the program speaks. A pipe that was closed at the other end swallows what follows: whoever closed it
/// has seen enough, and a machine must not be left half-ordered because of it.
#[derive(Clone, Debug)]
pub(crate) struct Terminal(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    out: Mutex<Out>,
    err: Mutex<Stream>,
    /// What is being drawn, so that lines go above it.
    bar: Mutex<Option<ProgressBar>>,
    format: Format,
    out_width: Option<u16>,
    err_width: Option<u16>,
}

#[derive(Debug)]
struct Out {
    stream: Stream,
    closed: bool,
}

impl Terminal {
    pub(crate) fn new(out: Stream, err: Stream, format: Format) -> Self {
        Self(Arc::new(Inner {
            out_width: out.width,
            err_width: err.width,
            out: Mutex::new(Out { stream: out, closed: false }),
            err: Mutex::new(err),
            bar: Mutex::new(None),
            format,
        }))
    }

    /// Whether programs read the output.
    pub(crate) fn is_json(&self) -> bool {
        self.0.format == Format::Json
    }

    /// Whether a spreadsheet reads the output.
    pub(crate) fn is_csv(&self) -> bool {
        self.0.format == Format::Csv
    }

    /// The columns of standard output; absent where it is no terminal.
    pub(crate) fn width(&self) -> Option<u16> {
        self.0.out_width
    }

    /// The columns of what is drawn on standard error; absent where no person sees it.
    pub(crate) fn watched_width(&self) -> Option<u16> {
        self.0.err_width
    }

    /// Whether nobody reads standard output any more.
    pub(crate) fn is_closed(&self) -> bool {
        lock(&self.0.out).closed
    }

    /// Data as text, to standard output. Whoever wrote it spelled out what a provider said; what was forgotten is spelled
    /// out here, but for line breaks.
    pub(crate) fn print(&self, text: &str) -> Result<(), Failure> {
        self.print_program(&harmless(text))
    }

    /// A text for another program, such as a shell's script, to standard output as it is. Nothing in it is from outside.
    pub(crate) fn print_program(&self, text: &str) -> Result<(), Failure> {
        self.above_the_bar(|| {
            let mut out = lock(&self.0.out);
            if out.closed {
                return Ok(());
            }
            let to = &mut out.stream.to;
            match to.write_all(text.as_bytes()).and_then(|()| to.flush()) {
                Ok(()) => Ok(()),
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                    out.closed = true;
                    Ok(())
                }
                Err(error) => Err(Failure::other("standard output cannot be written").because(error)),
            }
        })
    }

    /// Data for programs, to standard output.
    pub(crate) fn print_json(&self, value: &impl Serialize) -> Result<(), Failure> {
        self.print(&json::pretty(value)?)
    }

    /// One line, to standard error: whatever is said in it stays inside it. Nothing can be done where it cannot be
    /// written.
    pub(crate) fn note(&self, line: &str) {
        self.notes(&printable(line));
    }

    /// Lines for a person, to standard error. Each part of them was made printable by whoever put them together.
    pub(crate) fn notes(&self, lines: &str) {
        let lines = harmless(lines);
        self.above_the_bar(|| {
            let mut err = lock(&self.0.err);
            let _ = writeln!(err.to, "{lines}").and_then(|()| err.to.flush());
        });
    }

    /// A failure, to standard error, in the form that was asked for.
    pub(crate) fn report(&self, failure: &Failure) {
        let text = if self.is_json() {
            json::line(&serde_json::json!({ "error": failure }))
        } else {
            failure.text()
        };
        self.notes(text.trim_end());
    }

    /// Something is being waited for: a spinner with this text, which vanishes when dropped, and which nobody
    /// sees where standard error is no terminal.
    pub(crate) fn spinner(&self, text: impl Into<String>) -> Spinner {
        let target = if self.0.err_width.is_some() {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        };
        let style = ProgressStyle::with_template("{spinner} {msg}")
            .unwrap_or_else(|_| ProgressStyle::default_spinner());
        let bar = ProgressBar::with_draw_target(None, target).with_style(style).with_message(text.into());
        if self.0.err_width.is_some() {
            bar.enable_steady_tick(TURN);
        }
        *lock(&self.0.bar) = Some(bar.clone());
        Spinner { bar, terminal: self.clone() }
    }

    /// A writer for log lines, to standard error.
    pub(crate) fn log(&self) -> LogWriter {
        LogWriter(self.clone())
    }

    fn above_the_bar<T>(&self, write: impl FnOnce() -> T) -> T {
        let bar = lock(&self.0.bar).clone();
        match bar {
            Some(bar) => bar.suspend(write),
            None => write(),
        }
    }
}

/// A spinner that vanishes when dropped.
#[derive(Debug)]
pub(crate) struct Spinner {
    bar: ProgressBar,
    terminal: Terminal,
}

impl Spinner {
    pub(crate) fn say(&self, text: impl Into<String>) {
        self.bar.set_message(text.into());
    }
}

impl Drop for Spinner {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
        *lock(&self.terminal.0.bar) = None;
    }
}

/// The text with everything that could drive a terminal spelled out, but for line breaks.
fn harmless(text: &str) -> Cow<'_, str> {
    let plain = |byte: u8| matches!(byte, b' '..=b'~' | b'\n');
    if text.bytes().all(plain) || told_apart(text).all(|(c, harmless)| harmless || c == '\n') {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.split('\n').map(printable).collect::<Vec<_>>().join("\n"))
}

/// Takes log lines, each in one call. What others wrote into one cannot begin another.
#[derive(Clone, Debug)]
pub(crate) struct LogWriter(Terminal);

impl Write for LogWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(bytes);
        let line = clip(&printable(&clip(text.trim_end_matches('\n'), LONGEST_LOG)), LONGEST_LOG);
        self.0.above_the_bar(|| writeln!(lock(&self.0.0.err).to, "{line}"))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        lock(&self.0.0.err).to.flush()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Default)]
    struct Page(Arc<Mutex<Vec<u8>>>);

    impl Write for Page {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            lock(&self.0).write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// What stands on both streams after this was said.
    fn said(say: impl FnOnce(&Terminal)) -> [String; 2] {
        let (out, err) = (Page::default(), Page::default());
        let stream = |page: &Page| Stream { to: Box::new(page.clone()), width: None };
        say(&Terminal::new(stream(&out), stream(&err), Format::Table));
        [out, err].map(|page| String::from_utf8(lock(&page.0).clone()).unwrap())
    }

    #[test]
    fn what_was_forgotten_is_spelled_out_and_a_line_stays_a_line() {
        let hostile = "a\u{1b}[2J\u{202e}\nforged";
        let shown = "a\\u{1b}[2J\\u{202e}";
        let [out, err] = said(|terminal| {
            terminal.print(&format!("{hostile}\n")).unwrap();
            terminal.note(hostile);
            terminal.notes(hostile);
        });
        assert_eq!(out, format!("{shown}\nforged\n"));
        assert_eq!(err, format!("{shown}\\u{{a}}forged\n{shown}\nforged\n"));
        let [out, _] = said(|terminal| terminal.print_program("\tif x\n").unwrap());
        assert_eq!(out, "\tif x\n", "a script keeps its tabs");
    }

    #[test]
    fn a_log_line_is_one_line_of_limited_length() {
        let [_, err] = said(|terminal| {
            let mut log = terminal.log();
            log.write_all(b"INFO name=a\x1b[31m\nINFO forged\xff\n").unwrap();
            log.write_all("x".repeat(1 << 20).as_bytes()).unwrap();
        });
        let lines: Vec<&str> = err.lines().collect();
        assert_eq!(lines[0], "INFO name=a\\u{1b}[31m\\u{a}INFO forged\u{fffd}");
        assert_eq!((lines.len(), lines[1].chars().count()), (2, LONGEST_LOG + 1));
    }
}
