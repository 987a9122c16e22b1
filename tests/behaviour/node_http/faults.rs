//! What programs of node:http do wrong or leave out, and what they set to say how much is too much.

use super::{PRELUDE, ran};
use crate::support::{Engine, Launch, printed};

on_both_engines![
    a_response_is_ended_once,
    early_hints_are_links,
    a_port_is_a_number,
    field_lines_beyond_the_count_are_not_seen,
    a_head_is_as_large_as_the_option_says,
    who_holds_the_end_back_holds_back_what_follows,
    what_is_one_field_is_sent_as_one,
    the_socket_counts_what_was_written,
    the_log_of_a_client,
    a_response_that_is_lost_keeps_its_socket,
    a_head_takes_no_longer_than_a_request,
];

fn a_response_is_ended_once(engine: Engine) {
    let finished = ran(
        engine,
        r"
        const told = [];
        const server = await start((request, response) => {
            const note = (name) => (error) => told.push(`${name} ${error?.code}`);
            response.on('error', note('event'));
            response.end('x', note('first'));
            told.push(`finished ${response.writableFinished}`);
            response.end(note('second'));
            response.end('more', note('third'));
        });
        console.log((await send(server, get('/', CLOSE))).slice(-1));
        console.log(told.join(', '));
        server.close();
        ",
    );
    printed(
        &finished,
        "x\nfinished true, second ERR_STREAM_ALREADY_FINISHED, first undefined, third ERR_STREAM_WRITE_AFTER_END, event ERR_STREAM_WRITE_AFTER_END",
    );
}

fn early_hints_are_links(engine: Engine) {
    let finished = ran(
        engine,
        r#"
        const server = await start((request, response) => {
            for (const link of ['</a.css>; ', 'rel=preload; </a.css>', 'a.css', ['</a.css>', 'b'], 7]) {
                try { response.writeEarlyHints({ link }); } catch (error) { console.log(error.code); }
            }
            response.writeEarlyHints({ link: ['</a.css>; rel=preload; as=style', '</b.js>; rel="preload"'] });
            response.end();
        });
        console.log(JSON.stringify((await send(server, get('/', CLOSE))).split('\r\n\r\n')[0]));
        server.close();
        "#,
    );
    let refused = "ERR_INVALID_ARG_VALUE\n".repeat(5);
    printed(
        &finished,
        &format!(
            "{refused}{}",
            r#""HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload; as=style, </b.js>; rel=\"preload\"""#
        ),
    );
}

fn a_port_is_a_number(engine: Engine) {
    let finished = ran(
        engine,
        r"
        for (const port of ['here', 65536, -1, 1.5]) {
            try { http.createServer().listen({ port }); } catch (error) { console.log(error.code); }
        }
        ",
    );
    printed(&finished, "ERR_SOCKET_BAD_PORT\n".repeat(4).trim_end());
}

fn field_lines_beyond_the_count_are_not_seen(engine: Engine) {
    let finished = ran(
        engine,
        r"
        const server = await start((request, response) => {
            response.end(`${Object.keys(request.headers)} ${request.rawHeaders.length}`);
        });
        for (const count of [null, 2, 0]) {
            server.maxHeadersCount = count;
            console.log((await send(server, get('/', `a: 1\r\nb: 2\r\n${CLOSE}`))).split('\r\n\r\n')[1]);
        }
        server.close();
        ",
    );
    printed(
        &finished,
        "host,a,b,connection 8\nhost,a 4\nhost,a,b,connection 8",
    );
}

/// Of the command line or of the environment, of servers and of clients.
fn a_head_is_as_large_as_the_option_says(engine: Engine) {
    let program = format!(
        "{PRELUDE}(async () => {{
            const server = await start((request, response) => response.end());
            const status = async (fields) => (await send(server, get('/', fields + CLOSE))).slice(9, 12);
            console.log(http.maxHeaderSize, await status(''), await status(`a: ${{'x'.repeat(600)}}\\r\\n`));
            server.close();
            const peer = net.createServer((socket) => {{
                socket.end(`HTTP/1.1 200 OK\\r\\na: ${{'x'.repeat(600)}}\\r\\n\\r\\n`);
            }}).listen(0, '127.0.0.1', () => {{
                const asked = http.get({{ port: peer.address().port, host: '127.0.0.1' }}, () => console.log('a response'));
                asked.on('error', (error) => console.log(error.code));
                asked.on('close', () => peer.close());
            }});
        }})();"
    );
    let launch = || Launch::run(engine, "").file("app.cjs", &program).entry("app.cjs");
    let expected = "512 200 431\nHPE_HEADER_OVERFLOW";
    let given = launch().options(["--max-http-header-size=512"]);
    printed(&given.finish(), expected);
    let inherited = launch().environment("NODE_OPTIONS", "--no-warnings --max-http-header-size=512");
    printed(&inherited.finish(), expected);
}

/// A program may have `finish` told later: then the response is closed later as well.
fn who_holds_the_end_back_holds_back_what_follows(engine: Engine) {
    let finished = ran(
        engine,
        r"
        const told = [];
        const server = await start((request, response) => {
            const { emit } = response;
            response.emit = function (event, ...given) {
                if (event !== 'finish') return emit.call(this, event, ...given);
                setTimeout(() => { told.push('held back'); emit.call(this, event, ...given); }, 50);
                return true;
            };
            response.on('finish', () => told.push('finish')).on('close', () => { told.push('close'); server.close(); });
            response.end('x');
        });
        server.on('close', () => console.log(told.join(', ')));
        await send(server, get('/'), { until: 'x', then: (socket) => setTimeout(() => socket.destroy(), 150) });
        ",
    );
    printed(&finished, "held back, finish, close");
}

/// Names of files are bytes of UTF-8 in it if the length is known; and what the program wants to be one line is joined.
fn what_is_one_field_is_sent_as_one(engine: Engine) {
    let finished = ran(
        engine,
        r"
        const server = http.createServer({ uniqueHeaders: ['x-one'] }, (request, response) => {
            response.setHeader('X-One', ['1', '2']).setHeader('X-Two', ['1', '2']);
            const name = Buffer.from('b\u00e5r').toString('latin1');
            response.writeHead(200, { 'Content-Length': 1, 'Content-Disposition': name });
            response.end(Buffer.from('x'));
        });
        await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
        console.log(JSON.stringify(await send(server, get('/', CLOSE))));
        const peer = await start((request, response) => {
            response.end();
            console.log(request.rawHeaders.slice(0, 2).join('='));
            peer.close();
        });
        http.get({ port: peer.address().port, host: '127.0.0.1', headers: { a: ['1', '2'] }, uniqueHeaders: ['a'], agent: false });
        server.close();
        ",
    );
    printed(
        &finished,
        r#""HTTP/1.1 200 OK\r\nX-One: 1; 2\r\nX-Two: 1\r\nX-Two: 2\r\nContent-Length: 1\r\nContent-Disposition: bår\r\nConnection: close\r\n\r\nx"
a=1; 2"#,
    );
}

fn the_socket_counts_what_was_written(engine: Engine) {
    let finished = ran(
        engine,
        r"
        let socket;
        const server = await start((request, response) => {
            ({ socket } = request);
            if (request.url === '/parts') { response.write('\u00e9'); response.write('b'); }
            response.end('c');
            server.closed = new Promise((resolve) => socket.on('close', resolve));
        });
        for (const path of ['/', '/parts']) {
            let count = 0;
            const client = net.connect(server.address().port, '127.0.0.1', () => client.write(get(path, CLOSE)));
            client.on('data', (data) => { count += data.length; });
            await new Promise((resolve) => client.on('close', resolve));
            await server.closed;
            console.log(count > 50, socket.bytesWritten - count);
        }
        server.close();
        ",
    );
    printed(&finished, "true 0\ntrue 0");
}

fn the_log_of_a_client(engine: Engine) {
    let program = format!(
        "{PRELUDE}(async () => {{
            const server = await start((request, response) => response.end());
            http.get({{ port: server.address().port, host: '127.0.0.1' }}, () => server.close());
        }})();"
    );
    let finished = Launch::run(engine, "")
        .file("app.cjs", program)
        .entry("app.cjs")
        .environment("NODE_DEBUG", "http")
        .finish();
    assert!(
        finished.stderr.contains("can expose sensitive data"),
        "{}",
        finished.stderr
    );
    assert!(finished.stderr.contains("HTTP "), "{}", finished.stderr);
}

/// By which packages see that nobody is there any more.
fn a_response_that_is_lost_keeps_its_socket(engine: Engine) {
    let finished = ran(
        engine,
        r"
        const server = await start((request, response) => {
            response.on('close', () => {
                console.log(response.socket.writable, response.socket.destroyed, response.finished);
                server.close();
            });
            asked.destroy();
        });
        const asked = http.get({ port: server.address().port, host: '127.0.0.1' });
        asked.on('error', () => {});
        ",
    );
    printed(&finished, "false true false");
}

/// The program, which ends the connection with the error, is told of that once.
fn a_head_takes_no_longer_than_a_request(engine: Engine) {
    let finished = ran(
        engine,
        r"
        const server = await start((request, response) => response.end(), (made) => { made.requestTimeout = 30; });
        server.on('clientError', (error, socket) => {
            console.log(error.code);
            socket.end('HTTP/1.1 408 Own\r\n\r\n');
            socket.destroy(error);
        });
        console.log(JSON.stringify(await send(server, 'GET / HTTP/1.1\r\nHost: h\r\n')));
        server.close();
        ",
    );
    printed(
        &finished,
        "ERR_HTTP_REQUEST_TIMEOUT\n\"HTTP/1.1 408 Own\\r\\n\\r\\n\"",
    );
}
