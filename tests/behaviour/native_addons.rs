//! Native add-ons: those for Node-API are loaded; one that needs what is not there throws, and the program goes on.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use tempfile::TempDir;

use crate::support::{Engine, Launch, npm};

on_both_engines![
    an_addon_for_node_api,
    an_addon_on_several_cores_and_in_workers,
    an_addon_that_needs_a_function_that_is_not_there,
    an_addon_for_nodes_older_interface,
    a_file_that_is_no_addon,
    addons_from_npm,
];

/// What Node's headers declare of what the add-ons here call.
const HEADER: &str = "
    typedef struct env *napi_env;
    typedef struct value *napi_value;
    typedef struct info *napi_callback_info;
    typedef napi_value (*napi_callback)(napi_env, napi_callback_info);
    extern int napi_create_function(napi_env, const char *, unsigned long, napi_callback, void *, napi_value *);
    extern int napi_create_int32(napi_env, int, napi_value *);
    extern int napi_get_cb_info(napi_env, napi_callback_info, unsigned long *, napi_value *, napi_value *, void **);
    extern int napi_get_value_int32(napi_env, napi_value, int *);
    extern int napi_set_named_property(napi_env, napi_value, const char *, napi_value);
";

/// An add-on with one function, `double`.
fn doubling(body: &str) -> String {
    format!(
        "{HEADER}
        static napi_value twice(napi_env env, napi_callback_info info) {{
            unsigned long count = 1;
            napi_value argument, result;
            int number = 0;
            napi_get_cb_info(env, info, &count, &argument, 0, 0);
            napi_get_value_int32(env, argument, &number);
            {body}
            napi_create_int32(env, 2 * number, &result);
            return result;
        }}
        napi_value napi_register_module_v1(napi_env env, napi_value exports) {{
            napi_value function;
            napi_create_function(env, \"twice\", 5, twice, 0, &function);
            napi_set_named_property(env, exports, \"twice\", function);
            return exports;
        }}"
    )
}

/// Compiles an add-on, as node-gyp would: symbols that are not there are left for whoever opens it.
fn compiled(source: &str) -> Vec<u8> {
    let folder = TempDir::new().expect("a folder");
    let (code, library) = (folder.path().join("addon.c"), folder.path().join("addon.node"));
    std::fs::write(&code, source).expect("a file");
    let status = Command::new("cc")
        .args(["-shared", "-fPIC", "-Wl,-z,lazy", "-o"])
        .args([&library, &code])
        .status()
        .expect("a C compiler, which the build needs as well");
    assert!(status.success(), "cc failed");
    std::fs::read(library).expect("the add-on")
}

fn an_addon_for_node_api(engine: Engine) {
    let server = Launch::serve(
        engine,
        "import { createRequire } from 'node:module';
        const { twice } = createRequire(import.meta.url)('./addon.node');
        export default { fetch: () => new Response(String(twice(21))) };",
    )
    .file("addon.node", compiled(&doubling("")))
    .start();
    assert_eq!(server.get("/").text(), "42");
}

fn an_addon_on_several_cores_and_in_workers(engine: Engine) {
    let server = Launch::serve(
        engine,
        "import { createRequire } from 'node:module';
        import { Worker } from 'node:worker_threads';
        const { twice } = createRequire(import.meta.url)('./addon.node');
        export default {
            async fetch() {
                const worker = new Worker(new URL('worker.cjs', import.meta.url));
                const [said] = await new Promise((resolve) => worker.once('message', (...said) => resolve(said)));
                await worker.terminate();
                return new Response(`${twice(1)} ${said}`);
            },
        };",
    )
    .file("addon.node", compiled(&doubling("")))
    .file(
        "worker.cjs",
        "require('node:worker_threads').parentPort.postMessage(require('./addon.node').twice(2));",
    )
    .options(["--cores", "2"])
    .start();
    for _ in 0..4 {
        assert_eq!(server.get("/").text(), "2 4");
    }
}

/// What a program says that has something to fall back on.
const FALLBACK: &str = "
    const say = (path) => {
        try {
            console.log('loaded', require(path).twice(1));
        } catch (error) {
            console.log(error.message);
        }
    };
    say('./addon.node');
    say('./addon.node');
    console.log('goes on');
";

#[track_caller]
fn told(engine: Engine, addon: Vec<u8>) -> Vec<String> {
    let finished = Launch::run(engine, "")
        .file("app.cjs", FALLBACK)
        .file("addon.node", addon)
        .entry("app.cjs")
        .finish();
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert!(finished.stdout.ends_with("goes on\n"), "{finished:?}");
    let told: Vec<_> = finished
        .stdout
        .lines()
        .filter(|line| line.contains("addon.node: "))
        .map(str::to_owned)
        .collect();
    assert_eq!(told.len(), 2, "once for each attempt: {finished:?}");
    told
}

/// The look-up of a function that is only called later would end the process then.
fn an_addon_that_needs_a_function_that_is_not_there(engine: Engine) {
    for (symbol, meaning) in [
        ("not_in_howth", ""),
        ("napi_not_in_howth", "newer Node-API"),
        ("uv_not_in_howth", "libuv"),
    ] {
        let body = format!("extern void {symbol}(void); if (number == 3) {symbol}();");
        for line in told(engine, compiled(&doubling(&body))) {
            assert!(
                line.contains(&format!("addon.node: undefined symbol: {symbol}")) && line.contains(meaning),
                "{line}"
            );
        }
    }
}

fn an_addon_for_nodes_older_interface(engine: Engine) {
    let registers = "
        extern void node_module_register(void *);
        static struct { int version; unsigned flags; void *handle; const char *file; void *functions[8]; } module = { 115 };
        __attribute__((constructor)) static void initialise(void) { node_module_register(&module); }";
    // v8::Isolate::GetCurrent()
    let calls_v8 = "
        extern void *_ZN2v87Isolate10GetCurrentEv(void);
        void *current(void) { return _ZN2v87Isolate10GetCurrentEv(); }";
    // node::ObjectWrap's table of virtual functions
    let has_a_class =
        "extern int _ZTVN4node10ObjectWrapE[]; int *table(void) { return _ZTVN4node10ObjectWrapE; }";
    for (source, symbol) in [
        (registers, "node_module_register"),
        (calls_v8, "_ZN2v87Isolate10GetCurrentEv"),
        (has_a_class, "_ZTVN4node10ObjectWrapE"),
    ] {
        for line in told(engine, compiled(source)) {
            assert!(
                line.contains(&format!("addon.node: undefined symbol: {symbol} "))
                    && line.contains("built for the C++ interface of Node and V8"),
                "{line}"
            );
        }
    }
}

fn a_file_that_is_no_addon(engine: Engine) {
    for line in told(engine, b"not a library".to_vec()) {
        assert!(line.contains("addon.node: "), "{line}");
    }
    let without_entry = Launch::run(engine, "")
        .file("app.cjs", FALLBACK)
        .file("addon.node", compiled("int nothing;"))
        .entry("app.cjs")
        .finish();
    assert_eq!(without_entry.code, Some(0), "{without_entry:?}");
    assert_eq!(
        without_entry.stdout.matches("Node-API module at ").count(),
        2,
        "{without_entry:?}"
    );
}

/// Packages that bring native add-ons ready for use, installed once.
static PACKAGES: LazyLock<PathBuf> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("native-addons");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("a folder");
    std::fs::write(folder.join("package.json"), r#"{ "private": true }"#).expect("a file");
    let packages = ["argon2@0.45.1", "bcrypt@6.0.0", "msgpackr-extract@3.0.7"];
    npm(
        &folder,
        &[&["install", "--ignore-scripts"], &packages[..]].concat(),
    );
    folder
});

/// msgpackr-extract brings an add-on for Node-API and others for one version of Node, by V8's C++ interface.
fn addons_from_npm(engine: Engine) {
    // A file for each engine: both run at once.
    let entry = PACKAGES.join(format!("{engine:?}.mjs"));
    let source = "
        import { createRequire } from 'node:module';
        import argon2 from 'argon2';
        import bcrypt from 'bcrypt';
        const require = createRequire(import.meta.url);
        const { extractStrings } = require('msgpackr-extract');
        const answers = {
            '/argon2': async () => {
                const hash = await argon2.hash('secret', { memoryCost: 1024, timeCost: 2 });
                return [hash.slice(0, 9), await argon2.verify(hash, 'secret'), await argon2.verify(hash, 'other')];
            },
            '/bcrypt': async () => {
                const hash = await bcrypt.hash('secret', 4);
                return [hash.slice(0, 7), await bcrypt.compare('secret', hash), bcrypt.compareSync('other', hash)];
            },
            '/msgpackr-extract': () => {
                const packed = (letter) => [0xda, 0, 40, ...Buffer.from(letter.repeat(40))];
                const bytes = new Uint8Array([...packed('a'), ...packed('b')]);
                return extractStrings(0, bytes.length, bytes.buffer);
            },
            '/old': () => {
                try {
                    return require('@msgpackr-extract/msgpackr-extract-linux-x64/node.abi115.glibc.node');
                } catch (error) {
                    return error.message;
                }
            },
        };
        export default {
            fetch: async (request) => Response.json(await answers[new URL(request.url).pathname]()),
        };";
    std::fs::write(&entry, source).expect("a file");
    let server = Launch::serve(engine, "").entry(entry).start();
    let json = |path| server.get(path).json().to_string();
    assert_eq!(json("/argon2"), r#"["$argon2id",true,false]"#);
    assert_eq!(json("/bcrypt"), r#"["$2b$04$",true,false]"#);
    assert_eq!(
        json("/msgpackr-extract"),
        format!(r#"["{}","{}"]"#, "a".repeat(40), "b".repeat(40))
    );
    let old = json("/old");
    assert!(
        old.contains("node.abi115.glibc.node: undefined symbol: _ZN2v8") && old.contains("C++ interface"),
        "{old}"
    );
}
