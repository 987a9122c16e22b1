//! Who listens at an address that is in use.
//!
//! Owns how that is found: by the tables of sockets in `/proc`, and the descriptors of all processes that this one may look at.
//! Only looks when listening has failed. Called by: `explain`.

use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The state of a listening socket in the kernel's tables.
const LISTENING: &str = "0A";

/// The name and the id of a process that listens at a port; `None`: it is another user's, or nobody can tell.
pub(super) fn of_port(host: Option<IpAddr>, port: u16) -> Option<(String, u32)> {
    let tables =
        ["/proc/net/tcp", "/proc/net/tcp6"].map(|table| fs::read_to_string(table).unwrap_or_default());
    let lines = tables.iter().flat_map(|table| table.lines().skip(1));
    let inodes: Vec<String> = lines.filter_map(|line| inode_of(line, host, port)).collect();
    if inodes.is_empty() {
        return None;
    }
    let links: Vec<String> = inodes.iter().map(|inode| format!("socket:[{inode}]")).collect();
    let processes = fs::read_dir("/proc").ok()?.flatten();
    let ids = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let id = ids.into_iter().find(|id| has_open(*id, &links))?;
    let name = fs::read_to_string(format!("/proc/{id}/comm")).ok()?;
    Some((name.trim_end().to_owned(), id))
}

fn has_open(process: u32, links: &[String]) -> bool {
    let Ok(descriptors) = fs::read_dir(format!("/proc/{process}/fd")) else {
        return false;
    };
    descriptors.flatten().any(|entry| {
        let target = fs::read_link(entry.path()).unwrap_or_default();
        links.iter().any(|link| target.as_os_str() == link.as_str())
    })
}

/// The socket of a line of a table, if it listens there.
fn inode_of(line: &str, host: Option<IpAddr>, port: u16) -> Option<String> {
    let words: Vec<&str> = line.split_ascii_whitespace().collect();
    let [_, local, _, state, _, _, _, _, _, inode, ..] = words[..] else {
        return None;
    };
    let (address, own_port) = local.split_once(':')?;
    let is_there = state == LISTENING && u16::from_str_radix(own_port, 16) == Ok(port);
    let address = address_of(address)?;
    let collides = |host: IpAddr| host == address || host.is_unspecified() || address.is_unspecified();
    (is_there && host.is_none_or(collides)).then(|| inode.to_owned())
}

/// The kernel writes words of 32 bits in the order of this machine's bytes.
fn address_of(text: &str) -> Option<IpAddr> {
    let words: Vec<u8> = (0..text.len() / 8)
        .map(|word| text.get(word * 8..word * 8 + 8))
        .flat_map(|word| word.and_then(|word| u32::from_str_radix(word, 16).ok()))
        .flat_map(u32::to_ne_bytes)
        .collect();
    match words.len() {
        4 => Some(Ipv4Addr::from(<[u8; 4]>::try_from(words).ok()?).into()),
        16 => Some(Ipv6Addr::from(<[u8; 16]>::try_from(words).ok()?).to_canonical()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_the_tables_are_read() {
        if cfg!(target_endian = "little") {
            assert_eq!(address_of("0100007F"), Some(IpAddr::V4(Ipv4Addr::LOCALHOST)));
            let localhost = "00000000000000000000000001000000";
            assert_eq!(address_of(localhost), Some(IpAddr::V6(Ipv6Addr::LOCALHOST)));
        }
        assert_eq!(address_of("01"), None);
        assert_eq!(address_of("nothing!"), None);
    }

    #[test]
    fn this_process_is_found() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("it is bound").port();
        let found = of_port(Some(Ipv4Addr::UNSPECIFIED.into()), port);
        if fs::metadata("/proc/net/tcp").is_ok() {
            assert_eq!(found.map(|(_, id)| id), Some(std::process::id()));
        }
        assert_eq!(of_port(Some(Ipv4Addr::new(127, 0, 0, 9).into()), port), None);
    }
}
