//! The nouns of vmbroker: one trait for every cloud, and the words it speaks.
//!
//! Reading order: [`ComputeProvider`] (the trait), [`CreateRequest`] (what is wanted), [`Handle`] (what was
//! accepted), [`Observation`] and [`State`] (what is seen), [`Listing`] (the only proof of absence),
//! [`Error`] (what went wrong, what it may have changed, whether to try again), then the small words:
//! money, places, secrets, time.
//!
//! Invariants of this room: no I/O, no environment, no files, no randomness. Time comes from a [`Clock`].

mod clock;
mod ending;
mod error;
mod ext;
mod extras;
mod handle;
mod instance;
mod listing;
mod marker;
mod money;
mod observation;
mod offer;
mod place;
mod price;
mod provider;
mod quote;
mod request;
mod secret;
mod semantics;
mod state;
mod text;
mod wait;

pub use clock::Clock;
pub use error::{Effect, Error, ErrorKind, Result, Retry};
pub use ext::ComputeProviderExt;
pub use extras::{Extras, Text};
pub use handle::{Handle, Sighting};
pub use instance::{Disk, Image, Instance, Size};
pub use listing::{Listing, Pages};
pub use marker::{Marker, Owner};
pub use money::{Currency, Money, exact};
pub use observation::{Deletion, Finding, Next, Observation};
pub use offer::{Availability, Offer, OfferId, OfferQuery};
pub use place::{Country, DataCentre, Location};
pub use price::{Alignment, Billing, Charge, Due, Period, Price, Unit};
pub use provider::{ComputeProvider, ProviderId};
pub use quote::{Meter, Quote, QuoteLine, Total};
pub use request::{
    ChargeType, CreateRequest, DataDisk, ImageWish, LocationWish, MachineWish, Port, PriceLimit, Protocol,
    PublicAddress, SshKey,
};
pub use secret::Secret;
pub use semantics::{DeleteMode, NameRule, Semantics, Timing};
pub use state::State;
pub use text::{clip, printable, told_apart};
pub use wait::{Goal, Wait};
