//! What nobody can do to whoever uses this: each protection with what it looks like when it is not there.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test")]

mod authority;
mod canary;
mod front;
mod hostile;
mod judge;
mod leak;
mod process;
mod program;
mod recording;
mod redirects;
mod state;
mod tls;
