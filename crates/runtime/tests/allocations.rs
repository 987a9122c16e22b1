//! What Rust allocates for a request on its way through JavaScript: a little for each batch, for a usual request
//! nothing.
//!
//! The test has its own `main`, since V8 must be started on the main thread. What V8 allocates for itself does
//! not pass through Rust's allocator and is not counted.

#[path = "../../engine-conformance/tests/support/allocations.rs"]
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

/// What all rounds together may allocate besides: V8 has tasks of its own run, such as parts of a garbage collection.
const SLACK: u64 = 20;

struct Case {
    name: &'static str,
    handler: &'static str,
    request: &'static [u8],
    /// Of each batch: the array of what its requests say.
    batch_max: u64,
    request_max: u64,
}

const CASES: &[Case] = &[
    Case {
        name: "a handler that takes nothing",
        handler: "() => new Response('Hi')",
        request: GET,
        batch_max: 0,
        request_max: 0,
    },
    Case {
        name: "a handler that takes a request",
        handler: "(request) => new Response('Hi')",
        request: GET,
        batch_max: 1,
        request_max: 0,
    },
    Case {
        name: "a URL that is read",
        handler: "(request) => new Response(request.url.endsWith('/hello') ? 'Hi' : '')",
        request: GET,
        batch_max: 1,
        request_max: 0,
    },
    Case {
        name: "a header that is read",
        handler: "(request) => new Response(request.headers.get('user-agent'))",
        request: GET,
        batch_max: 1,
        request_max: 0,
    },
    Case {
        name: "headers that are all read",
        handler: "(request) => new Response([...request.headers].length === 3 ? 'Hi' : '')",
        request: GET,
        batch_max: 1,
        request_max: 0,
    },
    Case {
        name: "an answer with fields",
        handler: "() => new Response('Hi', { headers: { 'x-a': 'b', 'x-c': 'd' } })",
        request: GET,
        batch_max: 0,
        request_max: 0,
    },
    Case {
        name: "a body that is read",
        handler: "async (request) => new Response((await request.json()).a)",
        request: POST,
        batch_max: 1,
        request_max: 0,
    },
    // V8 has the URL as a part of another string. Then every string crosses in a slow call, which copies the content
    // type.
    Case {
        name: "a text that is a part of another",
        handler: "(request) => new Response(request.url)",
        request: GET,
        batch_max: 1,
        request_max: 1,
    },
];

fn main() {
    // Compiled on another thread, the handlers would be slow for as long as that thread has to wait for a processor, and
    // slow calls of ops allocate.
    let flags = ["--no-concurrent-recompilation".to_owned()];
    isolate::initialize(&flags).expect("flags that V8 knows");
    let folder = tempfile::tempdir().expect("a folder");
    let tokio = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let _entered = tokio.enter();
    for case in CASES {
        let file = folder.path().join("handler.mjs");
        let program = format!("export default {{ fetch: {} }};", case.handler);
        std::fs::write(&file, program).expect("it is written");
        for batch_len in [1, 16, 64] {
            println!("test {}, {batch_len} at once ...", case.name);
            let mut application = tokio.block_on(Application::start(&file, case.request, batch_len));
            (0..WARM_UP / batch_len).for_each(|_| application.serve_batch());
            let counted = (0..ROUNDS).map(|_| allocations(|| application.serve_batch()));
            let allocated: u64 = counted.sum();
            let of_each_batch = case.batch_max + case.request_max * u64::from(batch_len);
            assert!(
                allocated <= of_each_batch * u64::from(ROUNDS) + SLACK,
                "{allocated} allocations in {ROUNDS} batches"
            );
        }
    }
}
