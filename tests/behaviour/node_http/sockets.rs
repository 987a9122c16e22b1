//! What programs of node:http see of how much has come, was written and waits, and of clients that leave in the middle.

use super::ran;
use crate::support::{Engine, printed};

on_both_engines![
    what_has_come_is_counted,
    what_waits_is_counted,
    a_client_that_leaves_while_its_body_is_echoed_is_told_of,
    a_head_that_comes_too_late_changes_nothing,
    a_response_says_by_what_it_was_destroyed,
    a_source_that_never_waits_is_stopped,
    a_head_is_encoded_as_the_text_that_goes_out_with_it,
];

fn what_has_come_is_counted(engine: Engine) {
    let finished = ran(
        engine,
        r"
        let socket;
        const server = await start(async (request, response) => {
            ({ socket } = request);
            if (request.url === '/read') for await (const _ of request);
            console.log(socket.bytesRead - server.sent);
            response.end();
        });
        const body = 'x'.repeat(100_000);
        for (const text of [get('/'), `POST /read HTTP/1.1\r\nHost: h\r\nContent-Length: ${body.length}\r\n\r\n${body}`]) {
            server.sent = text.length;
            const closed = new Promise((resolve) => server.once('request', (request) => request.socket.on('close', resolve)));
            await send(server, text, { until: '\r\n\r\n' });
            await closed;
            console.log('closed', socket.bytesRead - server.sent);
        }
        server.on('upgrade', (request, upgraded) => {
            upgraded.write('HTTP/1.1 101 Own\r\nConnection: upgrade\r\nUpgrade: own\r\n\r\n');
            upgraded.on('data', () => {}).on('end', () => {
                console.log('tunnel', upgraded.bytesRead - server.sent - 4);
                upgraded.end();
            });
        });
        const text = get('/', 'Connection: upgrade\r\nUpgrade: own\r\n');
        server.sent = text.length;
        await send(server, text, { until: '\r\n\r\n', then: (client) => client.end('more') });
        server.close();
        ",
    );
    printed(&finished, "0\nclosed 0\n0\nclosed 0\ntunnel 0");
}

fn what_waits_is_counted(engine: Engine) {
    let finished = ran(
        engine,
        r"
        const long = 'x'.repeat(4 << 20);
        let drained;
        const server = await start((request, response) => {
            console.log(response.writableLength, response.writableNeedDrain, response.socket.writableLength);
            const hasRoom = response.write(long);
            const { socket, writableLength } = response;
            console.log(hasRoom, response.writableNeedDrain, writableLength > 0, socket.writableLength === writableLength, socket.bufferSize === writableLength);
            drained = new Promise((resolve) => response.on('drain', () => {
                resolve();
                console.log(response.writableNeedDrain);
                response.end();
            }));
            response.on('finish', () => console.log(response.writableLength));
        });
        const got = await send(server, get('/', CLOSE));
        console.log(got.length > long.length);
        await drained;
        server.close();
        ",
    );
    let lines: Vec<&str> = finished.stdout.lines().collect();
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert_eq!(lines[..3], ["0 false 0", "false true true true true", "false"]);
    let mut last = lines[3..].to_vec();
    last.sort_unstable();
    assert_eq!(last, ["0", "true"], "{finished:?}");
}

fn a_client_that_leaves_while_its_body_is_echoed_is_told_of(engine: Engine) {
    let finished = ran(
        engine,
        r"
        const told = [];
        const server = await start((request, response) => {
            request.on('error', () => {}).pipe(response);
            response.on('error', () => told.push('error')).on('finish', () => told.push('finish'));
            response.on('close', () => {
                told.push(`close ${response.closed} ${response.destroyed}`);
                response.end('late');
                setImmediate(() => server.close(() => console.log(told.join(', '))));
            });
        });
        const text = 'PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nasd\r\n';
        await send(server, text, { until: 'asd' });
        ",
    );
    printed(&finished, "close true true");
}

fn a_head_that_comes_too_late_changes_nothing(engine: Engine) {
    let finished = ran(
        engine,
        r"
        const server = await start((request, response) => {
            response.write('a');
            for (const status of [100, 103, 204, 304, 500]) {
                try { response.writeHead(status); } catch (error) { console.log(status, error.code); }
            }
            response.end('b');
        });
        const got = await send(server, get('/', CLOSE));
        console.log(got.slice(9, 12), JSON.stringify(got.split('\r\n\r\n').slice(1).join('|')));
        server.close();
        ",
    );
    let refused: String = [100, 103, 204, 304, 500]
        .iter()
        .map(|status| format!("{status} ERR_HTTP_HEADERS_SENT\n"))
        .collect();
    printed(
        &finished,
        &format!("{refused}200 {}", r#""1\r\na\r\n1\r\nb\r\n0|""#),
    );
}

fn a_response_says_by_what_it_was_destroyed(engine: Engine) {
    let finished = ran(
        engine,
        r"
        const server = await start((request, response) => {
            console.log(response.errored, response.closed);
            response.on('close', () => {
                console.log(response.errored?.message, response.closed);
                server.close();
            });
            response.write('a');
            response.destroy(new Error('own'));
            response.destroy(new Error('second'));
        });
        server.on('connection', (socket) => socket.on('error', () => {}));
        await send(server, get('/'));
        const asked = http.request({ port: 1, host: '127.0.0.1' }).on('error', () => {});
        console.log(asked.errored, asked.closed);
        asked.destroy();
        ",
    );
    printed(&finished, "null false\nown true\nnull false");
}

// A stream that has more whenever it is read, until its program has had a turn.
fn a_source_that_never_waits_is_stopped(engine: Engine) {
    let finished = ran(
        engine,
        r"
        const { Readable } = require('node:stream');
        let reads = 0;
        const server = await start((request, response) => {
            const source = new Readable({
                read() {
                    reads += 1;
                    this.push('x'.repeat(100));
                    process.nextTick(() => this.destroy());
                },
            });
            source.on('close', () => response.end());
            source.pipe(response, { end: false });
        });
        const got = await send(server, get('/', CLOSE));
        console.log(got.endsWith('0\r\n\r\n'), reads * 100 <= 4 * 65536);
        server.close();
        ",
    );
    printed(&finished, "true true");
}

fn a_head_is_encoded_as_the_text_that_goes_out_with_it(engine: Engine) {
    let finished = ran(
        engine,
        r"
        const server = await start(({ url }, response) => {
            response.setHeader('X', '\u00e9');
            if (url === '/text') return response.end('a');
            if (url === '/bytes') return response.end(Buffer.from('a'));
            if (url === '/nothing') return response.end();
            response.setHeader('Content-Length', 2);
            response.write('a');
            response.end('b');
        });
        const answers = [];
        for (const path of ['/text', '/bytes', '/nothing', '/parts']) {
            const [, value] = /X: (.*)\r\n/.exec(await send(server, get(path, CLOSE)));
            answers.push(Buffer.from(value, 'latin1').toString('hex'));
        }
        console.log(answers.join(' '));
        server.close();
        ",
    );
    printed(&finished, "c3a9 e9 e9 c3a9");
}
