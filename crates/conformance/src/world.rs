//! What the author of an adapter tells of the simulated cloud behind it.

use std::fmt;

use async_trait::async_trait;
use jiff::Timestamp;
use vmbroker_core::{ErrorKind, Marker, Money};

/// The simulated cloud behind the provider under test: what it saw, what it bills, and what can go wrong there.
///
/// Every method may be left out. What a world cannot tell or do makes the laws that need it not applicable.
///
/// ```
/// use std::sync::{Arc, Mutex};
/// use vmbroker_conformance::{Fault, World};
/// use vmbroker_core::Marker;
///
/// /// What a simulated cloud shares with its test.
/// #[derive(Default)]
/// struct Shared {
///     creates: u64,
///     names: Vec<String>,
///     lose_next_answer: bool,
/// }
///
/// struct MyWorld(Arc<Mutex<Shared>>);
///
/// #[async_trait::async_trait]
/// impl World for MyWorld {
///     async fn creates_received(&self) -> Option<u64> {
///         Some(self.0.lock().ok()?.creates)
///     }
///     async fn live_machines(&self, marker: Marker) -> Option<u64> {
///         let shared = self.0.lock().ok()?;
///         u64::try_from(shared.names.iter().filter(|name| name.contains(marker.as_str())).count()).ok()
///     }
///     async fn arm(&self, fault: Fault) -> bool {
///         let Ok(mut shared) = self.0.lock() else { return false };
///         let known = fault == Fault::LoseCreateAnswer;
///         shared.lose_next_answer |= known;
///         known
///     }
///     async fn disarm(&self) {
///         if let Ok(mut shared) = self.0.lock() {
///             shared.lose_next_answer = false;
///         }
///     }
/// }
/// ```
#[async_trait]
pub trait World: Send + Sync {
    /// How many create requests have reached the cloud so far, refused ones included; absent where it does not
    /// count them.
    async fn creates_received(&self) -> Option<u64> {
        None
    }

    /// How many calls of any kind have reached the cloud so far; absent where it does not count them.
    async fn calls_received(&self) -> Option<u64> {
        None
    }

    /// How many machines with this marker in their name exist and may be billed now, by the cloud's own ledger;
    /// absent where there is no ledger. Hidden machines count; ended ones, and those in a recycle bin, do not.
    async fn live_machines(&self, _marker: Marker) -> Option<u64> {
        None
    }

    /// What the cloud's own ledger charged for the machine with this marker, which has ended; absent where there is no
    /// ledger, or none such machine in it.
    async fn bill(&self, _marker: Marker) -> Option<Bill> {
        None
    }

    /// The most rows on one page of a list, given what the provider under test asks for; absent where lists
    /// have no pages. Keep it small (2 to 20): one law fills a page.
    async fn page_rows(&self) -> Option<usize> {
        None
    }

    /// The secret with which the provider under test signs in: it must appear in no text. Absent: none.
    async fn canary(&self) -> Option<String> {
        None
    }

    /// Makes this go wrong from now on; false where this world cannot.
    ///
    /// A fault of creating or deleting strikes the next such request, once. A fault of looking, and throttling,
    /// lasts until [`disarm`](Self::disarm).
    async fn arm(&self, _fault: Fault) -> bool {
        false
    }

    /// Ends every armed fault.
    async fn disarm(&self) {}
}

/// What a cloud charged for one machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bill {
    /// When the first charge began: mostly when the create was accepted.
    pub from: Timestamp,
    /// When the machine stopped costing money.
    pub to: Timestamp,
    /// How much in all.
    pub charged: Money,
}

/// A world of which nothing is known: most laws are not applicable in it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unseen;

#[async_trait]
impl World for Unseen {}

/// What can be made to go wrong at a simulated cloud, in words that fit every wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fault {
    /// The next create is done, and the connection ends before the answer.
    LoseCreateAnswer,
    /// The next create is answered with an internal error; whether it was done is the world's choice.
    CreateAnswer500,
    /// The next create is done, and its answer stops in the middle.
    TruncateCreateAnswer,
    /// The next create is answered with success and an HTML page.
    HtmlCreateAnswer,
    /// The next create is answered with a permanent redirect to another place of the same cloud.
    RedirectCreate,
    /// The next create is done, and answered with success and no id.
    CreateAnswerWithoutId,
    /// The next create finds no one listening: no byte of it is read.
    RefuseConnection,
    /// The next create is refused, as the provider documents it.
    RefuseCreate(Refusal),
    /// The next create is refused, and the refusal repeats the request's own headers and signature.
    EchoRequest,
    /// The next delete is done, and the connection ends before the answer.
    LoseDeleteAnswer,
    /// Every call is refused as too many. Lasts.
    Throttle,
    /// Every look at single machines is answered with an internal error. Lasts.
    StatusFails,
    /// No look at single machines is ever answered. Lasts.
    HangStatus,
    /// Every page of a list but the first is answered with an internal error; where there is one page only,
    /// that one. Lasts.
    ListPageFails,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = match self {
            Self::LoseCreateAnswer => "lose the answer to a create",
            Self::CreateAnswer500 => "answer a create with an internal error",
            Self::TruncateCreateAnswer => "cut the answer to a create short",
            Self::HtmlCreateAnswer => "answer a create with an HTML page",
            Self::RedirectCreate => "redirect a create",
            Self::CreateAnswerWithoutId => "answer a create without an id",
            Self::RefuseConnection => "refuse the connection of a create",
            Self::RefuseCreate(refusal) => return write!(f, "refuse a create: {refusal}"),
            Self::EchoRequest => "repeat a request inside its refusal",
            Self::LoseDeleteAnswer => "lose the answer to a delete",
            Self::Throttle => "throttle",
            Self::StatusFails => "fail a look",
            Self::HangStatus => "leave a look without answer",
            Self::ListPageFails => "fail a page of a list",
        };
        f.write_str(words)
    }
}

/// Why a create is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// The offer is sold out.
    SoldOut,
    /// The account may not hold more.
    Quota,
    /// The account cannot pay.
    Funds,
    /// The credentials are not accepted.
    Credentials,
    /// The credentials are known and not allowed to create.
    Permission,
    /// The offer does not go with the rest of the wish, such as its image.
    Incompatible,
}

impl Refusal {
    /// What an adapter must call it.
    #[must_use]
    pub fn kind(self) -> ErrorKind {
        match self {
            Self::SoldOut => ErrorKind::OutOfCapacity,
            Self::Quota => ErrorKind::QuotaExceeded,
            Self::Funds => ErrorKind::InsufficientFunds,
            Self::Credentials => ErrorKind::Unauthenticated,
            Self::Permission => ErrorKind::PermissionDenied,
            Self::Incompatible => ErrorKind::IncompatibleOffer,
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind().words())
    }
}
