//! What can go wrong: before a run ([`LoadError`]), and with a single request ([`ErrorClass`]).

use std::io;
use std::net::{IpAddr, SocketAddr};

use serde::Serialize;

/// Why a run could not be made.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The URL cannot be parsed.
    #[error("{url} is no URL: {reason}")]
    Url {
        /// What was given.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The host's name cannot be resolved.
    #[error("{host} cannot be resolved: {source}")]
    Unresolved {
        /// The name.
        host: String,
        /// What the resolver says.
        source: io::Error,
    },
    /// The target is another machine.
    #[error("{host} is not this machine ({address}); --yes-remote allows to load it")]
    Remote {
        /// The host as given.
        host: String,
        /// The address that is not loopback.
        address: IpAddr,
    },
    /// Any certificate is taken on loopback only.
    #[error("any certificate is accepted for loopback targets only, and {address} is none")]
    AnyCertificateRemote {
        /// The target.
        address: IpAddr,
    },
    /// Nothing listens there.
    #[error("cannot connect to {address}: {source}")]
    Unreachable {
        /// The target.
        address: SocketAddr,
        /// What connect(2) says.
        source: io::Error,
    },
    /// A number is out of its bounds.
    #[error("{option} must be from {min} to {max}")]
    OutOfBounds {
        /// The option's name.
        option: &'static str,
        /// The least.
        min: u64,
        /// The most.
        max: u64,
    },
    /// The process may not open so many sockets.
    #[error("{needed} descriptors are needed and {limit} allowed; raise the limit (ulimit -Hn)")]
    Descriptors {
        /// How many.
        needed: u64,
        /// The hard limit.
        limit: u64,
    },
    /// Options that cannot be had together.
    #[error("{0}")]
    Conflict(&'static str),
    /// The method, or a field line, is none.
    #[error("{what} {value:?} is not valid in an HTTP request")]
    InvalidRequest {
        /// Which part of the request.
        what: &'static str,
        /// Its text.
        value: String,
    },
    /// TLS cannot be set up.
    #[error("TLS cannot be set up: {0}")]
    Tls(String),
    /// The ring fails.
    #[error("io_uring fails: {0}")]
    Ring(#[from] io::Error),
    /// A thread ended in a panic: a bug of the generator.
    #[error("a thread of the generator panicked")]
    Panicked,
}

/// What became of a request that was not answered right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorClass {
    /// No connection, or no TLS session, or no WebSocket.
    Connect,
    /// The connection ended or failed before the whole answer.
    Read,
    /// The request could not be sent.
    Write,
    /// No whole answer within the timeout.
    Timeout,
    /// Another status than expected.
    Status,
    /// Status 503 where another was expected: the server has more to do than it can, and says so.
    Refused,
    /// Another body length than expected.
    Length,
    /// Another body than expected.
    Hash,
    /// The answer breaks the protocol.
    Protocol,
}

/// Errors by class.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Errors {
    /// See [`ErrorClass::Connect`].
    pub connect: u64,
    /// See [`ErrorClass::Read`].
    pub read: u64,
    /// See [`ErrorClass::Write`].
    pub write: u64,
    /// See [`ErrorClass::Timeout`].
    pub timeout: u64,
    /// See [`ErrorClass::Status`].
    pub status: u64,
    /// See [`ErrorClass::Refused`].
    pub refused: u64,
    /// See [`ErrorClass::Length`].
    pub length: u64,
    /// See [`ErrorClass::Hash`].
    pub hash: u64,
    /// See [`ErrorClass::Protocol`].
    pub protocol: u64,
}

impl Errors {
    /// All classes with their names, in a fixed order.
    pub fn classes(&self) -> [(&'static str, u64); 9] {
        [
            ("connect", self.connect),
            ("read", self.read),
            ("write", self.write),
            ("timeout", self.timeout),
            ("status", self.status),
            ("refused", self.refused),
            ("length", self.length),
            ("hash", self.hash),
            ("protocol", self.protocol),
        ]
    }

    /// All of them.
    pub fn total(&self) -> u64 {
        self.classes().iter().map(|(_, count)| count).sum()
    }

    /// Counts one more.
    pub(crate) fn count(&mut self, class: ErrorClass) {
        *self.of(class) += 1;
    }

    /// Adds another count.
    pub(crate) fn add(&mut self, other: &Errors) {
        use ErrorClass::{Connect, Hash, Length, Protocol, Read, Refused, Status, Timeout, Write};
        let classes = [
            Connect, Read, Write, Timeout, Status, Refused, Length, Hash, Protocol,
        ];
        for (class, (_, count)) in classes.into_iter().zip(other.classes()) {
            *self.of(class) += count;
        }
    }

    fn of(&mut self, class: ErrorClass) -> &mut u64 {
        match class {
            ErrorClass::Connect => &mut self.connect,
            ErrorClass::Read => &mut self.read,
            ErrorClass::Write => &mut self.write,
            ErrorClass::Timeout => &mut self.timeout,
            ErrorClass::Status => &mut self.status,
            ErrorClass::Refused => &mut self.refused,
            ErrorClass::Length => &mut self.length,
            ErrorClass::Hash => &mut self.hash,
            ErrorClass::Protocol => &mut self.protocol,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_keep_their_classes() {
        let mut errors = Errors::default();
        for class in [ErrorClass::Connect, ErrorClass::Hash, ErrorClass::Hash] {
            errors.count(class);
        }
        let mut sum = errors;
        sum.add(&errors);
        assert_eq!((sum.connect, sum.hash, sum.total()), (2, 4, 6));
    }
}
