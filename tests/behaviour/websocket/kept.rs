//! Messages that a program keeps.

use super::client::{BINARY, Client, TEXT, frame};
use crate::support::{Engine, Launch};

on_both_engines![messages_that_are_kept_stay_what_they_are];

/// Small ones have memory in common, which may be taken away from them all.
fn messages_that_are_kept_stay_what_they_are(engine: Engine) {
    let source = "
        const kept = [];
        export default {
            fetch: (request, server) => void server.upgrade(request),
            websocket: {
                message(socket, message) {
                    if (message === 'transfer') {
                        const memory = kept[0].buffer ?? kept[0];
                        structuredClone(memory, { transfer: [memory] });
                        kept.length = 0;
                    } else if (message === 'give') {
                        for (const each of kept) socket.send(each);
                    } else if (typeof message === 'string') {
                        socket.binaryType = message;
                    } else {
                        const { byteLength } = message;
                        const isOwn = (message.buffer ?? message).byteLength === byteLength;
                        if (!isOwn && socket.binaryType !== 'nodebuffer') socket.send('has more than the message');
                        kept.push(message);
                    }
                },
            },
        };
    ";
    let server = Launch::serve(engine, source).start();
    for binary_type in ["nodebuffer", "arraybuffer", "uint8array"] {
        let mut client = Client::open(&server, "/");
        client.send(TEXT, binary_type);
        let lengths = [0, 1, 3, 100, 2047, 2048, 2049, 5000, 70_000];
        let messages: Vec<Vec<u8>> = (0..200_u8)
            .map(|number| vec![number; lengths[usize::from(number) % lengths.len()]])
            .collect();
        client.0.send(
            messages
                .iter()
                .flat_map(|message| frame(BINARY, message))
                .collect::<Vec<u8>>(),
        );
        client.send(TEXT, "give");
        for message in &messages {
            assert!(client.take(BINARY) == *message, "{binary_type}");
        }
        client.send(TEXT, "transfer");
        client.send(BINARY, "after it");
        client.send(TEXT, "give");
        assert_eq!(client.take(BINARY), b"after it");
        client.send(TEXT, "transfer");
    }
}
