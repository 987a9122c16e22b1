//! `howth run`: scripts, and files that open their server themselves.

use crate::support::{Engine, Launch};

on_both_engines![
    a_script_runs_to_its_end,
    the_old_spelling,
    exit_codes,
    a_file_that_serves,
    an_application_that_is_exported,
];

fn a_script_runs_to_its_end(engine: Engine) {
    let finished = Launch::run(
        engine,
        "
        const words: string[] = ['hello', ...process.argv.slice(2)];
        await new Promise((resolve) => setTimeout(resolve, 10));
        console.log(words.join(' '));
        console.error('to stderr');
    ",
    )
    .arguments(["--port", "1", "world"])
    .finish();
    assert_eq!(
        (finished.code, finished.stdout.as_str()),
        (Some(0), "hello --port 1 world\n")
    );
    assert_eq!(finished.stderr, "to stderr\n");
}

fn the_old_spelling(engine: Engine) {
    let finished = Launch::run(engine, "console.log('native');")
        .options(["--native"])
        .finish();
    assert_eq!((finished.code, finished.stdout.as_str()), (Some(0), "native\n"));
}

fn exit_codes(engine: Engine) {
    assert_eq!(Launch::run(engine, "process.exit(3);").finish().code, Some(3));
    assert_eq!(
        Launch::run(engine, "process.exitCode = 4;").finish().code,
        Some(4)
    );
    for source in [
        "throw new Error('thrown');",
        "Promise.reject(new Error('thrown'));",
        "setTimeout(() => { throw new Error('thrown'); });",
    ] {
        let finished = Launch::run(engine, source).finish();
        assert_eq!(finished.code, Some(1), "{finished:?}");
        assert!(
            finished.stderr.contains("thrown") && finished.stderr.contains("app.ts:1:"),
            "{finished:?}"
        );
    }
}

fn a_file_that_serves(engine: Engine) {
    let mut server = Launch::run(
        engine,
        "
        const server = Howth.serve({ port: 0, hostname: '127.0.0.1' }, () => new Response('hi'));
        await server.finished;
        console.log('finished');
    ",
    )
    .start();
    assert_eq!(server.get("/").text(), "hi");
    server.signal(libc::SIGTERM);
    assert_eq!(server.wait().code(), Some(0));
    server.wait_for_output("finished");
}

fn an_application_that_is_exported(engine: Engine) {
    let server = Launch::run(
        engine,
        "export default { port: 0, hostname: '127.0.0.1', fetch: () => new Response('hi') };",
    )
    .start();
    assert_eq!(server.get("/").text(), "hi");
}

#[test]
fn workers_fetch_and_web_assembly_are_there() {
    let finished = Launch::run(
        Engine::Portable,
        "
        const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
        const answer = await new Promise((resolve) => { worker.onmessage = (e) => resolve(e.data); worker.postMessage(20); });
        worker.terminate();
        const server = Howth.serve({ port: 0, hostname: '127.0.0.1' }, () => new Response('fetched'));
        const fetched = await (await fetch(server.url)).text();
        await server.stop();
        const module = new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]));
        console.log(JSON.stringify([answer, fetched, new WebAssembly.Instance(module) instanceof WebAssembly.Instance]));
        ",
    )
    .file("worker.ts", "self.onmessage = (event: MessageEvent<number>) => self.postMessage(event.data + 1);")
    .options(["--quiet"])
    .finish();
    assert_eq!(finished.stdout, "[21,\"fetched\",true]\n", "{finished:?}");
}
