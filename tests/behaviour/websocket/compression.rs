//! Compressed messages, against flate2.

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress};

use super::client::{Client, TEXT, masked};
use crate::support::{Engine, Launch};

on_both_engines![
    messages_are_compressed_where_that_is_agreed_upon,
    what_is_compressed_has_its_bound,
    nothing_is_compressed_unasked,
];

const SOURCE: &str = "
    export default {
        fetch: (request, server) => void server.upgrade(request),
        websocket: {
            perMessageDeflate: DEFLATES,
            maxPayloadLength: 100_000,
            open: (socket) => socket.subscribe('all'),
            message(socket, message) {
                socket.send(message, true);
                socket.send(message);
            },
        },
    };
";

const OFFER: &str = "sec-websocket-extensions: permessage-deflate; client_max_window_bits\r\n";
const COMPRESSED_TEXT: u8 = 0xc1;

fn deflated(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() + 100);
    let mut state = Compress::new(Compression::best(), false);
    state
        .compress_vec(text, &mut out, FlushCompress::Sync)
        .expect("room");
    assert!(out.ends_with(&[0, 0, 0xff, 0xff]));
    out.truncate(out.len() - 4);
    out
}

fn inflated(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(1_000_000);
    let input = [bytes, &[0, 0, 0xff, 0xff]].concat();
    let mut state = Decompress::new(false);
    state
        .decompress_vec(&input, &mut out, FlushDecompress::Sync)
        .expect("deflate");
    out
}

fn messages_are_compressed_where_that_is_agreed_upon(engine: Engine) {
    let server = Launch::serve(engine, &SOURCE.replace("DEFLATES", "true")).start();
    let (mut client, response) = Client::open_with(&server, "/", OFFER);
    assert_eq!(
        response.field("sec-websocket-extensions"),
        Some("permessage-deflate; server_no_context_takeover; client_no_context_takeover")
    );
    for text in ["Hello".to_owned(), String::new(), "long and long ".repeat(5_000)] {
        client.0.send(masked(COMPRESSED_TEXT, deflated(text.as_bytes())));
        let (first, payload) = client.frame();
        assert_eq!(first, COMPRESSED_TEXT);
        assert!(inflated(&payload) == text.as_bytes());
        assert!(text.len() < 1000 || payload.len() < text.len() / 10);
        assert!(client.text() == text);
    }
    client.0.send(masked(COMPRESSED_TEXT, deflated(&[0xff])));
    client.expect_close(1007);
    let (mut client, _) = Client::open_with(&server, "/", OFFER);
    client.0.send(masked(COMPRESSED_TEXT, [0xff; 10]));
    client.expect_close(1007);
}

fn what_is_compressed_has_its_bound(engine: Engine) {
    let server = Launch::serve(engine, &SOURCE.replace("DEFLATES", "true")).start();
    let (mut client, _) = Client::open_with(&server, "/", OFFER);
    client.0.send(masked(COMPRESSED_TEXT, deflated(&[b'x'; 100_000])));
    assert_eq!(client.frame().0, COMPRESSED_TEXT);
    assert_eq!(client.text().len(), 100_000);
    client.0.send(masked(COMPRESSED_TEXT, deflated(&[b'x'; 100_001])));
    client.expect_close(1009);
}

fn nothing_is_compressed_unasked(engine: Engine) {
    // The server does not want it.
    let server = Launch::serve(engine, &SOURCE.replace("DEFLATES", "false")).start();
    let (mut client, response) = Client::open_with(&server, "/", OFFER);
    assert_eq!(response.field("sec-websocket-extensions"), None);
    client.send(TEXT, "plain");
    assert_eq!(
        (client.text().as_str(), client.text().as_str()),
        ("plain", "plain")
    );
    client.0.send(masked(COMPRESSED_TEXT, deflated(b"x")));
    client.expect_close(1002);
    // The client does not, or wants what there is not.
    let server = Launch::serve(engine, &SOURCE.replace("DEFLATES", "true")).start();
    for offer in [
        "",
        "sec-websocket-extensions: x-webkit-deflate-frame\r\n",
        "sec-websocket-extensions: permessage-deflate; server_max_window_bits=8\r\n",
    ] {
        let (mut client, response) = Client::open_with(&server, "/", offer);
        assert_eq!(response.field("sec-websocket-extensions"), None, "{offer}");
        client.send(TEXT, "plain");
        assert_eq!(
            (client.text().as_str(), client.text().as_str()),
            ("plain", "plain")
        );
    }
}
