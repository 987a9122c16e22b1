//! Which route answers a request, and what answers it without JavaScript.
//!
//! Owns the routes of a listener ([`Table`]): paths, parameters, wildcards, methods, and the answers that need no
//! application: ready responses, 404, 405. Another kind of answer is a [`Served`], and what is around answers is a [`Layer`], which
//! other crates have. Never does:
//! sockets, clocks, threads, JavaScript. Called by: the runtime's bridge, when a request comes and when it is given to
//! JavaScript.
//!
//! Paths are compared as the URL standard serialises them, which those of requests are.
#![forbid(unsafe_code)]

mod answer;
mod fields;
mod layer;
mod methods;
mod pattern;
mod places;
mod route;
mod table;
mod tree;

pub use answer::{Answer, Asked, Handler, Ready, Served, Serving};
pub use fields::Fields;
pub use layer::{Layer, Layers, Meeting};
pub use methods::{Methods, UnknownMethod};
pub use pattern::{PARAMETERS_MAX, Pattern, PatternError};
pub use places::{Place, Places};
pub use route::{Route, Target};
pub use table::{Lead, Otherwise, Table};
