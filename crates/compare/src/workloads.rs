//! All workloads, in the order of results.
//!
//! Owns their names and what each asks. Never measures.

use crate::error::CompareError;
use crate::figure::Figure;
use crate::options::Sizes;
use crate::request::Request;
use crate::workload::{Kind, Load, Transfer, Workload};

/// Of most workloads: enough to keep a core busy, few enough to fit into one turn of it.
const CONNECTIONS: usize = 50;
const PIPELINING: usize = 16;
/// Uploads at a time; fewer than would fill the server's core leave it idle.
const UPLOADING: usize = 4;
/// The items of the posted JSON, which make it 1.5 KiB.
const ITEMS: usize = 28;

/// What is sent with `headers`: the ten that its application reads.
const FIELDS: [(&str, &str); 10] = [
    (
        "accept",
        "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    ),
    ("accept-encoding", "gzip, deflate, br, zstd"),
    ("accept-language", "en-GB,en;q=0.7,ga;q=0.3"),
    ("authorization", "Bearer 7b1f0c5a9d3e42c68a17"),
    ("cookie", "session=5f2d8a1c; theme=dark; seen=1"),
    ("referer", "http://127.0.0.1/users"),
    (
        "user-agent",
        "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    ),
    ("x-forwarded-for", "192.0.2.17"),
    ("x-forwarded-proto", "https"),
    ("x-request-id", "0198c6f2-7f1b-7c3e-9a55-1d0c2b3a4f5e"),
];

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
    workloads.extend(bodies(sizes));
    workloads.push(workload(
        "start",
        "start to first answer".to_owned(),
        "hello",
        Kind::Start,
    ));
    let title = format!("{} idle connections", sizes.idle_connections);
    workloads.push(workload("idle", title, "hello", Kind::Idle));
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
        (_, "stream") => stream_request(1024),
        (_, "upload") => upload_request(1024),
        _ => hello_request(),
    }
}

pub(crate) fn hello_request() -> Request {
    Request::get("/", "Hi".len() as u64)
}

/// Answered by a small object as JSON.
fn greeting() -> Request {
    Request::get("/", "{\"message\":\"Hello, World!\"}".len() as u64)
}

/// Answered by how many items there are.
fn posted_items() -> Request {
    Request {
        fields: vec![("content-type", "application/json")],
        ..Request::post(posted_json(), format!("{{\"items\":{ITEMS}}}").len() as u64)
    }
}

fn stream_request(bytes: u64) -> Request {
    Request::get(format!("/{bytes}"), bytes)
}

fn upload_request(bytes: usize) -> Request {
    Request::post(vec![b'x'; bytes], bytes.to_string().len() as u64)
}

fn posted_json() -> Vec<u8> {
    let item =
        |number| format!("{{\"id\":{number},\"name\":\"item number {number}\",\"price\":{number}.25}}");
    // Numbers of four digits, so that all items are of one length.
    let items: Vec<String> = (1000..).map(item).take(ITEMS).collect();
    format!("{{\"items\":[{}]}}", items.join(",")).into_bytes()
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

    #[test]
    fn the_posted_json_is_json_of_a_kibibyte_and_a_half() {
        let posted = posted_json();
        assert!((1400..1700).contains(&posted.len()), "{}", posted.len());
        let value: serde_json::Value = serde_json::from_slice(&posted).expect("JSON");
        assert_eq!(value["items"].as_array().map(Vec::len), Some(ITEMS));
    }
}
