//! `howth run`: scripts, and files that open their server themselves.

use crate::support::{Engine, Launch};

on_both_engines![
    a_script_runs_to_its_end,
    the_old_spelling,
    exit_codes,
    a_file_that_serves,
    an_application_that_is_exported,
    what_a_script_exports_is_its_own,
    an_application_that_listens_itself_and_is_exported,
    an_option_that_the_program_does_not_read,
    a_file_that_patches_prototypes,
    denos_own_server_sends_what_was_constructed,
    nodes_own_server_answers_fetch,
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

fn what_a_script_exports_is_its_own(engine: Engine) {
    for (file, code) in [
        (
            "app.ts",
            "export default () => console.log('called'); console.log('ran');",
        ),
        ("app.ts", "export default class {}; console.log('ran');"),
        ("app.ts", "export default { routes: {} }; console.log('ran');"),
        (
            "app.cjs",
            "module.exports = function () { console.log('called'); }; console.log('ran');",
        ),
        ("app.cjs", "module.exports = { run() {} }; console.log('ran');"),
    ] {
        let finished = Launch::run(engine, "").file(file, code).entry(file).finish();
        assert_eq!(
            (finished.code, finished.stdout.as_str(), finished.stderr.as_str()),
            (Some(0), "ran\n", ""),
            "{code}"
        );
    }
}

/// Express's `module.exports = app` beside `app.listen()`, and what several frameworks write for all runtimes.
fn an_application_that_listens_itself_and_is_exported(engine: Engine) {
    for exported in [
        "const app = (request, response, next) => {}; app.listen = app.handle = () => {}; module.exports = app;",
        "module.exports = { fetch: () => new Response('exported'), port: server.address().port, hostname: '127.0.0.1' };",
    ] {
        let finished = Launch::run(engine, "")
            .file(
                "app.cjs",
                format!(
                    "
                    const server = require('http').createServer((request, response) => response.end('own'));
                    server.listen(0, async () => {{
                        const response = await fetch(`http://127.0.0.1:${{server.address().port}}/`);
                        console.log(await response.text());
                        process.exit();
                    }});
                    {exported}
                    "
                ),
            )
            .entry("app.cjs")
            .finish();
        assert_eq!(
            (finished.code, finished.stdout.as_str(), finished.stderr.as_str()),
            (Some(0), "own\n", ""),
            "{exported}"
        );
    }
}

fn an_option_that_the_program_does_not_read(engine: Engine) {
    let serves = "const server = Howth.serve({ port: 0, hostname: '127.0.0.1' }, () => new Response('hi'));
        setTimeout(() => server.stop(), 50);";
    for source in [serves, "console.log('a script');"] {
        let finished = Launch::run(engine, source)
            .options(["--quiet"])
            .arguments(["--verbose", "--port", "8080"])
            .finish();
        assert_eq!(finished.code, Some(0), "{finished:?}");
        let line = finished.complaint();
        assert!(
            line.contains("--port") && line.contains("howth run --port") && line.contains("app.ts"),
            "{line}"
        );
    }
    for reads in [
        "const [port] = process.argv.slice(2);",
        "const [port] = Deno.args;",
        "import { parseArgs } from 'node:util'; parseArgs({ strict: false });",
        "import process from 'node:process'; console.log(process.argv.length);",
    ] {
        let finished = Launch::run(engine, &format!("{reads}{serves}"))
            .options(["--quiet"])
            .arguments(["--port", "8080"])
            .finish();
        assert_eq!(
            (finished.code, finished.stderr.as_str()),
            (Some(0), ""),
            "{reads}"
        );
    }
}

fn a_file_that_patches_prototypes(engine: Engine) {
    let server = Launch::run(
        engine,
        "
        Function.prototype.toString = () => '() => 1';
        RegExp.prototype.test = () => false;
        Howth.serve({ port: 0, hostname: '127.0.0.1', body: 'own', fetch(request) {
            return new Response(request.method + this.body);
        } });
    ",
    )
    .start();
    assert_eq!(server.get("/").text(), "GETown");
}

fn denos_own_server_sends_what_was_constructed(engine: Engine) {
    let finished = Launch::run(
        engine,
        "
        const text = () => new Response('text');
        const answers: Record<string, (request: Request) => Response | Promise<Response>> = {
            '/text': text,
            '/later': async () => text(),
            '/headers': () => new Response('headers', { status: 201, headers: { a: 'b', c: 'd' } }),
            '/type': () => new Response('typed', { headers: { 'content-type': 'text/x' } }),
            '/json': () => Response.json({ a: 1 }),
            '/bytes': () => new Response(new Uint8Array([104, 105])),
            '/null': () => new Response(null, { status: 204, headers: { a: 'b' } }),
            '/stream': () => new Response(new Blob(['stream']).stream(), { headers: { a: 'b' } }),
            '/other': () => { const other = Response.json([2]); return new Response(other.body, other); },
            '/clone': () => text().clone(),
            '/changed': () => { const changed = text(); changed.headers.set('a', 'c'); return changed; },
            '/redirect': () => Response.redirect('http://localhost/there'),
            '/error': () => Response.error(),
            '/body': async (request) => new Response(await request.text(), { headers: request.headers }),
        };
        const server = Deno.serve(
            { port: 0, hostname: '127.0.0.1', reusePort: true, onListen() {}, onError: () => new Response('failed', { status: 500 }) },
            (request) => answers[new URL(request.url).pathname](request),
        );
        const zero = Deno.serve({ port: 0, hostname: '127.0.0.1', reusePort: true, onListen() {} }, () => new Response('0', { headers: { a: 'b' } }));
        const show = async (name: string, response: Response) =>
            console.log(name, response.status, response.headers.get('content-type'), response.headers.get('a'), await response.text());
        const origin = `http://127.0.0.1:${server.addr.port}`;
        for (const path in answers) {
            const init = path === '/body' ? { method: 'POST', body: 'sent', headers: { a: 'e' } } : {};
            await show(path, await fetch(new Request(origin + path, { ...init, redirect: 'manual' })));
        }
        await show('HEAD', await fetch(origin + '/headers', { method: 'HEAD' }));
        await show('zero', await fetch(`http://127.0.0.1:${zero.addr.port}`));
        const sent = text();
        console.log(sent.bodyUsed, (await fetch(origin + '/text')) instanceof Response);
        console.log(Howth.metrics().cores[0].handled);
        await Promise.all([server.shutdown(), zero.shutdown()]);
    ",
    )
    .finish();
    let expected = "\
/text 200 text/plain;charset=UTF-8 null text
/later 200 text/plain;charset=UTF-8 null text
/headers 201 text/plain;charset=UTF-8 b headers
/type 200 text/x null typed
/json 200 application/json null {\"a\":1}
/bytes 200 null null hi
/null 204 null b \n\
/stream 200 null b stream
/other 200 application/json null [2]
/clone 200 text/plain;charset=UTF-8 null text
/changed 200 text/plain;charset=UTF-8 c text
/redirect 302 null null \n\
/error 500 text/plain;charset=UTF-8 null failed
/body 200 text/plain;charset=UTF-8 e sent
HEAD 201 text/plain;charset=UTF-8 b \n\
zero 200 text/plain;charset=UTF-8 b 0
false true
0
";
    assert_eq!(finished.stdout, expected, "{finished:?}");
}

fn nodes_own_server_answers_fetch(engine: Engine) {
    let finished = Launch::run(
        engine,
        "
        import { createServer } from 'node:http';
        const server = createServer((request, response) => {
            response.writeHead(201, { a: String(request.headers.a) });
            request.pipe(response);
        });
        await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
        const { port } = server.address() as { port: number };
        const request = new Request(`http://127.0.0.1:${port}/`, { method: 'POST', body: 'echo', headers: { a: 'b' } });
        const response = await fetch(request);
        console.log(response.status, response.headers.get('a'), await response.text());
        server.close();
    ",
    )
    .finish();
    assert_eq!(finished.stdout, "201 b echo\n", "{finished:?}");
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
