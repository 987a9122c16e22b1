//! What becomes of a socket, without an engine and with a clock that the test moves.

mod support;

use std::rc::Rc;

use howth_engine::{ConnectionEnd, Event, ExchangeId, ListenerId};
use howth_sockets::{NotUpgraded, Observed, Sent, Settings, Sockets, Told, Upgraded};
use howth_websocket::{Kind, Opcode, Refusal, close_frame, masked_frame};
use support::Tunnels;

const MASK: [u8; 4] = [1, 2, 3, 4];

fn frame(opcode: Opcode, payload: impl AsRef<[u8]>) -> Vec<u8> {
    masked_frame(opcode, true, false, payload.as_ref(), MASK)
}

fn closing(code: u16) -> Vec<u8> {
    frame(Opcode::Close, code.to_be_bytes())
}

fn upgrade(sockets: &mut Sockets, tunnels: &Tunnels, settings: Settings) -> ExchangeId {
    let id = tunnels.request("");
    let upgraded = sockets.upgrade(tunnels, id, &Rc::new(settings), &[], true, 0);
    assert!(upgraded.is_ok());
    assert_eq!(tunnels.with(id, |tunnel| tunnel.status), Some(101));
    id
}

fn open(settings: Settings) -> (Sockets, Tunnels, ExchangeId) {
    let (mut sockets, tunnels) = (Sockets::new(), Tunnels::default());
    let id = upgrade(&mut sockets, &tunnels, settings);
    (sockets, tunnels, id)
}

fn take(sockets: &mut Sockets, tunnels: &Tunnels, id: ExchangeId) -> Vec<Told> {
    let mut all = Vec::new();
    let mut has_more = true;
    while has_more && let Some((told, more)) = sockets.take(tunnels, id, 0) {
        all.push(told);
        has_more = more;
    }
    assert_eq!(sockets.take(tunnels, id, 0), None, "something was left");
    all
}

fn text(text: &str) -> Told {
    Told::Message(Kind::Text, text.as_bytes().into())
}

fn closed(code: u16, is_clean: bool) -> Told {
    Told::Close {
        code,
        reason: String::new(),
        is_clean,
    }
}

#[test]
fn messages_wait_until_they_are_taken_and_are_told_once() {
    let (mut sockets, tunnels, id) = open(Settings::default());
    let mut observe = |bytes: &[u8]| sockets.observe(&tunnels, tunnels.receive(id, bytes), 0);
    assert_eq!(observe(&frame(Opcode::Text, "one")), Observed::Tell);
    assert_eq!(observe(&frame(Opcode::Text, "two")[..3]), Observed::Done);
    assert_eq!(observe(&frame(Opcode::Text, "two")[3..]), Observed::Done);
    assert_eq!(take(&mut sockets, &tunnels, id), [text("one"), text("two")]);
    let ping = tunnels.receive(id, &frame(Opcode::Ping, "there?"));
    assert_eq!(sockets.observe(&tunnels, ping, 0), Observed::Done);
    assert_eq!(tunnels.written(id), b"\x8a\x06there?");
    assert_eq!(sockets.observe(&tunnels, Event::Writable(id), 0), Observed::Tell);
    let other = ExchangeId {
        index: 7,
        generation: 1,
    };
    assert_eq!(
        sockets.observe(&tunnels, Event::BodyReadable(other), 0),
        Observed::Others
    );
}

#[test]
fn no_more_is_decoded_than_a_bound_and_then_nothing_is_read() {
    let (mut sockets, tunnels, id) = open(Settings::default());
    let message = frame(Opcode::Binary, [7; 1000]);
    let event = tunnels.receive(id, &message.repeat(100));
    assert_eq!(sockets.observe(&tunnels, event, 0), Observed::Tell);
    let event = tunnels.receive(id, &message.repeat(100));
    assert_eq!(sockets.observe(&tunnels, event, 0), Observed::Done);
    assert_eq!(
        tunnels.with(id, |tunnel| tunnel.received.len()),
        message.len() * 100
    );
    assert_eq!(take(&mut sockets, &tunnels, id).len(), 200);
    assert!(tunnels.with(id, |tunnel| tunnel.received.is_empty()));
}

#[test]
fn a_close_is_answered_behind_what_the_application_says_to_earlier_messages() {
    let (mut sockets, tunnels, id) = open(Settings::default());
    let bytes = [frame(Opcode::Text, "last"), closing(1000), b"nobody's".to_vec()].concat();
    let event = tunnels.receive(id, &bytes);
    assert_eq!(sockets.observe(&tunnels, event, 0), Observed::Tell);
    assert_eq!(tunnels.written(id), b"");
    assert_eq!(sockets.take(&tunnels, id, 0), Some((text("last"), true)));
    let sent = sockets.send(&tunnels, id, Opcode::Text, b"answer", false);
    assert_eq!(sent, Sent::Ready);
    assert_eq!(sockets.take(&tunnels, id, 0), Some((closed(1000, true), false)));
    let expected = [&b"\x81\x06answer"[..], &close_frame(Some(1000), "")].concat();
    assert_eq!(tunnels.written(id), expected);
    assert_eq!(tunnels.with(id, |tunnel| tunnel.end), Some(ConnectionEnd::AtOnce));
    assert!(sockets.is_empty());
    assert_eq!(
        sockets.send(&tunnels, id, Opcode::Text, b"late", false),
        Sent::Dropped
    );
}

#[test]
fn a_client_that_is_gone_is_told_once_however_it_shows() {
    let (mut sockets, tunnels, id) = open(Settings::default());
    let event = tunnels.receive(id, &frame(Opcode::Text, "last"));
    tunnels.with(id, |tunnel| tunnel.has_ended = true);
    assert_eq!(sockets.observe(&tunnels, event, 0), Observed::Tell);
    tunnels.with(id, |tunnel| tunnel.is_gone = true);
    assert_eq!(sockets.observe(&tunnels, Event::Aborted(id), 0), Observed::Done);
    assert_eq!(
        take(&mut sockets, &tunnels, id),
        [text("last"), closed(1006, false)]
    );
    assert_eq!(sockets.observe(&tunnels, Event::Aborted(id), 0), Observed::Others);
}

#[test]
fn what_comes_behind_our_own_close_is_nobodys() {
    let (mut sockets, tunnels, id) = open(Settings::default());
    let event = tunnels.receive(id, &frame(Opcode::Text, "waits"));
    assert_eq!(sockets.observe(&tunnels, event, 0), Observed::Tell);
    sockets.close(&tunnels, id, Some(4000), "enough");
    assert_eq!(tunnels.written(id), close_frame(Some(4000), "enough"));
    assert_eq!(take(&mut sockets, &tunnels, id), []);
    let bytes = [
        frame(Opcode::Text, "late"),
        frame(Opcode::Ping, ""),
        closing(4000),
    ]
    .concat();
    let event = tunnels.receive(id, &bytes);
    assert_eq!(sockets.observe(&tunnels, event, 0), Observed::Tell);
    assert_eq!(take(&mut sockets, &tunnels, id), [closed(4000, true)]);
    assert_eq!(tunnels.written(id), b"");
    // One that does not answer is given up.
    let id = upgrade(&mut sockets, &tunnels, Settings::default());
    sockets.close(&tunnels, id, None, "");
    assert_eq!(tunnels.with(id, |tunnel| tunnel.alarm_ms), Some(5_000));
    assert_eq!(sockets.observe(&tunnels, Event::Alarm(id), 5_000), Observed::Tell);
    assert_eq!(take(&mut sockets, &tunnels, id), [closed(1006, false)]);
}

#[test]
fn a_silent_client_is_asked_and_given_up() {
    let (mut sockets, tunnels, id) = open(Settings {
        silence_ms: 20_000,
        ..Settings::default()
    });
    let alarm = |tunnels: &Tunnels| tunnels.with(id, |tunnel| tunnel.alarm_ms.take());
    assert_eq!(alarm(&tunnels), Some(12_000));
    // It has said something meanwhile.
    let event = tunnels.receive(id, &frame(Opcode::Pong, ""));
    assert_eq!(sockets.observe(&tunnels, event, 5_000), Observed::Done);
    assert_eq!(alarm(&tunnels), None);
    assert_eq!(
        sockets.observe(&tunnels, Event::Alarm(id), 12_000),
        Observed::Done
    );
    assert_eq!((alarm(&tunnels), tunnels.written(id)), (Some(5_000), Vec::new()));
    assert_eq!(
        sockets.observe(&tunnels, Event::Alarm(id), 17_000),
        Observed::Done
    );
    assert_eq!(
        (alarm(&tunnels), tunnels.written(id)),
        (Some(8_000), b"\x89\0".to_vec())
    );
    assert_eq!(
        sockets.observe(&tunnels, Event::Alarm(id), 25_000),
        Observed::Tell
    );
    let told = take(&mut sockets, &tunnels, id);
    // One whose words the application has not taken is not silent.
    let (mut others, tunnels, id) = open(Settings::default());
    let event = tunnels.receive(id, &frame(Opcode::Text, "waits"));
    assert_eq!(others.observe(&tunnels, event, 0), Observed::Tell);
    assert_eq!(
        others.observe(&tunnels, Event::Alarm(id), 500_000),
        Observed::Done
    );
    assert_eq!(tunnels.written(id), b"");
    assert!(
        matches!(&told[..], [Told::Close { code: 1006, reason, .. }] if reason.contains("silent")),
        "{told:?}"
    );
}

#[test]
fn sockets_leave_after_a_grace_and_later_ones_too() {
    let (mut sockets, tunnels, id) = open(Settings::default());
    sockets.leave(&tunnels);
    let later = upgrade(&mut sockets, &tunnels, Settings::default());
    for id in [id, later] {
        assert_eq!(tunnels.with(id, |tunnel| tunnel.alarm_ms), Some(500));
        assert_eq!(sockets.observe(&tunnels, Event::Alarm(id), 500), Observed::Done);
        assert_eq!(tunnels.written(id), close_frame(Some(1001), ""));
    }
}

#[test]
fn sockets_of_one_listener_leave_alone() {
    let (mut sockets, tunnels, id) = open(Settings::default());
    sockets.leave_of(&tunnels, ListenerId(1));
    assert_eq!(tunnels.with(id, |tunnel| tunnel.alarm_ms), Some(112_000));
    sockets.leave_of(&tunnels, ListenerId(0));
    let later = upgrade(&mut sockets, &tunnels, Settings::default());
    assert_eq!(tunnels.with(id, |tunnel| tunnel.alarm_ms), Some(500));
    assert_eq!(tunnels.with(later, |tunnel| tunnel.alarm_ms), Some(500));
    sockets.stay(ListenerId(0));
    let next = upgrade(&mut sockets, &tunnels, Settings::default());
    assert_eq!(tunnels.with(next, |tunnel| tunnel.alarm_ms), Some(112_000));
}

#[test]
fn what_is_unsent_is_bounded() {
    let settings = Settings {
        unsent_bytes_max: 1_500,
        ..Settings::default()
    };
    let (mut sockets, tunnels, id) = open(settings.clone());
    let mut send = || sockets.send(&tunnels, id, Opcode::Binary, &[7; 600], false);
    assert_eq!(
        [send(), send(), send(), send()],
        [Sent::Ready, Sent::Full, Sent::Full, Sent::Dropped]
    );
    tunnels.with(id, |tunnel| tunnel.unsent = 0);
    assert_eq!(send(), Sent::Ready);
    let id = upgrade(
        &mut sockets,
        &tunnels,
        Settings {
            ends_at_unsent_max: true,
            ..settings
        },
    );
    tunnels.with(id, |tunnel| tunnel.unsent = 1_501);
    assert_eq!(
        sockets.send(&tunnels, id, Opcode::Text, b"x", false),
        Sent::Dropped
    );
    assert_eq!(tunnels.with(id, |tunnel| tunnel.end), Some(ConnectionEnd::Reset));
}

#[test]
fn topics_reach_their_members() {
    let (mut sockets, tunnels, one) = open(Settings::default());
    let two = upgrade(&mut sockets, &tunnels, Settings::default());
    assert!(sockets.subscribe(one, "room") && sockets.subscribe(two, "room"));
    assert!(!sockets.subscribe(one, "room"), "it hears it already");
    assert!(sockets.subscribe(one, "other"));
    assert_eq!(sockets.topics_of(one).collect::<Vec<_>>(), ["room", "other"]);
    let mut publish = |topic, but| sockets.publish(&tunnels, topic, Opcode::Text, b"x", false, but);
    assert_eq!(publish("room", None), 2);
    assert_eq!(publish("room", Some(one)), 1);
    assert_eq!(publish("nobody", None), 0);
    assert_eq!(tunnels.written(one), b"\x81\x01x");
    assert_eq!(tunnels.written(two), b"\x81\x01x\x81\x01x");
    assert!(sockets.unsubscribe(two, "room") && !sockets.unsubscribe(two, "room"));
    assert_eq!(sockets.members("room"), 1);
    let event = tunnels.receive(one, &closing(1000));
    assert_eq!(sockets.observe(&tunnels, event, 0), Observed::Tell);
    take(&mut sockets, &tunnels, one);
    assert_eq!((sockets.members("room"), sockets.members("other")), (0, 0));
}

#[test]
fn a_handshake_is_answered_with_what_was_agreed_upon() {
    let (mut sockets, tunnels) = (Sockets::new(), Tunnels::default());
    let settings = Rc::new(Settings {
        compresses: true,
        ..Settings::default()
    });
    let id = tunnels.request(
        "sec-websocket-protocol: a, b\r\nsec-websocket-extensions: permessage-deflate; server_max_window_bits=10\r\n",
    );
    let fields: [(&[u8], &[u8]); 2] = [(b"x-a", b"1"), (b"Sec-WebSocket-Accept", b"wrong")];
    let upgraded = sockets.upgrade(&tunnels, id, &settings, &fields, true, 0);
    let extensions = "permessage-deflate; server_no_context_takeover; client_no_context_takeover; \
                      server_max_window_bits=10";
    assert_eq!(
        upgraded,
        Ok(Upgraded {
            protocol: Some("a".to_owned()),
            extensions: extensions.to_owned()
        })
    );
    let fields = tunnels.with(id, |tunnel| tunnel.fields.clone());
    let fields: Vec<(&str, &str)> = fields
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    assert_eq!(
        fields,
        [
            ("upgrade", "websocket"),
            ("sec-websocket-accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="),
            ("sec-websocket-extensions", extensions),
            ("sec-websocket-protocol", "a"),
            ("x-a", "1"),
        ]
    );
    let sent = sockets.send(&tunnels, id, Opcode::Text, &[b'x'; 1000], true);
    assert_eq!(sent, Sent::Ready);
    let written = tunnels.written(id);
    assert!(written[0] == 0xc1 && written.len() < 100, "{}", written.len());
}

#[test]
fn a_request_that_opens_no_websocket_stays_one() {
    let (mut sockets, tunnels) = (Sockets::new(), Tunnels::default());
    let settings = Rc::new(Settings::default());
    let id = tunnels.request("sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n");
    let upgraded = sockets.upgrade(&tunnels, id, &settings, &[], true, 0);
    assert_eq!(upgraded, Err(NotUpgraded::Refused(Refusal::Key)));
    assert_eq!(tunnels.with(id, |tunnel| tunnel.status), None);
    // RFC 6455 section 4.2.2.
    let id = tunnels.request("sec-websocket-version: 8\r\n");
    let upgraded = sockets.upgrade(&tunnels, id, &settings, &[], true, 0);
    assert_eq!(upgraded, Err(NotUpgraded::Refused(Refusal::Version)));
    assert_eq!(tunnels.with(id, |tunnel| tunnel.status), Some(426));
    assert!(sockets.is_empty());
}

/// It cannot answer what stands behind that.
#[test]
fn a_client_that_has_not_taken_what_was_sent_is_not_silent() {
    let (mut sockets, tunnels, id) = open(Settings {
        silence_ms: 10_000,
        ..Settings::default()
    });
    tunnels.with(id, |tunnel| tunnel.unsent = 1);
    for now_ms in [5_000, 10_000, 60_000] {
        assert_eq!(
            sockets.observe(&tunnels, Event::Alarm(id), now_ms),
            Observed::Done
        );
    }
    assert_eq!(tunnels.written(id), b"");
    tunnels.with(id, |tunnel| tunnel.unsent = 0);
    assert_eq!(
        sockets.observe(&tunnels, Event::Alarm(id), 65_000),
        Observed::Done
    );
    assert_eq!(tunnels.written(id), b"\x89\x00");
}

#[test]
fn of_all_sockets_together_so_much_waits_and_no_more() {
    const LARGE: usize = 40 << 20;
    let settings = Settings {
        message_bytes_max: LARGE,
        ..Settings::default()
    };
    let (mut sockets, tunnels) = (Sockets::new(), Tunnels::default());
    let ids = [(); 3].map(|()| upgrade(&mut sockets, &tunnels, settings.clone()));
    let large = frame(Opcode::Binary, vec![0; LARGE]);
    for id in ids {
        let event = tunnels.receive(id, &large);
        assert_eq!(sockets.observe(&tunnels, event, 0), Observed::Tell);
    }
    let unread = |id| tunnels.with(id, |tunnel| tunnel.received.len());
    assert_eq!(ids.map(unread), [0, 0, large.len()]);
    // Whoever has lost what it was told hears of all three.
    assert_eq!(sockets.tell_again(|_| false).len(), 3);
    // The application reads what nobody has read.
    for id in ids {
        assert_eq!(take(&mut sockets, &tunnels, id).len(), 1);
    }
    assert_eq!(sockets.waiting_bytes(), 0);
    let event = tunnels.receive(ids[2], &large);
    assert_eq!(sockets.observe(&tunnels, event, 0), Observed::Tell);
    sockets.close(&tunnels, ids[2], None, "");
    assert_eq!(sockets.waiting_bytes(), 0);
}
