use vmbroker_sim::{Fault, FaultKind, Refusal};

use super::*;
use crate::Stream;
use crate::args::Format;
use crate::commands::demo::perform;
use crate::commands::demo::plot::Plot;
use crate::sandbox::Settings;
use crate::terminal::Terminal;

/// Plays it at simulated clouds with this start, and with a hand in what happens.
async fn played(from: &str, meddle: impl Fn(Moment<'_>, &Sandbox) + Sync) -> End {
    let sandbox = Sandbox::start(&Settings::embedded(from.parse().unwrap(), 1)).await.unwrap();
    let sink = || Stream { to: Box::new(std::io::sink()), width: None };
    let teller = Teller::new(&Terminal::new(sink(), sink(), Format::Json));
    let folder = tempfile::tempdir().unwrap();
    let meddle = |moment: Moment<'_>| {
        meddle(moment, &sandbox);
        None
    };
    let end = perform(&sandbox, &teller, 6, folder.path(), &meddle).await.unwrap();
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "the journal ends with it");
    end
}

fn by_plot(moment: Moment<'_>, sandbox: &Sandbox) {
    if let Moment::Planned(plan) = moment {
        Plot::of(plan, 6).arm(sandbox);
    }
}

fn messages(end: &End) -> Vec<&str> {
    end.failures.iter().map(|failure| failure.message.as_str()).collect()
}

/// How many machines were made at each account, by name of the account.
fn made(end: &End) -> Vec<(&str, usize)> {
    end.ledgers.iter().map(|ledger| (ledger.account.as_str(), ledger.machines)).collect()
}

#[tokio::test(start_paused = true)]
async fn the_story_comes_true_at_any_time_of_day() {
    // Ten minutes before 17:55 UTC a day at Fluence costs two: then it is the dearest, and others play its part.
    for (from, fluence, wayscloud) in [("2026-01-01T00:00:00Z", 2, 1), ("2026-01-01T17:45:00Z", 1, 2)] {
        let end = played(from, by_plot).await;
        assert!(end.is_good(), "{from}: {:?}", messages(&end));
        assert_eq!(made(&end), [("fluence", fluence), ("wayscloud", wayscloud), ("zenlayer", 3)], "{from}");
        let totals: Vec<_> = end.prices.iter().map(|price| price.converted.amount).collect();
        assert!(totals.is_sorted() && totals.len() == 3, "{from}: {:?}", end.prices);
        let told: Vec<&str> = end.tale.lines().iter().map(|line| line.text.as_str()).collect();
        for words in
            ["refuses: out of capacity", "is LOST", "FOUND by its marker", "refuses: insufficient funds"]
        {
            assert!(told.iter().any(|line| line.contains(words)), "{from}: {words}: {told:#?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_cloud_that_bills_more_than_the_receipt_says_is_found_out() {
    for account in ["fluence", "wayscloud", "zenlayer"] {
        let end = played("2026-01-01T00:00:00Z", |moment, sandbox| {
            by_plot(moment, sandbox);
            if let Moment::Destroyed = moment {
                sandbox.overcharge(account);
            }
        });
        let end = end.await;
        assert!(!end.is_good(), "{account}");
        let wrong: Vec<&Checked> = end.checked.iter().filter(|it| it.verdict != Verdict::Inside).collect();
        assert_eq!(wrong.len(), 1, "{account}: {wrong:?}");
        assert_eq!((wrong[0].provider.as_str(), wrong[0].verdict), (account, Verdict::Outside));
        assert!(messages(&end)[0].contains(" billed "), "{:?}", messages(&end));
    }
}

#[tokio::test(start_paused = true)]
async fn where_machines_cannot_come_up_it_says_so_and_leaves_nothing() {
    let end = played("2026-01-01T00:00:00Z", |moment, sandbox| {
        if let Moment::Planned(_) = moment {
            for account in ["fluence", "wayscloud", "zenlayer"] {
                let fault = Fault::always("create", FaultKind::Refuse(Refusal::Permission));
                sandbox.arm(account, Fault { after: 1, ..fault });
            }
        }
    });
    let end = end.await;
    assert!(!end.is_good() && end.open() == 0 && end.left.is_empty(), "{:?}", messages(&end));
    assert_eq!(messages(&end).iter().filter(|it| it.ends_with("did not come up")).count(), 3);
    assert!(end.checked.iter().all(|it| it.verdict == Verdict::Inside), "{:?}", end.checked);
}
