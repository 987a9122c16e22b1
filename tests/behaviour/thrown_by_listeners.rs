//! What listeners of threads and child processes throw: an uncaught exception, as in Node, and nothing behind it is lost.

use crate::support::{Engine, Launch, printed};

on_both_engines![
    of_a_thread,
    of_a_thread_that_fails,
    of_a_thread_of_the_web,
    of_a_child,
    of_a_child_without_a_file,
    without_a_listener_the_process_ends,
];

/// What has been caught, in order.
const CAUGHT: &str = "
    import process from 'node:process';
    const caught = [];
    process.on('uncaughtException', (error) => caught.push(error.message));
    process.on('unhandledRejection', (error) => caught.push(`rejected ${error.message}`));
    const throwing = (emitter, ...names) => {
        for (const name of names) emitter.once(name, () => { throw new Error(name); });
    };
    const heard = (emitter, name) => new Promise((resolve) => emitter.on(name, resolve));
";

fn program(engine: Engine, source: &str) -> Launch {
    Launch::run(engine, &format!("{CAUGHT}{source}"))
}

fn of_a_thread(engine: Engine) {
    let source = "
        import { Worker } from 'node:worker_threads';
        const code = 'const { parentPort } = require(`worker_threads`); parentPort.postMessage(1); parentPort.postMessage(2);';
        const worker = new Worker(code, { eval: true });
        const messages = [];
        const ended = heard(worker, 'exit');
        throwing(worker, 'online', 'message', 'exit');
        worker.on('message', (message) => messages.push(message));
        await ended;
        setImmediate(() => console.log(caught.join(), messages.join()));
    ";
    // Of one event, whoever listens behind the one that throws hears nothing.
    printed(&program(engine, source).finish(), "online,message,exit 2");
}

fn of_a_thread_that_fails(engine: Engine) {
    let source = "
        import { Worker } from 'node:worker_threads';
        const worker = new Worker('throw new Error(`failed`);', { eval: true });
        throwing(worker, 'error');
        const code = await heard(worker, 'exit');
        setImmediate(() => console.log(caught.join(), code));
    ";
    let finished = program(engine, source).finish();
    assert_eq!(finished.stdout.trim(), "error 1", "{finished:?}");
}

fn of_a_thread_of_the_web(engine: Engine) {
    let source = "
        const code = 'postMessage(1); postMessage(2);';
        const worker = new Worker(`data:text/javascript,${code}`, { type: 'module' });
        const messages = [];
        worker.addEventListener('message', () => { throw new Error('message'); }, { once: true });
        await new Promise((resolve) => {
            worker.onmessage = ({ data }) => { messages.push(data); if (data === 2) resolve(); };
        });
        worker.terminate();
        setImmediate(() => console.log(caught.join(), messages.join()));
    ";
    printed(&program(engine, source).finish(), "message 1,2");
}

fn of_a_child(engine: Engine) {
    let source = "
        import { exec, spawn } from 'node:child_process';
        const child = spawn('echo', ['printed']);
        const texts = [];
        child.stdout.on('data', (text) => texts.push(String(text).trim()));
        const closed = heard(child, 'close');
        throwing(child, 'spawn', 'exit', 'close');
        await closed;
        await new Promise((resolve) => {
            exec('echo printed', () => {
                setImmediate(resolve);
                throw new Error('exec');
            });
        });
        console.log(caught.join(), texts.join(), child.exitCode);
    ";
    printed(
        &program(engine, source).finish(),
        "spawn,exit,close,exec printed 0",
    );
}

fn of_a_child_without_a_file(engine: Engine) {
    let source = "
        import { spawn } from 'node:child_process';
        const child = spawn('./nothing');
        const closed = heard(child, 'close');
        throwing(child, 'error', 'close');
        await closed;
        setImmediate(() => console.log(caught.join()));
    ";
    printed(&program(engine, source).finish(), "error,close");
}

fn without_a_listener_the_process_ends(engine: Engine) {
    for source in [
        "import { Worker } from 'node:worker_threads';
         new Worker('', { eval: true }).on('exit', () => { throw new Error('thrown'); });",
        "import { spawn } from 'node:child_process';
         spawn('true').on('exit', () => { throw new Error('thrown'); });",
    ] {
        let finished = Launch::run(engine, &format!("{source} setTimeout(() => {{}}, 10_000);")).finish();
        assert_eq!(finished.code, Some(1), "{finished:?}");
        let is_told = finished.stderr.contains("Error: thrown") && !finished.stderr.contains("rejection");
        assert!(is_told, "{finished:?}");
    }
}
