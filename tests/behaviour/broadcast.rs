//! `BroadcastChannel` between cores and workers.

use crate::support::{Engine, Launch, ask, connections, eventually, serve_on_two_cores};

on_both_engines![
    a_channel_reaches_every_core,
    a_channel_reaches_workers,
    a_channel_carries_what_can_be_cloned,
    a_channel_loses_nothing_of_a_thousand,
    a_channel_tells_when_it_loses,
    a_channel_that_is_opened_again_hears_what_comes_then,
];

fn a_channel_reaches_every_core(engine: Engine) {
    let mut server = serve_on_two_cores(
        engine,
        "
        let seen: number[] = [];
        const channel = new BroadcastChannel('news');
        channel.onmessage = ({ data }) => seen.push(data.count);
    ",
        "
        '/post': () => { for (let i = 0; i < 100; i++) channel.postMessage({ count: i }); },
        '/seen': () => seen,
    ",
    );
    let [mut one, mut other] = connections(&server);
    ask(&mut one, "/post");
    let all = serde_json::json!((0..100).collect::<Vec<_>>());
    eventually("all messages on the other core", || {
        ask(&mut other, "/seen") == all
    });
    // Who posts does not hear it itself.
    assert_eq!(ask(&mut one, "/seen"), serde_json::json!([]));
    server.signal(libc::SIGTERM);
    assert_eq!(server.wait().code(), Some(0));
}

fn a_channel_reaches_workers(engine: Engine) {
    let finished = Launch::run(
        engine,
        "
        const channel = new BroadcastChannel('news');
        const worker = new Worker(new URL('worker.js', import.meta.url), { type: 'module' });
        channel.onmessage = ({ data }) => {
            if (data === 'ready') return channel.postMessage('a question');
            console.log(data);
            channel.close();
            worker.terminate();
        };
    ",
    )
    .file(
        "worker.js",
        "
        const channel = new BroadcastChannel('news');
        channel.onmessage = ({ data }) => channel.postMessage(`${data}, answered`);
        channel.postMessage('ready');
    ",
    )
    .finish();
    assert_eq!(finished.stdout, "a question, answered\n", "{finished:?}");
}

fn a_channel_carries_what_can_be_cloned(engine: Engine) {
    let finished = Launch::run(
        engine,
        "
        const channel = new BroadcastChannel('news');
        const worker = new Worker(new URL('worker.js', import.meta.url), { type: 'module' });
        const memory = new Int32Array(new SharedArrayBuffer(4));
        channel.onmessage = ({ data }) => {
            if (data === 'ready') {
                try {
                    channel.postMessage(() => 1);
                } catch (error) {
                    console.log(error.name);
                }
                // More than a channel holds of smaller messages.
                channel.postMessage({ map: new Map([[1, new Date(7)]]), memory, text: 'x'.repeat(5 << 20) });
                return;
            }
            console.log(data, memory[0]);
            channel.close();
            worker.terminate();
        };
    ",
    )
    .file(
        "worker.js",
        "
        const channel = new BroadcastChannel('news');
        const twin = new BroadcastChannel('news');
        const heard = [];
        for (const own of [channel, twin]) {
            own.onmessageerror = () => console.log('not decoded');
            own.onmessage = ({ data: { map, memory, text } }) => {
                // What the other one of this worker says.
                if (map === undefined) return;
                memory[0] += 1;
                if (heard.push(map.get(1).getTime() + text.length) === 2) channel.postMessage(heard.join());
            };
        }
        channel.postMessage('ready');
    ",
    )
    .finish();
    let sum = 7 + (5 << 20);
    assert_eq!(
        finished.stdout,
        format!("DataCloneError\n{sum},{sum} 2\n"),
        "{finished:?}"
    );
}

const CHANNEL: &str = "
    let seen = 0;
    const channel = new BroadcastChannel('news');
    channel.onmessage = () => seen++;
";

fn a_channel_loses_nothing_of_a_thousand(engine: Engine) {
    let server = serve_on_two_cores(
        engine,
        CHANNEL,
        "
        '/post': () => { for (let i = 0; i < 1000; i++) channel.postMessage(i); },
        '/seen': () => seen,
    ",
    );
    let [mut one, mut other] = connections(&server);
    for times in 1..=3 {
        ask(&mut one, "/post");
        eventually("all messages on the other core", || {
            ask(&mut other, "/seen") == times * 1000
        });
    }
}

fn a_channel_tells_when_it_loses(engine: Engine) {
    let server = serve_on_two_cores(
        engine,
        CHANNEL,
        "
        '/post': () => { for (let i = 0; i < 3000; i++) channel.postMessage(i); kv.set('posted', true); },
        '/block': () => { kv.set('blocked', true); while (!kv.has('posted')); },
        '/blocked': () => kv.has('blocked'),
        '/seen': () => seen,
    ",
    );
    let [mut one, mut other] = connections(&server);
    std::thread::scope(|scope| {
        let blocked = scope.spawn(|| ask(&mut other, "/block"));
        eventually("a blocked core", || ask(&mut one, "/blocked") == true);
        ask(&mut one, "/post");
        blocked.join().expect("no panic");
    });
    eventually("what there was room for", || ask(&mut other, "/seen") == 1024);
    server.wait_for_output("BroadcastChannel: 1976 messages were lost");
}

fn a_channel_that_is_opened_again_hears_what_comes_then(engine: Engine) {
    let server = serve_on_two_cores(
        engine,
        "
        let seen: unknown[] = [];
        let channel: BroadcastChannel | undefined;
        const open = () => {
            channel = new BroadcastChannel('news');
            channel.onmessage = ({ data }) => seen.push(data);
        };
    ",
        "
        '/open': () => open(),
        '/close': async () => {
            channel!.close();
            // Deno's channels notice in the next turn of the loop; until then one that is opened anew is the old one.
            await new Promise((resolve) => setTimeout(resolve, 5));
        },
        '/reopen': () => { channel!.close(); open(); },
        '/post': (text: string) => { const own = new BroadcastChannel('news'); own.postMessage(text); own.close(); },
        '/seen': () => seen,
    ",
    );
    let [mut one, mut other] = connections(&server);
    ask(&mut other, "/open");
    ask(&mut one, "/post?first");
    eventually("the first message", || {
        ask(&mut other, "/seen") == serde_json::json!(["first"])
    });
    ask(&mut other, "/close");
    ask(&mut one, "/post?unheard");
    ask(&mut other, "/open");
    ask(&mut one, "/post?second");
    eventually("the second message", || {
        ask(&mut other, "/seen") == serde_json::json!(["first", "second"])
    });
    ask(&mut other, "/reopen");
    ask(&mut one, "/post?third");
    eventually("the third message", || {
        ask(&mut other, "/seen") == serde_json::json!(["first", "second", "third"])
    });
}
