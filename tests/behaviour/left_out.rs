//! What Deno has and howth is built without: there, so that a program can ask, and an error with its name when it is used.

use crate::support::{Engine, Launch};

on_both_engines![
    what_is_left_out_says_so,
    what_is_left_out_says_so_in_a_worker,
    asking_is_not_using,
    an_uncaught_use_ends_a_script,
];

/// A use, and how the message begins.
const USES: [(&str, &str); 22] = [
    ("navigator.gpu", "navigator.gpu: howth is built without WebGPU"),
    ("new GPUDevice()", "GPUDevice: howth is built without WebGPU"),
    (
        "GPUBufferUsage.MAP_READ",
        "GPUBufferUsage.MAP_READ: howth is built without WebGPU",
    ),
    ("Deno.webgpu.x", "Deno.webgpu.x: howth is built without WebGPU"),
    (
        "new Deno.UnsafeWindowSurface({})",
        "Deno.UnsafeWindowSurface: howth is built without WebGPU",
    ),
    (
        "createImageBitmap(new Blob([]))",
        "createImageBitmap: howth is built without image codecs",
    ),
    (
        "new ImageBitmap()",
        "ImageBitmap: howth is built without image codecs",
    ),
    (
        "new OffscreenCanvas(1, 1)",
        "OffscreenCanvas: howth is built without OffscreenCanvas",
    ),
    (
        "Deno.dlopen('libc.so.6', {})",
        "Deno.dlopen: howth is built without foreign functions",
    ),
    (
        "new Deno.UnsafeCallback({})",
        "Deno.UnsafeCallback: howth is built without foreign functions",
    ),
    (
        "new Deno.UnsafeFnPointer(null, {})",
        "Deno.UnsafeFnPointer: howth is built without foreign functions",
    ),
    (
        "Deno.UnsafePointer.of(new Uint8Array(1))",
        "Deno.UnsafePointer.of: howth is built without foreign",
    ),
    (
        "new Deno.UnsafePointerView(null)",
        "Deno.UnsafePointerView: howth is built without foreign functions",
    ),
    (
        "Deno.UnsafePointerView.getCString(null)",
        "Deno.UnsafePointerView.getCString: howth is built",
    ),
    (
        "Deno.openKv()",
        "Deno.openKv: howth is built without Deno's key-value store",
    ),
    (
        "new Deno.Kv()",
        "Deno.Kv: howth is built without Deno's key-value store",
    ),
    (
        "new Deno.KvU64(1n)",
        "Deno.KvU64: howth is built without Deno's key-value store",
    ),
    (
        "Deno.cron('name', '* * * * *', () => {})",
        "Deno.cron: howth is built without Deno's cron",
    ),
    (
        "Deno.bundle({})",
        "Deno.bundle: howth is built without Deno's bundler",
    ),
    (
        "Deno[Deno.internal].formatToCronSchedule('*')",
        "formatToCronSchedule: howth is built without Deno's",
    ),
    (
        "new ImageBitmapRenderingContext()",
        "ImageBitmapRenderingContext: howth is built without Offscreen",
    ),
    (
        "new Deno.AtomicOperation()",
        "Deno.AtomicOperation: howth is built without Deno's key-value store",
    ),
];

/// Those that a `Worker` has as well.
fn uses() -> String {
    let uses: Vec<_> = USES
        .iter()
        .map(|(code, _)| format!("async () => {{ await ({code}); }}"))
        .collect();
    format!(
        "const told = [];
        for (const use of [{}]) {{
            told.push(await use().then(() => 'nothing', (error) => `${{error.name}}: ${{error.message}}`));
        }}",
        uses.join(",\n")
    )
}

#[track_caller]
fn assert_told(told: &serde_json::Value) {
    for (index, (code, message)) in USES.iter().enumerate() {
        let told = told[index].as_str().unwrap_or_default();
        assert!(
            told.starts_with(&format!("NotSupported: {message}")),
            "{code}: {told:?}"
        );
    }
}

fn what_is_left_out_says_so(engine: Engine) {
    let source = format!(
        "export default {{ async fetch() {{ {} return Response.json(told); }} }};",
        uses()
    );
    let server = Launch::serve(engine, "")
        .file("app.js", source)
        .entry("app.js")
        .start();
    assert_told(&server.get("/").json());
}

fn what_is_left_out_says_so_in_a_worker(engine: Engine) {
    let finished = Launch::run(
        engine,
        "const worker = new Worker(new URL('worker.js', import.meta.url), { type: 'module' });
        worker.onmessage = ({ data }) => { console.log(JSON.stringify(data)); worker.terminate(); };",
    )
    .file("worker.js", format!("{} postMessage(told);", uses()))
    .finish();
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert_told(&serde_json::from_str(&finished.stdout).expect("JSON"));
}

fn asking_is_not_using(engine: Engine) {
    let finished = Launch::run(
        engine,
        "const answers = [
            'gpu' in navigator,
            typeof OffscreenCanvas,
            typeof createImageBitmap,
            typeof Deno.openKv,
            new Blob([]) instanceof ImageBitmap,
            OffscreenCanvas.name,
            `${Deno.Kv.name} ${Deno.dlopen.name}`,
            typeof GPUBufferUsage,
        ];
        console.log(JSON.stringify(answers));
        console.log(navigator, ImageBitmap, Deno.UnsafePointer, GPUBufferUsage);
        structuredClone({ a: new Uint8Array(1) });",
    )
    .finish();
    assert_eq!(finished.code, Some(0), "{finished:?}");
    let answers = finished.stdout.lines().next().unwrap_or_default();
    assert_eq!(
        answers,
        r#"[true,"function","function","function",false,"OffscreenCanvas","Kv dlopen","object"]"#
    );
}

fn an_uncaught_use_ends_a_script(engine: Engine) {
    let finished = Launch::run(engine, "await Deno.openKv();").finish();
    assert_eq!(finished.code, Some(1), "{finished:?}");
    assert!(
        finished.stderr.contains("Deno.openKv: howth is built without")
            && finished.stderr.contains("app.ts:1:"),
        "{finished:?}"
    );
}
