//! `howth check`: what is found before a program runs, with its place and the remedy; and nothing where there is nothing.

use crate::support::{Finished, Launch};

fn check(code: &str) -> Launch {
    Launch::bare("check").file("app.ts", code)
}

#[track_caller]
fn is_clean(finished: &Finished) {
    assert_eq!(
        (finished.code, finished.stderr.as_str()),
        (Some(0), ""),
        "{finished:?}"
    );
    assert!(finished.stdout.starts_with("no problem in "), "{finished:?}");
}

/// One problem, which begins so and says this.
#[track_caller]
fn finds(finished: &Finished, place: &str, parts: &[&str]) {
    assert_eq!(
        (finished.code, finished.stderr.as_str()),
        (Some(1), ""),
        "{finished:?}"
    );
    let lines: Vec<&str> = finished.stdout.lines().collect();
    assert_eq!(lines.len(), 2, "{finished:?}");
    assert!(
        lines[0].starts_with(&format!("{place}: ")),
        "{place}: {finished:?}"
    );
    for part in parts {
        assert!(lines[0].contains(part), "{part:?}: {finished:?}");
    }
    assert!(lines[1].starts_with("1 problem in "), "{finished:?}");
}

const SERVES: &str = "\nexport default { fetch: () => new Response('hi') };\n";

#[track_caller]
fn finds_in(code: &str, place: &str, parts: &[&str]) {
    finds(&check(&format!("{code}{SERVES}")).finish(), place, parts);
}

#[test]
fn a_good_program_has_no_problem() {
    let finished = check(
        "
        import { sep } from 'node:path';
        import fs from 'fs';
        import data from './data.json' with { type: 'json' };
        import text from './notes.txt' with { type: 'text' };
        import { helper, type Kind } from './helper.js';
        import type { Gone } from 'not-installed';
        import { OnlyType } from './types.d.ts';
        import named, { value } from 'pkg';
        import common from 'common';
        export * from './more.ts';
        const kind: Kind = 'a';
        let shape: OnlyType | Gone;
        try { await import('optional-one'); } catch {}
        let fast; try { fast = require('optional-two'); } catch {}
        if (typeof Temporal !== 'undefined') console.log(Temporal.Now);
        const Bun = { sql: 1 }; Bun.sql;
        console.log(sep, fs, data, text, helper(kind), named, value, common);
        export default { fetch: () => new Response('hi') };
        ",
    )
    .file("data.json", "{}")
    .file("notes.txt", "not ( JavaScript")
    .file("types.d.ts", "export interface OnlyType { a: number }")
    .file("helper.ts", "export type Kind = 'a'; export function helper(kind: Kind) { return kind; }")
    .file("more.ts", "export * from './more/index.ts';")
    .file("more/index.ts", "export const more = require('./file');")
    .file("more/file.js", "module.exports = 1;")
    .file("node_modules/pkg/package.json", r#"{"name": "pkg", "exports": {"import": "./index.mjs"}}"#)
    .file("node_modules/pkg/index.mjs", "export { value } from './value.mjs'; export default 1;")
    .file("node_modules/pkg/value.mjs", "export const value = 1;")
    .file("node_modules/common/package.json", r#"{"name": "common", "main": "lib"}"#)
    .file(
        "node_modules/common/lib/index.js",
        "let peer; try { peer = require('peer'); } catch {} if (process.env.X) require('other');
         function later() { return require('./gone'); } exports.a = require('./a'); exports.b = require('common/package');",
    )
    .file("node_modules/common/lib/a.js", "module.exports = 1;")
    .finish();
    is_clean(&finished);
    assert!(
        finished
            .stdout
            .contains("6 files of the application and 5 of packages"),
        "{finished:?}"
    );
}

#[test]
fn imports_that_lead_nowhere() {
    finds_in(
        "import './gone.ts';",
        "app.ts:1:8",
        &["\"./gone.ts\"", "make the file"],
    );
    finds_in("\nconst a = require('../gone');", "app.ts:2:19", &["../gone"]);
    finds_in(
        "const a = () => import('./later.js');",
        "app.ts:1:24",
        &["./later.js"],
    );
    finds_in(
        "new Worker(new URL('./worker.ts', import.meta.url));",
        "app.ts:1:20",
        &["./worker.ts"],
    );
    finds_in(
        "import 'node:nothing';",
        "app.ts:1:8",
        &["no built-in module", "node:nothing"],
    );
    finds_in(
        "import 'jsr:@std/path@1';",
        "app.ts:1:8",
        &["jsr:", "npx jsr add @std/path"],
    );
    finds_in(
        "import 'npm:left-pad@1';",
        "app.ts:1:8",
        &["not installed", "npm install left-pad@1"],
    );
    finds_in("import 'https://example.com/a.js';", "app.ts:1:8", &["https:"]);
    finds_in(
        "import { Database } from 'bun:sqlite'; new Database();",
        "app.ts:1:26",
        &["bun:sqlite", "node:sqlite"],
    );
    finds_in("import '@/lib/a';", "app.ts:1:8", &["tsconfig.json"]);
    let finished = check(&format!("import './style.css';{SERVES}"))
        .file("style.css", "a {}")
        .finish();
    finds(
        &finished,
        "app.ts:1:8",
        &["./style.css", "neither JavaScript nor JSON"],
    );
}

#[test]
fn packages_that_are_not_installed_come_with_the_command() {
    let launch = || {
        check(&format!(
            "import express from 'express/lib/x';\nexpress();{SERVES}"
        ))
    };
    finds(
        &launch().finish(),
        "app.ts:1:21",
        &[
            "the package \"express\" is not installed",
            "run: npm install express",
        ],
    );
    let listed = launch().file(
        "package.json",
        r#"{"type": "module", "dependencies": {"express": "5"}}"#,
    );
    let line = listed.finish();
    finds(&line, "app.ts:1:21", &["run: npm install"]);
    assert!(!line.stdout.contains("install express"), "{line:?}");
    let by_pnpm = launch()
        .file("package.json", r#"{"type": "module"}"#)
        .file("pnpm-lock.yaml", "");
    finds(&by_pnpm.finish(), "app.ts:1:21", &["run: pnpm add express"]);
    let of_a_package = check(&format!("import 'a';{SERVES}"))
        .file(
            "node_modules/a/package.json",
            r#"{"name": "a", "main": "index.js"}"#,
        )
        .file("node_modules/a/index.js", "\nrequire('b');");
    finds(
        &of_a_package.finish(),
        "node_modules/a/index.js:2:9",
        &["\"b\" is not installed"],
    );
    let without_path = check(&format!("import 'a/deep';{SERVES}"))
        .file(
            "node_modules/a/package.json",
            r#"{"name": "a", "exports": {".": "./index.js"}}"#,
        )
        .file("node_modules/a/index.js", "");
    finds(
        &without_path.finish(),
        "app.ts:1:8",
        &["a/deep", "correct the path"],
    );
}

#[test]
fn names_that_are_not_exported() {
    let launch = check(&format!(
        "import {{ one, two }} from './a.ts';\none(two);{SERVES}"
    ))
    .file("a.ts", "export const one = 1; export type two = string;");
    finds(
        &launch.finish(),
        "app.ts:1:15",
        &["\"./a.ts\" has no export \"two\"", "one"],
    );
    let launch = check(&format!("import all from './a.ts';\nall();{SERVES}"))
        .file("a.ts", "export * from './b.ts';")
        .file("b.ts", "export default 1;");
    finds(&launch.finish(), "app.ts:1:8", &["default"]);
    finds_in(
        "import { readFile, readfile } from 'fs'; readFile(readfile);",
        "app.ts:1:20",
        &["\"fs\" has no export \"readfile\"", "readFile, "],
    );
    finds_in(
        "export { nothing } from 'node:path';",
        "app.ts:1:10",
        &["\"node:path\" has no export \"nothing\"", "none of that name"],
    );
}

/// `howth check` reads the list, and runs nothing.
#[test]
fn the_list_of_what_built_in_modules_export_is_right() {
    let program = "
        import { builtinModules } from 'node:module';
        const modules = new Set(builtinModules.map((name) => name.replace(/^node:/, '')));
        for (const name of [...modules].sort()) {
          console.log(`${name}: ${Object.keys(await import(`node:${name}`)).sort().join(' ')}`);
        }
        process.exit();
    ";
    let finished = Launch::bare("run")
        .file("list.mjs", program)
        .entry("list.mjs")
        .finish();
    // Behind them stands what node:test says of having no test.
    let found: Vec<&str> = finished
        .stdout
        .lines()
        .filter(|line| line.contains(": "))
        .collect();
    let listed: Vec<&str> = include_str!("../../js/node/exports.txt").lines().collect();
    let differing: Vec<&&str> = found.iter().filter(|line| !listed.contains(line)).collect();
    assert_eq!(
        (differing, found.len()),
        (Vec::new(), listed.len()),
        "write these lines into js/node/exports.txt"
    );
}

#[test]
fn syntax_errors_have_their_place() {
    finds(&check("\nconst a = ;").finish(), "app.ts:2:11", &["syntax error"]);
    finds(
        &check("export default { fetch() { return 1 } };")
            .file("app.ts", "import './b.js'; export default {};")
            .file("b.js", "let a: number = 1;")
            .finish(),
        "b.js:1:6",
        &["syntax error"],
    );
    finds(
        &check(&format!("import './a.json';{SERVES}"))
            .file("a.json", "{\n  a")
            .finish(),
        "a.json:2:3",
        &["no JSON"],
    );
}

#[test]
fn what_howth_is_built_without() {
    for (code, place, parts) in [
        (
            "const kv = await Deno.openKv();",
            "app.ts:1:18",
            &["Deno.openKv", "Howth.kv"][..],
        ),
        (
            "const { cron } = Deno; cron();",
            "app.ts:1:9",
            &["Deno.cron", "croner"],
        ),
        (
            "navigator.gpu.requestAdapter();",
            "app.ts:1:1",
            &["navigator.gpu"],
        ),
        (
            "new OffscreenCanvas(1, 1);",
            "app.ts:1:5",
            &["OffscreenCanvas", "@napi-rs/canvas"],
        ),
        (
            "Temporal.Now.instant();",
            "app.ts:1:1",
            &["Temporal", "temporal-polyfill"],
        ),
        ("await Bun.sql`select 1`;", "app.ts:1:7", &["Bun.sql", "postgres"]),
        (
            "import { redis } from 'bun'; redis.get('a');",
            "app.ts:1:10",
            &["Bun.redis", "ioredis"],
        ),
    ] {
        finds_in(code, place, parts);
    }
}

#[test]
fn native_add_ons_for_others() {
    let launch = check(&format!("import 'native';{SERVES}"))
        .file("node_modules/native/package.json", r#"{"name": "native"}"#)
        .file(
            "node_modules/native/index.js",
            "module.exports = require('bindings')('native');".replace("require('bindings')('native')", "1"),
        )
        .file("node_modules/native/build/Release/native.node", "MZ");
    finds(
        &launch.finish(),
        "node_modules/native/build/Release/native.node:1:1",
        &["not for Linux", "npm rebuild"],
    );
}

#[test]
fn a_program_that_serves_nothing() {
    finds(
        &check("console.log('a script');").finish(),
        "app.ts:1:1",
        &["neither exports a handler nor listens", "--run"],
    );
    is_clean(&check("console.log('a script');").options(["--run"]).finish());
    for code in [
        "export default () => new Response('hi');",
        "const app = { fetch() { return new Response(); } }; export { app as default };",
        "Howth.serve(() => new Response('hi'));",
        "Deno.serve(() => new Response('hi'));",
        "import { createServer } from 'node:http'; createServer().listen(3000);",
        "import './server.ts';",
    ] {
        is_clean(
            &check(code)
                .file(
                    "server.ts",
                    "import http from 'node:http'; http.createServer().listen(1);",
                )
                .finish(),
        );
    }
    is_clean(
        &Launch::bare("check")
            .file("app.cjs", "module.exports = () => new Response('hi');")
            .entry("app.cjs")
            .finish(),
    );
}

#[test]
fn what_cannot_be_looked_at_is_one_line() {
    let finished = Launch::bare("check").entry("gone.ts").finish();
    assert_eq!(finished.code, Some(1));
    assert!(
        finished.complaint().contains("gone.ts (no such file)"),
        "{finished:?}"
    );
}

/// Nothing of the program runs.
#[test]
fn nothing_is_run() {
    let finished = check(&format!("console.log('ran'); process.exit(9);{SERVES}")).finish();
    is_clean(&finished);
    assert!(!finished.stdout.contains("ran\n"), "{finished:?}");
}
