//! TypeScript as Bun and tsx run it: what it has of CommonJS, and its own syntax. What `tsconfig.json` changes: `tsconfig`.

use crate::modules::{expect_output, run};

const MODULE: (&str, &str) = ("package.json", r#"{ "type": "module" }"#);
const COMMONJS: (&str, &str) = ("package.json", r#"{ "type": "commonjs" }"#);
const UNTYPED: (&str, &str) = ("package.json", "{}");

/// The same in packages of every type, and without a package.
#[track_caller]
pub fn expect_everywhere(entry: &str, files: &[(&str, &str)], expected: &str) {
    for package in [&[][..], &[MODULE], &[COMMONJS], &[UNTYPED]] {
        expect_output(entry, &[package, files].concat(), expected);
    }
}

#[test]
fn json_needs_no_attribute() {
    expect_everywhere(
        "app.ts",
        &[
            (
                "app.ts",
                "import data from './data.json'; import * as all from './data.json'; import { version } from './data.json';
                 import same from './data.json' with { type: 'json' }; import list from './list.json';
                 import { version as bare } from './data';
                 const late = await import('./data.json');
                 console.log(data.version, version, bare, Object.keys(all).join(), data === same, late.default === data, list.length,
                     late['a-b'], data.default);",
            ),
            ("data.json", r#"{ "version": "1", "a-b": 2, "default": 3 }"#),
            ("list.json", "[1, 2]"),
        ],
        "1 1 1 a-b,default,version true true 2 2 3",
    );
    expect_output(
        "app.mjs",
        &[
            ("app.mjs", "import data from './data.json'; console.log(data.a);"),
            ("data.json", "{ \"a\": 1 }"),
        ],
        "1",
    );
}

#[test]
fn json_that_is_none_is_named() {
    for attribute in ["", " with { type: 'json' }"] {
        let source = format!("import data from './data.json'{attribute}; console.log(data);");
        let finished = run("app.ts", &[("app.ts", &source), ("data.json", "{ \"a\": }")]);
        assert_eq!(finished.code, Some(1), "{finished:?}");
        assert!(finished.stderr.contains("data.json:1:8"), "{finished:?}");
    }
}

#[test]
fn es_modules_have_the_names_of_commonjs() {
    expect_everywhere(
        "folder/app.ts",
        &[
            (
                "folder/app.ts",
                "import { join } from 'node:path';
                 import { isMain } from './other';
                 const data = require('./data.json');
                 const here: string = __filename;
                 console.log(here === join(__dirname, 'app.ts'), here === import.meta.filename, data.a, typeof require.resolve('./data.json'),
                     require.main === module, isMain, typeof exports);
                 export {};",
            ),
            ("folder/data.json", "{ \"a\": 1 }"),
            ("folder/other.ts", "export const isMain = require.main === module;"),
        ],
        "true true 1 string true false object",
    );
}

#[test]
fn names_that_a_module_declares_are_its_own() {
    expect_everywhere(
        "app.ts",
        &[(
            "app.ts",
            "import { createRequire } from 'node:module'; import { dirname } from 'node:path'; import { fileURLToPath } from 'node:url';
             const require = createRequire(import.meta.url);
             const __filename = fileURLToPath(import.meta.url); const __dirname = dirname(__filename);
             function f(module: string, exports: number) { return module + exports; }
             console.log(require('node:path').basename(__filename), __dirname === import.meta.dirname, f('a', 1), typeof module);",
        )],
        "app.ts true a1 object",
    );
}

#[test]
fn scripts_in_packages_of_commonjs_are_commonjs() {
    let files = [
        (
            "app.ts",
            "const other = require('./other') as { a: number };
             console.log(this === module.exports, require.main === module, typeof __dirname, other.a, module.children.length);",
        ),
        ("other.ts", "module.exports = { a: 1 as number, isMain: require.main === module };"),
    ];
    for package in [COMMONJS, UNTYPED] {
        expect_output(
            "app.ts",
            &[&[package], &files[..]].concat(),
            "true true string 1 1",
        );
    }
    expect_output(
        "other.cts",
        &[
            MODULE,
            (
                "other.cts",
                "console.log(this === module.exports, typeof require);",
            ),
        ],
        "true function",
    );
}

#[test]
fn commonjs_has_its_own_syntax_in_typescript() {
    expect_everywhere(
        "app.ts",
        &[
            (
                "app.ts",
                "import fs = require('node:fs'); import lib = require('./lib'); import type Types = require('./nowhere');
                 import { join } from 'node:path'; import mixed from './mixed'; import { os } from './reexport';
                 import plain = require('./plain.js');
                 namespace A { export namespace B { export const c = 5; } } import c = A.B.c;
                 let unused: Types.T | undefined;
                 console.log(typeof fs.readFileSync, lib(2), lib.extra, join('a', 'b'), mixed.hello, typeof os.cpus, c, plain.x,
                     require('./mixed').hello, (require('./lib') === lib));",
            ),
            (
                "lib.ts",
                "import path = require('node:path');
                 function lib(n: number): string { return path.basename('/a/b') + n; } namespace lib { export const extra = 7; }
                 export = lib;",
            ),
            (
                "mixed.ts",
                "import { join } from 'node:path'; export = { hello: join('x', 'y') };",
            ),
            ("reexport.ts", "export import os = require('node:os');"),
            ("plain.cts", "exports.x = 'cts'; export {};"),
            ("plain.js", "export const x = 'js';"),
        ],
        "function b2 7 a/b x/y function 5 js x/y true",
    );
}

#[test]
fn module_exports_stand_beside_imports() {
    expect_everywhere(
        "app.ts",
        &[
            (
                "app.ts",
                "import app, { name } from './server'; import type { Config } from './config'; const config: Config = require('./config');
                 console.log(app.name, name, config.port, require('./server').name);",
            ),
            (
                "server.ts",
                "import { basename } from 'node:path'; module.exports = { name: basename('/x/server') };",
            ),
            (
                "config.ts",
                "import type { Other } from './nowhere'; export type Config = { port: number }; const config: Config = { port: 1 };
                 export default config; export const port: number = config.port;",
            ),
        ],
        "server server 1 server",
    );
}

#[test]
fn cts_may_be_written_with_imports() {
    expect_everywhere(
        "app.ts",
        &[
            (
                "app.ts",
                "import fallback, { a } from './lib.cjs'; import other = require('./lib.cts'); console.log(fallback, a, other.a);",
            ),
            (
                "lib.cts",
                "import fs from 'node:fs'; import { b } from './b.mjs'; export const a: string = typeof fs.readFileSync + b + typeof __dirname;
                 export default 1;",
            ),
            ("b.mts", "export const b: number = 2;"),
        ],
        "1 function2string function2string",
    );
}

#[test]
fn files_are_found_without_their_extensions_and_by_others() {
    expect_everywhere(
        "app.ts",
        &[
            (
                "app.ts",
                "import { a } from './a.js'; import { b } from './b.mjs'; import { c } from './c.cjs'; import { d } from './d.jsx';
                 import { e } from './e'; import { f } from './folder'; import { f as g } from './folder/'; import { h } from '.';
                 import { i } from './i';
                 const r = ['./a.js', './b.mjs', './c.cjs', './e', './folder', './a', './i'].map((name) => Object.values(require(name))[0]);
                 console.log(a, b, c, d, e, f, g, h, i, r.join(''));",
            ),
            ("a.ts", "export const a: string = 'a';"),
            ("b.mts", "export const b: string = 'b';"),
            ("c.cts", "exports.c = 'c' as string;"),
            ("d.tsx", "export const d: string = 'd';"),
            ("e.tsx", "export const e: string = 'e';"),
            ("folder/index.ts", "export const f: string = 'f';"),
            ("index.ts", "export const h: string = 'h';"),
            ("i.cts", "exports.i = 'i' as string;"),
        ],
        "a b c d e f f h i abcefai",
    );
}

#[test]
fn javascript_requires_typescript() {
    expect_output(
        "app.cjs",
        &[
            (
                "app.cjs",
                "const { a } = require('./a'); const { b } = require('./b'); const c = require('./c.js');
                 console.log(a, b, c.default, Object.keys(require.extensions).includes('.ts'));
                 try { require('./missing'); } catch (error) { console.log(error.code, error.message.split('\\n')[0].includes('./missing')); }",
            ),
            ("a.ts", "export const a: number = 1;"),
            ("b.ts", "exports.b = 2 as number;"),
            ("c.tsx", "export default 3 as number;"),
        ],
        "1 2 3 true\nMODULE_NOT_FOUND true",
    );
}

#[test]
fn the_syntax_that_is_typescripts_own() {
    expect_everywhere(
        "app.ts",
        &[
            (
                "app.ts",
                "import { Constant, Named } from './enums'; import './side'; import { OnlyType } from './only-a-type';
                 import { type Bar, value } from './types'; export type { Foo } from './types'; export { type Bar };
                 const enum Local { A = 1 << 2, B = A | 1, C = 'x'.length } enum Text { a = 'a', b = `${a}b` }
                 enum Merged { X } enum Merged { Y = 1 }
                 declare const enum Ambient { Z } declare global { interface Window { x: 1 } } declare module 'y' {}
                 namespace N.M { export const v = 1; export function f() { return v; } export enum Q { A = 3 } }
                 namespace N.M { export const w = M.v + 1; }
                 abstract class Abstract { abstract a(): void; constructor(readonly b = 2, protected c?: number) {} }
                 class Concrete extends Abstract { override a() {} declare foo: string; accessor q = 1; #p = 2; get p() { return this.#p; } }
                 function over(a: string): string; function over(a: number): number; function over(a: any) { return a; }
                 let only: OnlyType | undefined; const asserted = <any>over; let index = { ['a' as string]: 1 } satisfies Record<string, number>;
                 function assertIs(x: unknown): asserts x is string {} assertIs(''); type U<T> = T extends infer R extends string ? R : never;
                 const generic = <const T,>(x: T) => x; using resource = { [Symbol.dispose]() { console.log('disposed'); } };
                 { await using later = { async [Symbol.asyncDispose]() { console.log('later'); } }; }
                 console.log(Local.A, Local.B, Local.C, Text.b, Merged[0], Merged.Y, Constant.One, Named.Q, N.M.f(), N.M.w, N.M.Q.A);
                 console.log(JSON.stringify(new Concrete()), new Concrete().q, new Concrete().p, value, asserted!(3), index.a, generic(4));",
            ),
            ("enums.ts", "export const enum Constant { One = 1 } export enum Named { Q = 'q' }"),
            ("types.ts", "export type Foo = 1; export interface Bar {} export const value = 'value';"),
            ("side.ts", "console.log('side');"),
            ("only-a-type.ts", "console.log('elided'); export interface OnlyType {}"),
        ],
        "side\nlater\n4 5 1 ab X 1 1 q 1 2 3\n{\"b\":2} 1 2 value 3 1 4\ndisposed",
    );
}

#[test]
fn decorators_are_the_standards_without_a_word_in_the_configuration() {
    expect_everywhere(
        "app.ts",
        &[(
            "app.ts",
            "const log = (value: any, context: any) => { console.log(context.kind, String(context.name)); };
             const twice = (value: undefined, context: ClassFieldDecoratorContext) => (initial: number) => initial * 2;
             @log class A { @twice n: number = 2; @log accessor x = 1; @log method() {} @log static get s() { return 1; } }
             console.log(new A().n);",
        )],
        "getter s\naccessor x\nmethod method\nclass A\n4",
    );
}

/// Whatever was put into a module or taken away: the lines are those of the source.
#[test]
fn errors_name_the_place_in_the_source() {
    let config = (
        "tsconfig.json",
        r#"{ "compilerOptions": { "target": "ES2021", "experimentalDecorators": true } }"#,
    );
    let source = "import { readFileSync } from 'node:fs';\ninterface A {\n  a: string;\n}\n\nimport path = require('node:path');\n\
                  class B {\n  x?: string;\n  y = 1;\n  constructor(private z: number) {}\n\n  fail(): never {\n    throw new Error(`in ${__dirname.length > 0}`);\n  }\n}\n\
                  new B(1).fail();\n";
    for package in [MODULE, COMMONJS] {
        let finished = run("app.ts", &[package, config, ("app.ts", source)]);
        assert_eq!(finished.code, Some(1), "{finished:?}");
        for place in ["in true", "app.ts:13:11", "app.ts:16:10"] {
            assert!(finished.stderr.contains(place), "{place}: {finished:?}");
        }
    }
    let script = "type A = {\n  a: 1;\n};\nfunction fail(): never {\n  throw new Error('in a script');\n}\nmodule.exports = fail;\n";
    let entry = "import fail = require('./fail');\ntype B = 1;\nfail();\n";
    let finished = run("app.cts", &[("app.cts", entry), ("fail.cts", script)]);
    for place in ["fail.cts:5:9", "app.cts:3:1"] {
        assert!(finished.stderr.contains(place), "{place}: {finished:?}");
    }
}

/// What only the engine finds fault with, or what one module misses in another.
#[test]
fn errors_of_linking_name_the_place_in_the_source() {
    let types = "interface A {\n  a: string;\n}\n\n";
    for (source, place, part) in [
        (
            format!("{types}import {{ missing }} from './other';\nconsole.log(missing);\n"),
            "app.ts:5:",
            "missing",
        ),
        (
            format!("{types}const a: A = 1;\nconst a: A = 2;\nexport {{}};\n"),
            "app.ts:6:",
            "a",
        ),
    ] {
        let finished = run(
            "app.ts",
            &[("app.ts", &source), ("other.ts", "export const there = 1;")],
        );
        assert_eq!(finished.code, Some(1), "{finished:?}");
        assert!(
            finished.stderr.contains(place) && finished.stderr.contains(part),
            "{place}: {finished:?}"
        );
    }
}

#[test]
fn what_cannot_be_parsed_is_named_with_its_place() {
    for (file, source, place) in [
        ("app.ts", "const a: number = 1;\nconst b: = 2;\n", "app.ts:2:10"),
        (
            "app.cts",
            "const a = require('fs');\n\nconst b = ;\n",
            "app.cts:3:11",
        ),
        ("app.tsx", "const a = <div>;\n", "app.tsx:"),
        (
            "app.mts",
            "class A {\n  constructor(private) {}\n  x: ;\n}\n",
            "app.mts:3:",
        ),
    ] {
        let finished = run(file, &[(file, source)]);
        assert_eq!(finished.code, Some(1), "{finished:?}");
        assert!(finished.stderr.contains(place), "{place}: {finished:?}");
    }
}
