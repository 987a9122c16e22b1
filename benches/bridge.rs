//! One batch of requests into V8 and back, without an engine.
//!
//! `cargo bench --bench bridge`. The requests have always arrived and the answers go nowhere
//! (`crates/runtime/tests/prepared`), so that this is the bridge, JavaScript, and the memory V8 collects. Batches
//! of 1, 16 and 64: what a call of JavaScript costs by itself is the difference.

use std::path::Path;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput};
use howth_runtime::isolate;

#[path = "../crates/runtime/tests/prepared/mod.rs"]
mod prepared;

use prepared::Application;

const GET: &[u8] =
    b"GET /hello?a=b HTTP/1.1\r\nhost: 127.0.0.1\r\nuser-agent: howth-bench\r\naccept: */*\r\n\
    accept-encoding: gzip, br\r\naccept-language: en-IE\r\ncookie: session=0123456789abcdef\r\n\r\n";

const POST: &[u8] = b"POST /hello HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n\
    content-length: 85\r\n\r\n{\"items\":[{\"id\":1,\"name\":\"one\",\"price\":1},{\"id\":2,\"name\":\"two\",\"price\":2}],\"total\":3}";

const HANDLERS: &[(&str, &str)] = &[
    ("takes nothing", r#"() => new Response("Hi")"#),
    ("takes a request", r#"(request) => new Response("Hi")"#),
    (
        "reads a header",
        r#"(request) => new Response(request.headers.get("user-agent"))"#,
    ),
    (
        "reads all headers",
        r#"(request) => {
             let length = 0;
             for (const [name, value] of request.headers) length += name.length + value.length;
             return new Response(length > 0 ? "Hi" : "");
           }"#,
    ),
    ("reads the URL", "(request) => new Response(request.url)"),
    (
        "parses the URL",
        "(request) => new Response(new URL(request.url).pathname)",
    ),
    (
        "reads a query, by URL",
        r#"(request) => new Response(new URL(request.url).searchParams.get("a"))"#,
    ),
    (
        "reads a query, by Howth.query",
        r#"(request) => new Response(Howth.query(request).get("a"))"#,
    ),
    (
        "answers with headers",
        r#"(request) => new Response("Hi", { headers: { "content-type": "text/plain", "x-a": "b", "x-c": "d" } })"#,
    ),
    (
        "answers with ten headers",
        r#"() => new Response("Hi", { headers: { a: "1", b: "2", c: "3", d: "4", e: "5", f: "6", g: "7", h: "8", i: "9", j: "10" } })"#,
    ),
    (
        "reads JSON",
        "async (request) => Response.json({ items: (await request.json()).items.length })",
    ),
];

const BATCHES: [u32; 3] = [1, 16, 64];

fn main() {
    isolate::initialize(&[]).expect("no flags");
    let folder = tempfile::tempdir().expect("a folder");
    let tokio = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let _entered = tokio.enter();
    let mut criterion = Criterion::default()
        .without_plots()
        .nresamples(10_000)
        .sample_size(20)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(1))
        .configure_from_args();
    for (number, (name, handler)) in HANDLERS.iter().enumerate() {
        let file = folder.path().join(format!("{number}.mjs"));
        std::fs::write(&file, format!("export default {{ fetch: {handler} }};")).expect("it is written");
        let request = if *name == "reads JSON" { POST } else { GET };
        measure(&mut criterion, &tokio, name, &file, request);
    }
    criterion.final_summary();
}

fn measure(
    criterion: &mut Criterion,
    tokio: &tokio::runtime::Runtime,
    name: &str,
    file: &Path,
    request: &[u8],
) {
    let mut group = criterion.benchmark_group(format!("bridge, a handler that {name}"));
    for batch in BATCHES {
        group.throughput(Throughput::Elements(u64::from(batch)));
        let mut application = None;
        group.bench_function(BenchmarkId::from_parameter(batch), |bencher| {
            let application =
                application.get_or_insert_with(|| tokio.block_on(Application::start(file, request, batch)));
            bencher.iter(|| application.serve_batch());
        });
    }
    group.finish();
}
