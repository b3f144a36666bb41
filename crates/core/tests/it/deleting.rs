//! `delete_until_gone`.

use super::*;

fn later(seconds: u64) -> Result<Next> {
    Ok(Next::WaitThenRepeat { why: "not now".into(), wait: secs(seconds) })
}

#[tokio::test(start_paused = true)]
async fn a_machine_is_walked_from_running_over_stopped_to_gone() {
    // Switched off first, as Waldur wants it: 20 s until it is off, then 30 s until it is gone.
    let provider = Scripted::new(|_, waited, deletes| {
        Ok(match (deletes, waited.as_secs()) {
            (1, 0..20) => Seen::State(State::Stopping),
            (1, _) => Seen::State(State::Stopped),
            (2, 0..60) => Seen::State(State::Deleting),
            _ => Seen::State(State::Gone),
        })
    })
    .deleting(|number| if number == 1 { later(300) } else { Ok(Next::Started) });
    let wait = provider.wait(HOUR);
    let seen = provider.delete_until_gone(&provider.made(), &wait).await.unwrap();
    assert_eq!(seen.state(), Some(State::Gone));
    let deletes = provider.log().deletes;
    // The state that allows the next step is not waited past, whatever the provider guessed.
    assert_eq!(deletes.len(), 2);
    assert!(secs(20) <= deletes[1] && deletes[1] < secs(40), "{deletes:?}");
}

#[tokio::test(start_paused = true)]
async fn a_step_that_must_wait_is_repeated_after_that_wait() {
    let provider = Scripted::new(|_, _, deletes| {
        Ok(if deletes < 4 { Seen::State(State::Provisioning) } else { Seen::State(State::Gone) })
    })
    .deleting(|number| if number < 4 { later(60) } else { Ok(Next::Started) });
    provider.delete_until_gone(&provider.made(), &provider.wait(HOUR)).await.unwrap();
    let deletes = provider.log().deletes;
    assert_eq!(deletes.len(), 4);
    for pair in deletes.windows(2) {
        let pause = pair[1] - pair[0];
        assert!(secs(60) <= pause && pause <= secs(100), "{deletes:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_machine_in_the_recycle_bin_is_released_at_once() {
    let provider = Scripted::new(|_, waited, deletes| {
        Ok(match (deletes, waited.as_secs()) {
            (1, 0..20) => Seen::State(State::Deleting),
            (1, _) => Seen::State(State::Recycled),
            (_, 0..60) => Seen::State(State::Deleting),
            _ => Seen::Nothing,
        })
    });
    provider.delete_until_gone(&provider.made(), &provider.wait(HOUR)).await.unwrap();
    let log = provider.log();
    assert_eq!(log.deletes.len(), 2);
    let recycled = log.looks.iter().find(|look| look.0 >= secs(20)).unwrap().0;
    assert!(log.deletes[1] - recycled <= secs(3), "{log:?}");
}

#[tokio::test(start_paused = true)]
async fn a_machine_that_runs_on_after_an_accepted_deletion_is_neither_hammered_nor_forgotten() {
    let provider = Scripted::new(|_, _, _| Ok(Seen::State(State::Running)));
    let error = provider.delete_until_gone(&provider.made(), &provider.wait(HOUR)).await.unwrap_err();
    assert_eq!((error.kind(), error.effect()), (ErrorKind::DeadlineExceeded, Effect::Unknown));
    let log = provider.log();
    assert!((5..=10).contains(&log.deletes.len()), "{:?}", log.deletes);
    assert!(log.deletes[1] - log.deletes[0] >= secs(40), "{:?}", log.deletes);
    // Not forgotten: the last one is no older than the longest pause and a look.
    assert!(HOUR - *log.deletes.last().unwrap() <= secs(680), "{:?}", log.deletes);
    assert!(log.looks.len() <= 100, "{}", log.looks.len());
}

/// Each deletion lasts 30 s and leaves the machine running, until the one with this number works.
fn reverting(until: usize) -> Scripted {
    let began = Mutex::new((0, Duration::ZERO));
    Scripted::new(move |_, waited, deletes| {
        let mut began = began.lock().unwrap();
        if began.0 != deletes {
            *began = (deletes, waited);
        }
        Ok(Seen::State(match waited - began.1 {
            taken if taken < secs(30) => State::Deleting,
            _ if deletes >= until => State::Gone,
            _ => State::Running,
        }))
    })
}

#[tokio::test(start_paused = true)]
async fn a_deletion_that_fails_and_leaves_the_machine_running_is_tried_again() {
    let provider = reverting(3);
    let seen = provider.delete_until_gone(&provider.made(), &provider.wait(HOUR)).await.unwrap();
    assert_eq!((seen.state(), provider.log().deletes.len()), (Some(State::Gone), 3));
    assert!(provider.clock.elapsed() < secs(400), "{:?}", provider.clock.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_deletion_that_always_fails_is_tried_a_bounded_number_of_times() {
    let provider = reverting(usize::MAX);
    let error = provider.delete_until_gone(&provider.made(), &provider.wait(HOUR)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::DeadlineExceeded);
    let log = provider.log();
    assert!((5..=10).contains(&log.deletes.len()), "{:?}", log.deletes);
    assert!(log.looks.len() <= 110, "{}", log.looks.len());
}

#[tokio::test(start_paused = true)]
async fn a_deletion_that_takes_very_long_is_asked_for_again_but_rarely() {
    let provider = Scripted::new(|_, _, _| Ok(Seen::State(State::Deleting)));
    provider.delete_until_gone(&provider.made(), &provider.wait(HOUR)).await.unwrap_err();
    let deletes = provider.log().deletes;
    assert!((4..=6).contains(&deletes.len()), "{deletes:?}");
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_to_a_delete_is_repeated() {
    let lost = || Error::new(ErrorKind::Unavailable, "reset").with_effect(Effect::Unknown);
    let provider = Scripted::new(|_, _, deletes| {
        Ok(Seen::State(if deletes < 3 { State::Running } else { State::Gone }))
    })
    .deleting(move |number| if number < 3 { Err(lost()) } else { Ok(Next::Started) });
    provider.delete_until_gone(&provider.made(), &provider.wait(HOUR)).await.unwrap();
    assert_eq!(provider.log().deletes.len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_machine_in_the_way_is_looked_at_and_deleted_again() {
    let provider = Scripted::new(|_, _, deletes| {
        Ok(if deletes < 3 { Seen::State(State::Provisioning) } else { Seen::Nothing })
    })
    .deleting(|number| match number {
        1 => Err(Error::new(ErrorKind::Conflict, "it is being created")),
        2 => Err(Error::new(ErrorKind::NotFound, "no such machine")),
        _ => Ok(Next::Started),
    });
    provider.delete_until_gone(&provider.made(), &provider.wait(HOUR)).await.unwrap();
    assert_eq!(provider.log().deletes.len(), 3);
}

#[tokio::test(start_paused = true)]
async fn what_repeating_does_not_mend_ends_the_deletion_at_once() {
    let provider =
        Scripted::new(|_, _, _| Ok(Seen::State(State::Running))).deleting(|_| Err(unauthenticated()));
    let error = provider.delete_until_gone(&provider.made(), &provider.wait(HOUR)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthenticated);
    assert_eq!((provider.log().deletes.len(), provider.log().looks.len()), (1, 0));

    let provider = Scripted::new(|_, _, _| Err(unauthenticated()));
    let error = provider.delete_until_gone(&provider.made(), &provider.wait(HOUR)).await.unwrap_err();
    assert_eq!((error.kind(), provider.log().looks.len()), (ErrorKind::Unauthenticated, 1));
}

#[tokio::test(start_paused = true)]
async fn a_look_that_fails_for_a_while_is_never_taken_for_absence() {
    let provider = Scripted::new(|_, waited, _| match waited.as_secs() {
        0..10 => Ok(Seen::State(State::Running)),
        10..300 => Err(unavailable()),
        300..400 => Ok(Seen::State(State::Deleting)),
        _ => Ok(Seen::Nothing),
    });
    provider.delete_until_gone(&provider.made(), &provider.wait(HOUR)).await.unwrap();
    assert!(provider.clock.elapsed() >= secs(400));
}

#[tokio::test(start_paused = true)]
async fn a_hidden_machine_that_shows_up_after_its_deletion_is_deleted_again() {
    // Only running machines are listed, and a deletion before that is lost.
    let shown_at = Arc::new(Mutex::new(None));
    let hidden = shown_at.clone();
    let provider = Scripted::new(move |_, waited, deletes| {
        if waited < secs(700) {
            return Ok(Seen::Nothing);
        }
        let before = *hidden.lock().unwrap().get_or_insert(deletes);
        Ok(if deletes > before { Seen::Nothing } else { Seen::State(State::Running) })
    })
    .visible_within(None)
    .deleting(|_| Ok(Next::NothingLeft));
    let seen = provider.delete_until_gone(&provider.text(), &provider.wait(HOUR)).await.unwrap();
    assert_eq!(seen.finding, Finding::NotFound);
    assert_eq!(seen.handle.last_seen.map(|sighting| sighting.state), Some(State::Running));
    let log = provider.log();
    let shown = log.looks.iter().find(|look| look.0 >= secs(700)).unwrap().0;
    assert!(log.deletes.last().unwrap().saturating_sub(shown) <= secs(3), "{log:?}");
}

#[tokio::test(start_paused = true)]
async fn a_machine_that_was_gone_before_is_proven_gone_where_that_can_be() {
    let gone = || Scripted::new(|_, _, _| Ok(Seen::Nothing)).deleting(|_| Ok(Next::NothingLeft));
    let provider = gone();
    provider.delete_until_gone(&provider.text(), &provider.wait(HOUR)).await.unwrap();
    assert_eq!(provider.clock.elapsed(), Duration::ZERO);

    // A handle read from text does not say how old it is: it is waited as long as a new machine may be hidden.
    let provider = gone().visible_within(Some(secs(120)));
    provider.delete_until_gone(&provider.text(), &provider.wait(HOUR)).await.unwrap();
    assert!(secs(120) <= provider.clock.elapsed() && provider.clock.elapsed() <= secs(160));

    let provider = gone().visible_within(None);
    let error = provider.delete_until_gone(&provider.text(), &provider.wait(HOUR)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::DeadlineExceeded);
    assert!(error.message().contains("may be hidden"), "{error}");
    assert!(provider.log().deletes.len() <= 10, "{:?}", provider.log().deletes);
}
