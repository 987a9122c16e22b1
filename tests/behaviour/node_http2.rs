//! Sessions of node:http2: that they end without ending the process, and lose nothing that a listener throws.

use crate::support::{Engine, Launch, printed};

on_both_engines![
    a_session_ends_within_its_events,
    what_a_listener_throws_is_uncaught,
];

/// What is told of while the frames of the other side are read may end the session that is read.
fn a_session_ends_within_its_events(engine: Engine) {
    let finished = Launch::run(
        engine,
        "
        import http2 from 'node:http2';

        const server = http2.createServer();
        server.on('session', (session) => {
            session.on('error', () => {});
            session.on('remoteSettings', () => session.goaway(codes++ % 2));
        });
        let codes = 0;
        server.listen(0, '127.0.0.1', async () => {
            const url = `http://127.0.0.1:${server.address().port}`;
            const memory = [];
            const one = () => new Promise((resolve) => {
                const client = http2.connect(url);
                client.on('error', () => {});
                client.on('goaway', () => {
                    client.destroy();
                    // What was freed would be somebody else's by now.
                    for (let i = 0; i < 200; i++) memory.push(Buffer.allocUnsafeSlow(64 + i * 16));
                });
                client.on('close', resolve);
            });
            let ended = 0;
            while (ended < 40) {
                await Promise.all([one(), one(), one(), one()]);
                ended += 4;
            }
            console.log('ended', ended);
            server.close();
        });
        ",
    )
    .finish();
    printed(&finished, "ended 40");
}

/// Each once, and whoever else listens hears everything all the same.
fn what_a_listener_throws_is_uncaught(engine: Engine) {
    let finished = Launch::run(
        engine,
        "
        import { once } from 'node:events';
        import http2 from 'node:http2';

        let caught = [];
        process.on('uncaughtException', ({ message }) => caught.push(message));
        const throwing = (emitter, event) => emitter.once(event, () => { throw new Error(event); });
        async function told(who, event) {
            caught = [];
            const throws = (given, emitter) => { if (given === who) throwing(emitter, event); };
            const server = http2.createServer();
            server.on('stream', (stream) => {
                stream.resume().on('end', () => {
                    stream.respond({ ':status': 200 });
                    stream.end('x'.repeat(100_000));
                });
                throws('server stream', stream);
            });
            throws('server', server);
            await once(server.listen(0, '127.0.0.1'), 'listening');
            const client = http2.connect(`http://127.0.0.1:${server.address().port}`);
            throws('client', client);
            const request = client.request({ ':method': 'POST' });
            let length = 0;
            request.on('data', (part) => { length += part.length; });
            const closed = new Promise((resolve) => request.on('close', () => setTimeout(resolve, 20)));
            throws('request', request);
            request.end('body');
            await closed;
            client.close();
            server.close();
            console.log(who, event, caught.join(), length);
        }
        for (const event of ['session', 'stream']) await told('server', event);
        for (const event of ['data', 'end', 'close']) await told('server stream', event);
        for (const event of ['remoteSettings', 'localSettings']) await told('client', event);
        for (const event of ['response', 'data', 'end', 'close']) await told('request', event);
        process.exit(0);
        ",
    )
    .finish();
    let lines: Vec<&str> = finished.stdout.lines().collect();
    assert_eq!((finished.code, lines.len()), (Some(0), 11), "{finished:?}");
    for line in lines {
        let words: Vec<&str> = line.split(' ').collect();
        let [.., event, caught, length] = words[..] else {
            panic!("{finished:?}");
        };
        assert_eq!((caught, length), (event, "100000"), "{finished:?}");
    }
}
