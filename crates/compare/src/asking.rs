//! One request to a server, and what is to be said of its answer, or of many.
//!
//! Owns the bytes of an exchange in clear text; what is more than that is the load generator's. Never measures. Called by:
//! `server`, `idle`, `measure` and the experiments on several cores.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use howth_load::Report;

use crate::request::Request;

const ANSWER_PATIENCE: Duration = Duration::from_secs(5);

/// One request by the load generator, which speaks more than clear text; what was wrong with the answer.
pub(crate) fn asked_once(request: &Request, port: u16) -> Result<(), String> {
    let run = howth_load::Options {
        connections: 1,
        stop: howth_load::Stop::Requests(1),
        timeout: ANSWER_PATIENCE,
        ..request.load(port)
    };
    let report = howth_load::run(&run).map_err(|error| format!(": {error}"))?;
    match complaint(&report) {
        None => Ok(()),
        Some(complaint) => Err(format!(": {complaint}")),
    }
}

/// One request over an open connection; gives the start of its answer.
pub(crate) fn ask(stream: &mut TcpStream, request: &[u8]) -> std::io::Result<String> {
    stream.set_read_timeout(Some(ANSWER_PATIENCE))?;
    stream.write_all(request)?;
    let mut buffer = [0; 4096];
    let bytes = stream.read(&mut buffer)?;
    let line = buffer[..bytes]
        .split(|byte| *byte == b'\r')
        .next()
        .unwrap_or_default();
    Ok(String::from_utf8_lossy(line).into_owned())
}

/// Whether a status line is that of a right answer.
pub(crate) fn is_right(line: &str) -> bool {
    line.starts_with("HTTP/1.1 200")
}

/// `3 of 100 requests failed (status: 3)`, or nothing.
pub(crate) fn complaint(report: &Report) -> Option<String> {
    let failed = report.errors.total();
    let classes = report
        .errors
        .classes()
        .into_iter()
        .filter(|(_, count)| *count > 0);
    let classes: Vec<String> = classes
        .map(|(class, count)| format!("{class}: {count}"))
        .collect();
    let all = report.requests + failed;
    (failed > 0).then(|| format!("{failed} of {all} requests failed ({})", classes.join(", ")))
}
