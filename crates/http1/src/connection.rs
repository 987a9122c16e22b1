//! Lists of comma-separated members, and the Connection field (RFC 9110 sections 5.6.1, 7.6.1).
//!
//! Owns what the connection options say. Never decides persistence alone; the head and the response plan do. Called by:
//! `parse`, `response`, `framing`, `interim`.

use crate::fields::trim_whitespace;

/// The members of a list, whitespace trimmed; empty members are given too.
pub(crate) fn members(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    value.split(|&byte| byte == b',').map(trim_whitespace)
}

/// The connection options this server acts on, gathered over all Connection fields of a message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ConnectionOptions {
    pub close: bool,
    pub keep_alive: bool,
    pub upgrade: bool,
}

impl ConnectionOptions {
    /// Adds the options of one field value; options are case-insensitive, unknown ones have no effect.
    pub fn add(&mut self, value: &[u8]) {
        for option in members(value) {
            self.close |= option.eq_ignore_ascii_case(b"close");
            self.keep_alive |= option.eq_ignore_ascii_case(b"keep-alive");
            self.upgrade |= option.eq_ignore_ascii_case(b"upgrade");
        }
    }
}
