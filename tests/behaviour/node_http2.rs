//! Sessions of node:http2: that they end without ending the process.

use crate::support::{Engine, Launch, printed};

on_both_engines![a_session_ends_within_its_events];

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
