//! Which proxies are believed, and whom they name.
//!
//! The client is the last hop that is not trusted: what stands left of it is its own word, and is not read. Owns that walk.
//! Never reads a field that was not chosen: a client may send every field that its proxy does not set. Called by:
//! `howth_connection`, for whoever asks where a request comes from.

use std::str::FromStr;

use crate::forwarded::{self, Hop};
use crate::{InvalidNetwork, Networks, PeerAddress};

/// No chain of proxies is as long.
const HOPS_MAX: u8 = 32;

/// Which field the proxies set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Forwarding {
    /// `X-Forwarded-For`, and for the scheme `X-Forwarded-Proto`.
    #[default]
    Plain,
    /// `Forwarded` (RFC 7239).
    Standard,
}

/// Whom to believe.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Trust {
    /// Those in networks.
    Networks(Networks),
    /// So many hops before the server, whoever they are.
    Hops(u8),
}

/// The proxies that are believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustedProxies {
    trust: Trust,
    /// The field that is read.
    pub forwarding: Forwarding,
}

/// A text that says of nobody that it is trusted.
pub type InvalidTrust = InvalidNetwork;

/// What proxies have told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// Who the client is.
    pub client: PeerAddress,
    /// Whether it has asked by `https`; `None`: nobody who is trusted has told.
    pub is_secure: Option<bool>,
}

impl FromStr for TrustedProxies {
    type Err = InvalidTrust;

    /// `2` (hops), or networks: `10.0.0.0/8,loopback,private,unix`.
    fn from_str(text: &str) -> Result<Self, InvalidTrust> {
        let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let trust = match is_number {
            false => Trust::Networks(text.parse()?),
            true => {
                let hops = text.parse().ok().filter(|hops| (1..=HOPS_MAX).contains(hops));
                let invalid = || InvalidNetwork(format!("{text} hops are not from 1 to {HOPS_MAX}"));
                Trust::Hops(hops.ok_or_else(invalid)?)
            }
        };
        Ok(TrustedProxies {
            trust,
            forwarding: Forwarding::default(),
        })
    }
}

impl TrustedProxies {
    /// Whether whoever is connected is believed.
    pub fn trusts(&self, peer: &PeerAddress) -> bool {
        self.trusts_hop(peer, 0)
    }

    /// `hop`: how many stand between it and the server.
    fn trusts_hop(&self, peer: &PeerAddress, hop: u8) -> bool {
        match &self.trust {
            Trust::Networks(networks) => networks.contains(peer),
            Trust::Hops(hops) => hop < *hops,
        }
    }

    /// Whose request it is that `peer` has sent with these fields. An element that names no address ends the walk: the client
    /// is the last hop that is known.
    pub fn told<'a>(&self, peer: &PeerAddress, fields: impl Iterator<Item = (&'a str, &'a [u8])>) -> Told {
        let alone = Told {
            client: peer.clone(),
            is_secure: None,
        };
        if !self.trusts(peer) {
            return alone;
        }
        let (mut lines, mut schemes) = (Vec::new(), Vec::new());
        let name = match self.forwarding {
            Forwarding::Plain => "x-forwarded-for",
            Forwarding::Standard => "forwarded",
        };
        for (field, value) in fields {
            if field.eq_ignore_ascii_case(name) {
                lines.push(value);
            } else if field.eq_ignore_ascii_case("x-forwarded-proto") {
                schemes.push(value);
            }
        }
        match self.forwarding {
            // One proxy has to have set it: of a list nobody knows whose word each is.
            Forwarding::Plain => Told {
                is_secure: match schemes[..] {
                    [scheme] => forwarded::scheme(scheme.trim_ascii()),
                    _ => None,
                },
                ..self.walk(alone, forwarded::plain_hops(&lines))
            },
            Forwarding::Standard => self.walk(alone, forwarded::hops(&lines)),
        }
    }

    fn walk(&self, mut told: Told, hops: impl Iterator<Item = Option<Hop>>) -> Told {
        for (number, hop) in (1..=HOPS_MAX).zip(hops) {
            let Some(Hop { address, is_secure }) = hop else {
                break;
            };
            told = Told {
                client: PeerAddress::Tcp(address),
                is_secure,
            };
            if !self.trusts_hop(&told.client, number) {
                break;
            }
        }
        told
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use super::*;

    fn proxies(text: &str) -> TrustedProxies {
        text.parse().expect("proxies")
    }

    fn peer(address: &str) -> PeerAddress {
        PeerAddress::Tcp(SocketAddr::new(address.parse().expect("an address"), 9))
    }

    fn told(proxies: &TrustedProxies, from: &str, fields: &[(&str, &str)]) -> (String, Option<bool>) {
        let fields = fields.iter().map(|(name, value)| (*name, value.as_bytes()));
        let told = proxies.told(&peer(from), fields);
        (told.client.ip().expect("an address").to_string(), told.is_secure)
    }

    fn client(proxies: &TrustedProxies, from: &str, line: &str) -> String {
        told(proxies, from, &[("X-Forwarded-For", line)]).0
    }

    #[test]
    fn the_client_is_the_last_that_is_not_trusted() {
        let proxies = proxies("10.0.0.0/8,loopback");
        assert_eq!(client(&proxies, "127.0.0.1", "203.0.113.9"), "203.0.113.9");
        assert_eq!(
            client(&proxies, "127.0.0.1", "1.1.1.1, 203.0.113.9, 10.0.0.7"),
            "203.0.113.9"
        );
        assert_eq!(
            client(&proxies, "::ffff:127.0.0.1", "203.0.113.9, ::ffff:10.0.0.7"),
            "203.0.113.9"
        );
        assert_eq!(client(&proxies, "127.0.0.1", "10.0.0.1, 10.0.0.2"), "10.0.0.1");
    }

    #[test]
    fn who_is_not_trusted_speaks_for_itself_alone() {
        let proxies = proxies("10.0.0.0/8");
        assert_eq!(client(&proxies, "203.0.113.9", "10.0.0.1"), "203.0.113.9");
        let fields = [("x-forwarded-for", "10.0.0.1"), ("x-forwarded-proto", "https")];
        assert_eq!(
            told(&proxies, "203.0.113.9", &fields),
            ("203.0.113.9".to_owned(), None)
        );
    }

    #[test]
    fn what_names_no_address_ends_the_walk() {
        let proxies = proxies("10.0.0.0/8");
        assert_eq!(
            client(&proxies, "10.0.0.1", "203.0.113.9, unknown, 10.0.0.2"),
            "10.0.0.2"
        );
        assert_eq!(client(&proxies, "10.0.0.1", "203.0.113.9,"), "10.0.0.1");
        assert_eq!(client(&proxies, "10.0.0.1", ""), "10.0.0.1");
    }

    #[test]
    fn lines_count_in_their_order() {
        let proxies = proxies("10.0.0.0/8");
        let fields = [
            ("x-forwarded-for", "1.1.1.1"),
            ("X-FORWARDED-FOR", "203.0.113.9, 10.0.0.2"),
        ];
        assert_eq!(told(&proxies, "10.0.0.1", &fields).0, "203.0.113.9");
    }

    #[test]
    fn hops_are_counted_from_the_server() {
        let line = "1.1.1.1, 2.2.2.2, 3.3.3.3";
        for (hops, expected) in [
            ("1", "3.3.3.3"),
            ("2", "2.2.2.2"),
            ("3", "1.1.1.1"),
            ("9", "1.1.1.1"),
        ] {
            assert_eq!(client(&proxies(hops), "203.0.113.1", line), expected);
        }
        for wrong in ["0", "33", "300", "1.5", "-1", ""] {
            assert!(wrong.parse::<TrustedProxies>().is_err(), "{wrong:?} was taken");
        }
    }

    #[test]
    fn only_the_field_that_was_chosen_is_read() {
        let mut proxies = proxies("loopback");
        let fields = [
            ("forwarded", "for=203.0.113.1;proto=https"),
            ("x-forwarded-for", "203.0.113.2"),
            ("x-forwarded-proto", "http"),
        ];
        assert_eq!(
            told(&proxies, "127.0.0.1", &fields),
            ("203.0.113.2".to_owned(), Some(false))
        );
        proxies.forwarding = Forwarding::Standard;
        assert_eq!(
            told(&proxies, "127.0.0.1", &fields),
            ("203.0.113.1".to_owned(), Some(true))
        );
    }

    #[test]
    fn the_scheme_is_one_word_of_one_proxy() {
        let proxies = proxies("loopback");
        for (schemes, expected) in [
            (&["HTTPS"][..], Some(true)),
            (&["http"], Some(false)),
            (&["https, http"], None),
            (&["https", "https"], None),
            (&["wss"], None),
        ] {
            let fields: Vec<_> = schemes
                .iter()
                .map(|scheme| ("x-forwarded-proto", *scheme))
                .collect();
            assert_eq!(told(&proxies, "127.0.0.1", &fields).1, expected, "{schemes:?}");
        }
    }

    #[test]
    fn a_unix_socket_is_trusted_by_its_name() {
        let fields = [("x-forwarded-for", &b"203.0.113.1"[..])];
        let told = |proxies: &str| {
            self::proxies(proxies)
                .told(&PeerAddress::Unix, fields.into_iter())
                .client
        };
        assert_eq!(
            told("unix").ip().map(|address| address.to_string()),
            Some("203.0.113.1".to_owned())
        );
        assert_eq!(told("loopback"), PeerAddress::Unix);
        assert!(told("1").ip().is_some());
    }
}
