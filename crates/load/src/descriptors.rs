//! The process's limit on open descriptors.

use rlimit::Resource;

use crate::error::LoadError;

/// Descriptors besides connections: standard streams, rings, what the caller has open.
const OTHERS_MAX: u64 = 128;

/// Makes room for so many connections, by raising the soft limit if need be.
pub(crate) fn make_room(connections: usize) -> Result<(), LoadError> {
    let needed = connections as u64 + OTHERS_MAX;
    // Where the limit cannot be asked for, connections fail one by one and are counted.
    let Ok((soft, hard)) = Resource::NOFILE.get() else {
        return Ok(());
    };
    if soft >= needed {
        return Ok(());
    }
    let raised = hard >= needed && Resource::NOFILE.set(needed, hard).is_ok();
    match raised {
        true => Ok(()),
        false => Err(LoadError::Descriptors { needed, limit: hard }),
    }
}
