//! The header of the PROXY protocol, versions 1 and 2, without input or output.
//!
//! Sections named here are those of HAProxy's `proxy-protocol.txt`. Owns what is a header, how long one may be, and whom it
//! names. It is stricter than it has to be: whoever is trusted to send one writes it correctly. Keeps nothing: it is given
//! all bytes that came so far. Called by: `howth_connection`, before anything else is made of a connection's bytes.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

use crate::PeerAddress;

/// The longest header of version 1, its end included (section 2.1).
pub const V1_BYTES_MAX: usize = 107;

/// The longest header of version 2 that is taken, addresses and additional fields (TLVs) included. Those that proxies send
/// are a tenth of it; the protocol has room for 64 KiB.
pub const V2_BYTES_MAX: usize = 4096;

/// How version 2 begins (section 2.2).
const SIGNATURE: &[u8; 12] = b"\r\n\r\n\0\r\nQUIT\n";

/// Signature, version and command, family, length.
const V2_FIXED_BYTES: usize = 16;

/// How version 1 begins (section 2.1).
const WORD: &[u8] = b"PROXY ";

/// What bytes are that may begin with a header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Read {
    /// A part of one.
    Part,
    /// One, of so many bytes.
    Whole {
        /// What is behind them is the client's.
        bytes: usize,
        /// Whom it names; `None`: whoever has connected speaks for itself (`LOCAL`, `UNKNOWN`, `AF_UNSPEC`).
        source: Option<PeerAddress>,
    },
}

/// The bytes do not begin with a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed;

/// Reads what came so far of a connection. The verdict is the same however the bytes were split.
///
/// # Errors
/// No header begins like that, or one that does breaks a rule.
pub fn read(bytes: &[u8]) -> Result<Read, Malformed> {
    match bytes.first() {
        None => Ok(Read::Part),
        Some(b'P') => read_v1(bytes),
        Some(_) => read_v2(bytes),
    }
}

/// Whether `bytes` are `start`, begin with it, or may still come to.
fn may_begin(bytes: &[u8], start: &[u8]) -> bool {
    let length = bytes.len().min(start.len());
    bytes[..length] == start[..length]
}

/// Section 2.1: a line of words with one space between them.
fn read_v1(bytes: &[u8]) -> Result<Read, Malformed> {
    if !may_begin(bytes, WORD) {
        return Err(Malformed);
    }
    let window = &bytes[..bytes.len().min(V1_BYTES_MAX)];
    let Some(end) = window.iter().position(|byte| *byte == b'\r') else {
        // A line feed alone ends nothing.
        let may_go_on = window.len() < V1_BYTES_MAX && !window.contains(&b'\n');
        return if may_go_on { Ok(Read::Part) } else { Err(Malformed) };
    };
    if window[..end].contains(&b'\n') {
        return Err(Malformed);
    }
    match window.get(end + 1) {
        Some(b'\n') => {}
        None if window.len() < V1_BYTES_MAX => return Ok(Read::Part),
        Some(_) | None => return Err(Malformed),
    }
    let line = window.get(WORD.len()..end).ok_or(Malformed)?;
    let source = v1_source(std::str::from_utf8(line).map_err(|_| Malformed)?)?;
    Ok(Read::Whole {
        bytes: end + 2,
        source,
    })
}

fn v1_source(line: &str) -> Result<Option<PeerAddress>, Malformed> {
    let mut words = line.split(' ');
    let source = match words.next() {
        // Section 2.1: what follows is to be ignored.
        Some("UNKNOWN") => return Ok(None),
        Some("TCP4") => v1_addresses::<Ipv4Addr>(&mut words)?,
        Some("TCP6") => v1_addresses::<Ipv6Addr>(&mut words)?,
        Some(_) | None => return Err(Malformed),
    };
    match words.next() {
        None => Ok(Some(PeerAddress::Tcp(source))),
        Some(_) => Err(Malformed),
    }
}

/// Source and destination, both of one family, then their ports.
fn v1_addresses<'a, A: FromStr + Into<IpAddr>>(
    words: &mut impl Iterator<Item = &'a str>,
) -> Result<SocketAddr, Malformed> {
    let mut address = || {
        let parsed = words.next().and_then(|word| word.parse::<A>().ok());
        parsed.map(Into::into).ok_or(Malformed)
    };
    let (source, _) = (address()?, address()?);
    let mut port = || v1_port(words.next().ok_or(Malformed)?);
    let (port, _) = (port()?, port()?);
    Ok(SocketAddr::new(source, port))
}

/// Section 2.1: a decimal number without leading zeros.
fn v1_port(word: &str) -> Result<u16, Malformed> {
    let is_number = word.bytes().all(|byte| byte.is_ascii_digit());
    let is_short = word == "0" || !word.starts_with('0');
    match word.parse() {
        Ok(port) if is_number && is_short => Ok(port),
        Ok(_) | Err(_) => Err(Malformed),
    }
}

/// Section 2.2.
fn read_v2(bytes: &[u8]) -> Result<Read, Malformed> {
    if !may_begin(bytes, SIGNATURE) {
        return Err(Malformed);
    }
    // Version 2; command LOCAL or PROXY.
    let names_somebody = match bytes.get(12) {
        None => return Ok(Read::Part),
        Some(0x20) => false,
        Some(0x21) => true,
        Some(_) => return Err(Malformed),
    };
    let Some((&family, length)) = bytes.get(13).zip(bytes.get(14..16)) else {
        return Ok(Read::Part);
    };
    let length = usize::from(u16::from_be_bytes([length[0], length[1]]));
    let whole = V2_FIXED_BYTES + length;
    if whole > V2_BYTES_MAX {
        return Err(Malformed);
    }
    // Section 2.2: no other family or kind of socket may be there.
    let address_bytes = match (family >> 4, family & 0xf) {
        (0, 0..=2) => 0,
        (1, 0..=2) => 12,
        (2, 0..=2) => 36,
        (3, 0..=2) => 216,
        _ => return Err(Malformed),
    };
    if names_somebody && length < address_bytes {
        return Err(Malformed);
    }
    let Some(block) = bytes.get(V2_FIXED_BYTES..whole) else {
        return Ok(Read::Part);
    };
    if !names_somebody {
        // Section 2.2: of LOCAL all that follows is to be skipped.
        return Ok(Read::Whole {
            bytes: whole,
            source: None,
        });
    }
    let (addresses, fields) = block.split_at(address_bytes);
    check_fields(fields)?;
    Ok(Read::Whole {
        bytes: whole,
        source: v2_source(family, addresses),
    })
}

fn v2_source(family: u8, addresses: &[u8]) -> Option<PeerAddress> {
    // A kind of 0 (`UNSPEC`) says that the addresses are not those of a connection.
    if family & 0xf == 0 {
        return None;
    }
    let (ip, port): (IpAddr, &[u8]) = match family >> 4 {
        1 => (
            <[u8; 4]>::try_from(addresses.get(..4)?).ok()?.into(),
            addresses.get(8..10)?,
        ),
        2 => (
            <[u8; 16]>::try_from(addresses.get(..16)?).ok()?.into(),
            addresses.get(32..34)?,
        ),
        3 => return Some(PeerAddress::Unix),
        _ => return None,
    };
    let port = u16::from_be_bytes([port[0], port[1]]);
    Some(PeerAddress::Tcp(SocketAddr::new(ip, port)))
}

/// Section 2.2.7: a kind, a length and as many bytes, to the end. What they say is not looked at.
fn check_fields(mut fields: &[u8]) -> Result<(), Malformed> {
    while !fields.is_empty() {
        let length = fields.get(1..3).ok_or(Malformed)?;
        let length = usize::from(u16::from_be_bytes([length[0], length[1]]));
        fields = fields.get(3 + length..).ok_or(Malformed)?;
    }
    Ok(())
}
