//! Where code comes from: TypeScript, CommonJS, npm packages, built-ins.

use crate::support::{Engine, Finished, Launch};

/// Runs a file among others.
pub fn run(entry: &str, files: &[(&str, &str)]) -> Finished {
    let launch = files
        .iter()
        .fold(Launch::run(Engine::Portable, ""), |launch, (path, content)| {
            launch.file(path, content)
        });
    launch.entry(entry).finish()
}

/// What it prints, and that it ends well.
#[track_caller]
pub fn expect_output(entry: &str, files: &[(&str, &str)], expected: &str) {
    let finished = run(entry, files);
    assert_eq!(
        (finished.code, finished.stdout.trim_end()),
        (Some(0), expected),
        "{finished:?}"
    );
}

/// A package with an ES module and a CommonJS module, and conditions that choose between them.
const PACKAGES: &[(&str, &str)] = &[
    (
        "node_modules/dual/package.json",
        r#"{ "name": "dual", "version": "1.2.3", "exports": {
            ".": { "import": "./esm.mjs", "require": "./cjs.cjs" },
            "./sub": "./sub.mjs", "./features/*": "./features/*.mjs", "./package.json": "./package.json"
        } }"#,
    ),
    (
        "node_modules/dual/esm.mjs",
        "export const kind = 'esm'; export default 'dual';",
    ),
    ("node_modules/dual/cjs.cjs", "exports.kind = 'cjs';"),
    (
        "node_modules/dual/sub.mjs",
        "export { kind } from './esm.mjs'; export const sub = true;",
    ),
    ("node_modules/dual/features/x.mjs", "export const feature = 'x';"),
    ("node_modules/dual/hidden.mjs", "export const hidden = true;"),
    (
        "node_modules/common/package.json",
        r#"{ "name": "common", "main": "lib/index" }"#,
    ),
    (
        "node_modules/common/lib/index.js",
        "const other = require('./other'); const { join } = require('path');
         module.exports = { other, join: join('a', 'b'), filename: __filename.endsWith('index.js') };
         exports.ignored = 1;",
    ),
    (
        "node_modules/common/lib/other.js",
        "exports.data = require('./data.json').value; exports.dual = require('dual').kind;",
    ),
    ("node_modules/common/lib/data.json", "{ \"value\": 42 }"),
    (
        "node_modules/@scope/name/package.json",
        r#"{ "name": "@scope/name", "type": "module", "exports": "./index.js" }"#,
    ),
    (
        "node_modules/@scope/name/index.js",
        "import { kind } from 'dual'; export const scoped = `scoped ${kind}`;",
    ),
];

fn with_packages<'a>(files: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    [PACKAGES, files].concat()
}

#[test]
fn typescript_is_run_as_it_is() {
    expect_output(
        "app.ts",
        &[
            (
                "app.ts",
                "import type { Shape } from './types.ts';
                 import { type Other, make } from './make.mts';
                 import fromCts from './old.cts';
                 enum Color { Red, Green = 'green' }
                 namespace Names { export const inner = 1; }
                 abstract class Base<T> { constructor(protected readonly value: T, public name?: string) {} }
                 class Child extends Base<number> { declare extra: string; get() { return this.value satisfies number; } }
                 function over(a: string): string; function over(a: number): number;
                 function over(a: unknown) { return a; }
                 const shape = { side: 1 } as const as Shape;
                 const other: Other = make<number>(2)!;
                 console.log(Color.Red, Color.Green, Names.inner, new Child(3).get(), over('x'), shape.side, other, fromCts.old);",
            ),
            ("types.ts", "export interface Shape { side: number }"),
            ("make.mts", "export type Other = number; export function make<T>(value: T): T | undefined { return value; }"),
            ("old.cts", "import type { Shape } from './types.ts'; const old: number = 5; module.exports = { old };"),
        ],
        "0 green 1 3 x 1 2 5",
    );
}

#[test]
fn every_extension_can_be_the_entry() {
    for (entry, source) in [
        ("app.ts", "const x: string = 'ok'; console.log(x); export {};"),
        ("app.mts", "const x: string = 'ok'; console.log(x); await 0;"),
        (
            "app.cts",
            "const x: string = 'ok'; console.log(x); module.exports = require('node:path');",
        ),
        ("app.js", "console.log('ok'); export {};"),
        ("app.mjs", "console.log('ok'); await 0;"),
        ("app.cjs", "const path = require('path'); console.log('ok');"),
        (
            "app.tsx",
            "const React = { createElement: (t: string) => t }; console.log(<ok />); export {};",
        ),
        (
            "app.jsx",
            "const React = { createElement: (t) => t }; console.log(<ok />); export {};",
        ),
    ] {
        expect_output(entry, &[(entry, source)], "ok");
    }
}

#[test]
fn the_packages_type_decides_about_js() {
    let esm = ("package.json", "{ \"type\": \"module\" }");
    expect_output(
        "app.js",
        &[
            esm,
            ("app.js", "console.log(typeof require, typeof import.meta.url);"),
        ],
        "undefined string",
    );
    let commonjs = ("package.json", "{ \"type\": \"commonjs\" }");
    expect_output(
        "app.js",
        &[
            commonjs,
            ("app.js", "console.log(typeof require, typeof module);"),
        ],
        "function object",
    );
}

#[test]
fn packages_from_es_modules() {
    expect_output(
        "app.ts",
        &with_packages(&[(
            "app.ts",
            "import dual, { kind } from 'dual';
             import { sub } from 'dual/sub';
             import { feature } from 'dual/features/x';
             import common, { other } from 'common';
             import { scoped } from '@scope/name';
             import manifest from 'dual/package.json' with { type: 'json' };
             console.log(dual, kind, sub, feature, common.join, common.filename, other.data, other.dual, scoped, manifest.version);",
        )]),
        "dual esm true x a/b true 42 cjs scoped esm 1.2.3",
    );
}

#[test]
fn packages_from_commonjs() {
    expect_output(
        "app.cjs",
        &with_packages(&[(
            "app.cjs",
            "const { kind } = require('dual'); const common = require('common'); const data = require('./data.json');
             import('dual').then((dual) => console.log(kind, common.other.data, data.a, dual.kind, require.main === module));",
        ), ("data.json", "{ \"a\": 1 }")]),
        "cjs 42 1 esm true",
    );
}

#[test]
fn a_package_shows_only_what_it_exports() {
    let finished = run(
        "app.ts",
        &with_packages(&[("app.ts", "import 'dual/hidden.mjs';")]),
    );
    assert_eq!(finished.code, Some(1));
    assert!(
        finished.stderr.contains("hidden.mjs") && finished.stderr.contains("exports"),
        "{finished:?}"
    );
}

#[test]
fn subpath_imports_and_self_reference() {
    expect_output(
        "app.ts",
        &[
            (
                "package.json",
                r##"{ "name": "self", "type": "module", "imports": { "#inner/*": "./inner/*.ts" }, "exports": "./lib.ts" }"##,
            ),
            (
                "app.ts",
                "import { x } from '#inner/x'; import { lib } from 'self'; console.log(x, lib);",
            ),
            ("inner/x.ts", "export const x: number = 7;"),
            ("lib.ts", "export const lib = 'lib';"),
        ],
        "7 lib",
    );
}

#[test]
fn json_and_dynamic_imports() {
    expect_output(
        "app.ts",
        &[
            (
                "app.ts",
                "import data from './data.json' with { type: 'json' };
                 const name = 'late';
                 const late = await import(`./${name}.ts`);
                 const missing = await import('./missing.ts').catch((error) => error.constructor.name);
                 console.log(data.list.length, late.default, missing);",
            ),
            ("data.json", "{ \"list\": [1, 2, 3] }"),
            ("late.ts", "export default 'late' as string;"),
        ],
        "3 late TypeError",
    );
}

#[test]
fn the_module_knows_where_it_is() {
    let finished = run(
        "folder/app.ts",
        &[
            (
                "folder/app.ts",
                "import { main } from './other.ts';
                 const { url, dirname, filename } = import.meta;
                 console.log(url.startsWith('file:///'), url.endsWith('/folder/app.ts'), dirname.endsWith('/folder'),
                     filename.endsWith('/folder/app.ts'), import.meta.main, main, import.meta.resolve('./x.ts') === url.replace('app.ts', 'x.ts'));",
            ),
            ("folder/other.ts", "export const main = import.meta.main;"),
        ],
    );
    assert_eq!(
        finished.stdout.trim_end(),
        "true true true true true false true",
        "{finished:?}"
    );
}

#[test]
fn built_ins_with_and_without_their_prefix() {
    expect_output(
        "app.ts",
        &[(
            "app.ts",
            "import { createHash, randomUUID } from 'node:crypto';
             import { mkdtempSync, readFileSync, writeFileSync } from 'fs';
             import { join } from 'path';
             import { tmpdir } from 'node:os';
             import { Buffer } from 'node:buffer';
             import { EventEmitter } from 'events';
             import { promisify } from 'node:util';
             import { AsyncLocalStorage } from 'node:async_hooks';
             import { gzipSync, gunzipSync } from 'node:zlib';
             const file = join(mkdtempSync(join(tmpdir(), 'howth-')), 'x');
             writeFileSync(file, 'content');
             const storage = new AsyncLocalStorage<string>();
             const stored = await storage.run('stored', async () => { await null; return storage.getStore(); });
             const emitter = new EventEmitter(); let heard = ''; emitter.on('x', (v) => heard = v); emitter.emit('x', 'heard');
             await promisify(setTimeout)(1);
             console.log(createHash('sha256').update('x').digest('hex').slice(0, 8), randomUUID().length, readFileSync(file, 'utf8'),
                 Buffer.from('aGk=', 'base64').toString(), heard, stored, gunzipSync(gzipSync('z')).toString(),
                 process.env.HOME !== undefined, typeof process.versions.v8, typeof globalThis.Buffer, typeof setImmediate);",
        )],
        "2d711642 36 content hi heard stored z true string function function",
    );
}

#[test]
fn process_env_is_the_environment() {
    let finished = Launch::run(
        Engine::Portable,
        "process.env.SET_HERE = 'y'; console.log(process.env.GIVEN, process.env.SET_HERE, process.env.NOT);",
    )
    .environment("GIVEN", "x")
    .finish();
    assert_eq!(finished.stdout, "x y undefined\n", "{finished:?}");
}

on_both_engines![packages_are_served, stacks_name_the_lines_of_imported_modules,];

/// The same packages behind a server.
fn packages_are_served(engine: Engine) {
    let launch = PACKAGES.iter().fold(
        Launch::serve(engine, "
            import { createRequire } from 'node:module';
            import { scoped } from '@scope/name';
            const common = createRequire(import.meta.url)('common');
            export default async () => Response.json([scoped, common.other.data, (await import('dual/sub')).sub]);
        "),
        |launch, (path, content)| launch.file(path, content),
    );
    assert_eq!(launch.start().get("/").text(), "[\"scoped esm\",42,true]");
}

/// Stack traces of a module that was imported name its own lines.
fn stacks_name_the_lines_of_imported_modules(engine: Engine) {
    let server = Launch::serve(engine, "import { fail } from './fail.ts'; export default () => fail();")
        .file("fail.ts", "type A = {\n  b: number;\n};\nexport function fail(): Response {\n  throw new Error('from afar');\n}\n")
        .start();
    assert_eq!(server.get("/").status, 500);
    server.wait_for_output("from afar");
    server.wait_for_output("fail.ts:5:");
    server.wait_for_output("app.ts:1:");
}
