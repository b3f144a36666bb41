//! The dependencies are what deny.toml allows: read from what cargo itself knows of them, without cargo-deny.
#![expect(clippy::unwrap_used, reason = "a test")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use spdx::{Expression, ParseMode};
use toml::{Table, Value};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

fn table(file: &Path) -> Table {
    fs::read_to_string(file).unwrap().parse().unwrap()
}

/// A package that something here is built with, for us or for our tests.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Package {
    name: String,
    version: String,
    licence: String,
    features: BTreeSet<String>,
}

impl Package {
    fn new(name: &str, version: &str, licence: &str, features: &str) -> Self {
        let features = features.split(',').filter(|it| !it.is_empty()).map(str::to_owned).collect();
        Self { name: name.to_owned(), version: version.to_owned(), licence: licence.to_owned(), features }
    }
}

/// Everything that is built in, on whatever platform. Where not all of it was fetched, what this one needs.
fn built_in() -> (Vec<Package>, bool) {
    let ask = |platform: &[&str]| {
        let mut cargo = Command::new("cargo");
        cargo.args([
            "tree",
            "--workspace",
            "--offline",
            "--locked",
            "--all-features",
            "--edges",
            "normal,build,dev",
        ]);
        cargo.args(["--prefix", "none", "--no-dedupe", "--format", "{p}\t{l}\t{f}"]).args(platform);
        cargo.current_dir(root()).output().unwrap()
    };
    let everywhere = ask(&["--target", "all"]);
    let whole = everywhere.status.success();
    let output = if whole { everywhere } else { ask(&[]) };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let packages: BTreeSet<Package> = String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .filter_map(|line| {
            let [package, licence, features] = line.split('\t').collect::<Vec<_>>().try_into().ok()?;
            let (name, rest) = package.split_once(" v").unwrap();
            Some(Package::new(name, rest.split(' ').next().unwrap(), licence, features))
        })
        .collect();
    (packages.into_iter().collect(), whole)
}

/// What deny.toml says, as far as it is checked here.
struct Policy {
    licences: Vec<String>,
    banned: BTreeMap<String, String>,
    twice: BTreeSet<String>,
    features: BTreeMap<String, Vec<String>>,
}

impl Policy {
    fn read() -> Self {
        let whole = table(&root().join("deny.toml"));
        let bans = whole["bans"].as_table().unwrap();
        for (key, wanted) in [("multiple-versions", "deny"), ("wildcards", "deny")] {
            assert_eq!(bans[key].as_str(), Some(wanted), "{key}");
        }
        for key in ["unknown-registry", "unknown-git"] {
            assert_eq!(whole["sources"][key].as_str(), Some("deny"), "{key}");
        }
        let words = |value: &Value| -> Vec<String> {
            value.as_array().unwrap().iter().map(|it| it.as_str().unwrap().to_owned()).collect()
        };
        let rows = |key: &str| bans[key].as_array().unwrap().clone();
        let text = |row: &Value, key: &str| row[key].as_str().unwrap().to_owned();
        Self {
            licences: words(&whole["licenses"]["allow"]),
            banned: rows("deny").iter().map(|row| (text(row, "crate"), text(row, "reason"))).collect(),
            twice: rows("skip").iter().map(|row| text(row, "crate")).collect(),
            features: rows("features").iter().map(|row| (text(row, "crate"), words(&row["deny"]))).collect(),
        }
    }

    /// What is wrong with these packages.
    fn complaints(&self, packages: &[Package]) -> Vec<String> {
        let mut complaints = Vec::new();
        let mut versions: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for package in packages {
            let Package { name, version, licence, features } = package;
            versions.entry(name).or_default().insert(version);
            if !self.allows(licence) {
                complaints.push(format!("{name} {version} has the licence `{licence}`"));
            }
            if let Some(reason) = self.banned.get(name) {
                complaints.push(format!("{name} is banned: {reason}"));
            }
            let denied = self.features.get(name).into_iter().flatten();
            complaints.extend(
                denied.filter(|it| features.contains(*it)).map(|it| format!("{name} has the feature `{it}`")),
            );
        }
        let many =
            versions.iter().filter(|(name, versions)| versions.len() > 1 && !self.twice.contains(**name));
        complaints.extend(
            many.map(|(name, versions)| format!("{name} is there in several versions: {versions:?}")),
        );
        complaints
    }

    fn allows(&self, licence: &str) -> bool {
        let Ok(expression) = Expression::parse_mode(licence, ParseMode::LAX) else { return false };
        expression.evaluate(|wanted| {
            wanted.addition.is_none() && self.licences.iter().any(|it| wanted.license.to_string() == *it)
        })
    }
}

#[test]
fn what_is_built_in_has_licences_that_ask_for_little_and_nothing_that_is_banned() {
    let (packages, whole) = built_in();
    assert!(packages.len() > 150 && packages.iter().any(|it| it.name == "rustls"), "{}", packages.len());
    let policy = Policy::read();
    assert_eq!(policy.complaints(&packages), Vec::<String>::new());
    if whole {
        let versions = |name: &String| packages.iter().filter(|it| it.name == *name).count();
        let needless: Vec<&String> = policy.twice.iter().filter(|name| versions(name) < 2).collect();
        assert!(needless.is_empty(), "deny.toml allows several versions where there are none: {needless:?}");
        let needed = |licence: &&String| {
            let less = Policy {
                licences: policy.licences.iter().filter(|it| it != licence).cloned().collect(),
                ..Policy::read()
            };
            packages.iter().any(|it| !less.allows(&it.licence))
        };
        let idle: Vec<&String> = policy.licences.iter().filter(|it| !needed(it)).collect();
        assert!(idle.is_empty(), "deny.toml allows licences that nothing needs: {idle:?}");
    }
    println!("{} packages, on {}", packages.len(), if whole { "all platforms" } else { "this platform" });
}

#[test]
fn what_is_not_allowed_is_noticed() {
    let policy = Policy::read();
    let check = |package: Package| policy.complaints(&[package]);
    assert_eq!(check(Package::new("good", "1.0.0", "MIT/Apache-2.0", "std")), Vec::<String>::new());
    for licence in
        ["GPL-3.0", "MIT AND GPL-3.0-only", "LicenseRef-mine", "", "AGPL-3.0-or-later OR MPL-2.0", "made up"]
    {
        let complaints = check(Package::new("made-up", "1.0.0", licence, ""));
        assert_eq!(complaints, [format!("made-up 1.0.0 has the licence `{licence}`")]);
    }
    for name in ["openssl", "native-tls", "chrono", "reqwest-retry", "h2"] {
        assert!(check(Package::new(name, "0.1.0", "MIT", ""))[0].starts_with(&format!("{name} is banned: ")));
    }
    let serde = Package::new("serde_json", "1.0.0", "MIT", "std,arbitrary_precision");
    assert_eq!(check(serde), ["serde_json has the feature `arbitrary_precision`"]);
    assert_eq!(check(Package::new("reqwest", "1.0.0", "MIT", "gzip")), ["reqwest has the feature `gzip`"]);
    let two = ["1.0.0", "2.0.0"].map(|version| Package::new("rustls", version, "ISC", ""));
    assert_eq!(policy.complaints(&two), [r#"rustls is there in several versions: {"1.0.0", "2.0.0"}"#]);
}

/// Where packages come from that do not all come from one registry; empty: all do.
fn strangers(lock: &Table) -> Vec<String> {
    let packages = lock["package"].as_array().unwrap();
    let sources: BTreeSet<&str> = packages.iter().filter_map(|it| it.get("source")?.as_str()).collect();
    let registry = sources.iter().find(|source| source.starts_with("registry+"));
    sources.iter().filter(|source| Some(*source) != registry).map(|source| (*source).to_owned()).collect()
}

#[test]
fn all_packages_come_from_one_registry_and_each_has_its_checksum() {
    let lock = table(&root().join("Cargo.lock"));
    assert_eq!(strangers(&lock), Vec::<String>::new());
    let from_outside = |it: &&Value| it.get("source").is_some();
    let packages = lock["package"].as_array().unwrap().iter().filter(from_outside);
    let open: Vec<&Value> = packages.filter(|it| it.get("checksum").is_none()).collect();
    assert!(open.is_empty(), "{open:?}");
    for source in ["git+https://example.com/a", "registry+https://other.example.com/index"] {
        let text = format!("[[package]]\nname = \"a\"\nsource = \"{source}\"\n");
        let all = format!("{text}[[package]]\nname = \"b\"\nsource = \"registry+https://example.com/index\"");
        assert_eq!(strangers(&all.parse().unwrap()).len(), 1, "{source}");
    }
}

/// What is required without a version, in one manifest.
fn wildcards(manifest: &Table) -> Vec<String> {
    let mut found = Vec::new();
    let sections = ["dependencies", "dev-dependencies", "build-dependencies"];
    let tables = sections.iter().filter_map(|it| manifest.get(*it)?.as_table());
    let shared = manifest.get("workspace").and_then(|it| it.get("dependencies")).and_then(Value::as_table);
    for (name, value) in tables.chain(shared).flatten() {
        let field = |key: &str| value.as_table().and_then(|it| it.get(key));
        let version = value.as_str().or_else(|| field("version")?.as_str());
        let ours = field("path").is_some() || field("workspace").is_some();
        let loose =
            version.is_none_or(|version| version.contains('*') || version.trim_start().starts_with('>'));
        if field("git").is_some() || (!ours && loose) {
            found.push(name.clone());
        }
    }
    found
}

#[test]
fn every_requirement_names_a_version() {
    let rooms = fs::read_dir(root().join("crates")).unwrap().map(|entry| entry.unwrap().path());
    let folders = rooms.chain([root(), root().join("tests"), root().join("examples")]);
    for folder in folders {
        assert_eq!(
            wildcards(&table(&folder.join("Cargo.toml"))),
            Vec::<String>::new(),
            "{}",
            folder.display()
        );
    }
    let loose = "[dependencies]\na = \"*\"\nb = { version = \">=1\" }\nc = { git = \"https://example.com\" }\nd = \"1\"\n\
                 e = { features = [] }\nf = { path = \"f\" }";
    assert_eq!(wildcards(&loose.parse().unwrap()), ["a", "b", "c", "e"]);
}
