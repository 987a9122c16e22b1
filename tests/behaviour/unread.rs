//! Programs whose output nobody reads any more: a log collector that has ended, a pipe into a command that has seen enough.
//! What is printed is lost, and nothing ends.

use crate::support::{Engine, Launch, eventually};

on_both_engines![
    a_server_whose_log_nobody_reads_serves_on,
    a_server_whose_start_nobody_reads_serves,
    a_script_goes_on_printing,
    a_full_disk_ends_nothing,
    a_listener_hears_that_nobody_reads,
    a_script_that_writes_without_a_listener_ends,
    a_full_disk_is_told_by_the_stream,
    a_pipe_that_does_not_wait_loses_nothing,
];

/// Prints in every way that no program hears of.
const PRINTS: &str = "
    import process from 'node:process';
    const print = () => {
        for (const text of ['a line', 'x'.repeat(100_000)]) {
            for (const name of ['log', 'info', 'debug', 'warn', 'error', 'trace', 'table']) console[name](text);
        }
        process.emitWarning('a warning');
        process.on('SIGKILL', () => {});
    };
";

/// Throws where nothing catches, and writes to streams, which tell of an error.
const THROWS: &str = "
    import { Console } from 'node:console';
    const own = new Console(process.stdout, process.stderr);
    const fail = () => {
        own.log('a line');
        own.error('a line');
        setTimeout(() => { throw new Error('by a timer'); }, 1);
        Promise.reject(new Error('by a promise'));
        process.stdout.write('written');
        process.stderr.write('written');
    };
";

fn a_server_whose_log_nobody_reads_serves_on(engine: Engine) {
    let server = Launch::serve(
        engine,
        &format!(
            "{PRINTS}{THROWS}
            const core = crypto.randomUUID();
            export default (request: Request) => {{
                print();
                if (request.url.endsWith('/fail')) fail();
                if (request.url.endsWith('/wrong')) return 'no response';
                return new Response(core);
            }};"
        ),
    )
    .options(["--dev"])
    .unread_stderr()
    .start();
    let core = server.get("/").text().to_owned();
    for _ in 0..3 {
        assert_eq!(server.get("/fail").text(), core);
        assert_eq!(server.get("/wrong").status, 500);
    }
    assert_eq!(server.get("/").text(), core);
    // A reload that fails is told of, and one that succeeds.
    let entry = server.folder().join("app.ts");
    let source = std::fs::read_to_string(&entry).expect("readable");
    let faulty = "(await import('node:fs')).writeFileSync('began', ''); throw new Error('at the start');";
    std::fs::write(&entry, faulty).expect("written");
    server.signal(libc::SIGHUP);
    eventually("a start", || server.folder().join("began").exists());
    for _ in 0..20 {
        assert_eq!(server.get("/").text(), core);
    }
    std::fs::write(&entry, source).expect("written");
    server.signal(libc::SIGHUP);
    eventually("new code", || server.get("/").text() != core);
}

/// All that a script prints, and the answer of the server that it is.
fn served(engine: Engine, ends: &str) -> Launch {
    Launch::run(
        engine,
        &format!(
            "{PRINTS}{THROWS}
            const server = Howth.serve({{ port: 0, hostname: '127.0.0.1' }}, () => {{
                print();
                fail();
                return new Response('hi');
            }});
            const texts = [];
            for (let i = 0; i < 5; i++) {{
                texts.push(await (await fetch(server.url)).text());
                await new Promise((resolve) => setTimeout(resolve, 10));
            }}
            {ends}"
        ),
    )
}

fn a_server_whose_start_nobody_reads_serves(engine: Engine) {
    let launch = served(engine, "process.exit(texts.join() === 'hi,hi,hi,hi,hi' ? 7 : 8);");
    let finished = launch.unread_stdout().unread_stderr().finish();
    assert_eq!(finished.code, Some(7), "{finished:?}");
}

fn a_script_goes_on_printing(engine: Engine) {
    let source = format!("{PRINTS} print(); print(); setTimeout(() => {{ print(); process.exit(7); }}, 10);");
    let finished = Launch::run(engine, &source)
        .unread_stdout()
        .unread_stderr()
        .finish();
    assert_eq!(finished.code, Some(7), "{finished:?}");
}

fn a_full_disk_ends_nothing(engine: Engine) {
    let source = "
        import { spawnSync } from 'node:child_process';
        import { openSync } from 'node:fs';
        const full = openSync('/dev/full', 'w');
        const { status } = spawnSync(process.execPath, ['printing.mjs'], { stdio: ['ignore', full, full] });
        console.log(status);
    ";
    let finished = Launch::run(engine, source)
        .file(
            "printing.mjs",
            format!("{PRINTS} print(); setTimeout(() => {{ print(); process.exit(7); }}, 10);"),
        )
        .finish();
    crate::support::printed(&finished, "7");
}

fn a_listener_hears_that_nobody_reads(engine: Engine) {
    let source = "
        import process from 'node:process';
        process.stdout.once('error', (error) => process.exit(error.code === 'EPIPE' && error.syscall === 'write' ? 7 : 8));
        process.stdout.write('to nobody');
    ";
    let finished = Launch::run(engine, source).unread_stdout().finish();
    assert_eq!((finished.code, finished.stderr.as_str()), (Some(7), ""));
}

fn a_script_that_writes_without_a_listener_ends(engine: Engine) {
    let source = "
        import process from 'node:process';
        process.stdout.write('to nobody');
        setTimeout(() => process.exit(7), 10_000);
    ";
    let finished = Launch::run(engine, source).unread_stdout().finish();
    assert_eq!(finished.code, Some(1), "{finished:?}");
    assert!(finished.stderr.contains("write EPIPE"), "{finished:?}");
}

fn a_full_disk_is_told_by_the_stream(engine: Engine) {
    let source = "
        import { spawnSync } from 'node:child_process';
        import { openSync } from 'node:fs';
        const stdio = ['ignore', openSync('/dev/full', 'w'), 'inherit'];
        console.log(spawnSync(process.execPath, ['child.mjs'], { stdio }).status);
    ";
    let child = "
        import process from 'node:process';
        const told = [];
        process.stdout.on('error', (error) => told.push(error.code, error.syscall, error.errno));
        for (const text of ['one', 'two']) process.stdout.write(text, (error) => told.push(error?.code));
        console.log('printed');
        setTimeout(() => process.exit(told.join() === 'ENOSPC,ENOSPC,ENOSPC,write,-28' ? 7 : 8), 20);
    ";
    let finished = Launch::run(engine, source).file("child.mjs", child).finish();
    crate::support::printed(&finished, "7");
}

/// Its descriptor gives EAGAIN where the pipe is full.
fn a_pipe_that_does_not_wait_loses_nothing(engine: Engine) {
    let source = "
        import process from 'node:process';
        let written = 0;
        for (let i = 0; i < 4; i++) process.stdout.write('x'.repeat(300_000), (error) => { if (!error) written += 1; });
        for (let i = 0; i < 4; i++) console.log('y'.repeat(299_999));
        setTimeout(() => process.exit(written), 20);
    ";
    let finished = Launch::run(engine, source).impatient_stdout().finish();
    let told = (finished.code, finished.stdout.len(), finished.stderr.as_str());
    assert_eq!(told, (Some(4), 2_400_000, ""));
}
