//! `wait_until` and `wait_all`.

use super::*;

#[tokio::test(start_paused = true)]
async fn running_ends_the_wait_though_it_has_no_address() {
    let provider = Scripted::new(|handle, waited, _| match waited.as_secs() {
        0..60 => Ok(Seen::State(State::Provisioning)),
        60..90 => Ok(machine(handle, None)),
        _ => Ok(machine(handle, Some("192.0.2.1"))),
    });
    let wait = provider.wait(HOUR);
    let running = provider.wait_until(&provider.made(), Goal::Running, &wait).await.unwrap();
    assert!(running.instance().unwrap().public_addresses.is_empty());
    let reachable = provider.wait_until(&running.handle, Goal::Reachable, &wait).await.unwrap();
    assert_eq!(reachable.instance().unwrap().public_addresses.len(), 1);
    // Once half the time is over a look comes every half of it at most: never far behind the event.
    assert!(provider.clock.elapsed() < secs(110), "{:?}", provider.clock.elapsed());
}

#[tokio::test(start_paused = true)]
async fn gone_is_said_by_the_provider_or_by_absence_after_a_sighting() {
    for end in [State::Gone, State::Deleting] {
        let provider = Scripted::new(move |_, waited, _| {
            Ok(match (waited.as_secs(), end) {
                (0..60, _) => Seen::State(State::Deleting),
                (_, State::Gone) => Seen::State(State::Gone),
                _ => Seen::Nothing,
            })
        })
        .visible_within(None);
        let seen = provider.wait_until(&provider.text(), Goal::Gone, &provider.wait(HOUR)).await.unwrap();
        assert!(matches!(seen.state(), None | Some(State::Gone)));
        assert!(provider.clock.elapsed() >= secs(60));
    }
}

#[tokio::test(start_paused = true)]
async fn the_deadline_ends_the_wait_with_one_last_look_and_an_unclear_effect() {
    let provider = Scripted::new(|_, _, _| Ok(Seen::State(State::Provisioning)));
    let error =
        provider.wait_until(&provider.made(), Goal::Running, &provider.wait(secs(100))).await.unwrap_err();
    assert_eq!((error.kind(), error.effect()), (ErrorKind::DeadlineExceeded, Effect::Unknown));
    assert_eq!(provider.clock.elapsed(), secs(100));
    assert_eq!(provider.log().looks.last().unwrap().0, secs(100));
}

#[tokio::test(start_paused = true)]
async fn a_round_is_one_call_for_all_that_are_still_waited_for() {
    let provider = Scripted::new(|handle, waited, _| {
        let number: u64 = handle.id()[2..].parse().unwrap();
        let up = waited >= secs(number * 20);
        Ok(Seen::State(if up { State::Running } else { State::Provisioning }))
    });
    let handles: Vec<Handle> = (1..=5).map(|n| format!("scripted/instance:m-{n}").parse().unwrap()).collect();
    let ends = provider.wait_all(&handles, Goal::Running, &provider.wait(HOUR), &mut |_| {}).await.unwrap();
    let ids: Vec<String> = ends.iter().map(|end| end.as_ref().unwrap().handle.to_string()).collect();
    assert_eq!(ids, handles.iter().map(Handle::to_string).collect::<Vec<_>>());
    let looks = provider.log().looks;
    assert_eq!(looks[0].1, 5);
    assert_eq!(looks.last().unwrap().1, 1);
    assert!(looks.windows(2).all(|pair| pair[0].1 >= pair[1].1 && pair[0].0 < pair[1].0), "{looks:?}");
    let none = provider.wait_all(&[], Goal::Running, &provider.wait(HOUR), &mut |_| {}).await.unwrap();
    assert!(none.is_empty() && provider.log().looks.len() == looks.len());
}

#[tokio::test(start_paused = true)]
async fn one_machine_that_fails_does_not_end_the_wait_for_the_others() {
    let provider = Scripted::new(|handle, waited, _| {
        Ok(match (handle.id(), waited < secs(60)) {
            ("m-1", _) => Seen::State(State::Failed),
            (_, true) => Seen::State(State::Provisioning),
            (_, false) => Seen::State(State::Running),
        })
    });
    let handles = ["scripted/instance:m-1", "scripted/instance:m-2"].map(|text| text.parse().unwrap());
    let ends = provider.wait_all(&handles, Goal::Running, &provider.wait(HOUR), &mut |_| {}).await.unwrap();
    assert_eq!(ends[0].as_ref().unwrap_err().kind(), ErrorKind::MachineFailed);
    assert_eq!(ends[1].as_ref().unwrap().state(), Some(State::Running));
}

/// How often an hour's wait for a public address looks, at a pace of 10 s, when the provider tells this of spending.
async fn looks_of_a_quiet_hour(spent_changes: bool) -> Vec<(Duration, usize)> {
    let provider = Scripted::new(move |handle, waited, _| {
        let mut instance = Instance::new(handle.clone(), "m", State::Running, "RUNNING");
        if spent_changes {
            instance.extras.insert("spent", waited.as_millis().to_string());
        }
        Ok(Seen::Machine(Box::new(instance)))
    });
    let wait = provider.wait(HOUR);
    let error = provider.wait_until(&provider.made(), Goal::Reachable, &wait).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::DeadlineExceeded);
    provider.log().looks
}

#[tokio::test(start_paused = true)]
async fn a_quiet_hour_is_looked_at_four_times_slower_than_the_pace_allows() {
    for spent_changes in [false, true] {
        let looks = looks_of_a_quiet_hour(spent_changes).await;
        // One look every 40 s is 90; the first minute takes a handful more.
        assert!((90..=100).contains(&looks.len()), "{}", looks.len());
        assert_eq!(looks[1].0 - looks[0].0, Duration::from_millis(2_500));
    }
}

#[tokio::test(start_paused = true)]
async fn the_pace_starts_again_when_something_changed() {
    let provider = Scripted::new(|_, waited, _| {
        Ok(Seen::State(if waited < secs(600) { State::Ordered } else { State::Provisioning }))
    });
    let wait = provider.wait(secs(1_200));
    provider.wait_until(&provider.made(), Goal::Running, &wait).await.unwrap_err();
    let looks = provider.log().looks;
    let change = looks.iter().position(|look| look.0 >= secs(600)).unwrap();
    assert_eq!(looks[change].0 - looks[change - 1].0, secs(40));
    assert_eq!(looks[change + 1].0 - looks[change].0, Duration::from_millis(2_500));
}

#[tokio::test(start_paused = true)]
async fn a_pace_of_nothing_does_not_spin() {
    let mut provider = Scripted::new(|_, _, _| Ok(Seen::State(State::Provisioning)));
    provider.semantics.poll_every = Duration::ZERO;
    let wait = provider.wait(secs(1));
    provider.wait_until(&provider.made(), Goal::Running, &wait).await.unwrap_err();
    assert!(provider.log().looks.len() <= 1_001);
    provider.semantics.poll_every = Duration::MAX;
    let wait = provider.wait(secs(1));
    provider.wait_until(&provider.made(), Goal::Running, &wait).await.unwrap_err();
}

#[tokio::test(start_paused = true)]
async fn a_new_machine_may_be_invisible_for_as_long_as_the_semantics_say() {
    let late = |shown: u64| {
        Scripted::new(move |_, waited, _| {
            Ok(if waited < secs(shown) { Seen::Nothing } else { Seen::State(State::Running) })
        })
        .visible_within(Some(secs(120)))
    };
    let provider = late(100);
    let seen = provider.wait_until(&provider.made(), Goal::Running, &provider.wait(HOUR)).await.unwrap();
    assert_eq!(seen.state(), Some(State::Running));
    // Made, or first asked for where the handle does not say: the time counts from there.
    for text in [false, true] {
        let provider = late(3_000);
        let handle = if text { provider.text() } else { provider.made() };
        let error = provider.wait_until(&handle, Goal::Running, &provider.wait(HOUR)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
        let took = provider.clock.elapsed();
        assert!(secs(120) <= took && took <= secs(160), "{took:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn where_nobody_can_say_how_long_absence_is_never_concluded() {
    for goal in [Goal::Running, Goal::Gone] {
        let provider = Scripted::new(|_, _, _| Ok(Seen::Nothing)).visible_within(None);
        for handle in [provider.made(), provider.text()] {
            let error = provider.wait_until(&handle, goal, &provider.wait(HOUR)).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::DeadlineExceeded);
            assert!(error.message().ends_with("a new machine may be hidden for a while"), "{error}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_machine_that_was_seen_and_is_missing_is_not_found_at_once() {
    for forgetful in [false, true] {
        let provider = Scripted::new(move |_, waited, _| {
            Ok(match (waited < secs(30), forgetful) {
                (true, false) => Seen::State(State::Provisioning),
                (true, true) => Seen::Unremembered(State::Provisioning),
                (false, _) => Seen::Nothing,
            })
        })
        .visible_within(None);
        let wait = provider.wait(HOUR);
        let error = provider.wait_until(&provider.made(), Goal::Running, &wait).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
        assert!(provider.clock.elapsed() < secs(60));
    }
    // Seen before this wait, by another process.
    let provider = Scripted::new(|_, _, _| Ok(Seen::Nothing)).visible_within(None);
    let handle = provider.text().seen(provider.clock.now(), State::Running);
    let error = provider.wait_until(&handle, Goal::Running, &provider.wait(HOUR)).await.unwrap_err();
    assert_eq!((error.kind(), provider.log().looks.len()), (ErrorKind::NotFound, 1));
}

#[tokio::test(start_paused = true)]
async fn an_old_answer_does_not_prove_a_young_machine_gone() {
    // Seen at once, then missing from answers that are older than the machine, then there again.
    let provider = Scripted::new(|_, waited, _| {
        Ok(match waited.as_secs() {
            0..10 | 80.. => Seen::State(State::Running),
            _ => Seen::Nothing,
        })
    })
    .lagging(secs(120));
    let handle = provider.made();
    let error = provider.wait_until(&handle, Goal::Gone, &provider.wait(secs(600))).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::DeadlineExceeded);
    // Once the machine is older than any answer, missing is gone.
    let provider = Scripted::new(|_, _, _| Ok(Seen::Nothing)).lagging(secs(120));
    let old = provider.made().seen(provider.clock.now(), State::Running);
    provider.clock.sleep(secs(130)).await;
    provider.wait_until(&old, Goal::Gone, &provider.wait(secs(600))).await.unwrap();
    assert_eq!(provider.log().looks.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_machine_that_cannot_run_any_more_ends_the_wait_with_the_reason() {
    for (state, kind) in [
        (State::Failed, ErrorKind::MachineFailed),
        (State::Stopped, ErrorKind::MachineFailed),
        (State::Deleting, ErrorKind::MachineFailed),
        (State::Recycled, ErrorKind::MachineFailed),
        (State::Gone, ErrorKind::NotFound),
    ] {
        let provider = Scripted::new(move |handle, _, _| {
            let mut instance = Instance::new(handle.clone(), "m", state, "BAD\u{1b}");
            instance.failure = Some("no valid host\n".to_owned());
            Ok(Seen::Machine(Box::new(instance)))
        });
        let wait = provider.wait(HOUR);
        let error = provider.wait_until(&provider.made(), Goal::Running, &wait).await.unwrap_err();
        assert_eq!((error.kind(), provider.log().looks.len()), (kind, 1));
        let expected = format!("`scripted/instance:m-1` is {state} (BAD\\u{{1b}}): no valid host\\u{{a}}");
        assert_eq!(error.message(), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn an_unknown_word_and_a_waiting_approval_are_waited_through() {
    let provider = Scripted::new(|_, waited, _| {
        Ok(Seen::State(match waited.as_secs() {
            0..60 => State::AwaitingApproval,
            60..120 => State::Unrecognised,
            _ => State::Running,
        }))
    });
    provider.wait_until(&provider.made(), Goal::Running, &provider.wait(HOUR)).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_failed_look_is_borne_and_one_that_stays_failed_is_not() {
    let provider = Scripted::new(|_, waited, _| match waited.as_secs() {
        0..30 => Err(unavailable()),
        30..60 => Err(Error::new(ErrorKind::RateLimited, "slow down").with_retry(Retry::After(secs(300)))),
        _ => Ok(Seen::State(State::Running)),
    });
    let wait = provider.wait(HOUR);
    provider.wait_until(&provider.made(), Goal::Running, &wait).await.unwrap();
    let looks = provider.log().looks;
    // What the provider told us to wait is waited.
    assert!(looks[looks.len() - 1].0 - looks[looks.len() - 2].0 == secs(300), "{looks:?}");

    let provider = Scripted::new(|_, _, _| Err(unauthenticated()));
    let wait = provider.wait(HOUR);
    let error = provider.wait_until(&provider.made(), Goal::Running, &wait).await.unwrap_err();
    assert_eq!((error.kind(), provider.log().looks.len()), (ErrorKind::Unauthenticated, 1));
}

#[tokio::test(start_paused = true)]
async fn only_what_differs_is_told() {
    let provider = Scripted::new(|handle, waited, _| match waited.as_secs() {
        0..60 => Ok(Seen::State(State::Provisioning)),
        60..120 => Ok(machine(handle, None)),
        _ => Ok(machine(handle, Some("192.0.2.1"))),
    });
    let mut told = Vec::new();
    let handles = [provider.made()];
    let wait = provider.wait(HOUR);
    let tell = &mut |seen: &Observation| told.push(seen.state());
    provider.wait_all(&handles, Goal::Reachable, &wait, tell).await.unwrap();
    assert_eq!(told, [Some(State::Provisioning), Some(State::Running), Some(State::Running)]);
}

/// An adapter that drops one observation.
#[derive(Debug)]
struct Short(Scripted);

#[async_trait]
impl ComputeProvider for Short {
    fn id(&self) -> &ProviderId {
        self.0.id()
    }
    fn semantics(&self) -> &Semantics {
        self.0.semantics()
    }
    async fn offers(&self, query: &OfferQuery) -> Result<Vec<Offer>> {
        self.0.offers(query).await
    }
    async fn create(&self, request: &CreateRequest) -> Result<Handle> {
        self.0.create(request).await
    }
    async fn status(&self, handles: &[Handle]) -> Result<Vec<Observation>> {
        let mut seen = self.0.status(handles).await?;
        seen.pop();
        Ok(seen)
    }
    async fn list(&self) -> Result<Listing> {
        self.0.list().await
    }
    async fn delete(&self, handle: &Handle) -> Result<Deletion> {
        self.0.delete(handle).await
    }
}

#[tokio::test(start_paused = true)]
async fn observations_that_do_not_match_the_handles_are_refused() {
    let provider = Short(Scripted::new(|_, _, _| Ok(Seen::State(State::Running))));
    let handle = provider.0.made();
    let wait = provider.0.wait(HOUR);
    let handles = [handle.clone(), handle.clone()];
    let error = provider.wait_all(&handles, Goal::Running, &wait, &mut |_| {}).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Protocol);
    assert_eq!(provider.delete_until_gone(&handle, &wait).await.unwrap_err().kind(), ErrorKind::Protocol);
    assert_eq!(provider.0.clock.elapsed(), Duration::ZERO);
}
