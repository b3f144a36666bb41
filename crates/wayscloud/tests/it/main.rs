//! The whole adapter over recorded exchanges.
