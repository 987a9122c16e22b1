//! What is published reaches sockets on every core.

use super::client::{BINARY, Client, TEXT};
use crate::support::{Engine, Launch, Server, eventually, request};

on_both_engines![
    sockets_hear_what_is_published,
    every_core_hears_it,
    others_publish_to_sockets_and_hear_them,
    who_is_gone_hears_nothing_and_is_not_counted,
];

const ROOM: &str = "
    export default {
        fetch(request, server) {
            const { pathname, searchParams } = new URL(request.url);
            const topic = searchParams.get('topic') ?? 'room';
            if (pathname === '/count') return Response.json(server.subscriberCount(topic));
            if (pathname === '/publish') return Response.json(server.publish(topic, 'from the server'));
            if (pathname === '/howth') return Response.json(Howth.publish(topic, new Uint8Array([1, 2])));
            if (pathname === '/object') return Response.json(server.publish(topic, { no: 'message' }));
            return server.upgrade(request, { data: pathname }) ? undefined : new Response();
        },
        websocket: {
            publishToSelf: SELF,
            open(socket) {
                socket.subscribe('room');
                socket.subscribe('room');
                socket.subscribe(socket.data);
                socket.send(JSON.stringify([socket.subscriptions, socket.isSubscribed('room'), socket.isSubscribed('x')]));
            },
            message(socket, message) {
                if (message === 'leave') {
                    socket.unsubscribe('room');
                    socket.send('left');
                } else {
                    socket.send(`sent ${socket.publish('room', message)}`);
                }
            },
        },
    };
";

fn open(server: &Server, path: &str) -> Client {
    let mut client = Client::open(server, path);
    assert_eq!(client.text(), format!("[[\"room\",\"{path}\"],true,false]"));
    client
}

fn sockets_hear_what_is_published(engine: Engine) {
    let server = Launch::serve(engine, &ROOM.replace("SELF", "false"))
        .options(["--cores", "1"])
        .start();
    let [mut one, mut two] = [open(&server, "/one"), open(&server, "/two")];
    assert_eq!(server.get("/count").text(), "2");
    one.send(TEXT, "hello");
    assert_eq!(one.text(), "sent 5");
    assert_eq!(two.text(), "hello");
    two.send(BINARY, [7; 70_000]);
    assert_eq!(one.take(BINARY), [7; 70_000]);
    assert_eq!(two.text(), "sent 70000");
    assert_eq!(server.get("/publish").text(), "15");
    assert_eq!(
        (one.text(), two.text()),
        ("from the server".into(), "from the server".into())
    );
    assert_eq!(server.get("/publish?topic=/one").text(), "15");
    assert_eq!(one.text(), "from the server");
    assert_eq!(server.get("/publish?topic=nobody").text(), "0");
    two.send(TEXT, "leave");
    assert_eq!(two.text(), "left");
    assert_eq!(server.get("/count").text(), "1");
    assert_eq!(server.get("/publish").text(), "15");
    assert_eq!(one.text(), "from the server");
    two.send(TEXT, "still there");
    assert_eq!(two.text(), "sent 11");
    assert_eq!(one.text(), "still there");

    let server = Launch::serve(engine, &ROOM.replace("SELF", "true")).start();
    let mut one = open(&server, "/one");
    one.send(TEXT, "to me");
    assert_eq!(one.text(), "to me");
    assert_eq!(one.text(), "sent 5");
}

/// Many sockets, so that each core has some.
fn every_core_hears_it(engine: Engine) {
    let server = Launch::serve(engine, &ROOM.replace("SELF", "false"))
        .options(["--cores", "2", "--max-heap", "64M"])
        .start();
    let mut clients: Vec<Client> = (0..24)
        .map(|number| open(&server, &format!("/{number}")))
        .collect();
    eventually("both cores know of all", || server.get("/count").text() == "24");
    clients[0].send(TEXT, "hello");
    assert_eq!(clients[0].text(), "sent 5");
    for client in &mut clients[1..] {
        assert_eq!(client.text(), "hello");
    }
    let mut connection = server.connect();
    for _ in 0..2 {
        connection.send(request("GET", "/publish"));
        assert_eq!(connection.response().text(), "15");
        for client in &mut clients {
            assert_eq!(client.text(), "from the server");
        }
    }
}

fn others_publish_to_sockets_and_hear_them(engine: Engine) {
    let source = format!(
        "Howth.subscribe('room', (data) => console.log('heard', typeof data === 'string' ? data : JSON.stringify(data)));
        {}",
        ROOM.replace("SELF", "false")
    );
    let server = Launch::serve(engine, &source).options(["--cores", "1"]).start();
    let mut client = open(&server, "/one");
    assert_eq!(server.get("/howth").text(), "1");
    assert_eq!(client.take(BINARY), [1, 2]);
    client.send(TEXT, "hello");
    assert_eq!(client.text(), "sent 5");
    server.wait_for_output("heard hello");
    assert_eq!(server.get("/object").text(), "1");
    server.wait_for_output("heard {\"no\":\"message\"}");
    assert_eq!(server.get("/publish").text(), "15");
    assert_eq!(client.text(), "from the server");
    server.wait_for_output("heard from the server");
}

fn who_is_gone_hears_nothing_and_is_not_counted(engine: Engine) {
    let server = Launch::serve(engine, &ROOM.replace("SELF", "false"))
        .options(["--cores", "2", "--max-heap", "64M"])
        .start();
    let clients: Vec<Client> = (0..16)
        .map(|number| open(&server, &format!("/{number}")))
        .collect();
    let mut stays = open(&server, "/stays");
    eventually("both cores know of all", || server.get("/count").text() == "17");
    drop(clients);
    eventually("both cores know who is left", || {
        server.get("/count").text() == "1"
    });
    assert_eq!(server.get("/publish").text(), "15");
    assert_eq!(stays.text(), "from the server");
    stays.close(1000, "");
    eventually("nobody is left", || server.get("/count").text() == "0");
    eventually("nobody hears it", || server.get("/publish").text() == "0");
}
