//! What goes wrong: of nearly every create something, and now and then of a look or a deletion.

use fastrand::Rng;
use vmbroker_sim::{Cloud, Dialect, Fault, FaultKind, Refusal};

/// So many creates of each cloud are decided about.
const CREATES: u32 = 600;
/// How many of a hundred of them meet a fault.
const PERCENT: u32 = 85;
/// So many looks and deletions meet one, among the first thousand of each kind.
const LOOKS: u32 = 60;

/// Arms a cloud with a life of trouble.
pub(crate) fn arm(cloud: &Cloud, dialect: Dialect, random: &mut Rng) {
    for after in 0..CREATES {
        if random.u32(0..100) < PERCENT {
            let kind = at_create(dialect, random);
            cloud.arm(Fault { after, ..Fault::once("create", kind) });
        }
    }
    for operation in ["list", "status", "delete"] {
        for _ in 0..LOOKS {
            let (after, kind) = (random.u32(0..1_000), at_look(operation, random));
            cloud.arm(Fault { after, ..Fault::once(operation, kind) });
        }
    }
}

/// How late a create is applied at most, and how long a machine is hidden at most: what the providers promise.
fn promises(dialect: Dialect) -> (u64, u64) {
    match dialect {
        Dialect::Wayscloud | Dialect::Waldur => (115, 0),
        Dialect::Fluence202504 | Dialect::Fluence202505 | Dialect::Zenlayer => (290, 290),
    }
}

fn at_create(dialect: Dialect, random: &mut Rng) -> FaultKind {
    let (late, hidden) = promises(dialect);
    match random.u32(0..100) {
        0..14 => FaultKind::LoseAnswer,
        14..24 => FaultKind::StatusAfter(*random.choice(&[500, 502, 504, 409, 202]).unwrap()),
        24..32 => FaultKind::TruncateAnswer,
        32..38 => {
            FaultKind::BodyAfter((*random.choice(&["{}", "[]", "null", "", "<html>"]).unwrap()).to_owned())
        }
        38..42 => FaultKind::HtmlSuccess,
        42..46 => FaultKind::Html(*random.choice(&[502, 503]).unwrap()),
        46..54 => FaultKind::Reset,
        54..57 => FaultKind::Hang,
        57..66 => FaultKind::ApplyLate(random.u64(1..late)),
        66..68 => FaultKind::Redirect,
        68..72 => FaultKind::Slow(random.u64(1_000..150_000)),
        72..76 => FaultKind::Throttle { retry_after: random.bool().then(|| "20".to_owned()) },
        76..80 => FaultKind::Refuse(Refusal::SoldOut),
        80..82 => FaultKind::Refuse(Refusal::Quota),
        82..83 => FaultKind::Refuse(Refusal::Funds),
        83..85 => FaultKind::Refuse(Refusal::Unavailable),
        85..87 => FaultKind::Refuse(Refusal::Internal),
        87..89 => FaultKind::Refuse(Refusal::Incompatible),
        89..95 => FaultKind::FailLater("No valid host was found.".to_owned()),
        // Longer than a machine may take to come up.
        95..97 => FaultKind::Delay(1_500),
        _ if hidden > 0 => FaultKind::Hide(random.u64(1..hidden)),
        _ => FaultKind::Echo,
    }
}

/// A look that fails proves nothing, and a deletion that is answered proves nothing either.
fn at_look(operation: &str, random: &mut Rng) -> FaultKind {
    match random.u32(0..10) {
        0 | 1 => FaultKind::Refuse(Refusal::Internal),
        2 => FaultKind::Refuse(Refusal::Credentials),
        3 => FaultKind::LoseAnswer,
        4 => FaultKind::TruncateAnswer,
        5 => FaultKind::Html(502),
        6 => FaultKind::Reset,
        7 => FaultKind::Throttle { retry_after: Some("30".to_owned()) },
        8 if operation == "delete" => FaultKind::Revert,
        8 => FaultKind::HtmlSuccess,
        _ => FaultKind::StatusAfter(503),
    }
}
