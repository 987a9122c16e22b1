//! What is encoded is decoded again, and nothing makes the decoder panic; against tungstenite, which knows nothing of it.

#[allow(dead_code)]
mod support;

use std::io::{self, Read, Write};

use howth_websocket::{Kind, Opcode, close_frame, frame_head, masked_frame};
use proptest::prelude::*;
use support::{BYTES_MAX, Came, decode};
use tungstenite::protocol::{Role, WebSocketContext};
use tungstenite::{Error, Message};

fn message() -> impl Strategy<Value = Came> {
    prop_oneof![
        // Four bytes a character at most.
        "\\PC{0,50}".prop_map(Came::Text),
        proptest::collection::vec(any::<u8>(), 0..BYTES_MAX).prop_map(Came::Binary),
        proptest::collection::vec(any::<u8>(), 0..=125).prop_map(Came::Ping),
        proptest::collection::vec(any::<u8>(), 0..=125).prop_map(Came::Pong),
    ]
}

/// A message in fragments that end at `cuts`, in per mille of its length.
fn frames(message: &Came, cuts: &[u32], mask: [u8; 4]) -> Vec<u8> {
    let (opcode, payload) = match message {
        Came::Text(text) => (Opcode::Text, text.as_bytes()),
        Came::Binary(bytes) => (Opcode::Binary, &bytes[..]),
        Came::Ping(bytes) => return masked_frame(Opcode::Ping, true, false, bytes, mask),
        Came::Pong(bytes) => return masked_frame(Opcode::Pong, true, false, bytes, mask),
        Came::Close(..) => unreachable!("none is made"),
    };
    let mut ends: Vec<usize> = cuts
        .iter()
        .map(|&cut| payload.len() * cut as usize / 1000)
        .collect();
    ends.sort_unstable();
    ends.push(payload.len());
    let (mut out, mut from) = (Vec::new(), 0);
    for (at, &to) in ends.iter().enumerate() {
        let opcode = if at == 0 { opcode } else { Opcode::Continuation };
        let is_final = at + 1 == ends.len();
        out.extend(masked_frame(opcode, is_final, false, &payload[from..to], mask));
        from = to;
    }
    out
}

proptest! {
    #[test]
    fn what_is_encoded_is_decoded_however_it_is_split(
        messages in proptest::collection::vec((message(), proptest::collection::vec(0..1000_u32, 0..4)), 0..6),
        mask: [u8; 4],
        splits in proptest::collection::vec(0..1000_usize, 0..20),
    ) {
        let input: Vec<u8> = messages.iter().flat_map(|(message, cuts)| frames(message, cuts, mask)).collect();
        let mut splits: Vec<usize> = splits.iter().map(|split| input.len() * split / 1000).collect();
        splits.sort_unstable();
        let (came, violation) = decode(&input, &splits, true);
        prop_assert_eq!(violation, None);
        let sent: Vec<Came> = messages.into_iter().map(|(message, _)| message).collect();
        prop_assert_eq!(came, sent);
    }

    #[test]
    fn nothing_makes_it_panic(input in proptest::collection::vec(any::<u8>(), 0..400), may_compress: bool) {
        let whole = decode(&input, &[], may_compress);
        let splits: Vec<usize> = (1..input.len()).collect();
        prop_assert_eq!(whole, decode(&input, &splits, may_compress));
    }

    #[test]
    fn tungstenite_reads_what_a_server_sends(message in message()) {
        let mut wire = Pipe::default();
        let (opcode, payload) = match &message {
            Came::Text(text) => (Kind::Text.opcode(), text.as_bytes()),
            Came::Binary(bytes) => (Kind::Binary.opcode(), &bytes[..]),
            Came::Ping(bytes) => (Opcode::Ping, &bytes[..]),
            Came::Pong(bytes) => (Opcode::Pong, &bytes[..]),
            Came::Close(..) => unreachable!("none is made"),
        };
        wire.incoming.extend_from_slice(frame_head(opcode, false, payload.len()).as_ref());
        wire.incoming.extend_from_slice(payload);
        wire.incoming.extend(close_frame(Some(1001), "bye"));
        let mut client = WebSocketContext::new(Role::Client, None);
        let read = client.read(&mut wire).expect("a message");
        let expected = match message {
            Came::Text(text) => Message::text(text),
            Came::Binary(bytes) => Message::binary(bytes),
            Came::Ping(bytes) => Message::Ping(bytes.into()),
            Came::Pong(bytes) => Message::Pong(bytes.into()),
            Came::Close(..) => unreachable!("none is made"),
        };
        prop_assert_eq!(read, expected);
        let end = client.read(&mut wire).expect("the end");
        let said = matches!(&end, Message::Close(Some(close)) if u16::from(close.code) == 1001 && close.reason == "bye");
        prop_assert!(said, "{:?}", end);
    }

    #[test]
    fn what_tungstenite_sends_as_a_client_is_read(message in message()) {
        let mut wire = Pipe::default();
        let mut client = WebSocketContext::new(Role::Client, None);
        let sent = match &message {
            Came::Text(text) => Message::text(text.clone()),
            Came::Binary(bytes) => Message::binary(bytes.clone()),
            Came::Ping(bytes) => Message::Ping(bytes.clone().into()),
            Came::Pong(bytes) => Message::Pong(bytes.clone().into()),
            Came::Close(..) => unreachable!("none is made"),
        };
        client.write(&mut wire, sent).expect("room");
        client.flush(&mut wire).expect("room");
        let (came, violation) = decode(&wire.outgoing, &[], false);
        prop_assert_eq!((came, violation), (vec![message], None));
    }

    /// Both read the same bytes as a server; where one refuses, so does the other. Tungstenite takes lengths that are not in their
    /// shortest form and close codes that nobody may send, so that these are left out.
    #[test]
    fn tungstenite_agrees_on_what_is_refused(
        first: u8,
        payload in proptest::collection::vec(any::<u8>(), 0..=125),
    ) {
        prop_assume!(first & 0x0f != 8);
        let mut input = vec![first, 0x80 | payload.len() as u8, 1, 2, 3, 4];
        input.extend_from_slice(&payload);
        let (came, violation) = decode(&input, &[], false);
        let mut wire = Pipe { incoming: input, ..Pipe::default() };
        let mut server = WebSocketContext::new(Role::Server, None);
        let read = server.read(&mut wire);
        let is_refused = match read {
            Ok(_) => {
                prop_assert_eq!(came.len(), 1);
                false
            }
            // The end of the input, of a message that is not whole.
            Err(Error::Io(_) | Error::Protocol(tungstenite::error::ProtocolError::ResetWithoutClosingHandshake)) => false,
            Err(_) => true,
        };
        prop_assert_eq!(is_refused, violation.is_some(), "{:?}", violation);
    }
}

#[derive(Default)]
struct Pipe {
    incoming: Vec<u8>,
    outgoing: Vec<u8>,
}

impl Read for Pipe {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = buffer.len().min(self.incoming.len());
        buffer[..count].copy_from_slice(&self.incoming[..count]);
        self.incoming.drain(..count);
        Ok(count)
    }
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.outgoing.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
