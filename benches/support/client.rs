//! A client that always waits for the same number of answers.
//!
//! Owns its connections. It asks on every connection, then goes round them: reads the answer, asks again. Two
//! system calls for each answer and no poller, because a client that is busier than the server measures
//! itself. Every answer is checked.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// Every request.
pub const REQUEST: &[u8] =
    b"GET /hello HTTP/1.1\r\nhost: 127.0.0.1\r\nuser-agent: howth-bench\r\naccept: */*\r\n\r\n";
const ANSWER_START: &[u8] = b"HTTP/1.1 200 OK\r\n";
const ANSWER_END: &[u8] = b"\r\n\r\nHi";
/// More than any contestant's answer; an answer that does not fit is a wrong one.
const ANSWER_BYTES_MAX: usize = 1024;
const PATIENCE: Duration = Duration::from_secs(10);

/// How much is asked at once.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    /// Open connections, kept alive.
    pub connections: usize,
    /// Requests in one write on each of them (RFC 9112 section 9.3.2).
    pub pipelined: usize,
}

impl Load {
    /// Requests of one round over all connections.
    pub fn requests_per_round(self) -> u64 {
        (self.connections * self.pipelined) as u64
    }
}

/// Keep-alive connections to one server.
#[derive(Debug)]
pub struct Client {
    connections: Vec<TcpStream>,
    /// What is written to a connection at once.
    requests: Vec<u8>,
    /// The answers to it; its length is known, because every answer of a server has the same length.
    answers: Vec<u8>,
    answer_bytes: usize,
}

impl Client {
    /// Connects, and learns from the first answer how long the server's answers are.
    pub fn connect(address: SocketAddr, load: Load) -> io::Result<Self> {
        let mut connections = Vec::with_capacity(load.connections);
        for _ in 0..load.connections {
            let connection = TcpStream::connect(address)?;
            connection.set_nodelay(true)?;
            connection.set_read_timeout(Some(PATIENCE))?;
            connections.push(connection);
        }
        let answer_bytes = answer_bytes(&mut connections[0])?;
        Ok(Client {
            connections,
            requests: REQUEST.repeat(load.pipelined),
            answers: vec![0; answer_bytes * load.pipelined],
            answer_bytes,
        })
    }

    /// Goes round all connections so many times; nothing is under way afterwards.
    pub fn run(&mut self, rounds: u64) -> io::Result<()> {
        for connection in &mut self.connections {
            connection.write_all(&self.requests)?;
        }
        for round in 1..=rounds {
            for connection in &mut self.connections {
                connection.read_exact(&mut self.answers)?;
                if !self.answers.chunks(self.answer_bytes).all(is_right) {
                    return Err(wrong(&self.answers));
                }
                if round < rounds {
                    connection.write_all(&self.requests)?;
                }
            }
        }
        Ok(())
    }
}

/// Asks once and reads to the end of the body.
fn answer_bytes(connection: &mut TcpStream) -> io::Result<usize> {
    connection.write_all(REQUEST)?;
    let mut answer = [0; ANSWER_BYTES_MAX];
    let mut filled = 0;
    while !answer[..filled].ends_with(ANSWER_END) {
        match connection.read(&mut answer[filled..])? {
            0 => return Err(wrong(&answer[..filled])),
            read => filled += read,
        }
    }
    Ok(filled)
}

fn is_right(answer: &[u8]) -> bool {
    answer.starts_with(ANSWER_START) && answer.ends_with(ANSWER_END)
}

fn wrong(answer: &[u8]) -> io::Error {
    io::Error::other(format!("not the answer: {:?}", String::from_utf8_lossy(answer)))
}
