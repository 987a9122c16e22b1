//! What programs do around a server of node:http: listening, other servers, contexts, exceptions, prototypes, `howth serve`.

use super::ran;
use crate::support::{Connection, Engine, Launch, printed};

on_both_engines![
    an_address_in_use_is_an_error,
    servers_beside_each_other,
    each_request_has_its_own_context,
    exceptions_of_one_request_leave_the_others,
    prototypes_may_be_put_between,
    a_served_program_may_listen_later,
    several_cores_where_asked,
];

const LATE: &str = "
    setTimeout(() => require('node:http').createServer((request, response) => response.end(`late ${request.url}`)).listen(0), 20);
";

fn an_address_in_use_is_an_error(engine: Engine) {
    let finished = ran(
        engine,
        r"
        const taken = net.createServer().listen(0, '127.0.0.1', () => {
            const server = http.createServer().on('error', (error) => {
                console.log(error.code, error.syscall, error.address, error.port === taken.address().port, server.listening);
                taken.close();
            });
            server.listen(taken.address().port, '127.0.0.1');
        });
        ",
    );
    printed(&finished, "EADDRINUSE listen 127.0.0.1 true false");
}

fn servers_beside_each_other(engine: Engine) {
    let finished = ran(
        engine,
        r"
        const servers = await Promise.all(['a', 'b', 'c'].map((name) => start((request, response) => response.end(name))));
        for (const server of servers) console.log((await send(server, get('/', CLOSE))).split('\r\n\r\n')[1]);
        for (const server of servers) server.close();
        ",
    );
    printed(&finished, "a\nb\nc");
}

fn each_request_has_its_own_context(engine: Engine) {
    let finished = ran(
        engine,
        r"
        const { AsyncLocalStorage } = require('node:async_hooks');
        const context = new AsyncLocalStorage();
        const server = await start((request, response) => {
            const before = context.getStore();
            context.enterWith(request.url);
            response.on('finish', () => console.log(before, context.getStore()));
            setTimeout(() => response.end(context.getStore()), request.url === '/a' ? 20 : 1);
        });
        const got = await send(server, get('/a') + get('/b') + get('/c', CLOSE));
        console.log(got.match(/\/[abc]/g).join(' '));
        server.close();
        ",
    );
    let mut lines: Vec<&str> = finished.stdout.lines().collect();
    lines.sort_unstable();
    assert_eq!(
        lines,
        ["/a /b /c", "undefined /a", "undefined /b", "undefined /c"],
        "{finished:?}"
    );
}

fn exceptions_of_one_request_leave_the_others(engine: Engine) {
    let finished = ran(
        engine,
        r"
        process.on('uncaughtException', (error) => console.log('caught', error.message));
        const server = await start((request, response) => {
            if (request.url === '/throws') throw new Error('on purpose');
            response.end('fine');
            if (request.url === '/finish') response.on('finish', () => { throw new Error('behind it'); });
        });
        send(server, get('/throws'));
        console.log((await send(server, get('/finish') + get('/', CLOSE))).match(/fine/g).length);
        server.close();
        server.closeAllConnections();
        ",
    );
    let mut lines: Vec<&str> = finished.stdout.lines().collect();
    lines.sort_unstable();
    assert_eq!(
        lines,
        ["2", "caught behind it", "caught on purpose"],
        "{finished:?}"
    );
}

fn prototypes_may_be_put_between(engine: Engine) {
    let finished = ran(
        engine,
        r"
        const requests = Object.create(http.IncomingMessage.prototype, { path: { get() { return this.url.split('?')[0]; } } });
        const responses = Object.create(http.ServerResponse.prototype);
        responses.send = function (text) { this.setHeader('x-own', '1'); return this.end(text); };
        class Own extends http.ServerResponse { own() { return 'own'; } }
        const server = http.createServer({ ServerResponse: Own }, (request, response) => {
            const own = response.own();
            Object.setPrototypeOf(request, requests);
            Object.setPrototypeOf(response, responses);
            const { writeHead } = response;
            response.writeHead = function (...given) { this.setHeader('x-late', '2'); return writeHead.apply(this, given); };
            response.send(`${own} ${request.path} ${request.headers.host} ${request instanceof http.IncomingMessage}`);
        });
        await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
        console.log(JSON.stringify(await send(server, get('/a?b', CLOSE))));
        server.close();
        ",
    );
    printed(
        &finished,
        r#""HTTP/1.1 200 OK\r\nx-own: 1\r\nx-late: 2\r\nConnection: close\r\nContent-Length: 13\r\n\r\nown /a h true""#,
    );
}

fn a_served_program_may_listen_later(engine: Engine) {
    let server = Launch::serve(engine, "")
        .file("app.cjs", LATE)
        .entry("app.cjs")
        .start();
    let mut connection = Connection::tcp(server.address());
    connection.send("GET /x HTTP/1.1\r\nhost: h\r\n\r\n");
    assert_eq!(connection.response().text(), "late /x");
    assert!(server.stdout().contains("(1 core"), "{}", server.stdout());
}

fn several_cores_where_asked(engine: Engine) {
    let server = Launch::serve(engine, "")
        .file("app.cjs", LATE)
        .entry("app.cjs")
        .options(["--cores", "2"])
        .start();
    assert!(server.stdout().contains("(2 cores"), "{}", server.stdout());
    for _ in 0..8 {
        let mut connection = Connection::tcp(server.address());
        connection.send("GET /x HTTP/1.1\r\nhost: h\r\n\r\n");
        assert_eq!(connection.response().text(), "late /x");
    }
}
