//! What the engine serves for node:https: requests and their bodies, connections, other protocols, the end of a server.

use super::ran;
use crate::support::{Engine, printed};

on_both_engines![
    requests_and_bodies_go_both_ways,
    a_connection_is_kept,
    sockets_are_those_of_tls,
    another_protocol_is_the_programs,
    what_is_no_request_is_told,
    a_client_that_does_not_trust_disturbs_nobody,
    a_closed_server_answers_what_was_asked,
    connections_are_closed_when_told,
    versions_are_the_programs,
    nothing_but_http_1_is_agreed_upon,
];

fn requests_and_bodies_go_both_ways(engine: Engine) {
    let finished = ran(
        engine,
        r"
        const long = 'x'.repeat(300_000);
        const server = await start({}, async (request, response) => {
            if (request.url === '/stream') {
                for (let i = 0; i < 5; i++) { response.write(long); await sleep(1); }
                return response.end('end');
            }
            let length = 0;
            for await (const data of request) length += data.length;
            response.setHeader('X-Own', 'y');
            response.end(`${request.method} ${request.url} ${length} ${engine(request.socket)}`);
        });
        console.log(server instanceof https.Server, server.listening, server.address().address);
        console.log(await get(server, { path: '/a?b' }));
        console.log(await get(server, { path: '/c', method: 'POST', body: 'hello' }));
        console.log(await get(server, { path: '/d', method: 'PUT', body: long }));
        const streamed = await get(server, { path: '/stream' });
        console.log(streamed.length, streamed.endsWith('xend'));
        server.close(() => console.log('closed'));
        ",
    );
    printed(
        &finished,
        "true true 127.0.0.1\n200 GET /a?b 0 true\n200 POST /c 5 true\n200 PUT /d 300000 true\n1500007 true\nclosed",
    );
}

fn a_connection_is_kept(engine: Engine) {
    let finished = ran(
        engine,
        r"
        const sockets = new Set();
        const server = await start({}, (request, response) => {
            sockets.add(request.socket);
            response.end(response.getHeader('connection') ?? 'none');
        });
        const agent = new https.Agent({ keepAlive: true, maxSockets: 1 });
        const all = await Promise.all([1, 2, 3].map(() => get(server, { agent })));
        console.log(all.join(', '), sockets.size);
        agent.destroy();
        server.close(() => console.log('closed'));
        ",
    );
    printed(&finished, "200 none, 200 none, 200 none 1\nclosed");
}

fn sockets_are_those_of_tls(engine: Engine) {
    let finished = ran(
        engine,
        r"
        const sockets = new Set();
        const server = await start({}, ({ socket }, response) => {
            const { name } = socket.getCipher();
            response.end([
                socket instanceof tls.TLSSocket, sockets.has(socket), socket.encrypted, socket.authorized, socket.servername,
                socket.alpnProtocol, socket.getProtocol(), name.startsWith('TLS_'), socket.remoteAddress, socket.server === server,
                Object.keys(socket.getPeerCertificate()).length, socket.getCertificate().subjectaltname,
            ].join(' '));
        }, (server) => server.on('secureConnection', (socket) => {
            sockets.add(socket);
            socket.on('close', () => console.log('close', sockets.delete(socket)));
        }));
        console.log(await get(server, { ALPNProtocols: ['http/1.1'] }));
        console.log(await get(server));
        server.close();
        ",
    );
    let facts = |protocol| {
        format!("200 true true true false localhost {protocol} TLSv1.3 true 127.0.0.1 true 0 DNS:localhost")
    };
    let lines: Vec<&str> = finished.stdout.lines().collect();
    assert_eq!(finished.code, Some(0), "{finished:?}");
    let (closed, told): (Vec<_>, Vec<_>) = lines.into_iter().partition(|line| line.starts_with("close"));
    assert_eq!(closed, ["close true"; 2], "{finished:?}");
    assert_eq!(told, [facts("http/1.1"), facts("false")], "{finished:?}");
}

fn another_protocol_is_the_programs(engine: Engine) {
    let finished = ran(
        engine,
        r"
        const server = await start({}, (request, response) => response.end('plain'));
        server.on('upgrade', (request, socket, head) => {
            console.log(request.headers.upgrade, String(head), socket instanceof tls.TLSSocket, engine(socket));
            socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n');
            let bytes = 0;
            socket.on('data', (data) => { bytes += data.length; socket.write(data); });
            socket.on('end', () => { console.log('end', bytes); socket.end('bye'); });
            socket.on('close', () => console.log('close'));
        });
        const request = https.request(at(server, { headers: { Connection: 'upgrade', Upgrade: 'echo' } })).end();
        const [, socket] = await new Promise((resolve) => request.on('upgrade', (...given) => resolve(given)));
        const long = 'x'.repeat(500_000);
        let got = '';
        socket.setEncoding('utf8').on('data', (data) => {
            got += data;
            if (got === long) socket.end();
        });
        socket.write(long);
        await new Promise((resolve) => socket.on('close', resolve));
        console.log(got.length, got.endsWith('xbye'));
        server.close(() => console.log('closed'));
        ",
    );
    let lines: Vec<&str> = finished.stdout.lines().collect();
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert_eq!(lines[0], "echo  true true", "{finished:?}");
    for line in ["end 500000", "close", "500003 true", "closed"] {
        assert!(lines.contains(&line), "{line}: {finished:?}");
    }
}

fn what_is_no_request_is_told(engine: Engine) {
    let finished = ran(
        engine,
        r"
        const server = await start({}, () => {}, (server) => server.on('clientError', (error, socket) => {
            console.log(error.code, engine(socket), socket.encrypted);
            socket.end('HTTP/1.1 418 Own\r\nConnection: close\r\n\r\n');
        }));
        const socket = tls.connect(at(server), () => socket.write('NO REQUEST\r\n\r\n'));
        let got = '';
        socket.on('data', (data) => { got += data; });
        socket.on('close', () => { console.log(got.split('\r\n')[0]); server.close(); });
        ",
    );
    printed(&finished, "HPE_INVALID_METHOD true true\nHTTP/1.1 418 Own");
}

fn a_client_that_does_not_trust_disturbs_nobody(engine: Engine) {
    let finished = ran(
        engine,
        r"
        const server = await start({}, (request, response) => response.end('x'));
        console.log((await get(server, { ca: undefined })) === '200 x');
        console.log(await get(server, { ca: undefined, rejectUnauthorized: false }));
        console.log(await get(server));
        server.close();
        ",
    );
    printed(&finished, "false\n200 x\n200 x");
}

fn a_closed_server_answers_what_was_asked(engine: Engine) {
    let finished = ran(
        engine,
        r"
        const server = await start({}, async (request, response) => { await sleep(30); response.end('answered'); });
        const kept = get(server, { agent: new https.Agent({ keepAlive: true }) });
        await new Promise((resolve) => server.once('request', resolve));
        const { port } = server.address();
        const closed = new Promise((resolve) => server.close(resolve));
        console.log(server.listening, await kept);
        console.log('closed', await closed);
        // And it may listen again.
        await new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));
        console.log(await get(server));
        await server[Symbol.asyncDispose]();
        console.log(server.listening);
        ",
    );
    printed(
        &finished,
        "false 200 answered\nclosed undefined\n200 answered\nfalse",
    );
}

fn connections_are_closed_when_told(engine: Engine) {
    let finished = ran(
        engine,
        r"
        const server = await start({}, (request, response) => { if (request.url === '/answered') response.end('x'); });
        const agent = new https.Agent({ keepAlive: true });
        console.log(await get(server, { path: '/answered', agent }));
        const busy = get(server, { path: '/never' });
        await new Promise((resolve) => server.once('request', resolve));
        console.log(await new Promise((resolve) => server.getConnections((error, count) => resolve(count))));
        server.closeAllConnections();
        console.log(await busy);
        server.close(() => console.log('closed'));
        ",
    );
    printed(&finished, "200 x\n2\nECONNRESET\nclosed");
}

fn versions_are_the_programs(engine: Engine) {
    let finished = ran(
        engine,
        r"
        const answer = ({ socket }, response) => response.end(`${socket.getProtocol()} ${engine(socket)}`);
        const old = await start({ maxVersion: 'TLSv1.2' }, answer);
        const young = await start({ minVersion: 'TLSv1.3' }, answer);
        console.log(await get(old), await get(young));
        console.log((await get(young, { maxVersion: 'TLSv1.2' })).startsWith('200'));
        old.close();
        young.close();
        ",
    );
    printed(&finished, "200 TLSv1.2 true 200 TLSv1.3 true\nfalse");
}

fn nothing_but_http_1_is_agreed_upon(engine: Engine) {
    let finished = ran(
        engine,
        r"
        const server = await start({}, () => {});
        const agreed = (ALPNProtocols) => new Promise((resolve) => {
            const socket = tls.connect(at(server, { ALPNProtocols }), () => { resolve(socket.alpnProtocol); socket.destroy(); });
            socket.on('error', () => resolve('error'));
        });
        console.log(await agreed(['h2', 'http/1.1']), await agreed(['h2']));
        server.close();
        ",
    );
    printed(&finished, "http/1.1 error");
}
