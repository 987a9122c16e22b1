//! Which route answers a request, and what answers it without JavaScript.
//!
//! Owns the routes of a listener ([`Table`]): paths, parameters, wildcards, methods, and the answers that need no
//! application: ready responses, redirects, 404, 405. Another kind of answer is a [`Served`], which other crates have. What is around
//! answers is a [`Layer`]: fields and CORS are here, others elsewhere. Never does:
//! sockets, clocks, threads, JavaScript. Called by: the runtime's bridge, when a request comes and when it is given to
//! JavaScript.
//!
//! Paths are compared as the URL standard serialises them, which those of requests are.
#![forbid(unsafe_code)]

mod added;
mod answer;
pub mod cors;
mod fields;
mod layer;
mod methods;
mod pattern;
mod places;
mod redirect;
mod route;
mod table;
mod tree;

pub use added::FixedFields;
pub use answer::{Answer, Asked, Handler, Ready, Served, Serving};
pub use fields::Fields;
pub use layer::{Layer, Layers, Meeting};
pub use methods::{Methods, UnknownMethod};
pub use pattern::{PARAMETERS_MAX, Pattern, PatternError};
pub use places::{Place, Places};
pub use redirect::{Redirect, RedirectError};
pub use route::{Route, Target};
pub use table::{Lead, Otherwise, Table};
