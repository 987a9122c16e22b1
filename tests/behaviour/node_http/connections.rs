//! The connections of servers of node:http: clients that leave, other protocols, sockets, deadlines, the end of a server.

use super::ran;
use crate::support::{Engine, printed};

on_both_engines![
    a_client_that_leaves_is_told_of,
    another_protocol_is_the_programs,
    a_closed_server_answers_what_was_asked,
    connections_are_closed_when_told,
    a_socket_is_lazy_and_whole,
    a_handle_that_is_reset_resets_the_connection,
    a_socket_that_is_reset_resets_the_connection,
    deadlines_are_the_servers,
    requests_of_a_connection_have_a_bound,
    heads_have_the_bound_of_the_server,
    bodies_have_the_deadline_of_the_server,
    a_missing_host_is_answered_as_node_does,
];

fn a_client_that_leaves_is_told_of(engine: Engine) {
    let finished = ran(
        engine,
        r"
        const told = [];
        const server = await start((request, response) => {
            request.on('aborted', () => told.push('aborted')).on('error', (error) => told.push(error.code)).on('close', () => told.push('request close'));
            response.on('close', () => told.push(`close ${response.writableFinished}`)).on('finish', () => told.push('finish'));
            if (request.url === '/stream') response.write('begun');
        });
        await send(server, get('/stream'), { until: 'begun' });
        while (told.length < 4) await sleep(5);
        console.log(told.splice(0).sort().join(', '));
        const socket = net.connect(server.address().port, '127.0.0.1', () => socket.write(get('/wait')));
        await new Promise((resolve) => server.once('request', resolve));
        socket.destroy();
        while (told.length < 4) await sleep(5);
        console.log(told.sort().join(', '));
        server.close(() => console.log('closed'));
        ",
    );
    let told = "ECONNRESET, aborted, close false, request close";
    printed(&finished, &format!("{told}\n{told}\nclosed"));
}

fn another_protocol_is_the_programs(engine: Engine) {
    let finished = ran(
        engine,
        r"
        const server = await start((request, response) => response.end(`plain ${request.headers.upgrade}`));
        const ask = get('/', 'Connection: upgrade\r\nUpgrade: echo\r\n') + 'first';
        // Nobody listens for it: a request like any other.
        console.log((await send(server, ask.replace('first', get('/b', CLOSE)))).match(/plain (echo|undefined)/g).join());
        server.on('upgrade', (request, socket, head) => {
            console.log(request.headers.upgrade, String(head), socket instanceof net.Socket, socket.remoteAddress);
            socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n');
            socket.on('data', (data) => socket.write(`<${data}>`));
            socket.on('end', () => socket.end('bye'));
            socket.on('close', () => console.log('socket closed'));
        });
        console.log(JSON.stringify(await send(server, ask, { until: '\r\n\r\n', then: (socket) => socket.end('more') })));
        server.on('connect', (request, socket) => {
            socket.end(`HTTP/1.1 200 Tunnel to ${request.url}\r\n\r\n`);
        });
        console.log(JSON.stringify(await send(server, 'CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n')));
        server.close(() => console.log('closed'));
        ",
    );
    printed(
        &finished,
        r#"plain echo,plain undefined
echo first true 127.0.0.1
socket closed
"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n<more>bye"
"HTTP/1.1 200 Tunnel to a:1\r\n\r\n"
closed"#,
    );
}

fn a_closed_server_answers_what_was_asked(engine: Engine) {
    let finished = ran(
        engine,
        r"
        const server = await start(async (request, response) => { await sleep(30); response.end('answered'); });
        const kept = send(server, get('/'));
        await new Promise((resolve) => server.once('request', resolve));
        const closed = new Promise((resolve) => server.close(resolve));
        console.log(server.listening, (await kept).split('\r\n\r\n')[1]);
        console.log('closed', await closed, server.listening);
        server.close((error) => console.log(error.code));
        // And it may listen again.
        await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
        console.log((await send(server, get('/', CLOSE))).split('\r\n\r\n')[1]);
        server.close();
        ",
    );
    printed(
        &finished,
        "false answered\nclosed undefined false\nERR_SERVER_NOT_RUNNING\nanswered",
    );
}

fn connections_are_closed_when_told(engine: Engine) {
    let finished = ran(
        engine,
        r"
        const server = await start((request, response) => { if (request.url === '/answered') response.end('x'); });
        const idle = send(server, get('/answered'));
        const busy = send(server, get('/never'));
        await new Promise((resolve) => { let requests = 0; server.on('request', () => ++requests === 2 && resolve()); });
        await sleep(20);
        console.log(await new Promise((resolve) => server.getConnections((error, count) => resolve(count))));
        server.closeIdleConnections();
        console.log((await idle).includes('x'));
        server.closeAllConnections();
        console.log(await busy);
        server.close(() => console.log('closed'));
        ",
    );
    printed(&finished, "2\ntrue\n\nclosed");
}

fn a_socket_is_lazy_and_whole(engine: Engine) {
    let finished = ran(
        engine,
        r"
        const sockets = new Set();
        const server = await start((request, response) => {
            const { socket } = request;
            const { remoteAddress, remoteFamily, remotePort, localAddress, localPort } = socket;
            console.log(remoteAddress, remoteFamily, remotePort > 0, localAddress, localPort === server.address().port);
            console.log(socket === response.socket, socket === request.connection, sockets.has(socket), socket instanceof net.Socket);
            if (request.url === '/destroy') return socket.destroy();
            if (request.url === '/timeout') return void socket.setTimeout(20, () => { console.log('timeout'); socket.destroy(); });
            response.end('x');
        }, (server) => server.on('connection', (socket) => { sockets.add(socket); socket.on('close', () => console.log('close', sockets.delete(socket))); }));
        await send(server, get('/', CLOSE));
        console.log(JSON.stringify(await send(server, get('/destroy'))));
        await send(server, get('/timeout'));
        server.close();
        ",
    );
    let facts = "127.0.0.1 IPv4 true 127.0.0.1 true\ntrue true true true\n";
    printed(
        &finished,
        format!("{facts}close true\n{facts}close true\n\"\"\n{facts}timeout\nclose true").trim_end(),
    );
}

// `socket._handle` as Node's own streams use it.
fn a_handle_that_is_reset_resets_the_connection(engine: Engine) {
    let finished = ran(
        engine,
        r"
        const server = await start((request, response) => {
            const done = response.socket._handle.reset(() => console.log('reset'));
            console.log(done);
        });
        const socket = net.connect(server.address().port, '127.0.0.1', () => socket.write(get('/')));
        socket.on('error', (error) => console.log(error.code));
        socket.on('close', () => server.close(() => console.log('closed')));
        ",
    );
    printed(&finished, "0\nreset\nECONNRESET\nclosed");
}

fn a_socket_that_is_reset_resets_the_connection(engine: Engine) {
    let finished = ran(
        engine,
        r"
        const told = [];
        const reset = (socket) => {
            socket.on('error', (error) => told.push(`server error ${error.code}`));
            socket.on('close', (isError) => told.push(`server close ${isError}`));
            told.push(socket.resetAndDestroy() === socket, socket.destroyed);
            socket.resetAndDestroy();
        };
        const server = await start((request) => reset(request.socket));
        server.on('upgrade', (request, socket) => {
            socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n');
            socket.once('data', () => reset(socket));
        });
        for (const fields of ['', 'Connection: upgrade\r\nUpgrade: echo\r\n']) {
            const socket = net.connect(server.address().port, '127.0.0.1', () => socket.write(get('/', fields)));
            socket.on('data', () => socket.write('reset me'));
            socket.on('error', (error) => told.push(`client error ${error.code}`));
            await new Promise((resolve) => socket.on('close', resolve));
            while (told.length < 4) await sleep(5);
            console.log(told.splice(0).sort().join(', '));
        }
        server.close(() => console.log('closed'));
        ",
    );
    let told = "client error ECONNRESET, server close false, true, true";
    printed(&finished, &format!("{told}\n{told}\nclosed"));
}

fn deadlines_are_the_servers(engine: Engine) {
    let finished = ran(
        engine,
        r"
        const server = await start((request, response) => response.end('x'), (server) => { server.keepAliveTimeout = 1; server.headersTimeout = 200; });
        const from = performance.now();
        const idle = await send(server, get('/'));
        const unfinished = await send(server, 'GET / HTTP/1.1\r\nHost: h\r\n');
        console.log(idle.includes('timeout=0'), unfinished.split('\r\n')[0], performance.now() - from < 9000);
        server.close();
        ",
    );
    printed(&finished, "true HTTP/1.1 408 Request Timeout true");
}

fn requests_of_a_connection_have_a_bound(engine: Engine) {
    let finished = ran(
        engine,
        r"
        const server = await start((request, response) => response.end('x'), (server) => {
            server.maxRequestsPerSocket = 2;
            server.on('dropRequest', () => console.log('dropped'));
        });
        const got = await send(server, get('/') + get('/'));
        console.log(JSON.stringify(got.match(/Connection: .*|Keep-Alive: .*/g).map((line) => line.trim())));
        server.close();
        ",
    );
    printed(
        &finished,
        r#"["Connection: keep-alive","Keep-Alive: timeout=5, max=2","Connection: close"]"#,
    );
}

fn heads_have_the_bound_of_the_server(engine: Engine) {
    let finished = ran(
        engine,
        r"
        const server = http.createServer({ maxHeaderSize: 100_000 }, (request, response) => response.end(String(request.url.length)));
        await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
        const answers = async (path, fields) => (await send(server, get(path, CLOSE + fields))).match(/ \d\d\d |\d+$/g).join();
        console.log(await answers(`/${'x'.repeat(60_000)}`, ''), await answers('/', `X: ${'y'.repeat(60_000)}\r\n`), await answers('/', `X: ${'y'.repeat(100_000)}\r\n`));
        server.close();
        ",
    );
    printed(&finished, "200 ,60001  200 ,1  431");
}

fn bodies_have_the_deadline_of_the_server(engine: Engine) {
    let finished = ran(
        engine,
        r"
        const server = await start((request, response) => {
            request.resume().on('error', (error) => console.log(error.code)).on('end', () => response.end('whole'));
        }, (server) => { server.requestTimeout = 300; });
        const body = 'POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\n';
        let drip;
        const got = send(server, body);
        // It never is silent for long, and never comes to its end.
        const socket = net.connect(server.address().port, '127.0.0.1', () => {
            socket.write(body);
            drip = setInterval(() => socket.write('x'), 50);
        });
        const answer = await new Promise((resolve) => socket.on('error', () => {}).once('data', (data) => resolve(String(data).split('\r\n')[0])));
        clearInterval(drip);
        socket.destroy();
        console.log(answer, (await got).split('\r\n')[0]);
        server.close();
        ",
    );
    printed(
        &finished,
        "ECONNRESET\nECONNRESET\nHTTP/1.1 408 Request Timeout HTTP/1.1 408 Request Timeout",
    );
}

fn a_missing_host_is_answered_as_node_does(engine: Engine) {
    let finished = ran(
        engine,
        r"
        const server = await start((request, response) => response.end('x'), (server) => server.on('clientError', (error, socket) => {
            console.log(error.code);
            socket.destroy();
        }));
        console.log(JSON.stringify(await send(server, 'GET / HTTP/1.1\r\n\r\n')));
        await send(server, 'GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n');
        server.close();
        ",
    );
    let lines: Vec<&str> = finished.stdout.lines().collect();
    assert_eq!(
        lines[0], r#""HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n""#,
        "{finished:?}"
    );
    assert_eq!(lines.len(), 2, "{finished:?}");
}
