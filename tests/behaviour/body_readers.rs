//! Request bodies as streams: every way to read one.

use crate::support::{Engine, Launch, eventually};

/// Reads a body in the way that the path names, and tells how many bytes it had and their sum.
const READERS: &str = "
    const told = (bytes: Uint8Array) => {
        let sum = 0;
        for (const byte of bytes) sum = (sum * 31 + byte) >>> 0;
        return `${bytes.length} ${sum}`;
    };
    async function joined(chunks: AsyncIterable<Uint8Array> | ReadableStream<Uint8Array>) {
        const parts: Uint8Array[] = [];
        for await (const chunk of chunks) parts.push(chunk);
        const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
        let at = 0;
        for (const part of parts) { whole.set(part, at); at += part.length; }
        return whole;
    }
    async function byob(stream: ReadableStream<Uint8Array>, size: number, options?: { min: number }) {
        const reader = stream.getReader({ mode: 'byob' });
        let buffer = new ArrayBuffer(size);
        const parts: Uint8Array[] = [];
        for (;;) {
            const { value, done } = await reader.read(new Uint8Array(buffer, 0, size), options);
            if (value !== undefined && value.length > 0) parts.push(value.slice());
            if (done) break;
            if (options !== undefined && value.length < options.min && parts.length > 1) parts.push();
            buffer = value.buffer;
        }
        return joined((async function* () { yield* parts; })());
    }
    const encode = (text: string) => new TextEncoder().encode(text);
    async function read(request: Request, how: string): Promise<Uint8Array> {
        switch (how) {
            case 'bytes': return request.bytes();
            case 'arrayBuffer': return new Uint8Array(await request.arrayBuffer());
            case 'blob': return new Uint8Array(await (await request.blob()).arrayBuffer());
            case 'text': return encode(await request.text());
            case 'iterate': return joined(request.body!);
            case 'byob': return byob(request.body!, 1000);
            case 'byob-min': return byob(request.body!, 1000, { min: 700 });
            case 'clone': { const copy = request.clone(); await request.bytes(); return copy.bytes(); }
            case 'clone-first': { const copy = request.clone(); const [a] = await Promise.all([copy.bytes(), request.bytes()]); return a; }
            case 'clone-byob': return byob(request.clone().body!, 100);
            case 'tee': { const [a, b] = request.body!.tee(); const [one, two] = await Promise.all([joined(a), joined(b)]); if (told(one) !== told(two)) throw new Error('they differ'); return two; }
            case 'pipeTo': {
                const parts: Uint8Array[] = [];
                await request.body!.pipeTo(new WritableStream({ write(chunk) { parts.push(chunk); } }));
                return joined((async function* () { yield* parts; })());
            }
            case 'pipeThrough': return joined(request.body!.pipeThrough(new TransformStream()));
            case 'gzip': return joined(request.body!.pipeThrough(new CompressionStream('gzip')).pipeThrough(new DecompressionStream('gzip')));
            case 'response': return new Response(request.body).bytes();
            case 'request': return new Request(request).bytes();
            case 'other': return new Request('http://b/', { method: 'POST', body: request.body, duplex: 'half' } as RequestInit).bytes();
        }
        throw new Error(`no way ${how}`);
    }
    export default async function (request: Request): Promise<Response> {
        const how = new URL(request.url).pathname.slice(1);
        return new Response(told(await read(request, how)));
    }
";

on_both_engines![
    every_way_gives_every_body,
    states_of_a_request_body,
    what_cannot_be_read_says_why,
];

fn body_of(length: usize) -> Vec<u8> {
    // ASCII, so that it is its own text.
    let byte = |index: usize| (index.wrapping_mul(2_654_435_761) >> 7) as u8 & 0x7f;
    (0..length).map(byte).collect()
}

fn told(body: &[u8]) -> String {
    let sum = body.iter().fold(0_u32, |sum, byte| {
        sum.wrapping_mul(31).wrapping_add(u32::from(*byte))
    });
    format!("{} {sum}", body.len())
}

fn every_way_gives_every_body(engine: Engine) {
    let server = Launch::serve(engine, READERS).start();
    let ways = [
        "bytes",
        "arrayBuffer",
        "blob",
        "text",
        "iterate",
        "byob",
        "byob-min",
        "clone",
        "clone-first",
        "clone-byob",
        "tee",
        "pipeTo",
        "pipeThrough",
        "gzip",
        "response",
        "request",
        "other",
    ];
    for way in ways {
        let mut connection = server.connect();
        for length in [0, 1, 5000, 2_000_000] {
            let body = body_of(length);
            let expected = told(&body);
            let fields = format!("POST /{way} HTTP/1.1\r\nhost: a\r\n");
            // With its head, and behind it.
            connection.send(
                [
                    format!("{fields}content-length: {length}\r\n\r\n").as_bytes(),
                    &body,
                ]
                .concat(),
            );
            assert_eq!(connection.response().text(), expected, "{way}, {length} at once");
            connection.send(format!("{fields}content-length: {length}\r\n\r\n"));
            let (first, rest) = body.split_at(length / 3);
            connection.send_apart(first);
            connection.send(rest);
            assert_eq!(connection.response().text(), expected, "{way}, {length} later");
            connection.send(format!("{fields}transfer-encoding: chunked\r\n\r\n"));
            for chunk in body.chunks(length / 3 + 1) {
                connection.send(format!("{:x}\r\n", chunk.len()));
                connection.send(chunk);
                connection.send("\r\n");
            }
            connection.send("0\r\n\r\n");
            assert_eq!(
                connection.response().text(),
                expected,
                "{way}, {length} in chunks"
            );
        }
    }
}

fn states_of_a_request_body(engine: Engine) {
    let server = Launch::serve(
        engine,
        "export default async function (request: Request) {
            const states: unknown[] = [];
            const note = () => states.push([request.body!.locked, request.bodyUsed]);
            note();
            const reader = request.body!.getReader();
            note();
            await reader.read();
            note();
            reader.releaseLock();
            note();
            const fails = async (act: () => unknown) => { try { await act(); return 'fine'; } catch (error) { return (error as Error).name; } };
            states.push(await fails(() => request.clone()));
            states.push(await fails(() => request.text()));
            states.push(await fails(() => new Response(request.body)));
            states.push(await fails(() => new Request(request)));
            states.push(request.body === request.body);
            return Response.json(states);
        }",
    )
    .start();
    let expected = "[[false,false],[true,false],[true,true],[false,true],\
                    \"TypeError\",\"TypeError\",\"TypeError\",\"TypeError\",true]";
    let mut connection = server.connect();
    connection.send("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\nhello");
    assert_eq!(connection.response().text(), expected);
    connection.send("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\n");
    connection.send("hello");
    assert_eq!(connection.response().text(), expected);
}

fn what_cannot_be_read_says_why(engine: Engine) {
    let server = Launch::serve(
        engine,
        "let broken = 'nothing yet', reads = false;
        export default async function (request: Request) {
            const { pathname } = new URL(request.url);
            if (pathname === '/broken') return new Response(broken);
            if (pathname === '/json') return new Response(await request.json().catch((error) => error.name));
            if (pathname === '/reads') return new Response(String(reads));
            reads = true;
            request.text().catch((error) => { broken = String(error); });
            return new Promise(() => {});
        }",
    )
    .start();
    let mut connection = server.connect();
    connection.send("POST /json HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\n{\"a\":");
    assert_eq!(connection.response().text(), "SyntaxError");
    connection.send("POST /json HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\n\r\n");
    assert_eq!(connection.response().text(), "SyntaxError");
    connection.send("POST /text HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\nab");
    eventually("a reader", || server.get("/reads").text() == "true");
    connection.finish_sending();
    let mut text = String::new();
    eventually("a body that broke off", || {
        text = server.get("/broken").text().to_owned();
        text != "nothing yet"
    });
    assert_eq!(text, "TypeError: The request body broke off before its end");
}
