//! What each broken or refused create may have changed, at every dialect, with the requests counted on the wire.

use vmbroker_core::{Effect, ErrorKind};
use vmbroker_sim::{Dialect, Fault, FaultKind, Refusal};
use vmbroker_tests::{Stage, wish};

#[tokio::test(start_paused = true)]
async fn every_broken_answer_is_unknown_and_one_request() {
    let kinds = [
        FaultKind::LoseAnswer,
        FaultKind::StatusAfter(500),
        FaultKind::StatusAfter(503),
        FaultKind::StatusAfter(409),
        FaultKind::TruncateAnswer,
        FaultKind::BodyAfter("<html>\u{1b}[2J</html>".to_owned()),
        FaultKind::BodyAfter("{}".to_owned()),
        FaultKind::BodyAfter("[]".to_owned()),
        FaultKind::BodyAfter("null".to_owned()),
        FaultKind::BodyAfter(String::new()),
        FaultKind::HtmlSuccess,
        FaultKind::Html(502),
        FaultKind::Html(403),
        FaultKind::Redirect,
        FaultKind::Reset,
        FaultKind::Hang,
        FaultKind::ApplyLate(30),
        FaultKind::Endless,
    ];
    for dialect in Dialect::ALL {
        for kind in &kinds {
            let stage = Stage::set(dialect).await;
            stage.cloud.arm(Fault::once("create", kind.clone()));
            let error = stage.provider.create(&wish()).await.unwrap_err();
            assert_eq!(error.effect(), Effect::Unknown, "{dialect} {kind:?}: {error}");
            assert_eq!(stage.cloud.count_calls(Some("create")), 1, "{dialect} {kind:?}");
            assert!(!error.to_string().contains('\u{1b}'), "{dialect} {kind:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_documented_refusal_has_its_kind_and_changed_nothing() {
    let rows = [
        (Refusal::Credentials, ErrorKind::Unauthenticated),
        (Refusal::Permission, ErrorKind::PermissionDenied),
        (Refusal::Quota, ErrorKind::QuotaExceeded),
        (Refusal::Funds, ErrorKind::InsufficientFunds),
        (Refusal::Incompatible, ErrorKind::IncompatibleOffer),
    ];
    for dialect in Dialect::ALL {
        for (refusal, kind) in rows {
            let stage = Stage::set(dialect).await;
            stage.cloud.arm(Fault::once("create", FaultKind::Refuse(refusal)));
            let error = stage.provider.create(&wish()).await.unwrap_err();
            assert_eq!(
                (error.kind(), error.effect()),
                (kind, Effect::None),
                "{dialect} {refusal:?}: {error}"
            );
            assert_eq!(stage.cloud.ledger().entries.len(), 0, "{dialect} {refusal:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_refused_connection_changed_nothing() {
    for dialect in Dialect::ALL {
        let stage = Stage::set(dialect).await;
        // The lookups that come first are what meets the closed port here; the create itself meets one in the
        // wire room's own tests.
        let provider = stage.provider.clone();
        let cloud = stage.cloud.clone();
        drop(stage);
        let error = provider.create(&wish()).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.effect()),
            (ErrorKind::Unavailable, Effect::None),
            "{dialect}: {error}"
        );
        assert_eq!(cloud.ledger().entries.len(), 0, "{dialect}");
    }
}
