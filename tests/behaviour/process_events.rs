//! The events of Node's `process`: which come, in which order, and with which exit code.

use crate::support::{Engine, Finished, Launch};

fn run(code: &str) -> Finished {
    Launch::bare("app.cjs").file("app.cjs", code).entry("").finish()
}

/// Prints each event that comes.
const LISTEN: &str = "
    for (const event of ['beforeExit', 'exit']) process.on(event, (code) => console.log(event, code));
";

#[test]
fn a_program_is_told_of_its_end() {
    for (code, output, exit) in [
        ("", "beforeExit 0\nexit 0\n", 0),
        ("process.exitCode = 4;", "beforeExit 4\nexit 4\n", 4),
        ("process.exit(3);", "exit 3\n", 3),
        (
            "process.once('exit', () => { process.exitCode = 6; });",
            "beforeExit 0\nexit 0\n",
            6,
        ),
        (
            "process.once('beforeExit', () => setTimeout(() => console.log('more'), 1));",
            "beforeExit 0\nmore\nbeforeExit 0\nexit 0\n",
            0,
        ),
        (
            "process.once('beforeExit', async () => { await null; console.log('flushed'); });",
            "beforeExit 0\nflushed\nexit 0\n",
            0,
        ),
    ] {
        let finished = run(&format!("{LISTEN}{code}"));
        assert_eq!(
            (finished.code, finished.stdout.as_str(), finished.stderr.as_str()),
            (Some(exit), output, ""),
            "{code}"
        );
    }
}

#[test]
fn what_nobody_catches_ends_the_program_with_exit() {
    for thrown in [
        "throw new Error('thrown');",
        "setTimeout(() => { throw new Error('thrown'); });",
        "Promise.reject(new Error('thrown'));",
        "process.nextTick(() => { throw new Error('thrown'); });",
        "setImmediate(() => { throw new Error('thrown'); });",
        "new (require('events'))().emit('error', new Error('thrown'));",
    ] {
        let finished = run(&format!("{LISTEN}{thrown}"));
        assert_eq!(
            (finished.code, finished.stdout.as_str()),
            (Some(1), "exit 1\n"),
            "{thrown}"
        );
        assert_eq!(
            finished.stderr.matches("Error: thrown").count(),
            1,
            "{thrown}: {finished:?}"
        );
        let finished = run(&format!(
            "process.on('exit', () => {{ process.exitCode = 9; }}); {thrown}"
        ));
        assert_eq!(finished.code, Some(9), "{thrown}: {finished:?}");
    }
}

#[test]
fn an_error_at_the_start_is_called_what_it_is() {
    for (file, code, name) in [
        ("app.cjs", "throw new TypeError('wrong');", "TypeError: wrong"),
        ("app.mjs", "throw new TypeError('wrong');", "TypeError: wrong"),
        (
            "app.mjs",
            "await null; throw new TypeError('wrong');",
            "TypeError: wrong",
        ),
        ("app.ts", "throw new TypeError('wrong');", "TypeError: wrong"),
        ("app.cjs", "const a = ;", "SyntaxError: "),
        ("app.mjs", "const a = ;", "SyntaxError: "),
        ("app.ts", "const a: number = ;", "SyntaxError: "),
        (
            "app.cjs",
            "require('./gone');",
            "Error: Cannot find module './gone'",
        ),
        ("app.mjs", "import './gone.mjs';", "Cannot find module"),
        ("app.cjs", "gone();", "ReferenceError: gone is not defined"),
        ("app.mjs", "throw 'a text';", "a text"),
    ] {
        let finished = Launch::bare(file).file(file, code).entry("").finish();
        assert_eq!(finished.code, Some(1), "{code}: {finished:?}");
        assert_eq!(
            finished.stderr.matches(name).count(),
            1,
            "{file}: {code}: {finished:?}"
        );
        assert!(
            !finished.stderr.contains("in promise"),
            "{file}: {code}: {finished:?}"
        );
        assert!(
            finished.stderr.starts_with(&format!("howth: {file}: ")),
            "{file}: {code}: {finished:?}"
        );
    }
}

on_both_engines![what_the_start_of_a_server_throws_is_told_once];

fn what_the_start_of_a_server_throws_is_told_once(engine: Engine) {
    for code in [
        "throw new Error('thrown');",
        "await null; throw new Error('thrown');",
        "Promise.reject(new Error('another')); throw new Error('thrown');",
        "Promise.reject(new Error('another')); await new Promise((resolve) => setTimeout(resolve, 5)); throw new Error('thrown');",
    ] {
        let finished =
            Launch::serve(engine, &format!("{code} export default () => new Response();")).finish();
        assert_eq!(finished.code, Some(1), "{code}: {finished:?}");
        let another = usize::from(code.contains("another"));
        for (text, count) in [
            ("howth: app.ts: Error: thrown", 1),
            ("Error: thrown", 1),
            ("howth: unhandled rejection: Error: another", another),
            ("Error: another", another),
        ] {
            assert_eq!(
                finished.stderr.matches(text).count(),
                count,
                "{text}: {code}: {finished:?}"
            );
        }
    }
}

#[test]
fn listeners_decide_about_errors() {
    for (code, output) in [
        (
            "process.on('uncaughtException', (error, origin) => console.log(error.message, origin));
             setTimeout(() => console.log('later'), 20);
             throw new Error('thrown');",
            "thrown uncaughtException\nlater\n",
        ),
        (
            "process.on('uncaughtException', (error, origin) => console.log(error.message, origin));
             setTimeout(() => { throw new Error('thrown'); }); setTimeout(() => console.log('later'), 20);",
            "thrown uncaughtException\nlater\n",
        ),
        (
            "process.on('uncaughtException', (error, origin) => console.log(error.message, origin));
             Promise.reject(new Error('thrown')); setTimeout(() => console.log('later'), 20);",
            "thrown unhandledRejection\nlater\n",
        ),
        (
            "process.on('unhandledRejection', (reason, promise) => console.log(reason.message, promise instanceof Promise));
             Promise.reject(new Error('thrown')); setTimeout(() => console.log('later'), 20);",
            "thrown true\nlater\n",
        ),
        (
            "process.on('unhandledRejection', () => console.log('unhandled'));
             process.on('rejectionHandled', () => console.log('handled'));
             const late = Promise.reject(new Error('thrown')); setTimeout(() => late.catch(() => {}), 20);",
            "unhandled\nhandled\n",
        ),
        (
            "process.on('warning', (warning) => console.log(warning.name, warning.message));
             process.emitWarning('careful', 'OwnWarning');",
            "OwnWarning careful\n",
        ),
    ] {
        let finished = run(code);
        assert_eq!((finished.code, finished.stdout.as_str()), (Some(0), output), "{code}: {finished:?}");
    }
}

#[test]
fn signals_that_nobody_hears_of_are_told_once() {
    let finished = run("
        for (const signal of ['SIGILL', 'SIGFPE', 'SIGSEGV', 'SIGKILL', 'SIGSTOP', 'SIGILL', 'SIGTERM', 'SIGUSR2']) {
            const listener = () => {};
            process.on(signal, listener);
            process.once(signal, () => console.log('called', signal));
            process.off(signal, listener);
        }
        process.emit('SIGILL');
        process.removeAllListeners('SIGFPE');
        console.log('goes on');
    ");
    assert_eq!(
        (finished.code, finished.stdout.as_str()),
        (Some(0), "called SIGILL\ncalled SIGILL\ngoes on\n"),
        "{finished:?}"
    );
    for signal in ["SIGILL", "SIGFPE", "SIGSEGV", "SIGKILL", "SIGSTOP"] {
        assert_eq!(
            finished.stderr.matches(&format!("howth: {signal} ")).count(),
            1,
            "{finished:?}"
        );
    }
    assert_eq!(finished.stderr.lines().count(), 5, "{finished:?}");
}

#[test]
fn a_signal_that_can_be_heard_is() {
    let finished = run("
        process.on('SIGUSR2', (signal) => { console.log('heard', signal); process.exit(0); });
        setTimeout(() => {}, 20_000);
        process.kill(process.pid, 'SIGUSR2');
    ");
    assert_eq!(
        (finished.code, finished.stdout.as_str()),
        (Some(0), "heard SIGUSR2\n"),
        "{finished:?}"
    );
}

on_both_engines![a_server_that_starts_before_the_exit];

/// What `beforeExit` starts keeps the program, a server too.
fn a_server_that_starts_before_the_exit(engine: Engine) {
    let mut server = Launch::run(
        engine,
        "
        process.once('beforeExit', () => {
            Howth.serve({ port: 0, hostname: '127.0.0.1' }, () => new Response('late'));
        });
        process.on('exit', () => console.log('exit'));
        ",
    )
    .start();
    assert_eq!(server.get("/").text(), "late");
    server.signal(libc::SIGTERM);
    assert_eq!(server.wait().code(), Some(0));
    server.wait_for_output("exit");
}
