//! What a client writes itself changes nothing of what proxies say of it.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use howth_clients::{Forwarding, PeerAddress, TrustedProxies};
use proptest::prelude::*;

fn peer(address: &str) -> PeerAddress {
    PeerAddress::Tcp(SocketAddr::new(address.parse().expect("an address"), 1))
}

fn client(forwarding: Forwarding, lines: &[Vec<u8>]) -> Option<IpAddr> {
    let mut proxies: TrustedProxies = "10.0.0.0/8".parse().expect("proxies");
    proxies.forwarding = forwarding;
    let name = match forwarding {
        Forwarding::Plain => "x-forwarded-for",
        Forwarding::Standard => "forwarded",
    };
    let fields = lines.iter().map(|line| (name, line.as_slice()));
    proxies.told(&peer("10.0.0.1"), fields).client.ip()
}

/// What may stand in a field's value; such bytes more often as mean something.
fn written_by_the_client() -> impl Strategy<Value = Vec<u8>> {
    let meaning = proptest::sample::select(b"\",\\;=: for10.".to_vec());
    proptest::collection::vec(
        prop_oneof![4 => meaning, 1 => 0x20_u8..0x7f, 1 => 0x80_u8..],
        0..60,
    )
}

proptest! {
    #[test]
    fn the_client_is_whom_the_first_trusted_proxy_has_seen(
        forged in written_by_the_client(),
        seen in any::<[u8; 4]>(),
        inner in proptest::collection::vec(any::<u8>(), 0..4),
        is_own_line in any::<bool>(),
    ) {
        let seen = Ipv4Addr::from(seen);
        prop_assume!(seen.octets()[0] != 10);
        for forwarding in [Forwarding::Plain, Forwarding::Standard] {
            let element = |address: Ipv4Addr| match forwarding {
                Forwarding::Plain => address.to_string(),
                Forwarding::Standard => format!("for=\"{address}\";proto=https"),
            };
            let mut added: Vec<String> = vec![element(seen)];
            added.extend(inner.iter().map(|last| element(Ipv4Addr::new(10, 0, 0, *last))));
            let added = added.join(", ").into_bytes();
            let lines = match is_own_line {
                true => vec![forged.clone(), added],
                false => vec![[&forged[..], b", ", &added].concat()],
            };
            prop_assert_eq!(client(forwarding, &lines), Some(IpAddr::V4(seen)));
        }
    }

    #[test]
    fn nothing_makes_the_walk_panic(lines in proptest::collection::vec(written_by_the_client(), 0..4)) {
        client(Forwarding::Plain, &lines);
        client(Forwarding::Standard, &lines);
    }
}
