//! The laws themselves under test: a correct double keeps them all, and for each law a broken one breaks it.
#![expect(clippy::unwrap_used, reason = "a test")]

mod cloud;
mod double;
mod flaw;
mod table;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use vmbroker_conformance::{LAWS, Report, Subject, Verdict, World, run_all};
use vmbroker_core::{Clock, CreateRequest, Marker, Owner, Size};

use cloud::{Cloud, Shape};
use double::Double;
use flaw::Flaw;

const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ0mF4kuFzFLoOfCh3mCDGEXLLXmoxpQvC1i3ZxVQeBn me@home";

fn subject(shape: Shape, flaw: Option<Flaw>) -> (Subject, Cloud) {
    let clock = Clock::simulated("2026-01-01T00:00:00Z".parse().unwrap(), 1);
    let cloud = Cloud::new(shape, clock.clone());
    let double = Double::new(cloud.clone(), clock.clone(), flaw);
    let made = AtomicU64::new(0);
    let request = move || {
        let mut random = [0; 10];
        random[2..].copy_from_slice(&made.fetch_add(1, Ordering::SeqCst).to_be_bytes());
        let marker = Marker::new(Owner::of_installation("conformance"), random);
        let size = Size { vcpus: 2, memory_mib: 4_096 };
        CreateRequest::new(marker, size, "ubuntu-22.04".parse().unwrap(), KEY.parse().unwrap())
    };
    (Subject::new(Arc::new(double), clock, request), cloud)
}

fn judged(shape: Shape, flaw: Option<Flaw>) -> Subject {
    let (subject, cloud) = subject(shape, flaw);
    subject.with_world(Arc::new(cloud))
}

async fn report(shape: Shape) -> Report {
    run_all(&judged(shape, None)).await
}

#[tokio::test(start_paused = true)]
async fn the_correct_double_keeps_every_law() {
    report(Shape::PLAIN).await.only_not_applicable(&[]).unwrap();
}

#[tokio::test(start_paused = true)]
async fn the_correct_double_with_orders_and_a_bin_keeps_every_law_that_applies() {
    report(Shape::GRAND).await.only_not_applicable(&["a_new_machine_is_visible_in_time"]).unwrap();
}

#[tokio::test(start_paused = true)]
async fn for_each_law_a_broken_double_breaks_it_and_the_correct_one_keeps_it() {
    for (name, shape, flaws) in table::BROKEN {
        let law = LAWS.iter().find(|law| law.name == *name).unwrap();
        let correct = law.run(&judged(*shape, None)).await;
        assert_eq!(correct, Ok(Verdict::Kept), "{name} on the correct double");
        for flaw in *flaws {
            match law.run(&judged(*shape, Some(*flaw))).await {
                Err(violation) => assert_eq!(violation.law, *name, "{violation}"),
                Ok(verdict) => panic!("{name} with {flaw:?}: {verdict:?}"),
            }
        }
    }
}

#[test]
fn no_law_lacks_a_broken_double() {
    let proven: Vec<&str> = table::BROKEN.iter().map(|row| row.0).collect();
    let missing: Vec<&str> = LAWS.iter().map(|law| law.name).filter(|name| !proven.contains(name)).collect();
    assert_eq!(missing, Vec::<&str>::new());
}

#[test]
fn every_law_is_in_the_table_with_its_own_first_doc_line() {
    let mut found = Vec::new();
    for source in table::SOURCES {
        let mut statement = String::new();
        let mut open = true;
        for line in source.lines() {
            if let Some(doc) = line.strip_prefix("///") {
                open &= !doc.trim().is_empty();
                if open {
                    statement.push_str(doc);
                }
            } else {
                if let Some(rest) = line.strip_prefix("pub async fn ") {
                    found.push((rest.split('(').next().unwrap(), statement.trim().to_owned()));
                }
                statement.clear();
                open = true;
            }
        }
    }
    let listed: Vec<_> = LAWS.iter().map(|law| (law.name, law.statement.to_owned())).collect();
    assert_eq!(found, listed);
}

#[tokio::test(start_paused = true)]
async fn in_an_unseen_world_what_cannot_be_tried_is_reported_and_never_kept() {
    let (subject, cloud) = subject(Shape::PLAIN, None);
    let report = run_all(&subject).await;
    assert_eq!(report.broken().count(), 0, "{report}");
    let skipped: Vec<&str> = report.not_applicable().map(|entry| entry.law.name).collect();
    for needs_a_fault in ["a_lost_create_answer_is_unclear", "a_hanging_look_ends", "no_secret_is_shown"] {
        assert!(skipped.contains(&needs_a_fault), "{report}");
    }
    for needs_none in ["create_puts_the_marker_into_the_name", "offers_honour_the_query"] {
        assert!(report.kept().any(|entry| entry.law.name == needs_none), "{report}");
    }
    let shortfall = report.only_not_applicable(&["no_such_law", "offers_honour_the_query"]).unwrap_err();
    let text = shortfall.to_string();
    assert!(text.contains("`no_such_law` is no law"), "{text}");
    assert!(
        text.contains("law `offers_honour_the_query` is named as not applicable, but was kept"),
        "{text}"
    );
    assert!(text.contains("law `a_hanging_look_ends` could not be tried: this world cannot leave"), "{text}");
    assert!(cloud.creates_received().await.unwrap() > 20);
}

#[tokio::test(start_paused = true)]
async fn the_laws_leave_no_machine_behind() {
    let subject = judged(Shape::GRAND, None);
    for law in LAWS {
        let request = subject.request();
        let _ = law.run(&subject).await;
        subject.clean().await;
        assert_eq!(subject.world().live_machines(request.marker).await, Some(0));
    }
    let mut left = 0;
    for instance in subject.provider().list().await.unwrap().instances() {
        left += usize::from(instance.state.may_be_billed());
    }
    assert_eq!(left, 0);
}
