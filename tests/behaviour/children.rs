//! Child processes and threads that run more of the program: fork, cluster, spawn, worker_threads.

use crate::support::{Engine, Launch, printed};

fn run(code: &str) -> Launch {
    Launch::bare("app.cjs").file("app.cjs", code).entry("")
}

#[test]
fn a_forked_child_has_the_arguments_it_is_given() {
    let finished = run("
        const { fork } = require('child_process');
        const child = fork('./child.cjs', ['a', '--port', '1'], { execArgv: ['--no-warnings'] });
        child.on('message', (message) => { console.log(JSON.stringify(message)); child.send('bye'); });
        child.on('exit', (code) => console.log('exit', code));
    ")
    .file(
        "child.cjs",
        "
        process.send([process.argv.slice(2), process.execArgv, Boolean(process.connected)]);
        process.on('message', (message) => { if (message === 'bye') process.exit(3); });
        ",
    )
    .finish();
    printed(
        &finished,
        "[[\"a\",\"--port\",\"1\"],[\"--no-warnings\"],true]\nexit 3",
    );
}

#[test]
fn a_forked_child_inherits_the_options_of_node_alone() {
    let finished = Launch::bare("run")
        .options([
            "--quiet",
            "--cores",
            "1",
            "--port",
            "1",
            "--no-warnings",
            "--env-file=a.env",
        ])
        .file("a.env", "A=1\n")
        .file(
            "app.cjs",
            "require('child_process').fork('./child.cjs').on('exit', (code) => process.exit(code));",
        )
        .file(
            "child.cjs",
            "console.log(process.execArgv.join(' '), process.argv.length, process.env.A);",
        )
        .entry("app.cjs")
        .finish();
    printed(&finished, "--no-warnings --env-file=a.env 2 1");
}

#[test]
fn the_binary_is_spawned_as_node_is() {
    let finished = run("
        const { spawnSync, execFileSync, execSync } = require('child_process');
        const show = (...args) => {
            const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
            console.log(status, stdout.trim(), stderr.trim());
        };
        show('child.cjs', 'a', '-A', '--unstable-x');
        show('-e', 'console.log(process.argv.slice(1).join())', 'a', 'b');
        show('-p', '1 + 1');
        show('--no-warnings', '-r', './first.cjs', 'child.cjs');
        console.log(execFileSync(process.execPath, ['child.cjs', 'x'], { encoding: 'utf8' }).trim());
        console.log(execSync(`\"${process.execPath}\" child.cjs *.cjs && echo done`, { encoding: 'utf8' }).trim());
        console.log(spawnSync(process.execPath, { input: 'console.log(6 * 7)', encoding: 'utf8' }).stdout.trim());
        console.log(spawnSync(process.execPath, ['-'], { input: 'console.log(7 * 7)', encoding: 'utf8' }).stdout.trim());
    ")
    .file("child.cjs", "console.log('child', process.argv.slice(2).join(' '))")
    .file("first.cjs", "console.log('first')")
    .finish();
    printed(
        &finished,
        "0 child a -A --unstable-x \n0 a,b \n0 2 \n0 first\nchild \nchild x\nchild app.cjs child.cjs first.cjs\ndone\n42\n49",
    );
}

#[test]
fn an_evaluated_program_can_fork() {
    let finished = Launch::bare("-e")
        .entry("require('child_process').fork('./child.cjs').on('message', (m) => console.log(m));")
        .file("child.cjs", "process.send(`${process.execArgv.length}`);")
        .finish();
    printed(&finished, "0");
}

#[test]
fn a_cluster_shares_a_port() {
    let finished = run("
        const cluster = require('cluster');
        const http = require('http');
        if (cluster.isPrimary) {
            const workers = [cluster.fork({ N: '1' }), cluster.fork({ N: '2' })];
            let listening = 0;
            cluster.on('listening', async (worker, address) => {
                if (++listening < workers.length) return;
                const answers = new Set();
                for (let i = 0; i < 20; i++) {
                    const response = await fetch(`http://127.0.0.1:${address.port}/`, { headers: { connection: 'close' } });
                    answers.add(await response.text());
                }
                console.log(answers.size > 0 && [...answers].every((answer) => answer.startsWith('worker ')));
                for (const worker of workers) worker.send('end');
            });
            cluster.on('exit', (worker, code) => console.log('exit', code));
        } else {
            http.createServer((request, response) => response.end(`worker ${cluster.worker.id} ${process.env.N}`))
                .listen(0, '127.0.0.1');
            process.on('message', (message) => { if (message === 'end') process.exit(0); });
        }
    ")
    .finish();
    printed(&finished, "true\nexit 0\nexit 0");
}

#[test]
fn threads_take_nodes_options() {
    let finished = run("
        const { Worker } = require('worker_threads');
        const worker = new Worker('./thread.cjs', { execArgv: ['--no-warnings', '--conditions=own'], argv: ['a'], workerData: 1 });
        worker.on('message', (message) => console.log(JSON.stringify(message)));
        worker.on('error', (error) => console.log('error', error));
        worker.on('exit', (code) => console.log('exit', code));
    ")
    .file(
        "thread.cjs",
        "
        const { parentPort, workerData } = require('worker_threads');
        parentPort.postMessage([process.execArgv, process.argv.slice(2), workerData]);
        ",
    )
    .finish();
    printed(
        &finished,
        "[[\"--no-warnings\",\"--conditions=own\"],[\"a\"],1]\nexit 0",
    );
}

#[test]
fn a_child_is_ended_by_the_signal_it_is_sent() {
    let finished = run("
        const { fork } = require('child_process');
        const child = fork('./child.cjs');
        child.on('message', () => child.kill('SIGTERM'));
        child.on('exit', (code, signal) => console.log(code, signal));
    ")
    .file(
        "child.cjs",
        "process.send('started'); setInterval(() => {}, 1000);",
    )
    .finish();
    printed(&finished, "null SIGTERM");
    let finished = run("
        const { fork } = require('child_process');
        const child = fork('./child.cjs');
        child.on('message', () => child.kill('SIGINT'));
        child.on('exit', (code, signal) => console.log(code, signal));
    ")
    .file(
        "child.cjs",
        "process.on('SIGINT', () => process.exit(5)); process.send('started'); setInterval(() => {}, 1000);",
    )
    .finish();
    printed(&finished, "5 null");
}

on_both_engines![a_server_forks_children];

fn a_server_forks_children(engine: Engine) {
    let server = Launch::serve(
        engine,
        "
        import { fork } from 'node:child_process';
        export default () => new Promise((resolve) => {
            const child = fork('./child.cjs', ['x']);
            child.on('message', (message) => resolve(new Response(String(message))));
        });
    ",
    )
    .file(
        "child.cjs",
        "process.send(`${process.argv[2]} ${process.execArgv.length}`, () => process.disconnect());",
    )
    .start();
    assert_eq!(server.get("/").text(), "x 0");
}

/// Also where the channel is closed at once.
#[test]
fn what_was_sent_before_a_disconnect_arrives() {
    let finished = run("
        const child = require('child_process').fork('./child.cjs');
        child.on('message', (message) => console.log(message)).on('disconnect', () => console.log('disconnected'));
        child.on('exit', (code) => console.log('exit', code));
    ")
    .file(
        "child.cjs",
        "
        for (const message of ['first', 'second']) process.send(message);
        process.disconnect();
        console.error(process.connected);
        process.send('third', (error) => console.error(error.code));
        ",
    )
    .finish();
    assert_eq!(finished.stdout, "first\nsecond\ndisconnected\nexit 0\n");
    assert_eq!(finished.stderr, "false\nERR_IPC_CHANNEL_CLOSED\n");
}
