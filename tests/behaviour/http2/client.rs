//! A client of HTTP/2 by the crate h2, for tests that wait.
//!
//! Owns its connection and the loop that drives it. Called by: the tests beside.

use std::cell::RefCell;

use bytes::Bytes;
use h2::client::{ResponseFuture, SendRequest};
use h2::{Reason, RecvStream, SendStream};
use hyper::http::{HeaderMap, Request};
use tokio::net::TcpStream;
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinHandle;

use super::PATIENCE;
use crate::support::Server;

/// What a stream was answered.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    fields: HeaderMap,
    body: Vec<u8>,
    trailers: Option<HeaderMap>,
}

impl Answer {
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("a text")
    }

    pub fn bytes(&self) -> &[u8] {
        &self.body
    }

    pub fn field(&self, name: &str) -> &str {
        self.fields
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }

    pub fn trailer(&self, name: &str) -> &str {
        let trailers = self.trailers.as_ref().expect("trailers");
        trailers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }
}

/// A connection.
pub struct Client {
    runtime: Runtime,
    requests: SendRequest<Bytes>,
    connection: RefCell<Option<JoinHandle<()>>>,
    authority: String,
}

/// A request that was sent and is not answered yet.
pub struct Pending<'a> {
    client: &'a Client,
    answer: ResponseFuture,
}

impl Pending<'_> {
    pub fn answer(self) -> Answer {
        self.client.wait(receive(self.answer)).expect("an answer")
    }
}

impl Client {
    pub fn connect(server: &Server) -> Client {
        Client::try_connect(server).expect("a server that speaks HTTP/2")
    }

    /// `None`: the server answers in another way.
    pub fn try_connect(server: &Server) -> Option<Client> {
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        let address = server.address();
        let (requests, connection) = runtime.block_on(async {
            let stream = TcpStream::connect(address).await.expect("a connection");
            let (requests, connection) = h2::client::handshake(stream).await.ok()?;
            let connection = tokio::spawn(async move { drop(connection.await) });
            // The server's settings have come, or the end.
            let requests = tokio::time::timeout(PATIENCE, requests.ready())
                .await
                .expect("an end")
                .ok()?;
            Some((requests, connection))
        })?;
        let client = Client {
            runtime,
            requests,
            connection: RefCell::new(Some(connection)),
            authority: address.to_string(),
        };
        client.try_request("GET", "/").ok().map(|_| client)
    }

    fn wait<T>(&self, work: impl Future<Output = T>) -> T {
        let work = async {
            tokio::time::timeout(PATIENCE, work)
                .await
                .expect("an answer in time")
        };
        self.runtime.block_on(work)
    }

    async fn send(
        &self,
        method: &str,
        path: &str,
        fields: &[(&str, &str)],
        end: bool,
    ) -> (ResponseFuture, SendStream<Bytes>) {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("http://{}{path}", self.authority));
        for (name, value) in fields {
            request = request.header(*name, *value);
        }
        let mut requests = self.requests.clone().ready().await.expect("an open connection");
        requests
            .send_request(request.body(()).expect("a request"), end)
            .expect("an open connection")
    }

    pub fn request(
        &self,
        method: &str,
        path: &str,
        fields: &[(&str, &str)],
        body: impl AsRef<[u8]>,
    ) -> Answer {
        self.wait(async {
            let body = Bytes::copy_from_slice(body.as_ref());
            let (answer, stream) = self.send(method, path, fields, body.is_empty()).await;
            let sent = tokio::spawn(send_body(stream, body));
            let answer = receive(answer).await.expect("an answer");
            sent.await.expect("a body that is sent");
            answer
        })
    }

    /// Why a request was not answered whole; `None`: by the end of the connection.
    pub fn try_request(&self, method: &str, path: &str) -> Result<Answer, Option<Reason>> {
        self.wait(async {
            let (answer, _) = self.send(method, path, &[], true).await;
            receive(answer).await.map_err(|error| error.reason())
        })
    }

    /// All at once.
    pub fn requests<'a>(&self, all: impl Iterator<Item = (&'a str, &'a str, String)>) -> Vec<Answer> {
        self.wait(async {
            let mut pending = Vec::new();
            for (method, path, body) in all {
                let (answer, stream) = self.send(method, path, &[], false).await;
                tokio::spawn(send_body(stream, body.into()));
                pending.push(tokio::spawn(receive(answer)));
            }
            let mut answers = Vec::new();
            for answer in pending {
                answers.push(answer.await.expect("a task").expect("an answer"));
            }
            answers
        })
    }

    pub fn request_with_trailers(
        &self,
        path: &str,
        body: &str,
        (name, value): (&'static str, &str),
    ) -> Answer {
        self.wait(async {
            let (answer, mut stream) = self.send("POST", path, &[], false).await;
            stream
                .send_data(Bytes::copy_from_slice(body.as_bytes()), false)
                .expect("an open stream");
            let mut trailers = HeaderMap::new();
            trailers.insert(name, value.parse().expect("a value"));
            stream.send_trailers(trailers).expect("an open stream");
            receive(answer).await.expect("an answer")
        })
    }

    pub fn begin(&self, method: &str, path: &str) -> Pending<'_> {
        let (answer, _) = self.wait(self.send(method, path, &[], true));
        Pending { client: self, answer }
    }

    /// Whether the server ends the connection.
    pub fn is_closed(&self) -> bool {
        let connection = self.connection.borrow_mut().take().expect("asked once");
        self.wait(connection).is_ok()
    }
}

async fn send_body(mut stream: SendStream<Bytes>, mut body: Bytes) {
    while !body.is_empty() {
        stream.reserve_capacity(body.len());
        match std::future::poll_fn(|context| stream.poll_capacity(context)).await {
            Some(Ok(room)) => {
                let part = body.split_to(room.min(body.len()));
                let end = body.is_empty();
                if stream.send_data(part, end).is_err() {
                    return;
                }
            }
            _ => return,
        }
    }
}

async fn receive(answer: ResponseFuture) -> Result<Answer, h2::Error> {
    let (head, mut body): (_, RecvStream) = answer.await?.into_parts();
    let mut bytes = Vec::new();
    while let Some(part) = body.data().await {
        let part = part?;
        body.flow_control().release_capacity(part.len())?;
        bytes.extend_from_slice(&part);
    }
    let trailers = body.trailers().await?;
    Ok(Answer {
        status: head.status.as_u16(),
        fields: head.headers,
        body: bytes,
        trailers,
    })
}
