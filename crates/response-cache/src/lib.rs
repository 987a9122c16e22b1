//! Responses of handlers that are kept, and given again without the application: `Howth.cache`.
//!
//! Owns which requests may be answered so and which responses may be kept (RFC 9111), what is kept of all cores together and
//! its bound in bytes ([`ResponseCache`]), what a purge forgets, and on each core who makes a response while others wait for
//! it ([`CoreCache`]). A request meets a [`CachedRoute`]; what the application answers passes [`CachedExchanges`], beneath whatever
//! carries requests to other cores. Never does: sockets, threads, V8; time is passed in, or asked of a clock that is. Called
//! by: the runtime.
//!
//! Content is kept as the application gave it; codings are chosen for each client, beneath.
#![forbid(unsafe_code)]

mod cache_control;
mod core;
mod exchanges;
mod flights;
mod give;
mod key;
mod layer;
mod lookup;
mod purges;
mod query;
mod settings;
mod statuses;
mod storable;
mod store;
mod stored;

pub use core::{CoreCache, Noted};
pub use exchanges::CachedExchanges;
pub use layer::CachedRoute;
pub use purges::Purge;
pub use query::Query;
pub use settings::{Lifetime, Settings, SettingsError};
pub use store::{BYTES_MAX_DEFAULT, BYTES_MAX_LEAST, ResponseCache};
