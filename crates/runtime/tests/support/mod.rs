//! Runs a fixture program in an isolate, on a thread of its own as a core does, and tells what became of it.

use std::cell::Cell;
use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

use deno_core::error::CoreError;
use deno_core::v8;
use howth_runtime::in_process::ops_without_server;
use howth_runtime::isolate::{self, Isolate, IsolateOptions, Process, ProcessOptions};
use howth_runtime::modules::Modules;
use serde_json::Value;

const HEAP_BYTES_MAX: usize = 128 << 20;
const KV_BYTES_MAX: usize = 1 << 20;

/// Bounds a fixture that never comes to an end.
const PATIENCE: Duration = Duration::from_secs(60);

/// What became of a program.
#[derive(Debug)]
pub struct Outcome {
    /// What it left in `globalThis.result`.
    pub result: Value,
    /// The error that ended it, as printed.
    pub error: Option<String>,
    /// Whether the heap limit was reached.
    pub is_heap_full: bool,
}

/// Runs a fixture, which must succeed, and returns its result.
pub fn result(fixture: &str) -> Value {
    let outcome = run(fixture);
    assert_eq!(outcome.error, None, "{fixture}");
    outcome.result
}

/// Runs a fixture, which must fail, and returns the error.
pub fn error(fixture: &str) -> String {
    run(fixture)
        .error
        .unwrap_or_else(|| panic!("{fixture} did not fail"))
}

/// Runs a fixture to its end.
pub fn run(fixture: &str) -> Outcome {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let modules = match Modules::discover(Path::new(fixture), &folder, None) {
        Ok(modules) => modules,
        Err(error) => {
            return Outcome {
                result: Value::Null,
                error: Some(error.to_string()),
                is_heap_full: false,
            };
        }
    };
    let options = ProcessOptions {
        version: "0.0.0-test",
        arguments: vec!["first".to_owned(), "second".to_owned()],
        worker_heap_bytes_max: HEAP_BYTES_MAX,
        kv_bytes_max: KV_BYTES_MAX,
        cache_bytes_max: KV_BYTES_MAX,
        worker_ops: ops_without_server,
        inspect: false,
        description: None,
        tls_arguments: Vec::new(),
    };
    let process = Process::new(modules, options);
    std::thread::Builder::new()
        .stack_size(8 << 20)
        .spawn(move || run_on_this_thread(&process))
        .expect("a thread")
        .join()
        .expect("no panic")
}

fn run_on_this_thread(process: &Process) -> Outcome {
    let tokio = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    tokio.block_on(async {
        let is_heap_full = Rc::new(Cell::new(false));
        let flag = is_heap_full.clone();
        let mut isolate = Isolate::start(
            process,
            IsolateOptions {
                heap_bytes_max: HEAP_BYTES_MAX,
                on_heap_limit: Box::new(move || flag.set(true)),
                ops: ops_without_server(),
            },
        );
        let end = tokio::time::timeout(PATIENCE, run_to_end(&mut isolate, process))
            .await
            .expect("an end");
        let error = end.err().map(|error| isolate::describe(&error));
        let is_heap_full = is_heap_full.get();
        let result = if error.is_none() {
            reported(&mut isolate)
        } else {
            Value::Null
        };
        Outcome {
            result,
            error,
            is_heap_full,
        }
    })
}

async fn run_to_end(isolate: &mut Isolate, process: &Process) -> Result<(), CoreError> {
    isolate.run_entry(process.modules().entry()).await?;
    isolate.worker.run_event_loop(false).await
}

fn reported(isolate: &mut Isolate) -> Value {
    let script = "JSON.stringify(globalThis.result ?? null)";
    let value = isolate
        .worker
        .execute_script("report", script.to_owned().into())
        .expect("a result");
    deno_core::scope!(scope, &mut isolate.worker.js_runtime);
    let text = v8::Local::new(scope, value).to_rust_string_lossy(scope);
    serde_json::from_str(&text).expect("JSON")
}
