//! Which core a connection was dealt to, as the application says; and connections chosen by it.
//!
//! The kernel deals connections out by a hash of both addresses (`SO_REUSEPORT`), and Node's cluster in turn. A
//! client cannot choose, but it can open more than it needs, ask each, and keep those it likes.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use crate::asking::is_right;
use crate::error::CompareError;
use crate::request::Request;
use crate::server::Server;

/// How long the other cores may take to serve after the first.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long an answer may take.
const ANSWER_PATIENCE: Duration = Duration::from_secs(5);
/// So many times as many connections as are wanted are opened at most.
const TRIES: usize = 20;
/// Of every answer.
const BODY: &str = "Hi";
/// Head and body of an answer.
const ANSWER_BYTES_MAX: usize = 4096;

/// A connection, and the core that answers on it.
#[derive(Debug)]
pub(super) struct Dealt {
    pub(super) stream: TcpStream,
    pub(super) core: String,
}

/// Opens a connection and asks once.
pub(super) fn connect(server: &Server) -> io::Result<Dealt> {
    let mut stream = TcpStream::connect_timeout(&server.address(), ANSWER_PATIENCE)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(ANSWER_PATIENCE))?;
    let answer = ask(&mut stream, server.port, "/core")?;
    match core_of(&answer) {
        Some(core) => Ok(Dealt { stream, core }),
        None => Err(io::Error::other(format!("it answered {answer:?}"))),
    }
}

/// Asks, and reads the whole of a right answer.
pub(super) fn ask(stream: &mut TcpStream, port: u16, path: &str) -> io::Result<String> {
    stream.write_all(&get(path).encode(port))?;
    let answer = read_answer(stream)?;
    match is_right(&answer) {
        true => Ok(answer),
        false => Err(io::Error::other(format!("it answered {answer:?}"))),
    }
}

/// A request of the application's, all of whose answers are alike.
pub(super) fn get(path: impl Into<String>) -> Request {
    Request::get(path, BODY.len() as u64)
}

/// Waits until so many cores have answered.
pub(super) fn await_cores(server: &Server, cores: usize) -> Result<(), CompareError> {
    let begin = Instant::now();
    let mut seen = BTreeSet::new();
    while seen.len() < cores {
        if begin.elapsed() > PATIENCE {
            return Err(CompareError::Cores {
                name: server.name.clone(),
                wanted: cores,
                found: seen.len(),
            });
        }
        let dealt = connect(server).map_err(CompareError::system("learn which core answers"))?;
        seen.insert(dealt.core);
    }
    Ok(())
}

/// So many connections of one core.
pub(super) fn on_one_core(server: &Server, count: usize) -> Result<Vec<TcpStream>, CompareError> {
    let dealt = std::iter::repeat_with(|| connect(server));
    choose(dealt.take(count * TRIES), 1, count).map_err(CompareError::system("open connections of one core"))
}

/// So many connections of each core.
pub(super) fn evenly(server: &Server, cores: usize, each: usize) -> Result<Vec<TcpStream>, CompareError> {
    let dealt = std::iter::repeat_with(|| connect(server));
    choose(dealt.take(cores * each * TRIES), cores, each)
        .map_err(CompareError::system("open connections of each core"))
}

/// The first `each` connections of whichever `cores` have so many first.
fn choose(
    dealt: impl Iterator<Item = io::Result<Dealt>>,
    cores: usize,
    each: usize,
) -> io::Result<Vec<TcpStream>> {
    let mut by_core: BTreeMap<String, Vec<TcpStream>> = BTreeMap::new();
    for one in dealt {
        let Dealt { stream, core } = one?;
        let streams = by_core.entry(core).or_default();
        if streams.len() < each {
            streams.push(stream);
        }
        let full = by_core.values().filter(|streams| streams.len() == each);
        if full.count() == cores {
            let chosen = by_core.into_values().filter(|streams| streams.len() == each);
            return Ok(chosen.flatten().collect());
        }
    }
    Err(io::Error::other("the connections do not reach enough cores"))
}

/// Head and body.
fn read_answer(stream: &mut TcpStream) -> io::Result<String> {
    let mut answer = Vec::new();
    let mut piece = [0; 1024];
    while !answer.ends_with(format!("\r\n\r\n{BODY}").as_bytes()) {
        match stream.read(&mut piece)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            _ if answer.len() > ANSWER_BYTES_MAX => return Err(io::Error::other("its answer has no end")),
            len => answer.extend_from_slice(&piece[..len]),
        }
    }
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

/// The value of `x-core`.
fn core_of(answer: &str) -> Option<String> {
    let mut fields = answer.lines().filter_map(|line| line.split_once(':'));
    fields
        .find(|(name, _)| name.eq_ignore_ascii_case("x-core"))
        .map(|(_, value)| value.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn the_core_is_a_field_of_the_answer() {
        let answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Core: abc\r\n\r\nHi";
        assert_eq!(core_of(answer).as_deref(), Some("abc"));
        assert_eq!(core_of("HTTP/1.1 200 OK\r\n\r\nHi"), None);
    }

    fn chosen(deal: &str, cores: usize, each: usize) -> Option<usize> {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let dealt = deal.chars().map(|core| {
            let stream = TcpStream::connect(address)?;
            let core = core.to_string();
            Ok(Dealt { stream, core })
        });
        choose(dealt, cores, each).ok().map(|streams| streams.len())
    }

    #[test]
    fn connections_are_opened_until_enough_cores_have_enough() {
        assert_eq!(chosen("abaca", 1, 3), Some(3));
        assert_eq!(chosen("aabab", 2, 2), Some(4));
        assert_eq!(chosen("aaaaa", 2, 2), None);
        assert_eq!(chosen("", 1, 1), None);
    }
}
