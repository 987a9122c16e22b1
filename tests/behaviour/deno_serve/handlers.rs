//! What handlers are given, what they may return or throw, and what they hear of the end of a request.

use super::ran;
use crate::support::{Engine, printed};

on_both_engines![
    a_handler_answers,
    what_a_handler_cannot_return_is_500,
    on_error_answers,
    a_request_is_told_of_its_end,
    a_client_that_leaves_is_told_of,
    bodies_are_streams,
    a_stream_that_fails_is_an_error,
];

fn a_handler_answers(engine: Engine) {
    let finished = ran(
        engine,
        r"
        const answers: Record<string, (request: Request) => Response | Promise<Response>> = {
            '/text': () => new Response('text'),
            '/later': async () => { await sleep(1); return new Response('later'); },
            '/bytes': () => new Response(new Uint8Array([104, 105])),
            '/json': () => Response.json({ a: 1 }, { status: 201 }),
            '/null': () => new Response(null, { status: 204 }),
            '/form': async (request) => new Response((await request.formData()).get('a')),
            '/body': async (request) => new Response(await request.text()),
            '/head': (request) => Response.json([request.method, request.headers.get('x-own'), request.headers.get('host') !== null]),
        };
        const server = start(function (this: unknown, request, info) {
            const { pathname } = new URL(request.url);
            if (pathname === '/info') {
                const { hostname, port, transport } = info.remoteAddr as Deno.NetAddr;
                return Response.json([this === undefined, arguments.length, hostname, port > 0, transport, Object.keys(info)]);
            }
            return answers[pathname](request);
        });
        for (const path in answers) {
            const body = path === '/form' ? new URLSearchParams({ a: 'b' }) : 'sent';
            const init = path === '/form' || path === '/body' ? { method: 'POST', body } : { headers: { 'x-own': 'yes' } };
            await show(server, path, init);
        }
        await show(server, '/info');
        console.log(handled());
        await server.shutdown();
        const zero = start(() => new Response('zero'));
        await show(zero, '/');
        await zero.shutdown();
        const one = start((request) => new Response(request.method));
        await show(one, '/', { method: 'DELETE' });
        await one.shutdown();
        console.log(handled());
        ",
    );
    printed(
        &finished,
        r#"/text 200 text/plain;charset=UTF-8 "text"
/later 200 text/plain;charset=UTF-8 "later"
/bytes 200 null "hi"
/json 201 application/json "{\"a\":1}"
/null 204 null ""
/form 200 text/plain;charset=UTF-8 "b"
/body 200 text/plain;charset=UTF-8 "sent"
/head 200 application/json "[\"GET\",\"yes\",true]"
/info 200 application/json "[true,2,\"127.0.0.1\",true,\"tcp\",[]]"
9
/ 200 text/plain;charset=UTF-8 "zero"
/ 200 text/plain;charset=UTF-8 "DELETE"
11"#,
    );
}

fn what_a_handler_cannot_return_is_500(engine: Engine) {
    let finished = ran(
        engine,
        r"
        const used = new Response('used');
        await used.text();
        const values: Record<string, () => unknown> = {
            '/throw': () => { throw new Error('on purpose'); },
            '/reject': async () => { await sleep(1); throw 'a text'; },
            '/nothing': () => undefined,
            '/text': async () => 'text',
            '/error': () => Response.error(),
            '/used': () => used,
            '/prototype': () => Object.create(Response.prototype),
        };
        const server = start(((request: Request) => values[new URL(request.url).pathname]()) as any);
        for (const path in values) await show(server, path);
        await server.shutdown();
        ",
    );
    let lines: Vec<_> = finished.stdout.lines().collect();
    assert_eq!(lines.len(), 7, "{finished:?}");
    for line in lines {
        assert!(
            line.ends_with(r#" 500 null "Internal Server Error""#),
            "{finished:?}"
        );
    }
    assert_eq!(finished.code, Some(0));
    let told = &finished.stderr;
    assert!(told.contains("Error: on purpose\n    at "), "{told}");
    assert!(told.contains("\na text\n"), "{told}");
    assert_eq!(
        told.matches("the handler must return a Response").count(),
        3,
        "{told}"
    );
    assert!(told.contains("Response.error()"), "{told}");
    assert!(told.contains("was used already"), "{told}");
}

fn on_error_answers(engine: Engine) {
    let finished = ran(
        engine,
        r"
        const server = start(
            (request) => { throw new Error(new URL(request.url).pathname); },
            {
                async onError(error: Error) {
                    await sleep(1);
                    if (error.message === '/fails') throw new Error('onError, too');
                    if (error.message === '/nothing') return undefined;
                    return new Response(`told of ${error.message}`, { status: 502 });
                },
            },
        );
        for (const path of ['/a', '/fails', '/nothing']) await show(server, path);
        await server.shutdown();
        ",
    );
    assert_eq!(
        finished.stdout,
        "/a 502 text/plain;charset=UTF-8 \"told of /a\"\n\
         /fails 500 null \"Internal Server Error\"\n\
         /nothing 500 null \"Internal Server Error\"\n",
        "{finished:?}"
    );
    let told = &finished.stderr;
    assert_eq!(told.matches("onError failed").count(), 2, "{told}");
    assert!(
        told.contains("onError, too") && told.contains("onError must return a Response"),
        "{told}"
    );
}

// By default Deno aborts the signal also where all went well.
fn a_request_is_told_of_its_end(engine: Engine) {
    let finished = ran(
        engine,
        r"
        const told: string[] = [];
        const server = start((request, info) => {
            const { pathname } = new URL(request.url);
            request.signal.addEventListener('abort', () => told.push(`abort ${request.signal.reason.name}`));
            info.completed.then(() => told.push('completed'), (error) => told.push(`lost ${error.name}`));
            if (pathname === '/throw') throw new Error('on purpose');
            if (pathname === '/stream') return new Response(new Blob(['stream']).stream());
            return new Response('text');
        }, { onError: () => new Response('failed', { status: 500 }) });
        for (const path of ['/text', '/throw', '/stream']) {
            await show(server, path);
            await until(() => told.length === 2);
            console.log(told.splice(0).join(', '));
        }
        await server.shutdown();
        ",
    );
    printed(
        &finished,
        r#"/text 200 text/plain;charset=UTF-8 "text"
abort AbortError, completed
/throw 500 text/plain;charset=UTF-8 "failed"
abort AbortError, completed
/stream 200 null "stream"
abort AbortError, completed"#,
    );
}

// A stream that broke off is a response that was not sent; of a whole one Deno knows nothing.
fn a_client_that_leaves_is_told_of(engine: Engine) {
    let finished = ran(
        engine,
        r"
        const told: string[] = [];
        let isCalled = false;
        const server = start(async (request, info) => {
            isCalled = true;
            const { pathname } = new URL(request.url);
            info.completed.then(() => told.push('completed'), (error) => told.push(`lost ${error instanceof Deno.errors.Interrupted}`));
            if (pathname === '/stream') {
                request.signal.addEventListener('abort', () => told.push('abort'));
                return new Response(new ReadableStream({
                    pull: (controller) => { controller.enqueue(new TextEncoder().encode('a')); return sleep(5); },
                    cancel: () => void told.push('cancel'),
                }));
            }
            await new Promise((resolve) => request.signal.addEventListener('abort', resolve));
            told.push('abort');
            return new Response('too late');
        });
        const wait = new AbortController();
        const waiting = fetch(origin(server) + '/wait', { signal: wait.signal }).catch(() => {});
        await until(() => isCalled);
        wait.abort();
        await waiting;
        await until(() => told.length === 2);
        console.log(told.splice(0).join(', '));
        const { body } = await fetch(origin(server) + '/stream');
        const reader = body!.getReader();
        await reader.read();
        await reader.cancel();
        await until(() => told.length === 3);
        console.log(told.splice(0).sort().join(', '));
        await server.shutdown();
        ",
    );
    printed(&finished, "abort, completed\nabort, cancel, lost true");
}

fn bodies_are_streams(engine: Engine) {
    let finished = ran(
        engine,
        r"
        const server = start((request) => {
            if (new URL(request.url).pathname === '/echo') return new Response(request.body!.pipeThrough(new TransformStream()));
            // The response is out before the body has come.
            request.text().then((text) => console.log('read', text.length));
            return new Response('at once');
        });
        async function* pieces() {
            for (const piece of ['a', 'b', 'c']) { yield new TextEncoder().encode(piece); await sleep(5); }
        }
        await show(server, '/echo', { method: 'POST', body: ReadableStream.from(pieces()) });
        await show(server, '/late', { method: 'POST', body: ReadableStream.from(pieces()) });
        const large = 'x'.repeat(3_000_000);
        const response = await fetch(origin(server) + '/echo', { method: 'PUT', body: large });
        console.log(await response.text() === large);
        await server.shutdown();
        ",
    );
    let mut lines: Vec<_> = finished.stdout.lines().collect();
    lines.sort_unstable();
    assert_eq!(
        lines,
        [
            "/echo 200 null \"abc\"",
            "/late 200 text/plain;charset=UTF-8 \"at once\"",
            "read 3",
            "true",
        ],
        "{finished:?}"
    );
}

fn a_stream_that_fails_is_an_error(engine: Engine) {
    let finished = ran(
        engine,
        r"
        const server = start(
            () => new Response(new ReadableStream({
                async pull(controller) {
                    controller.enqueue(new TextEncoder().encode('begun'));
                    await sleep(5);
                    controller.error(new Error('broken'));
                },
            })),
            { onError(error: Error) { console.log('told of', error.message); return new Response('no use'); } },
        );
        await show(server, '/');
        await server.shutdown();
        ",
    );
    printed(&finished, "told of broken\n/ no response TypeError");
}
