//! Workers of node:cluster whose primary is killed: each ends by itself, whatever it is doing and however the kernel tells it.

use super::PRELUDE;
use crate::support::{Begun, Engine, Launch, eventually};

on_both_engines![
    a_worker_that_starts_ends_with_its_primary,
    a_worker_that_serves_ends_with_its_primary,
    a_worker_that_computes_ends_with_its_primary,
    a_worker_whose_messages_nobody_has_read_ends_with_its_primary,
    a_worker_ends_with_its_primary_within_a_message,
    a_forked_child_hears_that_its_parent_was_killed,
];

const SERVES: &str = "
    const server = http.createServer((request, response) => {
        if (request.url === '/compute') {
            console.log('computes');
            for (const end = Date.now() + 500; Date.now() < end; );
        }
        response.end();
    });
    server.listen(0, '127.0.0.1');
";

/// A cluster of one worker, whose primary goes on with `primary` when it has told whose it is, and which speaks as
/// `serialization` says.
fn cluster(engine: Engine, serialization: &str, primary: &str, worker: &str) -> Begun {
    let uring = engine.option().trim_start_matches("--uring=");
    let program = format!(
        "{PRELUDE}
        const cluster = require('node:cluster');
        (async () => {{
            if (cluster.isPrimary) {{
                cluster.setupPrimary({{ serialization: '{serialization}' }});
                const worker = cluster.fork({{ HOWTH_URING: process.env.WORKERS_URING }});
                console.log(`worker ${{worker.process.pid}} forked`);
                worker.on('online', () => console.log('online'));
                worker.on('listening', (address) => {{
                    console.log('listening');
                    listens({{ address: () => address }});
                }});
                const listens = async (server) => {{ {primary} }};
            }} else {{ {worker} }}
        }})();"
    );
    // A worker is a process of its own, which has none of howth's options.
    Launch::run(engine, "")
        .file("app.cjs", program)
        .entry("app.cjs")
        .environment("WORKERS_URING", uring)
        .begin()
}

/// Kills the primary once something was printed, and waits for the end of its worker.
#[track_caller]
fn ends_after(primary: &mut Begun, printed: &str) {
    eventually(printed, || primary.stdout.text().contains(printed));
    let text = primary.stdout.text();
    let worker = text
        .split_once("worker ")
        .and_then(|(_, rest)| rest.split_once(" forked"))
        .and_then(|(number, _)| number.parse::<u32>().ok())
        .expect("the number of a process");
    assert!(runs(worker), "the worker has ended by itself: {text}");
    primary.signal(libc::SIGKILL);
    primary.wait();
    eventually("the end of a worker", || !runs(worker));
}

/// A process that nobody waits for has ended all the same.
fn runs(process: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    // The name, in parentheses, may have anything in it.
    let state = stat
        .rsplit_once(") ")
        .and_then(|(_, behind)| behind.chars().next());
    state.is_some_and(|state| !matches!(state, 'Z' | 'X'))
}

fn a_worker_that_starts_ends_with_its_primary(engine: Engine) {
    for printed in ["forked", "online"] {
        ends_after(&mut cluster(engine, "json", "", SERVES), printed);
    }
}

fn a_worker_that_serves_ends_with_its_primary(engine: Engine) {
    ends_after(&mut cluster(engine, "json", "", SERVES), "listening");
    let answered = "console.log((await send(server, get('/', CLOSE))).split('\\r\\n')[0]);";
    ends_after(&mut cluster(engine, "json", answered, SERVES), "200 OK");
}

fn a_worker_that_computes_ends_with_its_primary(engine: Engine) {
    let primary = "await send(server, get('/compute', CLOSE));";
    ends_after(&mut cluster(engine, "json", primary, SERVES), "computes");
}

/// The kernel tells of that by ECONNRESET.
fn a_worker_whose_messages_nobody_has_read_ends_with_its_primary(engine: Engine) {
    let tells = format!(
        "{SERVES}
        let told = 0;
        setInterval(() => process.send({{ told }}, () => console.log(`told ${{++told}}`)), 2);"
    );
    for serialization in ["json", "advanced"] {
        let mut primary = cluster(engine, serialization, "", &tells);
        eventually("a worker that listens", || {
            primary.stdout.text().contains("listening")
        });
        primary.signal(libc::SIGSTOP);
        let count = |primary: &Begun| primary.stdout.text().matches("told ").count();
        // Some may have been read before the primary stood still.
        let before = count(&primary);
        eventually("messages that nobody reads", || count(&primary) > before + 20);
        ends_after(&mut primary, "told ");
    }
}

fn a_worker_ends_with_its_primary_within_a_message(engine: Engine) {
    let primary = "
        worker.once('message', () => {
            worker.send('x'.repeat(8_000_000), () => {});
            setTimeout(() => console.log('sends'), 50);
        });
        worker.send('begin');
    ";
    let computes = format!(
        "{SERVES}
        process.once('message', () => {{
            process.send('computes', () => {{ for (const end = Date.now() + 1000; Date.now() < end; ); }});
        }});"
    );
    for serialization in ["json", "advanced"] {
        ends_after(&mut cluster(engine, serialization, primary, &computes), "sends");
    }
}

fn a_forked_child_hears_that_its_parent_was_killed(engine: Engine) {
    let program = "
        const { fork } = require('node:child_process');
        if (process.argv[2] !== 'child') {
            const child = fork(__filename, ['child']);
            console.log(`worker ${child.pid} forked`);
        } else {
            const server = require('node:http').createServer(() => {}).listen(0, '127.0.0.1', () => console.log('listens'));
            process.on('disconnect', () => server.close());
            process.on('message', () => {});
            process.send('nobody reads this in time');
        }
    ";
    let mut parent = Launch::run(engine, "")
        .file("app.cjs", program)
        .entry("app.cjs")
        .begin();
    ends_after(&mut parent, "listens");
}
