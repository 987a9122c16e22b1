//! What requests say to programs of node:http, and what their responses say to clients.

use super::ran;
use crate::support::{Engine, printed};

on_both_engines![
    a_response_says_what_nodes_says,
    requests_say_what_came,
    events_come_in_nodes_order,
    pipelined_requests_are_answered_in_order,
    bodies_are_read_with_backpressure,
    streams_wait_for_the_client,
    trailers_go_both_ways,
    interim_responses,
    expectations_are_the_programs,
];

fn a_response_says_what_nodes_says(engine: Engine) {
    let finished = ran(
        engine,
        r"
        const server = await start((request, response) => {
            if (request.url === '/head') response.writeHead(201, 'Made', { 'X-Own': ['1', '2'], 'set-cookie': 'a=1' });
            if (request.url === '/set') response.setHeader('Content-TYPE', 'text/plain').appendHeader('x-a', '1').appendHeader('x-a', '2');
            if (request.url === '/none') return response.writeHead(204).end();
            if (request.url === '/parts') { response.write('a'); response.write(Buffer.from('bc')); return response.end('d'); }
            response.end('h\u00e9');
        });
        for (const path of ['/', '/head', '/set', '/none', '/parts']) console.log(JSON.stringify(await send(server, get(path, CLOSE))));
        console.log(JSON.stringify(await send(server, 'HEAD / HTTP/1.1\r\nHost: h\r\n' + CLOSE + '\r\n')));
        console.log(JSON.stringify(await send(server, 'GET / HTTP/1.0\r\n\r\n')));
        console.log(JSON.stringify(await send(server, get('/'), { until: '\u00a9' })));
        server.close();
        ",
    );
    printed(
        &finished,
        r#""HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 3\r\n\r\nhÃ©"
"HTTP/1.1 201 Made\r\nX-Own: 1\r\nX-Own: 2\r\nset-cookie: a=1\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhÃ©\r\n0\r\n\r\n"
"HTTP/1.1 200 OK\r\nContent-TYPE: text/plain\r\nx-a: 1\r\nx-a: 2\r\nConnection: close\r\nContent-Length: 3\r\n\r\nhÃ©"
"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"
"HTTP/1.1 200 OK\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n2\r\nbc\r\n1\r\nd\r\n0\r\n\r\n"
"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhÃ©"
"HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nKeep-Alive: timeout=5\r\nContent-Length: 3\r\n\r\nhÃ©""#,
    );
}

fn requests_say_what_came(engine: Engine) {
    let finished = ran(
        engine,
        r"
        const server = await start((request, response) => {
            const { method, url, httpVersion, rawHeaders, headers, headersDistinct } = request;
            console.log(method, url, httpVersion, JSON.stringify([rawHeaders, headers, headersDistinct]));
            response.end();
        });
        const fields = 'X-Case: One\r\nx-case:  two \r\nCookie: a=1\r\ncookie: b=2\r\nUser-Agent: u\r\nUser-Agent: v\r\n';
        await send(server, `PURGE /a/../b?c=%2e#x HTTP/1.1\r\nHost: H:80\r\n${fields}${CLOSE}\r\n`.replace('#x', ''));
        server.close();
        ",
    );
    printed(
        &finished,
        r#"PURGE /a/../b?c=%2e 1.1 [["Host","H:80","X-Case","One","x-case","two","Cookie","a=1","cookie","b=2","User-Agent","u","User-Agent","v","Connection","close"],{"host":"H:80","x-case":"One, two","cookie":"a=1; b=2","user-agent":"u","connection":"close"},{"host":["H:80"],"x-case":["One","two"],"cookie":["a=1","b=2"],"user-agent":["u","v"],"connection":["close"]}]"#,
    );
}

fn events_come_in_nodes_order(engine: Engine) {
    let finished = ran(
        engine,
        r"
        const told = [];
        const server = await start((request, response) => {
            request.on('end', () => told.push('request end')).on('close', () => told.push('request close')).resume();
            response.on('prefinish', () => told.push('prefinish')).on('finish', () => told.push(`finish ${response.writableFinished} ${response.socket === null}`));
            response.on('close', () => told.push(`close ${response.destroyed}`));
            response.end('x', () => told.push('callback'));
            told.push(`ended ${response.writableEnded} ${response.headersSent} ${response.finished}`);
        });
        await send(server, get('/', CLOSE));
        console.log(told.join(', '));
        server.close(() => console.log('closed'));
        ",
    );
    printed(
        &finished,
        "prefinish, ended true true true, finish true true, callback, request end, close true, request close\nclosed",
    );
}

fn pipelined_requests_are_answered_in_order(engine: Engine) {
    let finished = ran(
        engine,
        r"
        const server = await start(async (request, response) => {
            if (request.url === '/slow') await sleep(30);
            response.end(request.url);
        });
        const got = await send(server, get('/slow') + get('/b') + get('/c', CLOSE) + get('/never'));
        console.log(got.match(/\/(slow|b|c|never)/g).join(' '));
        server.close();
        ",
    );
    printed(&finished, "/slow /b /c");
}

fn bodies_are_read_with_backpressure(engine: Engine) {
    let finished = ran(
        engine,
        r"
        const { pipeline } = require('node:stream/promises');
        const { createHash } = require('node:crypto');
        const server = await start(async (request, response) => {
            if (request.url === '/unread') return response.end('unread');
            if (request.url === '/slow') {
                let length = 0;
                for await (const chunk of request) { length += chunk.length; if (length % 7 === 0) await sleep(1); }
                return response.end(`${length} ${request.complete} ${request.readableEnded}`);
            }
            await pipeline(request, response);
        });
        const body = 'x'.repeat(3_000_000);
        const post = (path, body, fields = '') => `POST ${path} HTTP/1.1\r\nHost: h\r\nContent-Length: ${body.length}\r\n${fields}\r\n${body}`;
        console.log((await send(server, post('/slow', body, CLOSE))).split('\r\n\r\n')[1]);
        const echoed = await send(server, post('/echo', body, CLOSE));
        console.log(echoed.split('x').length - 1);
        // What nobody reads does not hold up the next request.
        const kept = await send(server, post('/unread', 'x'.repeat(100_000)) + get('/echo', CLOSE));
        console.log(kept.match(/HTTP\/1.1 200/g).length);
        const chunked = 'POST /slow HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n3\r\nabc\r\n4;x=y\r\ndefg\r\n0\r\n\r\n';
        console.log((await send(server, chunked)).split('\r\n\r\n')[1]);
        server.close();
        ",
    );
    printed(&finished, "3000000 true true\n3000000\n2\n7 true true");
}

fn streams_wait_for_the_client(engine: Engine) {
    let finished = ran(
        engine,
        r"
        const told = new Set();
        const server = await start((request, response) => {
            let left = 400;
            const go = () => {
                while (left-- > 0) {
                    if (!response.write(Buffer.alloc(65536, 97))) {
                        told.add(`full ${response.writableNeedDrain}`);
                        return void response.once('drain', go);
                    }
                }
                response.end(() => told.add('all sent'));
            };
            go();
        });
        const got = await send(server, get('/', CLOSE));
        console.log(got.split('a').length > 400 * 65536, [...told].join(', '));
        server.close();
        ",
    );
    printed(&finished, "true full true, all sent");
}

fn trailers_go_both_ways(engine: Engine) {
    let finished = ran(
        engine,
        r"
        const server = await start((request, response) => {
            request.resume().on('end', () => {
                console.log(JSON.stringify([request.rawTrailers, request.trailers]));
                response.writeHead(200, { Trailer: 'X-Sum' });
                response.write('a');
                response.addTrailers({ 'X-Sum': '1' });
                response.end();
            });
        });
        const got = await send(server, 'POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n1\r\na\r\n0\r\nX-T: v\r\n\r\n');
        console.log(JSON.stringify(got.split('\r\n\r\n').slice(1)));
        server.close();
        ",
    );
    printed(
        &finished,
        r#"[["X-T","v"],{"x-t":"v"}]
["1\r\na\r\n0\r\nX-Sum: 1",""]"#,
    );
}

fn interim_responses(engine: Engine) {
    let finished = ran(
        engine,
        r"
        const server = await start((request, response) => {
            response.writeEarlyHints({ link: '</a>; rel=preload', 'x-b': '1' });
            response.writeProcessing();
            response.end('x');
        });
        console.log(JSON.stringify(await send(server, get('/', CLOSE))));
        server.close();
        ",
    );
    printed(
        &finished,
        r#""HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\nx-b: 1\r\n\r\nHTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx""#,
    );
}

fn expectations_are_the_programs(engine: Engine) {
    let finished = ran(
        engine,
        r"
        const ask = (server, path) => send(server, `POST ${path} HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n`,
            { until: '\r\n\r\n', then: (socket) => path === '/no' ? undefined : socket.end('hi') });
        const answer = (request, response) => request.on('data', (data) => response.end(String(data)));
        const first = await start(answer);
        console.log((await ask(first, '/')).split('\r\n')[0]);
        first.close();
        await new Promise((resolve) => first.on('close', resolve));
        const second = await start(answer, (server) => server.on('checkContinue', (request, response) => {
            if (request.url === '/no') return response.writeHead(413).end();
            response.writeContinue();
            answer(request, response);
        }));
        console.log((await ask(second, '/')).split('\r\n')[0]);
        // Refused: what it may send all the same is no request, so the connection closes.
        console.log(JSON.stringify((await ask(second, '/no')).split('\r\n').slice(0, 2)));
        second.close();
        ",
    );
    printed(
        &finished,
        r#"HTTP/1.1 100 Continue
HTTP/1.1 100 Continue
["HTTP/1.1 413 Payload Too Large","Connection: close"]"#,
    );
}
