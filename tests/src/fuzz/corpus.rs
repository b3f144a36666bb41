//! The first inputs: files that a person wrote, from the vendors' documents and from what was met.

use std::path::{Path, PathBuf};

use super::Target;
use super::spans::{Kind, Span, scan};

/// An input, and where its values stand.
#[derive(Clone, Debug)]
pub struct Seed {
    /// The file's name.
    pub name: String,
    /// What is in it.
    pub bytes: Vec<u8>,
    pub(super) spans: Vec<Span>,
}

impl Seed {
    /// An input of this name.
    #[must_use]
    pub fn new(name: impl Into<String>, bytes: Vec<u8>) -> Self {
        let spans = scan(&bytes);
        Self { name: name.into(), bytes, spans }
    }
}

/// Where the corpora are.
#[must_use]
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus")
}

/// The first inputs of a target, by name.
///
/// # Panics
/// Where a folder is missing or empty.
#[must_use]
pub fn of(target: &Target) -> Vec<Seed> {
    let mut seeds: Vec<Seed> = target.corpora.iter().flat_map(|name| of_folder(name)).collect();
    seeds.sort_by(|a, b| a.name.cmp(&b.name));
    assert!(!seeds.is_empty(), "`{}` has no corpus", target.name);
    seeds
}

fn of_folder(name: &str) -> Vec<Seed> {
    let files = std::fs::read_dir(folder().join(name));
    let files = files.unwrap_or_else(|error| unreachable!("the corpus `{name}` cannot be read: {error}"));
    let seed = |file: std::io::Result<std::fs::DirEntry>| {
        let path = file.unwrap().path();
        Seed::new(format!("{name}/{}", path.file_name().unwrap().display()), std::fs::read(&path).unwrap())
    };
    files.map(seed).collect()
}

/// The words of these inputs: what else could stand where one of them stands.
#[must_use]
pub fn words(seeds: &[Seed]) -> Vec<Vec<u8>> {
    let mut words: Vec<Vec<u8>> = Vec::new();
    for seed in seeds {
        let short = |span: &&Span| {
            matches!(span.kind, Kind::Text | Kind::Bare | Kind::Key) && span.end - span.start <= 80
        };
        words.extend(seed.spans.iter().filter(short).map(|span| seed.bytes[span.start..span.end].to_vec()));
    }
    words.sort();
    words.dedup();
    words
}
