//! Sockets of node:net: when their reader is told of what has come.

use crate::support::{Engine, Launch, printed, tls};

on_both_engines![
    a_paused_socket_is_read_by_hand,
    a_paused_socket_takes_no_more_than_its_buffer_holds,
    a_read_by_hand_for_each_event_gets_everything,
    who_awaits_an_event_misses_none,
    connections_beyond_the_bound_are_told,
    how_long_an_address_is_tried,
    what_a_listener_throws_is_uncaught,
    what_a_listener_of_a_tls_socket_throws_is_uncaught,
];

/// It waits for bytes at the moment at which it is paused. `pg-copy-streams` does this with pg's connection.
fn a_paused_socket_is_read_by_hand(engine: Engine) {
    let finished = Launch::run(
        engine,
        "
        import { once } from 'node:events';
        import net from 'node:net';

        const server = net.createServer((socket) => {
            socket.write('greeting');
            socket.on('data', () => socket.end('x'.repeat(200_000)));
        });
        await once(server.listen(0, '127.0.0.1'), 'listening');
        const socket = net.connect(server.address().port, '127.0.0.1');
        const onData = () => {};
        socket.on('data', onData);
        await once(socket, 'data');
        await new Promise(setImmediate);

        socket.removeListener('data', onData);
        socket.pause();
        let length = 0;
        socket.on('readable', () => {
            for (let part; (part = socket.read()) !== null; ) length += part.length;
        });
        socket.write('more');
        await once(socket, 'end');
        console.log(length);
        server.close();
        ",
    )
    .finish();
    printed(&finished, "200000");
}

fn a_paused_socket_takes_no_more_than_its_buffer_holds(engine: Engine) {
    let finished = Launch::run(
        engine,
        "
        import { once } from 'node:events';
        import net from 'node:net';

        const SENT = 64 * 1024 * 1024;
        const server = net.createServer((socket) => socket.end(Buffer.alloc(SENT)));
        await once(server.listen(0, '127.0.0.1'), 'listening');
        const socket = net.connect(server.address().port, '127.0.0.1');
        await once(socket, 'connect');
        socket.pause();
        while (socket.readableLength < socket.readableHighWaterMark) await new Promise(setImmediate);
        for (let turn = 0; turn < 100; turn++) await new Promise(setImmediate);
        console.log(socket.readableLength < 1024 * 1024);
        let length = 0;
        for await (const part of socket) length += part.length;
        console.log(length === SENT);
        server.close();
        ",
    )
    .finish();
    printed(&finished, "true\ntrue");
}

/// The reader does not go on until nothing is left, as Node asks for: `aedes` does not.
fn a_read_by_hand_for_each_event_gets_everything(engine: Engine) {
    let finished = Launch::run(
        engine,
        "
        import { once } from 'node:events';
        import net from 'node:net';

        const server = net.createServer((socket) => {
            let length = 0;
            socket.on('readable', () => {
                length += socket.read()?.length ?? 0;
                if (length === 1_000_000 && !socket.writableEnded) socket.end(String(length));
            });
        });
        await once(server.listen(0, '127.0.0.1'), 'listening');
        const socket = net.connect(server.address().port, '127.0.0.1');
        socket.write(Buffer.alloc(1_000_000));
        const [told] = await once(socket, 'data');
        console.log(told.toString());
        socket.end();
        server.close();
        ",
    )
    .finish();
    printed(&finished, "1000000");
}

fn who_awaits_an_event_misses_none(engine: Engine) {
    let finished = Launch::run(
        engine,
        "
        import { once } from 'node:events';
        import net from 'node:net';

        const server = net.createServer((socket) => socket.end(Buffer.alloc(4_000_000)));
        await once(server.listen(0, '127.0.0.1'), 'listening');
        const socket = net.connect(server.address().port, '127.0.0.1');
        let length = 0;
        while (length < 4_000_000) {
            const [part] = await once(socket, 'data');
            length += part.length;
        }
        console.log(length);
        server.close();
        ",
    )
    .finish();
    printed(&finished, "4000000");
}

fn connections_beyond_the_bound_are_told(engine: Engine) {
    let finished = Launch::run(
        engine,
        "
        import net from 'node:net';

        let first;
        const server = net.createServer((socket) => { first = socket; });
        server.maxConnections = 1;
        server.on('drop', ({ localAddress, localPort, remoteFamily, remotePort }) => {
            const { address, port } = server.address();
            console.log(localAddress === address, localPort === port, remoteFamily, remotePort > 0);
            first.destroy();
            server.close(() => console.log('closed'));
        });
        server.listen(0, '127.0.0.1', () => {
            for (let i = 0; i < 2; i++) net.connect(server.address().port, '127.0.0.1');
        });
        ",
    )
    .finish();
    printed(&finished, "true true IPv4 true\nclosed");
}

fn how_long_an_address_is_tried(engine: Engine) {
    let program = "
        import net from 'node:net';
        console.log(net.getDefaultAutoSelectFamilyAttemptTimeout(), net.getDefaultAutoSelectFamily());
    ";
    printed(&Launch::run(engine, program).finish(), "250 true");
    let options = "--no-network-family-autoselection --network-family-autoselection-attempt-timeout 70";
    let told = Launch::run(engine, program).environment("NODE_OPTIONS", options);
    printed(&told.finish(), "70 false");
}

/// Also where the listener is called for something that the kernel has said.
fn what_a_listener_throws_is_uncaught(engine: Engine) {
    let finished = Launch::run(
        engine,
        "
        import dgram from 'node:dgram';
        import { once } from 'node:events';
        import net from 'node:net';

        const throws = (name) => () => { throw new Error(name); };
        const caught = [];
        process.on('uncaughtException', ({ message }) => caught.push(message));
        const server = net.createServer((socket) => {
            socket.resume().on('close', throws('closed by the server'));
            socket.end();
            throw new Error('connection');
        });
        await once(server.listen(0, '127.0.0.1'), 'listening');
        const { port } = server.address();
        const first = net.connect(port, '127.0.0.1', () => {
            setTimeout(() => first.destroy(), 20);
            throw new Error('connect');
        });
        await once(first, 'close');
        const client = net.connect(port, '127.0.0.1');
        client.resume().end();
        await new Promise((resolve) => {
            client.on('close', () => {
                server.close(resolve);
                throw new Error('close');
            });
        });

        const socket = dgram.createSocket('udp4');
        socket.on('message', () => {
            setTimeout(() => socket.close(), 50);
            throw new Error('message');
        });
        socket.bind(0, '127.0.0.1', () => socket.send('x', socket.address().port, '127.0.0.1', throws('sent')));
        await once(socket, 'close');
        for (const message of [...new Set(caught)].sort()) console.log(message);
        ",
    )
    .finish();
    printed(
        &finished,
        "close\nclosed by the server\nconnect\nconnection\nmessage\nsent",
    );
}

/// Each once, and whoever else listens hears everything all the same.
fn what_a_listener_of_a_tls_socket_throws_is_uncaught(engine: Engine) {
    let pair = tls::pair(|_| {});
    let finished = Launch::run(
        engine,
        "
        import { once } from 'node:events';
        import { readFileSync } from 'node:fs';
        import https from 'node:https';
        import tls from 'node:tls';

        const options = { key: readFileSync('key.pem'), cert: readFileSync('cert.pem'), ca: readFileSync('cert.pem') };
        let caught = [];
        process.on('uncaughtException', ({ message }) => caught.push(message));
        const throwing = (emitter, event) => emitter.once(event, () => { throw new Error(event); });
        async function told(what, listen, begin) {
            caught = [];
            const server = listen();
            await once(server.listen(0, '127.0.0.1'), 'listening');
            let length = 0;
            const place = { ...options, port: server.address().port, host: '127.0.0.1', servername: 'localhost' };
            await new Promise((resolve) => begin(place, (part) => { length += part.length; }, resolve));
            server.close();
            // What is thrown is told before anything else happens.
            await new Promise(setImmediate);
            console.log(what, caught.join(), length);
        }
        const sends = (socket) => { socket.on('error', () => {}).resume(); socket.write('x'.repeat(100_000)); socket.end('last'); };
        for (const event of ['secureConnection', 'none']) {
            await told(`server ${event}`, () => throwing(tls.createServer(options, sends), event), (place, take, resolve) => {
                tls.connect(place).on('data', take).on('close', resolve);
            });
        }
        for (const event of ['secure', 'data', 'end']) {
            await told(`client ${event}`, () => tls.createServer(options, sends), (place, take, resolve) => {
                const socket = tls.connect(place).on('data', take).on('end', () => setTimeout(resolve, 20));
                throwing(socket, event);
            });
        }
        // Node's own listener comes behind it, and takes the socket for one that was not connected.
        await told('client secureConnect', () => tls.createServer(options, sends), (place, take, resolve) => {
            throwing(tls.connect(place).on('data', take).on('error', () => {}).on('close', resolve), 'secureConnect');
        });
        await told('received data', () => tls.createServer(options, (socket) => {
            socket.on('end', () => socket.end('last'));
            throwing(socket.resume(), 'data');
        }), (place, take, resolve) => {
            tls.connect(place).on('data', take).on('close', resolve).end('x');
        });
        for (const event of ['data', 'end', 'close']) {
            await told(`https ${event}`, () => https.createServer(options, (request, response) => response.end('hi')), (place, take, resolve) => {
                const request = https.get({ ...place, agent: false }, (response) => throwing(response.on('data', take), event));
                request.on('close', () => setTimeout(resolve, 20));
            });
        }
        await told('https response', () => https.createServer(options, (request, response) => response.end('hi')), (place, take, resolve) => {
            const request = https.get({ ...place, agent: false }).on('error', () => {}).on('close', () => setTimeout(resolve, 20));
            throwing(request, 'response');
        });
        process.exit(0);
        ",
    )
    .file("key.pem", &pair.key)
    .file("cert.pem", &pair.certificate)
    .finish();
    printed(
        &finished,
        "server secureConnection secureConnection 100004\nserver none  100004\nclient secure secure 100004\n\
         client data data 100004\nclient end end 100004\nclient secureConnect secureConnect 100004\nreceived data data 4\n\
         https data data 2\nhttps end end 2\nhttps close close 2\nhttps response response 0",
    );
}
