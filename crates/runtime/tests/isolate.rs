//! Programs in isolates, without a server: modules, Node's interfaces, workers, limits.
//!
//! The test has its own `main`, since V8 must be started on the main thread, which the test harness of Rust
//! does not give away.

mod support;

use std::path::Path;

use deno_runtime::colors;
use howth_runtime::isolate;
use serde_json::json;
use support::{error, result, run};

const CASES: &[(&str, fn())] = &[
    ("TypeScript runs", typescript),
    ("JSX follows tsconfig.json", jsx),
    ("ES modules and CommonJS import each other", interop),
    ("packages resolve as in Node", packages),
    ("import.meta and the process describe themselves", surroundings),
    ("stack traces name lines of TypeScript", stack_traces),
    ("errors name the file and who imports it", module_errors),
    ("Node's modules work", node),
    ("what is built in is compiled once", compiled_once),
    ("Headers, Request and Response keep their promises", classes),
    ("WebAssembly works", webassembly),
    ("module hooks are called", hooks),
    ("workers run TypeScript", workers),
    ("a forked process talks to its parent", fork),
    ("a full heap ends the isolate, not the process", full_heap),
    (
        "an unhandled rejection ends an isolate that is no core's",
        unhandled_rejections,
    ),
];

fn main() {
    isolate::initialize(&[]).expect("no flags");
    colors::set_use_color(false);
    // A fixture that forks starts this program again, as it would `howth FILE`.
    if let Some(file) = std::env::args()
        .nth(1)
        .filter(|argument| Path::new(argument).is_file())
    {
        result(&file);
        return;
    }
    let wanted = std::env::args()
        .skip(1)
        .find(|argument| !argument.starts_with('-'));
    for (name, case) in CASES {
        if wanted.as_ref().is_none_or(|wanted| name.contains(wanted)) {
            println!("test {name} ...");
            case();
        }
    }
}

fn typescript() {
    assert_eq!(
        result("typescript/main.ts"),
        json!({
            "enum": ["Green", 1],
            "parameterProperty": 3000,
            "decorated": "decorated",
            "fromJs": "from lib.ts",
            "fromFolder": "from folder/index.ts",
            "withoutExtension": "from lib.ts",
            "mapped": "from mapped.ts",
            "json": { "answer": 42 },
            "text": "plain\n",
        })
    );
    assert_eq!(result("typescript/main"), result("typescript/main.ts"));
}

fn jsx() {
    assert_eq!(
        result("jsx/main.tsx"),
        json!("<p class=\"greeting\">Hello, <b>howth</b></p>")
    );
}

fn interop() {
    assert_eq!(
        result("interop/main.mjs"),
        json!({
            "named": "named",
            "default": ["named", "reexported"],
            "reexported": "reexported",
            "required": { "answer": 42 },
            "requiredModule": "from module.mjs",
            "typescript": "from typed.cts",
            "untyped": "commonjs without a type",
            "importsWithoutType": "module without a type",
            "requireMain": false,
        })
    );
    assert_eq!(
        result("interop/main.cjs"),
        json!({ "isMain": true, "imported": "from module.mjs" })
    );
}

fn packages() {
    assert_eq!(
        result("packages/main.ts"),
        json!({
            "condition": "import",
            "requiredCondition": "require",
            "subpath": "subpath",
            "privateImport": "private",
            "hidden": true,
            "named": ["one", "two"],
            "default": ["one", "two"],
            "scoped": "scoped",
            "npmSpecifier": "import",
            "bareBuiltin": true,
            "typescriptPackage": 3,
            "nested": "nested of scoped",
        })
    );
}

fn surroundings() {
    let result = result("surroundings/main.ts");
    assert_eq!(
        result,
        json!({
            "main": true,
            "url": true,
            "dirname": true,
            "filename": true,
            "resolve": true,
            "arguments": ["first", "second"],
            "argv": ["first", "second"],
            "script": "main.ts",
            "userAgent": "howth/0.0.0-test",
            "deno": "2.9.6",
            "node": true,
            "bridge": "undefined",
            "proto": true,
        })
    );
}

fn stack_traces() {
    let error = error("stack/main.ts");
    assert!(error.contains("TypeError: on line 8"), "{error}");
    assert!(error.contains("stack/main.ts:8:11"), "{error}");
    assert!(error.contains("stack/main.ts:12:1"), "{error}");
}

fn module_errors() {
    let missing = error("errors/missing_file.ts");
    assert!(missing.contains("errors/not_there.ts"), "{missing}");
    assert!(missing.contains("errors/missing_file.ts"), "{missing}");
    let package = error("errors/missing_package.ts");
    assert!(
        package.contains("Cannot find package 'not-installed' imported from"),
        "{package}"
    );
    assert!(package.contains("errors/missing_package.ts"), "{package}");
    let syntax = error("errors/syntax.ts");
    assert!(syntax.contains("errors/syntax.ts:2:11"), "{syntax}");
    let remote = error("errors/remote.ts");
    assert!(
        remote.contains("modules are not loaded from 'https:' addresses"),
        "{remote}"
    );
    let entry = error("errors/not_there.ts");
    assert!(
        entry.starts_with("cannot find ") && entry.contains("errors/not_there.ts (no such file); give "),
        "{entry}"
    );
}

fn node() {
    assert_eq!(
        result("node/main.ts"),
        json!({
            "hash": "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824",
            "webCrypto": 32,
            "buffers": ["refused", "small", "next"],
            "read": true,
            "promisesRead": true,
            "http": [201, "POST /path body"],
            "events": 1,
            "async": 5,
            "compressed": "compressed",
            "timers": "object",
            "globals": ["function", "object"],
        })
    );
}

/// The fixture lists what it found broken.
/// The code of an imported built-in is given to V8 before deno_core compiles it: what V8 does not find again it compiles
/// a second time.
fn compiled_once() {
    assert_eq!(
        result("node/compiled_once.mjs"),
        json!({ "once": ["node:readline", "node:http", "node:_http_outgoing"], "more": [] })
    );
}

fn classes() {
    assert_eq!(result("classes/main.mjs"), json!([]));
}

fn webassembly() {
    assert_eq!(
        result("wasm/main.ts"),
        json!({ "imported": 5, "instantiated": 7 })
    );
}

fn hooks() {
    assert_eq!(result("hooks/main.mjs"), json!(["virtual", "legacy", "typed"]));
}

fn workers() {
    assert_eq!(
        result("workers/main.ts"),
        json!({ "web": "HELLO", "node": 42, "shared": 7, "blob": "from a blob", "bridge": "undefined" })
    );
}

fn fork() {
    assert_eq!(result("fork/main.ts"), json!({ "doubled": 42 }));
}

fn full_heap() {
    let full = run("heap/main.ts");
    assert!(full.is_heap_full, "{full:?}");
    assert!(full.error.is_some(), "{full:?}");
    assert_eq!(result("heap/worker.ts"), json!("ERR_WORKER_OUT_OF_MEMORY"));
    // The process goes on.
    typescript();
}

fn unhandled_rejections() {
    let thrown = run("rejections/main.ts");
    assert!(
        thrown
            .error
            .as_ref()
            .is_some_and(|error| error.contains("nobody handles this")),
        "{thrown:?}"
    );
}
