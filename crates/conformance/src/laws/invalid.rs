//! What is refused before anything is sent.

use serde_json::{Map, Value};
use vmbroker_core::{
    ChargeType, CreateRequest, DataDisk, Effect, ErrorKind, LocationWish, MachineWish, OfferId, Size,
};

use crate::steps::grown;
use crate::verdict::{Judge, KEPT, not_applicable, shown};
use crate::{Outcome, Subject, Violation};

/// How one wish is spoilt.
type Spoil = fn(&mut CreateRequest);

/// A wish that makes sense nowhere is InvalidRequest with effect None, and nothing at all is sent.
///
/// # Errors
/// Where it is broken.
pub async fn an_invalid_wish_sends_nothing(subject: &Subject) -> Outcome {
    let judge = Judge::of("an_invalid_wish_sends_nothing");
    let spoils: [(&str, Spoil); 6] = [
        ("no key", |wish| wish.ssh_keys.clear()),
        ("no processor", |wish| wish.machine = MachineWish::Size(Size { vcpus: 0, memory_mib: 1_024 })),
        ("a bad name", |wish| wish.name = Some("-Not a name-".to_owned())),
        ("an empty label", |wish| _ = wish.labels.insert(String::new(), String::new())),
        ("no month", |wish| wish.charge = ChargeType::Prepaid { months: 0 }),
        ("an empty disk", |wish| wish.data_disks = vec![DataDisk { size_gib: 0, kind: None }]),
    ];
    let mut counted = true;
    for (what, spoil) in spoils {
        let mut request = subject.request();
        spoil(&mut request);
        counted &= nothing_sent(judge, subject, &request, what).await?;
    }
    if counted { KEPT } else { not_applicable("all are refused, but this world counts no calls") }
}

/// An option that the adapter does not know is InvalidRequest with effect None, and nothing at all is sent.
///
/// # Errors
/// Where it is broken.
pub async fn an_unknown_option_sends_nothing(subject: &Subject) -> Outcome {
    let judge = Judge::of("an_unknown_option_sends_nothing");
    let mut request = subject.request();
    let options = Map::from_iter([("no_such_option_anywhere".to_owned(), Value::Bool(true))]);
    request.options.insert(subject.provider().semantics().kind.to_owned(), options);
    let counted = nothing_sent(judge, subject, &request, "an unknown option").await?;
    if counted { KEPT } else { not_applicable("it is refused, but this world counts no calls") }
}

/// Whether the world could count what was sent.
async fn nothing_sent(
    judge: Judge,
    subject: &Subject,
    request: &CreateRequest,
    what: &str,
) -> Result<bool, Violation> {
    let before = subject.world().calls_received().await;
    let error = judge.err(subject.provider().create(request).await, &format!("create with {what}"))?;
    let well = error.kind() == ErrorKind::InvalidRequest && error.effect() == Effect::None;
    judge.that(well, format!("InvalidRequest with effect None for {what}"), shown(&error))?;
    let sent = grown(before, subject.world().calls_received().await);
    judge.that(sent.is_none_or(|sent| sent == 0), format!("no call for {what}"), format!("{sent:?}"))?;
    Ok(sent.is_some())
}

/// A zone that does not exist is IncompatibleOffer or OutOfCapacity with effect None, and no machine.
///
/// # Errors
/// Where it is broken.
pub async fn an_unknown_zone_is_refused(subject: &Subject) -> Outcome {
    let mut request = subject.request();
    request.location = LocationWish { countries: Vec::new(), zone: Some("no-such-zone-0".to_owned()) };
    unmet(Judge::of("an_unknown_zone_is_refused"), subject, &request).await
}

/// An offer that does not exist is IncompatibleOffer or OutOfCapacity with effect None, and no machine.
///
/// # Errors
/// Where it is broken.
pub async fn an_unknown_offer_is_refused(subject: &Subject) -> Outcome {
    let mut request = subject.request();
    request.machine = MachineWish::Offer(OfferId("no-such-offer-0".to_owned()));
    unmet(Judge::of("an_unknown_offer_is_refused"), subject, &request).await
}

async fn unmet(judge: Judge, subject: &Subject, request: &CreateRequest) -> Outcome {
    let before = subject.world().creates_received().await;
    let error = judge.err(subject.provider().create(request).await, "create")?;
    let kind = matches!(error.kind(), ErrorKind::IncompatibleOffer | ErrorKind::OutOfCapacity);
    judge.that(kind, "IncompatibleOffer or OutOfCapacity", shown(&error))?;
    judge.that(error.effect() == Effect::None, "effect None", shown(&error))?;
    let sent = grown(before, subject.world().creates_received().await);
    judge.that(sent.is_none_or(|sent| sent <= 1), "one create request at most", format!("{sent:?}"))?;
    match subject.world().live_machines(request.marker).await {
        None => not_applicable("the refusal is well told, but this world has no ledger"),
        Some(live) => {
            judge.that(live == 0, "no machine", live)?;
            KEPT
        }
    }
}
