//! A layer that refuses clients that ask too often: `Howth.rateLimit`, `--rate-limit`.
//!
//! Owns who is counted together, and the refusal. Never counts: `howth_rate_limit` does. Called by: the table of routes; what
//! requests meet before it.

use std::hash::Hash;
use std::net::IpAddr;
use std::sync::Arc;

use bytes::Bytes;
use howth_clients::counted_as;
use howth_engine::{Body, ExchangeId, Exchanges};
use howth_http1::{RequestHead, ResponseHead};
use howth_rate_limit::{Rate, Refused, Table};
use howth_routes::{Asked, Layer, Meeting};

use crate::rate_limits::RateLimits;

const BODY: &[u8] = br#"{"detail":"Too Many Requests"}"#;

/// By what clients are told apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Key {
    /// Their address.
    Address,
    /// Nothing: all count together.
    Route,
    /// A header field; who sends none counts by the address.
    Header(Box<str>),
    /// A cookie; likewise.
    Cookie(Box<str>),
}

/// Those that count together.
#[derive(Hash)]
enum Client<'a> {
    All,
    Address(IpAddr),
    Named(&'a [u8]),
}

/// The layer.
#[derive(Debug)]
pub(crate) struct RateLimit {
    limits: Arc<RateLimits>,
    table: Arc<Table>,
    rate: Rate,
    key: Key,
    /// As they are sent.
    count: Box<[u8]>,
    burst: Box<[u8]>,
}

impl RateLimit {
    /// Counts in a table of the process's.
    pub(crate) fn new(limits: Arc<RateLimits>, table: Arc<Table>, rate: Rate, key: Key) -> Self {
        let digits = |number: u32| number.to_string().into_bytes().into_boxed_slice();
        RateLimit {
            limits,
            table,
            rate,
            key,
            count: digits(rate.count()),
            burst: digits(rate.burst()),
        }
    }

    /// Counts a request. One that is over, or whose client has no address, is admitted.
    fn admit(&self, exchanges: &dyn Exchanges, id: ExchangeId) -> Result<(), Refused> {
        let admit = |client: Client<'_>| self.table.admit(client, self.rate, self.limits.now_ns());
        if self.key == Key::Route {
            return admit(Client::All);
        }
        if let Some(head) = exchanges.head(id)
            && let Some(name) = self.key.find(&head)
        {
            return admit(Client::Named(name));
        }
        match exchanges.peer_address(id).and_then(|peer| peer.ip()) {
            Some(address) => admit(Client::Address(counted_as(address))),
            None => Ok(()),
        }
    }

    fn refuse(&self, exchanges: &dyn Exchanges, id: ExchangeId, refused: Refused) {
        let mut seconds = itoa::Buffer::new();
        let head = ResponseHead {
            status: 429,
            reason: None,
            fields: &[
                (b"content-type", b"application/json"),
                (b"retry-after", seconds.format(refused.seconds()).as_bytes()),
                (b"x-ratelimit-limit", &self.count),
                (b"x-ratelimit-burst", &self.burst),
            ],
        };
        // A client that is gone is no error.
        let _ = exchanges.respond_with(id, &head, Body::Shared(Bytes::from_static(BODY)));
    }

    /// Counts a request, and refuses one that is beyond the rate; whether it did.
    pub(crate) fn refuses(&self, exchanges: &dyn Exchanges, id: ExchangeId) -> bool {
        match self.admit(exchanges, id) {
            Ok(()) => false,
            Err(refused) => {
                self.refuse(exchanges, id, refused);
                true
            }
        }
    }
}

impl Layer for RateLimit {
    fn meet(&self, exchanges: &dyn Exchanges, id: ExchangeId, _: &Asked<'_>) -> Meeting {
        match self.refuses(exchanges, id) {
            true => Meeting::Answered,
            false => Meeting::GoesOn,
        }
    }
}

impl Key {
    /// What a request says of its client, if it says that.
    fn find<'a>(&self, head: &'a RequestHead) -> Option<&'a [u8]> {
        let found = match self {
            Key::Address | Key::Route => None,
            Key::Header(name) => head.field(name),
            Key::Cookie(name) => head
                .fields()
                .filter(|(field, _)| field.eq_ignore_ascii_case("cookie"))
                .find_map(|(_, value)| cookie(value, name.as_bytes())),
        };
        found.filter(|value| !value.is_empty())
    }
}

/// The value of a cookie (RFC 6265 section 4.2.1).
fn cookie<'a>(value: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    value.split(|byte| *byte == b';').find_map(|pair| {
        let rest = pair.trim_ascii().strip_prefix(name)?;
        rest.strip_prefix(b"=")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cookies_are_found_by_their_whole_name() {
        for (value, expected) in [
            (&b"id=1"[..], Some(&b"1"[..])),
            (b"a=2; id=1;b", Some(b"1")),
            (b"id=", Some(b"")),
            (b"xid=1; idx=2", None),
            (b"id", None),
            (b"a=id=1", None),
            (b"", None),
        ] {
            assert_eq!(cookie(value, b"id"), expected);
        }
    }
}
