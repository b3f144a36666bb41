//! The whole command line, in a folder of the thread's own, over accounts that only show: its files, its words, and
//! foreign text in its tables.

mod files;
mod options;
mod shown;
mod story;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use tempfile::TempDir;
use vmbroker_cli::{Stream, Surroundings};
use vmbroker_core::ComputeProvider;

use super::harmless::check_lines;
use super::thread::{block_on, clock};
use super::{Double, Target};

pub(super) const TARGETS: &[Target] = &[
    Target {
        name: "config-file",
        group: "the command line",
        corpora: &["config"],
        run: |input| files::config(input, |outcome| outcome),
        doubles: &[
            Double {
                lacks: "the name of the field",
                run: |input| files::config(input, |it| Outcome { err: it.err.replace('`', "'"), ..it }),
                says: "names no field",
            },
            Double {
                lacks: "discretion",
                run: |input| files::config(input, |it| Outcome { err: format!("{}{HELD}", it.err), ..it }),
                says: "tells the secret",
            },
        ],
    },
    Target {
        name: "deployment-file",
        group: "the command line",
        corpora: &["deployment"],
        run: |input| files::deployment(input, |outcome| outcome),
        doubles: &[Double {
            lacks: "the count",
            run: |input| {
                files::deployment(input, |it| Outcome { out: it.out.replace("\"count\"", "\"n\""), ..it })
            },
            says: "another count",
        }],
    },
    Target {
        name: "options",
        group: "the command line",
        corpora: &["options"],
        run: |input| options::options(input, |outcome| outcome),
        doubles: &[Double {
            lacks: "seconds",
            run: |input| {
                options::options(input, |it| Outcome {
                    out: it.out.replace("run_seconds\": ", "run_seconds\": 1"),
                    ..it
                })
            },
            says: "another run",
        }],
    },
    Target {
        name: "output",
        group: "the command line",
        corpora: &["output"],
        run: |input| shown::shown(input, |text| text),
        doubles: &[
            Double {
                lacks: "escaping",
                run: |input| {
                    shown::shown(input, |text| {
                        text.replace("\\u{202e}", "\u{202e}").replace("\\u202e", "\u{202e}")
                    })
                },
                says: "bidi control",
            },
            Double {
                lacks: "the quotes of a cell",
                run: |input| shown::shown(input, |text| text.replace('"', "")),
                says: "columns",
            },
            Double {
                lacks: "the escapes of XML",
                run: |input| shown::shown(input, |text| text.replace("&lt;", "<")),
                says: "is no XML",
            },
        ],
    },
    Target {
        name: "story",
        group: "the command line",
        corpora: &["events"],
        run: |input| story::story(input, |outcome| outcome),
        doubles: &[Double {
            lacks: "one line",
            run: |input| {
                story::story(input, |it| {
                    let rest = it.out.split_once('\n').map_or(String::new(), |(_, rest)| rest.to_owned());
                    Outcome { out: rest, ..it }
                })
            },
            says: "an event is not told",
        }],
    },
];

/// What the variable `KEY` holds. No input holds it.
const HELD: &str = "canary-93e1-held-by-the-environment";

/// What one run of the program gave.
struct Outcome {
    code: u8,
    out: String,
    err: String,
}

thread_local! {
    static FOLDER: RefCell<Option<TempDir>> = const { RefCell::new(None) };
}

/// The thread's own folder.
fn folder() -> PathBuf {
    FOLDER.with_borrow_mut(|kept| {
        let made = || {
            let folder = tempfile::tempdir().unwrap();
            fs::create_dir(folder.path().join("home")).unwrap();
            fs::write(folder.path().join("key.pub"), crate::key().as_str()).unwrap();
            folder
        };
        kept.get_or_insert_with(made).path().to_owned()
    })
}

/// The thread's next folder is another one.
fn forget_folder() {
    FOLDER.set(None);
}

/// Runs the program; `[folder]` stands for its folder.
fn run(folder: &Path, args: &[String], providers: Vec<Arc<dyn ComputeProvider>>) -> Outcome {
    let (out, err) = (Buffer::default(), Buffer::default());
    let home = folder.join("home").into_os_string();
    let env = BTreeMap::from([("HOME".to_owned(), home), ("KEY".to_owned(), OsString::from(HELD))]);
    let code = block_on(async {
        let surroundings = Surroundings {
            args: std::iter::once("vmbroker")
                .chain(args.iter().map(String::as_str))
                .map(OsString::from)
                .collect(),
            env,
            folder: folder.to_owned(),
            stdout: Stream { to: Box::new(out.clone()), width: None },
            stderr: Stream { to: Box::new(err.clone()), width: None },
            clock: clock(),
            providers,
            probe: None,
        };
        Box::pin(vmbroker_cli::run(surroundings)).await
    });
    let shown = folder.to_str().unwrap();
    let text = |buffer: Buffer| {
        let text = String::from_utf8(std::mem::take(&mut *buffer.0.lock().unwrap()));
        assert!(text.is_ok(), "the program writes what is no text: {args:?}");
        text.unwrap_or_default().replace(shown, "[folder]")
    };
    Outcome { code, out: text(out), err: text(err) }
}

/// What must hold of all that the program says.
fn check(outcome: &Outcome) {
    check_lines("standard output", &outcome.out);
    check_lines("standard error", &outcome.err);
    let said = [&outcome.out, &outcome.err];
    assert!(!said.iter().any(|text| text.contains(HELD)), "the program tells the secret: {}", outcome.err);
    assert!(outcome.code <= 3, "exit code {}", outcome.code);
    let longest = outcome.err.lines().map(str::len).max().unwrap_or(0);
    assert!(longest <= 4_000, "{longest} bytes of error: {:.400}", outcome.err);
    let speaks = outcome.code == 0 || !outcome.err.is_empty() || !outcome.out.is_empty();
    assert!(speaks, "exit code {} without a word", outcome.code);
}

fn args(text: &str) -> Vec<String> {
    text.split(' ').map(str::to_owned).collect()
}

#[derive(Clone, Default)]
struct Buffer(Arc<Mutex<Vec<u8>>>);

impl Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
