//! What a program does by hand with tokio-uring and httparse: the baseline for the ring engine.
//!
//! Reads, answers every request that is complete, writes once. No deadlines, no limits, no bodies: less than a
//! server must do.

use std::convert::Infallible;
use std::io::{self, Write};
use std::net::TcpListener;
use std::time::SystemTime;

use howth_http1::Date;
use tokio_uring::net::TcpStream;

use super::{BODY, CONTENT_TYPE};

const READ_BYTES: usize = 4096;
const FIELDS_MAX: usize = 64;

/// Serves until accepting fails.
pub fn serve(listener: TcpListener) -> io::Result<Infallible> {
    tokio_uring::start(async {
        let listener = tokio_uring::net::TcpListener::from_std(listener);
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            tokio_uring::spawn(async move {
                // A client that goes away ends its connection and nothing else.
                let _ = serve_connection(stream).await;
            });
        }
    })
}

async fn serve_connection(stream: TcpStream) -> io::Result<()> {
    let mut date = Date::new(SystemTime::now());
    let mut input = Vec::with_capacity(2 * READ_BYTES);
    let (mut buffer, mut output) = (vec![0; READ_BYTES], Vec::with_capacity(READ_BYTES));
    loop {
        let (read, filled) = stream.read(buffer).await;
        buffer = filled;
        match read? {
            0 => return Ok(()),
            read => input.extend_from_slice(&buffer[..read]),
        }
        date.update(SystemTime::now());
        output.clear();
        answer_all(&mut input, &mut output, &date)?;
        if !output.is_empty() {
            let (written, returned) = stream.write_all(output).await;
            output = returned;
            written?;
        }
    }
}

/// Answers every request that is complete, and keeps the rest of the input.
fn answer_all(input: &mut Vec<u8>, output: &mut Vec<u8>, date: &Date) -> io::Result<()> {
    let mut consumed = 0;
    loop {
        let mut fields = [httparse::EMPTY_HEADER; FIELDS_MAX];
        let mut request = httparse::Request::new(&mut fields);
        match request.parse(&input[consumed..]).map_err(io::Error::other)? {
            httparse::Status::Complete(head_bytes) => consumed += head_bytes,
            httparse::Status::Partial => break,
        }
        write!(
            output,
            "HTTP/1.1 200 OK\r\ncontent-type: {CONTENT_TYPE}\r\ndate: "
        )?;
        output.extend_from_slice(date.as_bytes());
        write!(output, "\r\ncontent-length: {}\r\n\r\n{BODY}", BODY.len())?;
    }
    input.drain(..consumed);
    Ok(())
}
