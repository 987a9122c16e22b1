//! Small servers for tests: a thread per connection, and an answer per request.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A running server. Its threads end with the test's process.
pub struct Server {
    pub address: SocketAddr,
    pub requests: Arc<AtomicU64>,
    pub connections: Arc<AtomicU64>,
}

/// What to do after an answer.
pub enum Then {
    Go,
    Close,
}

impl Server {
    /// Serves connections with `serve`.
    pub fn of_connections(
        serve: impl Fn(TcpStream, &AtomicU64) -> io::Result<()> + Send + Sync + 'static,
    ) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let requests = Arc::new(AtomicU64::new(0));
        let connections = Arc::new(AtomicU64::new(0));
        let (counted, opened, serve) = (requests.clone(), connections.clone(), Arc::new(serve));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(stream) = stream else { return };
                opened.fetch_add(1, Ordering::SeqCst);
                let (counted, serve) = (counted.clone(), serve.clone());
                // A client that goes away is no failure of a server.
                std::thread::spawn(move || drop(serve(stream, &counted)));
            }
        });
        Server {
            address,
            requests,
            connections,
        }
    }

    /// Answers the requests with numbers from 0 on.
    pub fn of_answers(answer: impl Fn(u64) -> (Vec<u8>, Then) + Send + Sync + 'static) -> Server {
        Server::of_connections(move |mut stream, counted| {
            stream.set_nodelay(true)?;
            answer_all(&mut stream, counted, &answer)
        })
    }

    /// Answers always the same.
    pub fn of_answer(answer: &'static str) -> Server {
        Server::of_answers(move |_| (answer.as_bytes().to_vec(), Then::Go))
    }

    pub fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    pub fn requests(&self) -> u64 {
        self.requests.load(Ordering::SeqCst)
    }

    /// Connections, without the one that tries whether somebody listens.
    pub fn connections(&self) -> u64 {
        self.connections.load(Ordering::SeqCst) - 1
    }
}

/// Reads requests from a stream and answers them.
pub fn answer_all(
    stream: &mut (impl Read + Write),
    counted: &AtomicU64,
    answer: &impl Fn(u64) -> (Vec<u8>, Then),
) -> io::Result<()> {
    let mut received = Vec::new();
    loop {
        while let Some(len) = request_len(&received) {
            received.drain(..len);
            let (bytes, then) = answer(counted.fetch_add(1, Ordering::SeqCst));
            stream.write_all(&bytes)?;
            stream.flush()?;
            if let Then::Close = then {
                return Ok(());
            }
        }
        let mut piece = [0; 65_536];
        let len = stream.read(&mut piece)?;
        if len == 0 {
            return Ok(());
        }
        received.extend_from_slice(&piece[..len]);
    }
}

fn request_len(received: &[u8]) -> Option<usize> {
    let mut fields = [httparse::EMPTY_HEADER; 32];
    let mut request = httparse::Request::new(&mut fields);
    let head_len = match request.parse(received).expect("the generator sends requests") {
        httparse::Status::Complete(len) => len,
        httparse::Status::Partial => return None,
    };
    let body_len = request
        .headers
        .iter()
        .find(|field| field.name == "content-length")
        .map_or(0, |field| {
            std::str::from_utf8(field.value)
                .expect("digits")
                .parse::<usize>()
                .expect("digits")
        });
    (received.len() >= head_len + body_len).then_some(head_len + body_len)
}
