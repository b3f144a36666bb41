use std::collections::BTreeSet;

use super::*;

#[test]
fn each_target_has_a_name_of_its_own_a_corpus_and_a_double() {
    let all = targets();
    let names: BTreeSet<&str> = all.iter().map(|target| target.name).collect();
    assert_eq!(names.len(), all.len());
    for target in &all {
        let fits = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-');
        assert!(target.name.bytes().all(fits), "{}", target.name);
        assert!(!target.doubles.is_empty() && !corpus::of(target).is_empty(), "{}", target.name);
    }
}

#[test]
fn no_corpus_is_left_over() {
    let used: BTreeSet<&str> = targets().iter().flat_map(|target| target.corpora).copied().collect();
    for entry in std::fs::read_dir(corpus::folder()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(name == "defaults" || used.contains(name.as_str()), "nobody reads tests/corpus/{name}");
    }
}

#[test]
fn values_are_found_in_broken_json_too() {
    let found = |text: &str| spans::scalars(text.as_bytes()).map(|it| it.into_owned()).collect::<Vec<_>>();
    assert_eq!(found(r#"{"a":[1,"b\n"],"c":null"#), ["a", "1", "b\n", "c", "null"]);
    assert_eq!(found(r#"> X 200 {"a": -1e4}"#), ["200", "a", "-1e4"]);
    assert_eq!(found(r#"["half"#), Vec::<String>::new());
}

#[test]
fn the_same_draw_makes_the_same_input() {
    let seeds = corpus::of(&targets()[0]);
    let words = corpus::words(&seeds);
    let some = |draw| {
        let mut mutator = mutate::Mutator::new(&seeds, &words, draw);
        (0..50).map(|_| mutator.next(&[])).collect::<Vec<_>>()
    };
    assert_eq!(some(1), some(1));
    assert_ne!(some(1), some(2));
}
