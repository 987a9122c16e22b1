//! Answers from a folder of files, without the application.
//!
//! Owns what a path names in a folder and what may not be named, what is kept of files in memory, conditional requests
//! (RFC 9110 section 13), ranges (section 14), and which compressed sibling is sent (section 12.5.3). Never does: sockets,
//! threads, V8; time is passed in, and bodies that are not in memory are sent by the engine. Called by: the runtime.
//!
//! A [`Folder`] belongs to one core. It is opened once: where its path is given to another folder later, it goes on with the
//! first. Names are looked up where the call is made, as by other servers; only contents are never waited for.

#![forbid(unsafe_code)]

mod codings;
mod error;
mod folder;
mod lookup;
mod names;
mod parts;
mod ranges;
mod response;
mod settings;
mod store;
mod types;
mod weights;

pub use error::FolderError;
pub use folder::Folder;
pub use lookup::open_file;
pub use response::FileResponse;
pub use settings::Settings;
