//! Networks of IP addresses, and lists of them as options name them.
//!
//! Owns their spelling (RFC 4632 section 3.1, RFC 4291 section 2.3) and what is in them. Called by: `trusted_proxies`; the
//! connections, which ask who has to announce itself.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use crate::PeerAddress;

/// An address with the bits of it that count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    prefix: u8,
}

/// A text that names no network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidNetwork(pub String);

impl fmt::Display for InvalidNetwork {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for InvalidNetwork {}

/// The bits of an address, from the left, and how many there are.
fn bits(address: IpAddr) -> (u128, u8) {
    match address {
        IpAddr::V4(address) => (u128::from(u32::from(address)) << 96, 32),
        IpAddr::V6(address) => (u128::from(address), 128),
    }
}

/// The first `prefix` bits set.
fn mask(prefix: u8) -> u128 {
    match prefix {
        0 => 0,
        _ => u128::MAX << (128 - u32::from(prefix)),
    }
}

const fn v4(a: u8, b: u8, prefix: u8) -> Network {
    Network {
        address: IpAddr::V4(Ipv4Addr::new(a, b, 0, 0)),
        prefix,
    }
}

const fn v6(first: u16, last: u16, prefix: u8) -> Network {
    Network {
        address: IpAddr::V6(Ipv6Addr::new(first, 0, 0, 0, 0, 0, 0, last)),
        prefix,
    }
}

/// This machine (RFC 1122 section 3.2.1.3, RFC 4291 section 2.5.3).
const LOOPBACK: [Network; 2] = [v4(127, 0, 8), v6(0, 1, 128)];

/// Private networks (RFC 1918 section 3, RFC 4193 section 3.1), and a link's own addresses (RFC 3927 section 2.1, RFC 4291
/// section 2.5.6).
const PRIVATE: [Network; 6] = [
    v4(10, 0, 8),
    v4(172, 16, 12),
    v4(192, 168, 16),
    v6(0xfc00, 0, 7),
    v4(169, 254, 16),
    v6(0xfe80, 0, 10),
];

impl Network {
    /// Whether an address is in it. One of IPv4 that is written as one of IPv6 counts as what it is.
    pub fn contains(&self, address: IpAddr) -> bool {
        let ((own, length), (bits, other)) = (bits(self.address), bits(address.to_canonical()));
        length == other && bits & mask(self.prefix) == own
    }
}

impl FromStr for Network {
    type Err = InvalidNetwork;

    fn from_str(text: &str) -> Result<Self, InvalidNetwork> {
        let invalid = |remedy: &str| InvalidNetwork(format!("{text:?} is no network: {remedy}"));
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let address: IpAddr = address
            .parse()
            .map_err(|_| invalid("give an address or one with a prefix, as in 10.0.0.0/8 or fd00::/8"))?;
        if address.to_canonical() != address {
            return Err(invalid("write an address of IPv4 as such"));
        }
        let (own, length) = bits(address);
        let is_number =
            |prefix: &&str| !prefix.is_empty() && prefix.bytes().all(|byte| byte.is_ascii_digit());
        let prefix = match prefix {
            None => length,
            Some(prefix) => Some(prefix)
                .filter(is_number)
                .and_then(|prefix| prefix.parse().ok())
                .filter(|prefix| *prefix <= length)
                .ok_or_else(|| invalid(&format!("its prefix is a number up to {length}")))?,
        };
        if own & !mask(prefix) != 0 {
            return Err(invalid("it has bits behind its prefix"));
        }
        Ok(Network { address, prefix })
    }
}

/// Networks, and perhaps whoever comes by a Unix-domain socket.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Networks {
    networks: Vec<Network>,
    unix: bool,
}

impl Networks {
    /// Whether somebody is in one of them.
    pub fn contains(&self, peer: &PeerAddress) -> bool {
        match peer.ip() {
            Some(address) => self.contains_address(address),
            None => self.unix,
        }
    }

    /// Whether an address is.
    pub fn contains_address(&self, address: IpAddr) -> bool {
        self.networks.iter().any(|network| network.contains(address))
    }
}

impl FromStr for Networks {
    type Err = InvalidNetwork;

    fn from_str(text: &str) -> Result<Self, InvalidNetwork> {
        let mut networks = Networks::default();
        for name in text.split(',') {
            match name.trim() {
                "loopback" => networks.networks.extend(LOOPBACK),
                "private" => networks.networks.extend(PRIVATE),
                "unix" => networks.unix = true,
                network => networks.networks.push(network.parse()?),
            }
        }
        Ok(networks)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_in(network: &str, address: &str) -> bool {
        let network: Network = network.parse().expect("a network");
        network.contains(address.parse().expect("an address"))
    }

    #[test]
    fn what_counts_is_the_prefix() {
        assert!(is_in("10.0.0.0/8", "10.255.0.1") && !is_in("10.0.0.0/8", "11.0.0.0"));
        assert!(is_in("192.0.2.1", "192.0.2.1") && !is_in("192.0.2.1", "192.0.2.2"));
        assert!(is_in("0.0.0.0/0", "203.0.113.9") && !is_in("0.0.0.0/0", "2001:db8::1"));
        assert!(is_in("2001:db8::/32", "2001:db8:ffff::") && !is_in("2001:db8::/32", "2001:db9::"));
        assert!(is_in("::/0", "::1") && !is_in("::/0", "127.0.0.1"));
    }

    #[test]
    fn an_address_of_ipv4_is_one_in_either_spelling() {
        assert!(is_in("127.0.0.0/8", "::ffff:127.0.0.1"));
        assert!(!is_in("::/0", "::ffff:127.0.0.1"));
    }

    #[test]
    fn what_is_no_network_is_told() {
        for wrong in [
            "",
            "10",
            "10.0.0.0/33",
            "10.0.0.0/",
            "10.0.0.0/+8",
            "10.0.0.1/8",
            "::1/129",
            "::ffff:10.0.0.0/104",
            "host",
            "10.0.0.0/8/8",
        ] {
            assert!(wrong.parse::<Network>().is_err(), "{wrong:?} was taken");
        }
    }

    #[test]
    fn lists_have_names() {
        let networks: Networks = "loopback, private,unix,203.0.113.0/24".parse().expect("a list");
        for address in [
            "127.3.2.1",
            "::1",
            "10.1.1.1",
            "172.31.0.1",
            "192.168.9.9",
            "fd12::1",
            "fe80::1",
            "169.254.1.1",
            "203.0.113.1",
        ] {
            assert!(
                networks.contains_address(address.parse().expect("an address")),
                "{address}"
            );
        }
        for address in ["172.32.0.1", "8.8.8.8", "::2", "fec0::1"] {
            assert!(
                !networks.contains_address(address.parse().expect("an address")),
                "{address}"
            );
        }
        assert!(networks.contains(&PeerAddress::Unix));
        assert!("loopback,".parse::<Networks>().is_err());
        assert!(
            !"loopback"
                .parse::<Networks>()
                .expect("a list")
                .contains(&PeerAddress::Unix)
        );
    }
}
