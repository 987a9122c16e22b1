//! Programs started as Node's users start them: without a command, with Node's options, from links and folders.

use crate::support::{Engine, Launch, printed};

/// Prints what a program is told of how it was started.
const TELL: &str = "
    const { basename } = require('path');
    console.log(JSON.stringify([
        process.argv.slice(1).map((argument) => argument.startsWith('/') ? basename(argument) : argument),
        process.execArgv,
        require.main === module,
        basename(__filename),
    ]));
";

#[test]
fn a_file_needs_no_command() {
    let launch = || Launch::bare("app.js").file("app.js", TELL).entry("");
    printed(&launch().finish(), r#"[["app.js"],[],true,"app.js"]"#);
    printed(
        &launch().arguments(["a", "--port", "-b"]).finish(),
        r#"[["app.js","a","--port","-b"],[],true,"app.js"]"#,
    );
    printed(
        &Launch::bare("--no-warnings")
            .file("app.js", TELL)
            .entry("app.js")
            .arguments(["a"])
            .finish(),
        r#"[["app.js","a"],["--no-warnings"],true,"app.js"]"#,
    );
}

#[test]
fn an_entry_is_judged_by_what_it_points_to() {
    let launch = || {
        Launch::bare("run")
            .file("app.js", TELL)
            .file("www", format!("#!/usr/bin/env node\n{TELL}"))
            .file("module/package.json", r#"{"type": "module"}"#)
            .file("module/tool", "#!/usr/bin/env node\nimport 'fs'; console.log(typeof require, import.meta.filename.slice(-4));")
            .file("package/package.json", r#"{"main": "lib"}"#)
            .file("package/lib/index.js", TELL)
            .file("node_modules/next/package.json", r#"{"name": "next"}"#)
            .file("node_modules/next/dist/bin/next", format!("#!/usr/bin/env node\n'use strict';\n{TELL}"))
            .link("../next/dist/bin/next", "node_modules/.bin/next")
            .file("node_modules/esm/package.json", r#"{"name": "esm", "type": "module"}"#)
            .file("node_modules/esm/cli.js", "#!/usr/bin/env node\nimport 'fs'; console.log(typeof require, process.argv.length);")
            .link("../esm/cli.js", "node_modules/.bin/esm")
            .link("app.js", "linked")
            .link("package", "folder")
    };
    for (entry, expected) in [
        ("app", r#"[["app"],[],true,"app.js"]"#),
        ("www", r#"[["www"],[],true,"www"]"#),
        ("module/tool", "undefined tool"),
        ("package", r#"[["package"],[],true,"index.js"]"#),
        ("folder/", r#"[["folder"],[],true,"index.js"]"#),
        ("linked", r#"[["linked"],[],true,"app.js"]"#),
        ("node_modules/.bin/next", r#"[["next"],[],true,"next"]"#),
        ("node_modules/.bin/esm", "undefined 2"),
    ] {
        let finished = launch().entry(entry).finish();
        assert_eq!(
            (finished.code, finished.stdout.trim(), finished.stderr.as_str()),
            (Some(0), expected, ""),
            "{entry}"
        );
    }
}

#[test]
fn a_link_that_leads_nowhere_is_named() {
    let finished = Launch::bare("run")
        .link("gone.js", "app.js")
        .entry("app.js")
        .finish();
    assert_eq!(finished.code, Some(1));
    assert!(
        finished.complaint().contains("app.js") && finished.complaint().contains("gone.js"),
        "{finished:?}"
    );
}

#[test]
fn a_program_is_given_as_a_text() {
    let eval = |code: &str| Launch::bare("-e").entry(code);
    printed(
        &eval("console.log(process.argv.slice(1), process.execArgv, __filename, module.id, require('os') === os)")
            .arguments(["a", "-b"])
            .finish(),
        "[ \"a\", \"-b\" ] [\n  \"-e\",\n  \"console.log(process.argv.slice(1), process.execArgv, __filename, module.id, \
         require('os') === os)\"\n] [eval] [eval] true",
    );
    printed(&Launch::bare("-p").entry("6 * 7").finish(), "42");
    printed(&Launch::bare("-pe").entry("path.join('a', 'b')").finish(), "a/b");
    printed(&eval("const a: number = 1; console.log(a)").finish(), "1");
    printed(
        &eval("import { sep } from 'node:path'; console.log(sep, await Promise.resolve(1))").finish(),
        "/ 1",
    );
    printed(
        &Launch::bare("--input-type=module")
            .entry("-e")
            .arguments(["console.log(typeof require)"])
            .finish(),
        "undefined",
    );
    printed(
        &eval("require('./other.js'); import('./other.mjs')")
            .file("other.js", "console.log('other')")
            .file("other.mjs", "console.log('module')")
            .finish(),
        "other\nmodule",
    );
    let finished = eval("throw new Error('thrown')").finish();
    assert_eq!(finished.code, Some(1));
    assert_eq!(finished.stderr.matches("thrown").count(), 1, "{finished:?}");
    assert!(finished.stderr.contains("[eval]:1:"), "{finished:?}");
}

#[test]
fn a_program_comes_by_standard_input() {
    let code = "console.log(process.argv.slice(1), __filename)";
    printed(
        &Launch::bare("-").entry("a").standard_input(code).finish(),
        "[ \"-\", \"a\" ] [stdin]",
    );
    printed(
        &Launch::bare("--no-warnings")
            .entry("")
            .standard_input(code)
            .finish(),
        "[] [stdin]",
    );
}

#[test]
fn modules_come_before_the_program() {
    let launch = |option: &'static str| {
        Launch::bare(option)
            .file("first.js", "globalThis.order = ['first'];")
            .file("second.mjs", "await null; globalThis.order.push('second');")
            .file(
                "node_modules/third/package.json",
                r#"{"exports": {"./config": "./config.js"}}"#,
            )
            .file("node_modules/third/config.js", "globalThis.order.push('third');")
            .file(
                "app.js",
                "console.log(globalThis.order.join(' '), process.execArgv.length);",
            )
    };
    printed(
        &launch("-r")
            .entry("./first.js")
            .arguments(["--import", "./second.mjs", "-r", "third/config", "app.js"])
            .finish(),
        "first third second 6",
    );
    let finished = launch("--require=./gone.js").entry("app.js").finish();
    assert_eq!(finished.code, Some(1));
    assert!(
        finished
            .stderr
            .starts_with("howth: a module of --require or --import:"),
        "{finished:?}"
    );
    assert!(finished.stderr.contains("gone.js"), "{finished:?}");
    printed(
        &launch("app.js")
            .environment("NODE_OPTIONS", "--require ./first.js --no-warnings")
            .entry("")
            .finish(),
        "first 0",
    );
}

#[test]
fn modules_come_before_a_server_too() {
    let server = Launch::serve(
        Engine::Portable,
        "export default () => new Response(String(globalThis.before));",
    )
    .file("before.cjs", "globalThis.before = 'set before';")
    .options(["--require", "./before.cjs"])
    .start();
    assert_eq!(server.get("/").text(), "set before");
}

#[test]
fn nodes_other_options_do_what_they_say() {
    let launch = |option: &'static str, code: &str| Launch::bare(option).file("app.js", code).entry("app.js");
    printed(
        &launch("--conditions=own", "console.log(require('a'))")
            .file(
                "node_modules/a/package.json",
                r#"{"exports": {"own": "./own.js", "default": "./usual.js"}}"#,
            )
            .file("node_modules/a/own.js", "module.exports = 'own';")
            .file("node_modules/a/usual.js", "module.exports = 'usual';")
            .finish(),
        "own",
    );
    printed(
        &launch("--expose-gc", "console.log(typeof gc)").finish(),
        "function",
    );
    printed(
        &launch(
            "--stack-trace-limit=1",
            "console.log(new Error().stack.split('\\n').length)",
        )
        .finish(),
        "2",
    );
    printed(
        &launch("--env-file=a.env", "console.log(process.env.A)")
            .file("a.env", "A=set\n")
            .finish(),
        "set",
    );
    printed(
        &launch("--env-file-if-exists=b.env", "console.log(process.env.A)").finish(),
        "undefined",
    );
    printed(
        &launch(
            "--max-old-space-size=64",
            "console.log(require('v8').getHeapStatistics().heap_size_limit >> 20)",
        )
        .finish(),
        "64",
    );
    printed(
        &launch("--no-warnings", "process.emitWarning('careful')").finish(),
        "",
    );
}

/// An editor reads where to connect from the output.
#[test]
fn a_program_waits_for_its_debugger() {
    for (option, events) in [
        ("--inspect-brk=0", "paused\nran\nexit 0"),
        ("--inspect-wait=0", "ran\nexit 0"),
        ("--inspect=0", "ran\nexit 0"),
    ] {
        let finished = Launch::bare("editor.mjs")
            .file("app.mjs", "console.log('ran');")
            .file(
                "editor.mjs",
                "
                import { spawn } from 'node:child_process';
                const child = spawn(process.execPath, [process.argv[2], 'app.mjs'], { stdio: ['ignore', 'inherit', 'pipe'] });
                let output = '';
                child.on('exit', (code) => { console.log('exit', code, code === 0 ? '' : output); process.exit(); });
                let id = 0;
                for await (const part of child.stderr) {
                    output += part;
                    const [url] = /ws:\\S+/.exec(output) ?? [];
                    if (url === undefined || process.argv[2] === '--inspect=0') continue;
                    const socket = new WebSocket(url);
                    const send = (method) => socket.send(JSON.stringify({ id: ++id, method }));
                    socket.onopen = () => ['Debugger.enable', 'Runtime.runIfWaitingForDebugger'].forEach(send);
                    socket.onmessage = ({ data }) => {
                        if (JSON.parse(data).method !== 'Debugger.paused') return;
                        console.log('paused');
                        send('Debugger.resume');
                    };
                    break;
                }
                ",
            )
            .entry(option)
            .finish();
        assert_eq!(
            (finished.code, finished.stdout.trim()),
            (Some(0), events),
            "{option}: {finished:?}"
        );
    }
}

#[test]
fn standard_input_is_read_whole() {
    let content = "a line of the input\n".repeat(50_000);
    for code in [
        "console.log(require('fs').readFileSync(0).length)",
        "console.log(require('fs').readFileSync('/dev/stdin', 'utf8').length)",
        "let n = 0; process.stdin.on('data', (part) => n += part.length).on('end', () => console.log(n))",
        "let n = 0; (async () => { for await (const part of process.stdin) n += part.length; console.log(n); })()",
        "require('stream/consumers').text(process.stdin).then((text) => console.log(text.length))",
        "let n = 0; require('readline').createInterface({ input: process.stdin }).on('line', (line) => n += line.length + 1)
            .on('close', () => console.log(n))",
        "process.stdin.on('readable', () => { let part; while ((part = process.stdin.read()) !== null) n += part.length; })
            .on('end', () => console.log(n)); let n = 0",
    ] {
        let finished = Launch::bare("app.cjs")
            .file("app.cjs", code)
            .entry("")
            .standard_input(content.as_str())
            .finish();
        assert_eq!(
            (finished.code, finished.stdout.trim()),
            (Some(0), content.len().to_string().as_str()),
            "{code}: {finished:?}"
        );
    }
}

#[test]
fn arguments_are_nodes() {
    printed(
        &Launch::bare("app.js")
            .file(
                "app.js",
                "console.log(process.execPath === require('fs').realpathSync(process.execPath), process.argv0 !== '',
                    process.argv[0] === process.execPath, require('path').isAbsolute(process.argv[1]))",
            )
            .entry("")
            .finish(),
        "true true true true",
    );
}

#[test]
fn a_missing_file_is_named() {
    for (command, entry) in [("run", "gone.ts"), ("gone.js", ""), ("./gone", "")] {
        let finished = Launch::bare(command).entry(entry).finish();
        assert_eq!(finished.code, Some(1), "{finished:?}");
        assert!(finished.complaint().contains("gone"), "{finished:?}");
    }
}
