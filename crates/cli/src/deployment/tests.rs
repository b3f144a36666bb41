use std::path::PathBuf;

use vmbroker::deploy::Strategy;

use super::*;
use crate::commands::init::DEPLOYMENT;

const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ0mF4kuFzFLoOfCh3mCDGEXLLXmoxpQvC1i3ZxVQeBn me@home";

fn read(text: &str) -> Result<Wanted, Failure> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("web.toml");
    std::fs::write(&path, text).unwrap();
    std::fs::write(folder.path().join("key.pub"), KEY).unwrap();
    std::fs::write(folder.path().join("cloud-init.yaml"), "#cloud-config\n").unwrap();
    let place = Place { env: BTreeMap::new(), folder: PathBuf::from("/") };
    Wanted::read(&path, &place, false)
}

fn small(more: &str) -> String {
    format!(
        "name = \"web\"\ncount = 2\nfor = \"30d\"\n{more}\n[machine]\nvcpus = 2\nmemory = \"4GiB\"\nssh_keys = [\"{KEY}\"]\n"
    )
}

/// The template of `init --deployment` with its examples in force.
fn filled_in() -> String {
    let lines = DEPLOYMENT.lines().map(|line| match line.strip_prefix("# ") {
        Some(setting) if setting.starts_with('[') || setting.contains(" = ") => setting,
        _ => line,
    });
    lines.collect::<Vec<_>>().join("\n").replace("~/.ssh/id_ed25519.pub", "key.pub")
}

#[test]
fn the_template_is_understood_as_it_stands_and_with_every_example_in_force() {
    let plain = read(&DEPLOYMENT.replace("~/.ssh/id_ed25519.pub", "key.pub")).unwrap();
    assert_eq!((plain.name.as_str(), plain.count, plain.policy.strategy), ("web", 3, Strategy::Cheapest));
    let usual = Policy::default();
    let full = read(&filled_in()).unwrap();
    assert_eq!(
        full.policy.provision_within, usual.provision_within,
        "the examples of times are the defaults"
    );
    assert_eq!(full.policy.late_watch, usual.late_watch);
    assert_eq!(full.policy.on_uncertain.len(), 1);
    assert_eq!(full.template.user_data.as_deref(), Some("#cloud-config\n"));
    assert_eq!(full.template.ports.len(), 2);
    assert_eq!(full.place.exclude.len(), 1);
    assert_eq!(full.fields.keys().collect::<Vec<_>>(), plain.fields.keys().collect::<Vec<_>>());
}

#[test]
fn each_field_but_the_count_has_a_hash_that_changes_with_it() {
    let before = read(&small("")).unwrap();
    let changed = |text: &str| {
        let after = read(text).unwrap();
        let changed = before.fields.iter().filter(|(field, hash)| after.fields[*field] != **hash);
        changed.map(|(field, _)| field.clone()).collect::<Vec<_>>()
    };
    assert_eq!(changed(&small("").replace("count = 2", "count = 5")), Vec::<String>::new());
    assert_eq!(changed(&small("").replace("vcpus = 2", "vcpus = 4")), ["machine.vcpus"]);
    assert_eq!(changed(&small("budget = \"5 USD\"")), ["budget"], "a field that is added is a change");
    assert_eq!(changed(&format!("{}[where]\ncountries = [\"DE\"]\n", small(""))), ["where.countries"]);
    assert_eq!(changed(&format!("{}user_data = \"cloud-init.yaml\"\n", small(""))), ["machine.user_data"]);
    let by_file = small("").replace(KEY, "key.pub");
    assert_eq!(changed(&by_file), Vec::<String>::new(), "the same key is the same, wherever it stands");
}

#[test]
fn no_hash_tells_user_data_and_no_field_keeps_it() {
    let wanted = read(&format!("{}user_data = \"cloud-init.yaml\"\n", small(""))).unwrap();
    assert!(wanted.fields.values().all(|hash| !hash.contains("cloud-config") && hash.len() == 64));
}

#[test]
fn what_is_wrong_is_said_with_field_given_and_allowed() {
    let rows = [
        (small("").replace("name =", "nam ="), "`nam` is not a known key"),
        (
            small("").replace("\"web\"", "\"Web\""),
            "`name` is `Web`, but it must be 1 to 40 characters of a-z, 0-9 and `-`, with no hyphen at either end",
        ),
        (small("").replace("count = 2\n", ""), "`count` is missing: it says how many machines"),
        (
            small("").replace("count = 2", "count = -1"),
            "`count` is `-1`, but it must be a whole number from 0 to 10000",
        ),
        (
            small("").replace("\"30d\"", "\"soon\""),
            "`for` is `soon`, but whole numbers with a unit (s, m, h, d, w) are wanted, such as 40m, 3h, 30d or 1d12h",
        ),
        (small("").replace("\"30d\"", "30"), "`for` is `30`, but it must be a text in quotes"),
        (
            small("strategy = \"fast\""),
            "`strategy` is `fast`, but it must be one of \"cheapest\", \"in-order\", \"spread\"",
        ),
        (
            small("budget = \"5\""),
            "`budget` is `5`, but an amount of more than zero and a currency are wanted, such as '0.5 EUR' or 1.2USD",
        ),
        (small("budget = \"5 USD\"\ncurrency = \"EUR\""), "`currency` is `EUR`, but `budget` is in USD"),
        (
            small("on_uncertain = { zen = \"never\" }"),
            "`on_uncertain.zen` is `never`, but it must be one of \"proceed\", \"ask\"",
        ),
        (
            small("").replace("\"4GiB\"", "\"4GB\""),
            "`machine.memory` is `4GB`, but a whole number and a unit are wanted, such as 512MiB or 4GiB",
        ),
        (
            small("").replace("vcpus = 2", "vcpus = 0"),
            "`machine.vcpus` is `0`, but it must be a whole number from 1 to 1024",
        ),
        (small("").replace("vcpus", "vcpu"), "`machine.vcpu` is not a known key"),
        (
            small("").replace(KEY, "nowhere.pub"),
            "`machine.ssh_keys` is `nowhere.pub`, but this file cannot be read",
        ),
        (
            format!("{}user_data = \"nowhere\"\n", small("")),
            "`machine.user_data` is `nowhere`, but this file cannot be read",
        ),
        (
            format!("{}options = {{ aws = {{}} }}\n", small("")),
            "`machine.options.aws` is `{}`, but its name must be one of `fluence`, `wayscloud`, `zenlayer`",
        ),
        (
            format!("{}[where]\ncountries = [\"XX\"]\n", small("")),
            "`where.countries` is `XX`, but it must be a two-letter ISO 3166-1 code such as DE",
        ),
        (
            format!("{}[where]\nproviders = [\"a\"]\nexclude = [\"a\"]\n", small("")),
            "`where.exclude` is `a`, but `where.providers` names it, too",
        ),
    ];
    for (text, sentence) in rows {
        let failure = read(&text).unwrap_err();
        let said = failure.message.split_once("web.toml: ").unwrap().1.to_owned();
        assert_eq!((said.as_str(), failure.exit_code), (sentence, crate::failure::CONFIGURATION), "{text}");
    }
}

#[test]
fn a_key_that_is_not_there_is_followed_by_how_to_make_one() {
    let failure = read(&small("").replace(KEY, "nowhere.pub")).unwrap_err();
    assert!(failure.hints.iter().any(|hint| hint.contains("ssh-keygen")), "{failure:?}");
}
