//! What responses say of their being kept: `Cache-Status` (RFC 9211).
//!
//! Owns the values. Called by: `layer`, `exchanges`, `give`.

use std::sync::Arc;

use howth_engine::{AddedFields, Adding};

pub(crate) const CACHE_STATUS: &[u8] = b"cache-status";

/// Given from what is kept.
pub(crate) const HIT: &[u8] = b"howth; hit";
/// Given to who has waited for another's request.
pub(crate) const COLLAPSED: &[u8] = b"howth; fwd=miss; collapsed";
/// Kept before, and given in the place of an error.
pub(crate) const INSTEAD: &[u8] = b"howth; fwd=stale; detail=error";

/// Made by the application, and kept.
pub(crate) fn stored_status(is_renewed: bool) -> &'static [u8] {
    match is_renewed {
        true => b"howth; fwd=stale; stored",
        false => b"howth; fwd=miss; stored",
    }
}

/// Why a request was given to the application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Forwarded {
    Method,
    Bypass,
    Miss,
    Stale,
}

/// What is added to responses of the application.
#[derive(Debug)]
pub(crate) struct Statuses {
    method: Arc<AddedFields>,
    bypass: Arc<AddedFields>,
    miss: Arc<AddedFields>,
    stale: Arc<AddedFields>,
    miss_stored: Arc<AddedFields>,
    stale_stored: Arc<AddedFields>,
}

impl Default for Statuses {
    fn default() -> Self {
        Statuses {
            method: added(b"howth; fwd=method"),
            bypass: added(b"howth; fwd=bypass"),
            miss: added(b"howth; fwd=miss"),
            stale: added(b"howth; fwd=stale"),
            miss_stored: added(stored_status(false)),
            stale_stored: added(stored_status(true)),
        }
    }
}

impl Statuses {
    /// Of a response that is not kept, or of which that is not known when it begins.
    pub(crate) fn forwarded(&self, forwarded: Forwarded) -> &Arc<AddedFields> {
        match forwarded {
            Forwarded::Method => &self.method,
            Forwarded::Bypass => &self.bypass,
            Forwarded::Miss => &self.miss,
            Forwarded::Stale => &self.stale,
        }
    }

    /// Of one that is kept.
    pub(crate) fn stored(&self, is_renewed: bool) -> &Arc<AddedFields> {
        match is_renewed {
            true => &self.stale_stored,
            false => &self.miss_stored,
        }
    }
}

/// Tags are the server's own, and left out.
fn added(value: &[u8]) -> Arc<AddedFields> {
    let mut fields = AddedFields::default();
    for (name, value, adding) in [
        (CACHE_STATUS, value, Adding::Beside),
        (b"cache-tag", b"", Adding::LeftOut),
    ] {
        let pushed = fields.push(name, value, adding);
        pushed.expect("a field that can be sent");
    }
    Arc::new(fields)
}
