//! The wire room: everything that is true of every provider's HTTP.
//!
//! Reading order: [`Call`] (what to send), [`Channel`] (an account's way to its provider; its
//! [`send`](Channel::send) is the only judge of what a failed call may have changed and whether to repeat it),
//! [`Dialect`] (what an adapter adds: credentials and the meaning of refusals), [`Transport`] (how bytes travel:
//! [`HttpTransport`], [`Recording`], [`Replay`]), [`HttpConfig`] (what an account may set), [`Authorities`] (whose
//! certificates it trusts), [`scalar`] (reading what does not keep to its document).
//!
//! Invariants of this room: a create is sent once, on a connection of its own; redirects are never followed;
//! plain http goes to loopback only; every answer has a size cap and a time limit; no secret leaves but in the
//! request itself.

mod budget;
mod call;
mod channel;
mod config;
mod dialect;
mod judge;
mod pace;
mod paging;
mod redact;
mod replay;
mod retry_after;
pub mod scalar;
mod transport;
mod trust;

pub use call::{Answer, Call, Header, LIST_CAP, Nature, Reply, Request, SMALL_CAP};
pub use channel::Channel;
pub use config::{Defaults, HttpConfig, base_url};
pub use dialect::{Dialect, Refusal, kind_of_status};
pub use pace::Pace;
pub use paging::{PAGES_SIDE_BY_SIDE, fetch_pages, read_pages};
pub use redact::Redactor;
pub use replay::{Exchange, Recording, Replay};
pub use reqwest::Method;
pub use transport::{HttpTransport, Limits, Transport, TransportError};
pub use trust::Authorities;
pub use url::Url;
