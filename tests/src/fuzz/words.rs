//! Words that stand for something: what is read is what is written again, and what cannot be read is said in a line.

use std::fmt::Display;
use std::str::FromStr;

use vmbroker_core::{
    Country, Currency, Error, ErrorKind, Handle, ImageWish, Marker, Period, Port, ProviderId, SshKey,
};

use super::harmless::check_sentence;
use super::{Double, Mark, Target};

pub(super) const TARGETS: &[Target] = &[
    Target {
        name: "words",
        group: "words and nouns",
        corpora: &["words"],
        run: |input| each(input, |text| text.parse::<Handle>()),
        doubles: &[Double {
            lacks: "the kind of a handle",
            run: |input| {
                each(input, |text| text.parse().map(|handle: Handle| Handle { instance: None, ..handle }))
            },
            says: "another word",
        }],
    },
    Target {
        name: "markers",
        group: "words and nouns",
        corpora: &["words"],
        run: |input| markers(input, Marker::find_in),
        doubles: &[
            Double {
                lacks: "markers in capitals",
                run: |input| {
                    markers(input, |name| Marker::find_in(name).filter(|it| name.contains(it.as_str())))
                },
                says: "was not found",
            },
            Double {
                lacks: "the whole of a marker",
                run: |input| {
                    markers(input, |name| {
                        Marker::find_in(name).or(Marker::find_in(&format!("{name}-aaaaaaaaaaaaaaaa")))
                    })
                },
                says: "is not in",
            },
        ],
    },
];

/// Reads every word of the input, by every reading.
fn each(input: &[u8], handle: impl Fn(&str) -> Result<Handle, Error>) -> Mark {
    let text = String::from_utf8_lossy(input);
    let mut mark = Mark::refused();
    for word in text.split('\n') {
        let read = [
            there_and_back(word, &handle),
            there_and_back(word, str::parse::<ProviderId>),
            there_and_back(word, str::parse::<Marker>),
            there_and_back(word, str::parse::<Currency>),
            there_and_back(word, str::parse::<Country>),
            there_and_back(word, str::parse::<Period>),
            there_and_back(word, str::parse::<Port>),
            there_and_back(word, str::parse::<ImageWish>),
            key(word),
        ];
        mark.taken |= read.iter().any(|mark| mark.taken);
        mark = mark.and(read);
    }
    mark
}

/// What a word is read as is read again from how it is written.
fn there_and_back<T: FromStr<Err = Error> + Display + PartialEq>(
    word: &str,
    read: impl Fn(&str) -> Result<T, Error>,
) -> Mark {
    let thing = match read(word) {
        Ok(thing) => thing,
        Err(error) => return check_wrong(&error),
    };
    let written = thing.to_string();
    let back = read(&written);
    assert!(
        back.as_ref().is_ok_and(|back| *back == thing),
        "another word after it was written: {word:?} {written:?}"
    );
    Mark::taken().and(written == word)
}

fn key(word: &str) -> Mark {
    let key: SshKey = match word.parse() {
        Ok(key) => key,
        Err(error) => return check_wrong(&error),
    };
    assert!(key.as_str().parse::<SshKey>().unwrap() == key, "{word:?}");
    assert!(key.as_str().starts_with(key.body()) && key.body().split(' ').count() == 2, "{key:?}");
    Mark::taken()
}

fn check_wrong(error: &Error) -> Mark {
    assert!(error.kind() == ErrorKind::InvalidRequest, "{error}");
    // It names the field, what was given and what is allowed.
    assert!(error.message().starts_with('`') && error.message().contains("`, but "), "{error}");
    check_sentence("a complaint", &error.to_string());
    Mark::refused().and_words(error.message())
}

/// A marker is found where one is, whatever stands around it, and nowhere else.
fn markers(input: &[u8], find: impl Fn(&str) -> Option<Marker>) -> Mark {
    let name = String::from_utf8_lossy(input);
    let letter = |byte: u8| matches!(byte.to_ascii_lowercase(), b'a'..=b'z' | b'2'..=b'7');
    let is_one = |part: &[u8]| {
        part[..2].eq_ignore_ascii_case(b"vb")
            && part[2..6].iter().chain(&part[7..]).all(|byte| letter(*byte))
            && part[6] == b'-'
    };
    let there = name.as_bytes().windows(Marker::LENGTH).find(|part| is_one(part));
    match (find(&name), there) {
        (None, None) => Mark::refused(),
        (Some(found), Some(part)) => {
            assert!(
                part.eq_ignore_ascii_case(found.as_str().as_bytes()),
                "{found} is not the first in {name:?}"
            );
            assert!(found.to_string().parse::<Marker>().unwrap() == found, "{found}");
            assert!(found.as_str()[2..6] == *found.owner().as_str(), "{found}");
            Mark::taken().and(part.iter().any(u8::is_ascii_uppercase))
        }
        (None, Some(_)) => {
            assert!(there.is_none(), "a marker was not found in {name:?}");
            Mark::refused()
        }
        (Some(found), None) => {
            assert!(there.is_some(), "{found} is not in {name:?}");
            Mark::refused()
        }
    }
}
