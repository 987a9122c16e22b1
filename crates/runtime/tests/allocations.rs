//! What Rust allocates for a request on its way through JavaScript: for each batch a little, for each request
//! nothing.
//!
//! The test has its own `main`, since V8 must be started on the main thread. What V8 allocates for itself does
//! not pass through Rust's allocator and is not counted.

#[path = "../../engine/cases/allocations.rs"]
mod counting;
mod prepared;

use counting::allocations;
use howth_runtime::isolate;
use prepared::Application;

const GET: &[u8] = b"GET /hello HTTP/1.1\r\nhost: localhost\r\nuser-agent: test\r\naccept: */*\r\n\r\n";
const POST: &[u8] = b"POST /hello HTTP/1.1\r\nhost: localhost\r\ncontent-length: 11\r\n\r\n{\"a\":\"bcd\"}";

/// Requests until V8 has compiled what is called often.
const WARM_UP: u32 = 100_000;
const ROUNDS: u32 = 1000;

/// Name, handler, request, and how often Rust may allocate for a batch of any size.
const CASES: &[(&str, &str, &[u8], u64)] = &[
    ("a handler that takes nothing", "() => new Response('Hi')", GET, 0),
    // The array of what the requests of the batch say.
    ("a handler that takes a request", "(request) => new Response('Hi')", GET, 1),
    ("a URL that is read", "(request) => new Response(request.url)", GET, 1),
    (
        "a header that is read",
        "(request) => new Response(request.headers.get('user-agent'))",
        GET,
        1,
    ),
    (
        "an answer with fields",
        "(request) => new Response('Hi', { headers: { 'x-a': 'b', 'x-c': 'd' } })",
        GET,
        1,
    ),
    (
        "a body that is read",
        "async (request) => new Response((await request.json()).a)",
        POST,
        1,
    ),
];

fn main() {
    isolate::initialize(&[]).expect("no flags");
    let folder = tempfile::tempdir().expect("a folder");
    let tokio = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let _entered = tokio.enter();
    for (name, handler, request, allowed) in CASES {
        let file = folder.path().join("handler.mjs");
        std::fs::write(&file, format!("export default {{ fetch: {handler} }};")).expect("it is written");
        for batch_len in [1, 16, 64] {
            println!("test {name}, {batch_len} at once ...");
            let mut application = tokio.block_on(Application::start(&file, request, batch_len));
            (0..WARM_UP / batch_len).for_each(|_| application.serve_batch());
            let counted = (0..ROUNDS).map(|_| allocations(|| application.serve_batch()));
            let allocated: u64 = counted.sum();
            assert!(
                allocated <= allowed * u64::from(ROUNDS),
                "{name}, {batch_len} at once: {allocated} allocations in {ROUNDS} batches"
            );
        }
    }
}
