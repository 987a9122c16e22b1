//! The process's limit on open descriptors.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::error::LoadError;

/// Descriptors besides connections: standard streams, rings, what the caller has open.
const OTHERS_MAX: u64 = 128;

/// Makes room for so many connections, by raising the soft limit if need be.
pub(crate) fn make_room(connections: usize) -> Result<(), LoadError> {
    let needed = connections as u64 + OTHERS_MAX;
    let limit = getrlimit(Resource::Nofile);
    // None is no limit.
    let allows = |limit: Option<u64>| limit.is_none_or(|limit| limit >= needed);
    let wanted = Rlimit {
        current: Some(needed),
        maximum: limit.maximum,
    };
    if allows(limit.current) || (allows(limit.maximum) && setrlimit(Resource::Nofile, wanted).is_ok()) {
        return Ok(());
    }
    Err(LoadError::Descriptors {
        needed,
        limit: limit.maximum.unwrap_or(u64::MAX),
    })
}
