//! What idle connections cost a server: how its resident memory grows with each that asked once and stays.

use std::net::TcpStream;
use std::time::Duration;

use howth_load::{Pace, Stop};

use crate::asking::{ask, is_right};
use crate::error::CompareError;
use crate::measure::over;
use crate::request::{Request, Way};
use crate::server::Server;

/// What the first connections cost is not what one more costs.
const FIRST: usize = 100;
/// What each of them asks before: a server compiles its handlers in the first thousands of requests, which is not what
/// a connection costs either.
const QUESTIONS: usize = 200;
/// Until a server has tidied up.
const REST: Duration = Duration::from_secs(1);

/// Bytes of resident memory for each of so many connections.
pub(crate) fn bytes_per_connection(
    server: &Server,
    connections: usize,
    request: &Request,
) -> Result<f64, CompareError> {
    if request.way != Way::Http {
        return bytes_per_layered(server, connections, request);
    }
    let bytes = request.encode(server.port);
    let mut first = open(server, FIRST.min(connections), &bytes)?;
    for stream in &mut first {
        for _ in 0..QUESTIONS {
            ask(stream, &bytes).map_err(CompareError::system("ask again"))?;
        }
    }
    std::thread::sleep(REST);
    let before = server.resident_bytes();
    let more = open(server, connections, &bytes)?;
    std::thread::sleep(REST);
    let after = server.resident_bytes();
    drop((first, more));
    Ok((after as f64 - before as f64) / connections.max(1) as f64)
}

/// The same where the load generator has to speak: as many connections ask once a second, in turn.
fn bytes_per_layered(server: &Server, connections: usize, request: &Request) -> Result<f64, CompareError> {
    let run = |connections: usize, rate, seconds| howth_load::Options {
        connections,
        pace: Pace::Rate(rate),
        stop: Stop::After(Duration::from_secs(seconds)),
        ..request.load(server.port)
    };
    let first = FIRST.min(connections);
    let warm = (first * QUESTIONS) as f64;
    let over = |run| over(server, &run, Vec::new(), &|| false);
    over(run(first, warm, 1))?;
    std::thread::sleep(REST);
    let before = server.resident_bytes();
    let (_, used) = over(run(connections, connections as f64, 3))?;
    Ok((used.resident_bytes as f64 - before as f64) / connections.max(1) as f64)
}

fn open(server: &Server, count: usize, request: &[u8]) -> Result<Vec<TcpStream>, CompareError> {
    (0..count)
        .map(|_| {
            let mut stream = TcpStream::connect(server.address())?;
            let line = ask(&mut stream, request)?;
            match is_right(&line) {
                true => Ok(stream),
                false => Err(std::io::Error::other(format!("it answered {line:?}"))),
            }
        })
        .collect::<std::io::Result<_>>()
        .map_err(CompareError::system(format!("open {count} connections")))
}
