//! All workloads, in the order of results.
//!
//! Owns their names and what each asks. Never measures.

mod requests;

use crate::applications::FILES;
use crate::error::CompareError;
use crate::figure::Figure;
use crate::options::Sizes;
use crate::request::Request;
use crate::workload::{Kind, Load, Transfer, Workload};
pub(crate) use requests::hello_request;
use requests::{FIELDS, greeting, posted_items, stream_request, upload_request};

/// Of most workloads: enough to keep a core busy, few enough to fit into one turn of it.
const CONNECTIONS: usize = 50;
const PIPELINING: usize = 16;
/// Streams of HTTP/2 on a connection, and such connections.
const STREAMS: usize = 10;
/// Of WebSockets.
const WEB_SOCKETS: usize = 100;
/// That hear one topic.
const SUBSCRIBERS: usize = 1000;
/// Files of 100 MiB that are sent.
const LARGE_FILES: u64 = 24;
/// Uploads at a time; fewer than would fill the server's core leave it idle.
const UPLOADING: usize = 4;

/// The names of all workloads.
pub fn names() -> Vec<&'static str> {
    // Asked for at each start of the binary, whatever it is to do: no body of 10 MiB is made for that.
    let sizes = Sizes {
        upload_bytes: 0,
        ..Sizes::default()
    };
    all(&sizes).iter().map(|workload| workload.name).collect()
}

/// Those with these names, in the order of results; all if none is named.
pub(crate) fn chosen(names: &[String], sizes: &Sizes) -> Result<Vec<Workload>, CompareError> {
    let all = all(sizes);
    let is_known = |name: &&String| all.iter().any(|workload| workload.name == name.as_str());
    if let Some(unknown) = names.iter().find(|name| !is_known(name)) {
        let known: Vec<&str> = all.iter().map(|workload| workload.name).collect();
        return Err(CompareError::UnknownWorkload {
            name: unknown.clone(),
            known: known.join(", "),
        });
    }
    let is_chosen = |workload: &Workload| names.is_empty() || names.iter().any(|name| name == workload.name);
    Ok(all.into_iter().filter(is_chosen).collect())
}

fn all(sizes: &Sizes) -> Vec<Workload> {
    let mut workloads = least();
    workloads.extend(kinds_of_work());
    workloads.extend(programs());
    workloads.extend(over_tls());
    workloads.extend(web_sockets());
    workloads.extend(files());
    workloads.extend(bodies(sizes));
    workloads.push(workload(
        "start",
        "start to first answer".to_owned(),
        "hello",
        Kind::Start,
    ));
    let idle = |name, application, written: &str| {
        let title = format!("{} idle connections{written}", sizes.idle_connections);
        workload(name, title, application, Kind::Idle)
    };
    workloads.push(idle("idle", "hello", ""));
    workloads.push(idle("idle-tls", "tls", " over TLS"));
    workloads
}

/// The least work, under different load.
fn least() -> Vec<Workload> {
    let hello = |connections| Load::of(hello_request(), connections);
    let of_hello = |name, title: String, load| workload(name, title, "hello", Kind::Load(load));
    let many = |name, connections, written: &str| {
        of_hello(name, format!("hello, {written} connections"), hello(connections))
    };
    let pipelined = Load {
        pipelining: PIPELINING,
        ..hello(CONNECTIONS)
    };
    let close = Load {
        keep_alive: false,
        ..hello(CONNECTIONS)
    };
    let latency = Load {
        primary: Figure::P99Us,
        ..hello(CONNECTIONS)
    };
    vec![
        many("hello", CONNECTIONS, "50"),
        of_hello(
            "pipelined",
            format!("hello, {PIPELINING} requests in each write"),
            pipelined,
        ),
        of_hello(
            "close",
            "hello, a new connection for each request".to_owned(),
            close,
        ),
        many("connections-200", 200, "200"),
        many("connections-1000", 1000, "1,000"),
        many("connections-10000", 10_000, "10,000"),
        workload(
            "latency",
            "hello, open loop".to_owned(),
            "hello",
            Kind::Latency(latency),
        ),
    ]
}

/// Different work, under the same load.
fn kinds_of_work() -> Vec<Workload> {
    let users = || Request::get("/users/42", "user 42".len() as u64);
    let headers = Request {
        fields: FIELDS.to_vec(),
        ..users()
    };
    let of = |name: &'static str, title: &str, request| {
        workload(
            name,
            title.to_owned(),
            name,
            Kind::Load(Load::of(request, CONNECTIONS)),
        )
    };
    let mixed = Load {
        primary: Figure::P99Us,
        ..Load::of(hello_request(), CONNECTIONS)
    };
    let hono = Request::get("/users/42", "{\"id\":\"42\"}".len() as u64);
    vec![
        of("json", "a small object as JSON", greeting()),
        of("headers", "a route, 10 fields read and 3 set", headers),
        of("post", "1.5 KiB of JSON parsed and answered", posted_items()),
        of("async", "a handler that awaits once", hello_request()),
        of(
            "pending",
            "hello, while an interval of 1 s is pending",
            hello_request(),
        ),
        of("timer", "a handler that awaits a timer of 1 ms", hello_request()),
        of("large", "a body of 64 KiB", Request::get("/", 64 * 1024)),
        of("hono", "a route of Hono with a parameter", hono),
        of(
            "static",
            "a ready response, where the runtime has such",
            hello_request(),
        ),
        workload(
            "mixed",
            "1 % of the requests compute for 50 ms".to_owned(),
            "mixed",
            Kind::Load(mixed),
        ),
    ]
}

/// Programs that people have, as they stand. Those of one application stand together and share its servers.
fn programs() -> Vec<Workload> {
    let of = |name, application, title: &str, request| {
        let kind = Kind::Load(Load::of(request, CONNECTIONS));
        workload(name, title.to_owned(), application, kind)
    };
    let user = Request::get(
        "/users/42?tab=posts",
        "{\"id\":\"42\",\"tab\":\"posts\"}".len() as u64,
    );
    vec![
        of("node-http", "node-http", "node:http, hello", hello_request()),
        of(
            "fastify",
            "fastify",
            "Fastify, a small object as JSON",
            greeting(),
        ),
        of(
            "express",
            "express",
            "Express, a small object as JSON",
            greeting(),
        ),
        of(
            "express-param",
            "express",
            "Express, a route with a parameter and a query",
            user,
        ),
        of(
            "express-post",
            "express",
            "Express, 1.5 KiB of JSON parsed and answered",
            posted_items(),
        ),
        of("koa", "koa", "Koa, hello", hello_request()),
        of(
            "nest",
            "nest",
            "NestJS on Fastify, a small object as JSON",
            greeting(),
        ),
    ]
}

/// HTTP/1.1 and HTTP/2 over TLS.
fn over_tls() -> Vec<Workload> {
    let of = |name, application, title: &str, load| {
        workload(name, title.to_owned(), application, Kind::Load(load))
    };
    let kept = |request: Request| Load::of(request.secure(), CONNECTIONS);
    let new = |resume_sessions| Load {
        keep_alive: false,
        resume_sessions,
        ..kept(hello_request())
    };
    let large = Request::get("/", 64 * 1024);
    let streams = Load {
        pipelining: STREAMS,
        ..Load::of(hello_request().http2(), STREAMS)
    };
    let streams_title = format!("HTTP/2 over TLS, hello, {STREAMS} streams on each of {STREAMS} connections");
    vec![
        of("tls", "tls", "TLS, hello", kept(hello_request())),
        of(
            "tls-handshake",
            "tls",
            "TLS, a whole handshake for each request",
            new(false),
        ),
        of(
            "tls-resumption",
            "tls",
            "TLS, a session taken up for each request",
            new(true),
        ),
        of("tls-large", "tls-large", "TLS, a body of 64 KiB", kept(large)),
        of("http2", "http2", &streams_title, streams),
    ]
}

/// Messages that come back, on the connection that has sent them or on all.
fn web_sockets() -> Vec<Workload> {
    let of = |name, title: String, load| workload(name, title, "websocket", Kind::Load(load));
    let topic = Load::of(Request::broadcast(64), SUBSCRIBERS);
    let echo = |bytes| Load::of(Request::echo(bytes), WEB_SOCKETS);
    let pipelined = Load {
        pipelining: PIPELINING,
        ..echo(64)
    };
    vec![
        of(
            "websocket",
            "a WebSocket's message of 64 B comes back".to_owned(),
            echo(64),
        ),
        of(
            "websocket-pipelined",
            format!("the same, {PIPELINING} messages in each write"),
            pipelined,
        ),
        of(
            "websocket-large",
            "a WebSocket's message of 16 KiB comes back".to_owned(),
            echo(16 * 1024),
        ),
        workload(
            "websocket-topic",
            "a message of 64 B to a topic that 1,000 WebSockets hear, each of them counted".to_owned(),
            "websocket-topic",
            Kind::Load(topic),
        ),
    ]
}

/// Files of a folder.
fn files() -> Vec<Workload> {
    let [small, medium, large] = FILES.map(|(name, bytes)| (Request::get(format!("/{name}"), bytes), bytes));
    let loaded = |name, title: &str, (request, _)| {
        let kind = Kind::Load(Load::of(request, CONNECTIONS));
        workload(name, title.to_owned(), "files", kind)
    };
    let transfer = Transfer {
        request: large.0,
        requests: LARGE_FILES,
        connections: UPLOADING,
        bytes: large.1,
    };
    vec![
        loaded("file", "a file of 1 KiB", small),
        loaded("file-medium", "a file of 100 KiB", medium),
        workload(
            "file-large",
            "files of 100 MiB".to_owned(),
            "files",
            Kind::Transfer(transfer),
        ),
    ]
}

/// Bodies so large that bytes count and not requests.
fn bodies(sizes: &Sizes) -> Vec<Workload> {
    let mebibytes = |bytes: u64| bytes >> 20;
    let stream = Transfer {
        request: stream_request(sizes.stream_bytes),
        requests: 1,
        connections: 1,
        bytes: sizes.stream_bytes,
    };
    let upload = Transfer {
        request: upload_request(sizes.upload_bytes),
        requests: sizes.uploads,
        connections: UPLOADING,
        bytes: sizes.upload_bytes as u64,
    };
    let stream_title = format!("{} MiB streamed in one response", mebibytes(sizes.stream_bytes));
    let upload_title = format!(
        "uploads of {} MiB, consumed",
        mebibytes(sizes.upload_bytes as u64)
    );
    vec![
        workload("stream", stream_title, "stream", Kind::Transfer(stream)),
        workload("upload", upload_title, "upload", Kind::Transfer(upload)),
    ]
}

fn workload(name: &'static str, title: String, application: &'static str, kind: Kind) -> Workload {
    Workload {
        name,
        title,
        application,
        kind,
    }
}

/// What is asked of a server first: the workload's own request, with a small body.
pub(crate) fn first_request(workload: &Workload) -> Request {
    match (&workload.kind, workload.application) {
        (Kind::Load(load) | Kind::Latency(load), _) => load.request.clone(),
        (_, "files") => Request::get("/1k", FILES[0].1),
        (_, "stream") => stream_request(1024),
        (_, "upload") => upload_request(1024),
        (_, "tls") => hello_request().secure(),
        _ => hello_request(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_choose_in_the_order_of_results() {
        let names = names();
        let mut unique = names.clone();
        unique.sort_unstable();
        unique.dedup();
        assert_eq!(unique.len(), names.len());
        let typed = ["idle", "json", "hello"].map(str::to_owned);
        let chosen = chosen(&typed, &Sizes::default()).expect("known names");
        let chosen: Vec<&str> = chosen.iter().map(|workload| workload.name).collect();
        assert_eq!(chosen, ["hello", "json", "idle"]);
    }

    #[test]
    fn workloads_of_one_program_share_its_servers() {
        let typed = ["express-post", "express-param", "express", "fastify"].map(str::to_owned);
        let chosen = chosen(&typed, &Sizes::default()).expect("known names");
        let groups = chosen.chunk_by(Workload::shares_servers_with);
        assert_eq!(groups.map(<[Workload]>::len).collect::<Vec<_>>(), [1, 3]);
    }

    #[test]
    fn an_unknown_name_is_answered_with_the_known_ones() {
        let error = chosen(&["helo".to_owned()], &Sizes::default()).expect_err("no such workload");
        assert!(error.to_string().contains("hello, "), "{error}");
    }
}
