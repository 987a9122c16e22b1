//! The limit on open files. A server has a descriptor per connection.
//!
//! Owns that it is raised as far as it may be. Never fails a start. Called by: `supervisor/process.rs`.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Raises the soft limit to the hard one.
pub(crate) fn raise_limit() {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        maximum: limit.maximum,
    };
    // A refusal leaves the limit as it is.
    let _ = setrlimit(Resource::Nofile, raised);
}
