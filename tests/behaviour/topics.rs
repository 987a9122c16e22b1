//! Messages between cores by topic.

use crate::support::{Engine, Launch, ask, connections, eventually, serve_on_two_cores};

on_both_engines![
    a_message_reaches_every_core_in_order,
    servers_publish_and_subscribe_as_well,
    who_has_unsubscribed_hears_no_more,
    a_subscriber_that_throws_stops_nobody,
    a_core_that_is_busy_loses_what_it_has_no_room_for_and_knows_it,
    what_is_no_message_is_refused,
    a_subscription_keeps_nobody_alive,
    workers_take_part,
    messages_cross_without_an_exchange_of_requests,
    what_is_published_while_the_program_starts_arrives,
    a_flood_of_messages_leaves_time_to_serve,
];

fn a_message_reaches_every_core_in_order(engine: Engine) {
    let server = serve_on_two_cores(
        engine,
        "
        const seen: string[] = [];
        Howth.subscribe('news', (data, topic) => {
            const map = (data as { three?: Map<number, Uint8Array> }).three;
            seen.push(`${topic}: ${map === undefined ? data : map.get(3)![0]}`);
        });
    ",
        "
        '/publish': () => [1, 'two', { three: new Map([[3, new Uint8Array([3])]]) }].map((data) => Howth.publish('news', data)),
        '/other': () => Howth.publish('other', 'nobody listens'),
        '/seen': () => seen,
    ",
    );
    let mut connections = connections(&server);
    let all = ["news: 1", "news: two", "news: 3"];
    for times in 1..=2 {
        assert_eq!(
            ask(&mut connections[times - 1], "/publish"),
            serde_json::json!([2, 2, 2])
        );
        for connection in &mut connections {
            let expected = serde_json::json!(all.repeat(times));
            eventually("all messages on this core", || {
                ask(connection, "/seen") == expected
            });
        }
    }
    assert_eq!(ask(&mut connections[0], "/other"), 0);
}

fn servers_publish_and_subscribe_as_well(engine: Engine) {
    let server = Launch::run(
        engine,
        "
        const seen: unknown[] = [];
        const server = Howth.serve({ port: 0, hostname: '127.0.0.1' }, (request, info) => {
            if (request.url.endsWith('/publish')) info.publish('news', 'from a handler');
            return Response.json(seen);
        });
        server.subscribe('news', (data) => seen.push(data));
        server.publish('news', 'from the start');
    ",
    )
    .start();
    let seen = |expected: &[&str]| {
        let expected = serde_json::json!(expected);
        eventually("the messages", || server.get("/").json() == expected);
    };
    seen(&["from the start"]);
    server.get("/publish");
    seen(&["from the start", "from a handler"]);
}

fn who_has_unsubscribed_hears_no_more(engine: Engine) {
    let finished = Launch::run(
        engine,
        "
        const seen: unknown[] = [];
        const heard = Promise.withResolvers<void>();
        const first = Howth.subscribe('news', (data) => {
            seen.push(`first: ${data}`);
            // Before its turn came.
            second.unsubscribe();
        });
        const second = Howth.subscribe('news', (data) => seen.push(`second: ${data}`));
        {
            using third = Howth.subscribe('news', (data) => seen.push(`third: ${data}`));
            console.log(third.topic);
        }
        Howth.subscribe('end', () => heard.resolve());
        console.log(Howth.publish('news', 1), Howth.publish('end', null));
        const keepsAlive = setTimeout(() => {}, 60_000);
        await heard.promise;
        first.unsubscribe();
        first.unsubscribe();
        console.log(Howth.publish('news', 2), seen.join());
        clearTimeout(keepsAlive);
    ",
    )
    .finish();
    assert_eq!(finished.stdout, "news\n1 1\n0 first: 1\n", "{finished:?}");
}

fn a_subscriber_that_throws_stops_nobody(engine: Engine) {
    let server = serve_on_two_cores(
        engine,
        "
        const seen: unknown[] = [];
        Howth.subscribe('news', () => { throw new Error('on purpose'); });
        Howth.subscribe('news', (data) => seen.push(data));
    ",
        "
        '/publish': () => Howth.publish('news', 'text'),
        '/seen': () => seen,
    ",
    );
    let mut connections = connections(&server);
    for times in 1..=2 {
        ask(&mut connections[0], "/publish");
        for connection in &mut connections {
            let expected = serde_json::json!(["text"].repeat(times));
            eventually("the message on this core", || {
                ask(connection, "/seen") == expected
            });
        }
    }
    server.wait_for_output("a subscriber of \"news\" failed: Error: on purpose");
}

fn a_core_that_is_busy_loses_what_it_has_no_room_for_and_knows_it(engine: Engine) {
    const MESSAGES: u64 = 3000;
    const ROOM: u64 = 1024;
    let server = serve_on_two_cores(
        engine,
        "
        let seen = 0;
        const news = Howth.subscribe('news', () => seen++);
    ",
        "
        '/publish': async () => {
            let taken = 0;
            // The core that publishes has time in between to hear its own.
            for (let i = 0; i < 3000; i++) {
                if (i % 100 === 0) await new Promise((resolve) => setTimeout(resolve, 2));
                taken += Howth.publish('news', i);
            }
            kv.set('published', true);
            return taken;
        },
        '/publish-one': () => Howth.publish('news', 'one'),
        '/block': () => {
            kv.set('blocked', true);
            while (!kv.has('published'));
            return true;
        },
        '/blocked': () => kv.has('blocked'),
        '/seen': () => [seen, news.lost],
    ",
    );
    let [mut fast, mut slow] = connections(&server);
    std::thread::scope(|scope| {
        let blocked = scope.spawn(|| ask(&mut slow, "/block"));
        eventually("a blocked core", || ask(&mut fast, "/blocked") == true);
        assert_eq!(ask(&mut fast, "/publish"), MESSAGES + ROOM);
        assert_eq!(blocked.join().expect("no panic"), true);
    });
    let seen = serde_json::json!([MESSAGES, 0]);
    eventually("all messages on the fast core", || {
        ask(&mut fast, "/seen") == seen
    });
    let seen = serde_json::json!([ROOM, MESSAGES - ROOM]);
    eventually("what there was room for", || ask(&mut slow, "/seen") == seen);
    // And it goes on.
    ask(&mut fast, "/publish-one");
    let seen = serde_json::json!([ROOM + 1, MESSAGES - ROOM]);
    eventually("one message more", || ask(&mut slow, "/seen") == seen);
}

fn what_is_no_message_is_refused(engine: Engine) {
    let finished = Launch::run(
        engine,
        "
        const howth = Howth as any;
        const refused = (work: () => unknown) => {
            try {
                console.log('taken', work());
            } catch (error) {
                console.log(error.name);
            }
        };
        for (const topic of [undefined, null, 1, {}]) {
            refused(() => howth.publish(topic, 1));
            refused(() => howth.subscribe(topic, () => {}));
        }
        refused(() => howth.publish('news'));
        refused(() => howth.subscribe('news', 'a listener'));
        for (const data of [() => 1, new Blob(['x']), [new SharedArrayBuffer(1)]]) refused(() => howth.publish('news', data));
        refused(() => howth.publish('t'.repeat(1025), 1));
        refused(() => howth.subscribe('t'.repeat(1025), () => {}));
        refused(() => howth.publish('news', 'x'.repeat(2 ** 20 + 1)));
        refused(() => howth.publish('news', { get own() { throw new RangeError('of the program'); } }));
    ",
    )
    .finish();
    let expected = [
        "TypeError\n".repeat(10),
        "DataCloneError\n".repeat(3),
        "RangeError\n".repeat(4),
    ];
    assert_eq!(finished.stdout, expected.concat(), "{finished:?}");
}

fn a_subscription_keeps_nobody_alive(engine: Engine) {
    let finished = Launch::run(
        engine,
        "Howth.subscribe('news', () => {}); console.log('through');",
    )
    .finish();
    assert_eq!(
        (finished.code, &*finished.stdout),
        (Some(0), "through\n"),
        "{finished:?}"
    );
    let mut server = Launch::serve(
        engine,
        "
        Howth.subscribe('news', () => {});
        export default () => new Response('hi');
    ",
    )
    .start();
    assert_eq!(server.get("/").text(), "hi");
    server.signal(libc::SIGTERM);
    assert_eq!(server.wait().code(), Some(0));
}

fn workers_take_part(engine: Engine) {
    let finished = Launch::run(
        engine,
        "
        import { Worker as Thread } from 'node:worker_threads';
        const { kv } = Howth;
        kv.set('input', { numbers: [1, 2, 3] });
        const answers: string[] = [];
        const workers = [new Worker(new URL('worker.js', import.meta.url), { type: 'module' })];
        const threads = [new Thread(new URL('worker.js', import.meta.url))];
        Howth.subscribe('answers', (answer) => {
            if (answers.push(answer) < 2) return;
            console.log(answers.join(), kv.get('workers'), kv.get('sum'));
            for (const worker of [...workers, ...threads]) worker.terminate();
        });
        console.log('begin');
        kv.set('begin', true);
    ",
    )
    .file(
        "worker.js",
        "
        while (!Howth.kv.has('begin'));
        const { numbers } = Howth.kv.get('input');
        Howth.kv.set('sum', numbers.reduce((sum, number) => sum + number));
        Howth.kv.increment('workers');
        const names = ['kv', 'publish', 'subscribe', 'eventStream', 'serve', 'metrics'];
        Howth.publish('answers', names.filter((name) => name in Howth).join(' '));
        setTimeout(() => {}, 60_000);
    ",
    )
    .finish();
    let howth = "kv publish subscribe eventStream";
    assert_eq!(
        finished.stdout,
        format!("begin\n{howth},{howth} 2 6\n"),
        "{finished:?}"
    );
}

fn messages_cross_without_an_exchange_of_requests(engine: Engine) {
    let server = Launch::serve(
        engine,
        "
        const core = crypto.randomUUID();
        let seen = 0;
        Howth.subscribe('news', () => seen++);
        export default (request: Request) => {
            if (request.url.endsWith('/publish')) Howth.publish('news', 1);
            return Response.json(request.url.endsWith('/core') ? core : seen);
        };
    ",
    )
    .options(["--cores", "2", "--max-heap", "64M", "--no-work-sharing"])
    .start();
    let [mut one, mut other] = connections(&server);
    ask(&mut one, "/publish");
    for connection in [&mut one, &mut other] {
        eventually("the message", || ask(connection, "/seen") == 1);
    }
}

/// Each core publishes before any has an engine, and the second one while the first one serves.
fn what_is_published_while_the_program_starts_arrives(engine: Engine) {
    let server = serve_on_two_cores(
        engine,
        "
        const seen: unknown[] = [];
        Howth.subscribe('hello', (name) => seen.push(name));
        Howth.publish('hello', core);
        await new Promise((resolve) => setTimeout(resolve, 10));
        Howth.publish('hello', core);
    ",
        "
        '/seen': () => seen.length,
    ",
    );
    let [mut one, mut other] = connections(&server);
    // The first core had published before the second one began.
    let all = |connection: &mut _| ask(connection, "/seen").as_u64();
    eventually("all of both, or but the first one's", || {
        all(&mut one).max(all(&mut other)) == Some(4) && all(&mut one).min(all(&mut other)) == Some(2)
    });
}

/// More than the subscriber of the other core can do; its core answers requests all the same, and itself.
fn a_flood_of_messages_leaves_time_to_serve(engine: Engine) {
    let server = Launch::serve(
        engine,
        "
        const core = crypto.randomUUID();
        const { kv } = Howth;
        let floods = false;
        let received = 0;
        Howth.subscribe('flood', () => {
            received++;
            const end = performance.now() + 0.1;
            while (!floods && performance.now() < end);
        });
        export default async (request: Request) => {
            if (request.url.endsWith('/core')) return Response.json(core);
            if (request.url.endsWith('/received')) return Response.json([core, received]);
            if (request.url.endsWith('/end')) return Response.json(kv.set('end', true) ?? null);
            floods = true;
            while (!kv.has('end')) {
                for (let i = 0; i < 200; i++) Howth.publish('flood', i);
                await new Promise((resolve) => setTimeout(resolve, 1));
            }
            return Response.json('over');
        };
    ",
    )
    .options(["--cores", "2", "--max-heap", "64M", "--no-work-sharing"])
    .start();
    let [mut flooding, mut flooded] = connections(&server);
    let core = ask(&mut flooded, "/core");
    std::thread::scope(|scope| {
        let flood = scope.spawn(|| ask(&mut flooding, "/flood"));
        // In each second come twenty seconds' worth of messages.
        eventually("thousands of messages", || {
            let answer = ask(&mut flooded, "/received");
            assert_eq!(answer[0], core);
            answer[1].as_u64() > Some(3000)
        });
        ask(&mut flooded, "/end");
        assert_eq!(flood.join().expect("no panic"), "over");
    });
}
