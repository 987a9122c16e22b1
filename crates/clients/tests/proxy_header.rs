//! What is a header of the PROXY protocol, and what is not.

use std::net::SocketAddr;

use howth_clients::PeerAddress;
use howth_clients::proxy_header::{Malformed, Read, V1_BYTES_MAX, V2_BYTES_MAX, read};
use proptest::prelude::*;

const SIGNATURE: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";

fn whole(bytes: usize, source: &str) -> Result<Read, Malformed> {
    let address: SocketAddr = source.parse().expect("an address");
    let source = Some(PeerAddress::Tcp(address));
    Ok(Read::Whole { bytes, source })
}

fn nobody(bytes: usize) -> Result<Read, Malformed> {
    Ok(Read::Whole { bytes, source: None })
}

fn v2(command: u8, family: u8, block: &[u8]) -> Vec<u8> {
    let length = u16::try_from(block.len()).expect("a short block");
    [SIGNATURE, &[command, family], &length.to_be_bytes(), block].concat()
}

#[test]
fn version_1_names_an_address() {
    let line = b"PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\r\n";
    assert_eq!(read(line), whole(line.len(), "192.0.2.1:56324"));
    let line = b"PROXY TCP6 2001:db8::1 ::1 1 65535\r\nGET / HTTP/1.1\r\n";
    assert_eq!(read(line), whole(36, "[2001:db8::1]:1"));
}

#[test]
fn version_1_may_name_nobody() {
    assert_eq!(read(b"PROXY UNKNOWN\r\n"), nobody(15));
    assert_eq!(read(b"PROXY UNKNOWN ffff::1 whatever\r\nx"), nobody(32));
}

#[test]
fn version_1_has_its_bound() {
    let longest = format!("PROXY UNKNOWN {}\r\n", "x".repeat(V1_BYTES_MAX - 16));
    assert_eq!(read(longest.as_bytes()), nobody(V1_BYTES_MAX));
    let longer = format!("PROXY UNKNOWN {}\r\n", "x".repeat(V1_BYTES_MAX - 15));
    assert_eq!(read(longer.as_bytes()), Err(Malformed));
    assert_eq!(read(&longer.as_bytes()[..V1_BYTES_MAX]), Err(Malformed));
    assert_eq!(read(&longest.as_bytes()[..V1_BYTES_MAX - 1]), Ok(Read::Part));
}

#[test]
fn what_breaks_a_rule_of_version_1_is_refused() {
    for wrong in [
        "GET / HTTP/1.1\r\n",
        "P\r\n",
        "proxy TCP4 192.0.2.1 192.0.2.2 1 2\r\n",
        "PROXY\r\n",
        "PROXY \r\n",
        "PROXY TCP4\r\n",
        "PROXY TCP5 192.0.2.1 192.0.2.2 1 2\r\n",
        "PROXY UNKNOWNX\r\n",
        "PROXY  TCP4 192.0.2.1 192.0.2.2 1 2\r\n",
        "PROXY TCP4 192.0.2.1 192.0.2.2 1 2 \r\n",
        "PROXY TCP4 192.0.2.1 192.0.2.2 1\r\n",
        "PROXY TCP4 192.0.2.1 192.0.2.2 1 2 3\r\n",
        "PROXY TCP4 192.0.2.1 192.0.2.2 01 2\r\n",
        "PROXY TCP4 192.0.2.1 192.0.2.2 1 65536\r\n",
        "PROXY TCP4 192.0.2.1 192.0.2.2 +1 2\r\n",
        "PROXY TCP4 192.0.2.01 192.0.2.2 1 2\r\n",
        "PROXY TCP4 ::1 ::1 1 2\r\n",
        "PROXY TCP6 192.0.2.1 192.0.2.2 1 2\r\n",
        "PROXY TCP6 [::1] ::1 1 2\r\n",
        "PROXY TCP4 192.0.2.1 192.0.2.2 1 2\n",
        "PROXY TCP4 192.0.2.1 192.0.2.2 1 2\rGET",
        "PROXY TCP4 192.0.2.1\n192.0.2.2 1 2\r\n",
    ] {
        assert_eq!(read(wrong.as_bytes()), Err(Malformed), "{wrong:?}");
    }
}

#[test]
fn version_2_names_an_address() {
    let block = [192, 0, 2, 1, 198, 51, 100, 1, 0xdc, 4, 1, 0xbb];
    let header = v2(0x21, 0x11, &block);
    assert_eq!(read(&header), whole(28, "192.0.2.1:56324"));
    let mut block = [0; 36];
    block[..16].copy_from_slice(
        &"2001:db8::1"
            .parse::<std::net::Ipv6Addr>()
            .expect("an address")
            .octets(),
    );
    block[33] = 7;
    assert_eq!(read(&v2(0x21, 0x21, &block)), whole(52, "[2001:db8::1]:7"));
    let unix = Ok(Read::Whole {
        bytes: 232,
        source: Some(PeerAddress::Unix),
    });
    assert_eq!(read(&v2(0x21, 0x31, &[0; 216])), unix);
}

#[test]
fn version_2_may_name_nobody() {
    assert_eq!(read(&v2(0x20, 0, &[])), nobody(16));
    // What is behind LOCAL is skipped, whatever it is.
    assert_eq!(read(&v2(0x20, 0x11, b"anything")), nobody(24));
    assert_eq!(read(&v2(0x21, 0, &[])), nobody(16));
    assert_eq!(read(&v2(0x21, 0x10, &[1; 12])), nobody(28));
}

#[test]
fn fields_behind_addresses_are_skipped() {
    let block = [
        &[192, 0, 2, 1, 0, 0, 0, 0, 0, 1, 0, 2][..],
        &[4, 0, 2, 9, 9],
        &[1, 0, 0],
    ]
    .concat();
    assert_eq!(read(&v2(0x21, 0x11, &block)), whole(36, "192.0.2.1:1"));
    for wrong in [&[4][..], &[4, 0], &[4, 0, 2, 9], &[1, 0, 0, 4]] {
        let block = [&[0; 12][..], wrong].concat();
        assert_eq!(read(&v2(0x21, 0x11, &block)), Err(Malformed), "{wrong:?}");
    }
}

#[test]
fn what_breaks_a_rule_of_version_2_is_refused() {
    assert_eq!(read(b"\r\n\r\nGET / HTTP/1.1\r\n"), Err(Malformed));
    for (command, family) in [
        (0x11, 0x11),
        (0x22, 0x11),
        (0x31, 0x11),
        (0x21, 0x41),
        (0x21, 0x13),
        (0x21, 0xff),
    ] {
        assert_eq!(
            read(&v2(command, family, &[0; 300])),
            Err(Malformed),
            "{command:x} {family:x}"
        );
    }
    // Shorter than its addresses.
    for (family, length) in [(0x11, 11), (0x21, 35), (0x31, 215)] {
        assert_eq!(read(&v2(0x21, family, &vec![0; length])), Err(Malformed));
    }
}

#[test]
fn version_2_has_its_bound() {
    let header = |bytes: usize| v2(0x20, 0, &vec![0; bytes - 16]);
    assert_eq!(read(&header(V2_BYTES_MAX)), nobody(V2_BYTES_MAX));
    // It is refused as soon as its length is known.
    assert_eq!(read(&header(V2_BYTES_MAX + 1)[..16]), Err(Malformed));
}

/// Bytes that are headers, nearly headers, or neither.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let line = "PROXY (TCP4|TCP6|UNKNOWN|TCP) [0-9a-f:. ]{0,40}(\r\n|\n|\r|)[a-z\r\n]{0,80}"
        .prop_map(String::into_bytes);
    let valid = (any::<[u8; 4]>(), any::<u16>()).prop_map(|(ip, port)| {
        let ip = std::net::Ipv4Addr::from(ip);
        format!("PROXY TCP4 {ip} 10.0.0.1 {port} 80\r\nGET /").into_bytes()
    });
    let binary = (
        0x1f_u8..0x24,
        any::<u8>(),
        proptest::collection::vec(any::<u8>(), 0..300),
        0_usize..40,
    )
        .prop_map(|(command, family, block, cut)| {
            let mut header = v2(command, family & 0x33, &block);
            header.truncate(header.len().saturating_sub(cut));
            header
        });
    prop_oneof![
        line,
        valid,
        binary,
        proptest::collection::vec(any::<u8>(), 0..200)
    ]
}

proptest! {
    #[test]
    fn the_verdict_is_the_same_however_bytes_are_split(bytes in bytes()) {
        let last = read(&bytes);
        let mut verdict = Ok(Read::Part);
        for length in 0..=bytes.len() {
            let next = read(&bytes[..length]);
            match &verdict {
                Ok(Read::Part) => verdict = next,
                // Nothing that comes later changes it.
                decided => prop_assert_eq!(&next, decided),
            }
        }
        prop_assert_eq!(verdict, last);
    }

    #[test]
    fn a_header_lies_within_its_bytes_and_its_bound(bytes in bytes()) {
        if let Ok(Read::Whole { bytes: length, .. }) = read(&bytes) {
            prop_assert!(length <= bytes.len() && length <= V2_BYTES_MAX);
        }
        if bytes.len() >= V2_BYTES_MAX {
            prop_assert!(read(&bytes) != Ok(Read::Part));
        }
    }
}
