//! What `tsconfig.json` says, and where it is found.

use crate::modules::{expect_output, run};
use crate::support::{Engine, Launch};
use crate::typescript::expect_everywhere;

const DECORATED: &str = "
    function seen(this: void, target: any, key?: string) {
        const get = (name: string) => (Reflect as any).getMetadata(name, target, key);
        const types = (key === undefined ? [] : [get('design:type')]).concat(get('design:paramtypes') ?? []);
        console.log(key ?? target.name, ...types.map((type: any) => type?.name));
    }
    const parameter = (target: any, key: string | undefined, index: number) => console.log('parameter', key, index);
    class Service {}
    @seen class App {
        @seen name!: string; @seen count: number = 1; @seen when?: Date; @seen any: { a: 1 }; @seen list: string[]; @seen own: Service;
        constructor(private readonly service: Service, @parameter public x: number) {}
        @seen go(@parameter a: Service, b: string): void {}
    }
    console.log(Object.keys(new App(new Service(), 1)).sort().join());
";
/// As reflect-metadata has them, as far as the transpiler asks for it.
const REFLECT: &str = "
    const all = new Map();
    const of = (target, key) => { if (!all.has(target)) all.set(target, {}); return all.get(target)[key ?? ''] ??= {}; };
    Reflect.metadata = (name, value) => (target, key) => { of(target, key)[name] = value; };
    Reflect.getMetadata = (name, target, key) => of(target, key)[name];
";

#[test]
fn imports_that_nothing_uses_stay_where_the_configuration_says_so() {
    let files = [
        (
            "app.ts",
            "import { T } from './side'; import { type U } from './typed'; import type { V } from './never'; console.log('app');",
        ),
        (
            "side.ts",
            "console.log('side'); export const T = 1; export type T = number;",
        ),
        ("typed.ts", "console.log('typed'); export type U = 1;"),
        ("never.ts", "console.log('never'); export type V = 1;"),
    ];
    expect_output("app.ts", &files, "app");
    let verbatim = (
        "tsconfig.json",
        r#"{ "compilerOptions": { "verbatimModuleSyntax": true } }"#,
    );
    expect_output("app.ts", &[&files[..], &[verbatim]].concat(), "side\ntyped\napp");
}

#[test]
fn legacy_decorators_are_told_the_types() {
    let expected = "name String\ncount Number\nwhen Date\nany Object\nlist Array\nown Service\nparameter go 0\n\
                    go Function Service String\nparameter undefined 1\nApp Service Number\ncount,service,x";
    let source = format!("import './reflect.js'; {DECORATED}");
    for options in [
        r#"{ "experimentalDecorators": true, "emitDecoratorMetadata": true }"#,
        r#"{ "experimentalDecorators": true, "emitDecoratorMetadata": true, "target": "ES2021" }"#,
    ] {
        let config = format!("{{ \"extends\": \"./base\", \"compilerOptions\": {options} }}");
        expect_everywhere(
            "src/app.ts",
            &[
                ("src/app.ts", &source),
                ("src/reflect.js", REFLECT),
                ("tsconfig.json", &config),
                ("base.json", r#"{ "compilerOptions": { "strict": true } }"#),
            ],
            expected,
        );
    }
}

#[test]
fn fields_are_defined_or_assigned_as_the_target_says() {
    let source = "
        class Base { constructor() { (this as any).x = 'base'; } set y(value: number) { console.log('setter', value); } }
        class A extends Base {
            x?: string; y = 1 as any; #secret = 3; z = this.p + this.#secret; 'a b' = 4; f = () => this.z; static s = 1;
            constructor(private p: number) { super(); console.log(this.z); }
        }
        class B extends A { w = 1; }
        const b = new B(5); console.log(b.x, b.f(), b['a b'], b.w, A.s);
    ";
    let config = |options: &str| format!("{{ \"compilerOptions\": {options} }}");
    for (options, expected) in [
        (r#"{ "target": "ES2021" }"#, "setter 1\n8\nbase 8 4 1 1"),
        (
            r#"{ "useDefineForClassFields": false }"#,
            "setter 1\n8\nbase 8 4 1 1",
        ),
    ] {
        expect_output(
            "app.ts",
            &[("app.ts", source), ("tsconfig.json", &config(options))],
            expected,
        );
    }
    for options in [
        "{}",
        r#"{ "target": "ES2022" }"#,
        r#"{ "target": "ES5", "useDefineForClassFields": true }"#,
    ] {
        let finished = run(
            "app.ts",
            &[("app.ts", source), ("tsconfig.json", &config(options))],
        );
        assert!(!finished.stdout.contains("setter"), "{options}: {finished:?}");
        assert!(finished.stdout.contains("undefined "), "{options}: {finished:?}");
    }
}

#[test]
fn paths_are_those_of_the_nearest_configuration() {
    let files = [
        (
            "app/src/app.ts",
            "import { a } from '@/a'; import { b } from '@lib/b'; import { c } from 'shared/c'; import { d } from '~exact';
             import { inner } from '../inner/x'; import { basename } from 'path'; import json from '@/data.json';
             console.log(a, b, c, d, inner, basename('/x/y'), json.n, require('@/a').a, require('shared/c').c,
                 (await import('@/a')).a, require.resolve('@/a').endsWith('/src/a.ts'));",
        ),
        ("app/tsconfig.json", r#"{ "extends": "../config/base.json", "compilerOptions": { "jsx": "react-jsx" } }"#),
        (
            "config/base.json",
            r#"{ // a comment
                "compilerOptions": { "baseUrl": "..", "paths": {
                    "@/*": ["${configDir}/src/*"], "@lib/*": ["nowhere/*", "lib/*.js"], "~exact": ["lib/d"], "*": ["any/*"]
            } } }"#,
        ),
        ("app/src/a.ts", "export const a: string = 'a';"),
        ("app/src/data.json", r#"{ "n": 1 }"#),
        ("lib/b.ts", "export const b: string = 'b';"),
        ("shared/c.ts", "export const c: string = 'c';"),
        ("lib/d.ts", "export const d: string = 'd';"),
        ("path.ts", "export const basename = () => 'hidden';"),
        ("app/inner/tsconfig.json", r#"{ "compilerOptions": { "paths": { "@/*": ["./*"] } } }"#),
        ("app/inner/x.ts", "export { inner } from '@/y';"),
        ("app/inner/y.ts", "export const inner: string = 'inner';"),
    ];
    expect_output("app/src/app.ts", &files, "a b c d inner y 1 a c a true");
}

#[test]
fn jsx_is_made_as_the_configuration_says() {
    let runtime = [
        (
            "node_modules/tiny/package.json",
            r#"{ "exports": { "./jsx-runtime": "./r.mjs", "./jsx-dev-runtime": "./d.mjs" } }"#,
        ),
        (
            "node_modules/tiny/r.mjs",
            "export const jsx = (t) => `jsx ${t}`; export const jsxs = jsx; export const Fragment = 'f';",
        ),
        (
            "node_modules/tiny/d.mjs",
            "export const jsxDEV = (t) => `dev ${t}`; export const Fragment = 'f';",
        ),
    ];
    let source = "const h = (t: string) => `h ${t}`; const React = { createElement: (t: string) => `React ${t}` }; console.log(<b />); export {};";
    for (options, expected) in [
        ("{}", "React b"),
        (r#"{ "jsx": "react", "jsxFactory": "h" }"#, "h b"),
        (r#"{ "jsx": "react-jsx", "jsxImportSource": "tiny" }"#, "jsx b"),
        (r#"{ "jsx": "react-jsxdev", "jsxImportSource": "tiny" }"#, "dev b"),
        (r#"{ "jsx": "preserve", "jsxImportSource": "tiny" }"#, "jsx b"),
        (r#"{ "jsxImportSource": "tiny" }"#, "jsx b"),
    ] {
        let config = format!("{{ \"compilerOptions\": {options} }}");
        let files = [("app.tsx", source), ("tsconfig.json", &config)];
        expect_output("app.tsx", &[&files[..], &runtime].concat(), expected);
    }
    let pragma = format!("/** @jsxImportSource tiny */ {source}");
    expect_output(
        "app.tsx",
        &[&[("app.tsx", pragma.as_str())], &runtime[..]].concat(),
        "jsx b",
    );
    let pragma = format!("/** @jsx h */ {source}");
    expect_output("app.tsx", &[("app.tsx", &pragma)], "h b");
}

#[test]
fn a_configuration_that_is_wrong_is_named() {
    for (config, part) in [
        ("{ \"compilerOptions\": ", "tsconfig.json"),
        (
            r#"{ "extends": "@tsconfig/missing/tsconfig.json" }"#,
            "extends '@tsconfig/missing/tsconfig.json', which is not there",
        ),
        (r#"{ "extends": "./tsconfig.json" }"#, "extends itself"),
        (r#"{ "compilerOptions": { "jsx": 1 } }"#, "tsconfig.json: "),
    ] {
        let finished = run(
            "app.ts",
            &[("app.ts", "console.log(1 as number);"), ("tsconfig.json", config)],
        );
        assert_eq!(
            (finished.code, finished.stdout.as_str()),
            (Some(1), ""),
            "{finished:?}"
        );
        assert!(finished.stderr.contains(part), "{part}: {finished:?}");
        // JavaScript is none of its business.
        expect_output(
            "app.js",
            &[("app.js", "console.log(1);"), ("tsconfig.json", config)],
            "1",
        );
    }
}

#[test]
fn a_change_of_the_configuration_is_a_change_of_the_program() {
    let launch = |target: &str| {
        let config = format!("{{ \"compilerOptions\": {{ \"target\": \"{target}\" }} }}");
        Launch::run(
            Engine::Portable,
            "class A { x?: string; } console.log(Object.keys(new A()).length);",
        )
        .file("tsconfig.json", config)
    };
    let cache = tempfile::tempdir().expect("a folder");
    for (target, expected) in [("ES2022", "1\n"), ("ES2021", "0\n"), ("ES2022", "1\n")] {
        let finished = launch(target)
            .environment("HOWTH_CACHE_DIR", cache.path())
            .finish();
        assert_eq!(finished.stdout, expected, "{finished:?}");
    }
}

on_both_engines![typescript_is_served_with_its_configuration];

/// The whole of it behind a server: what a Nest application looks like.
fn typescript_is_served_with_its_configuration(engine: Engine) {
    let server = Launch::serve(
        engine,
        "import { Controller, handler } from '@app/controller';
         import pkg from './package.json';
         const controller = new Controller({ greeting: 'hi' });
         export default { fetch: (request: Request) => new Response(`${handler(controller)} ${pkg.name} ${__dirname.length > 0}`) };",
    )
    .file("package.json", r#"{ "name": "served" }"#)
    .file(
        "tsconfig.json",
        r#"{ "compilerOptions": { "target": "ES2021", "experimentalDecorators": true, "emitDecoratorMetadata": true,
            "paths": { "@app/*": ["./lib/*"] } } }"#,
    )
    .file(
        "lib/controller.ts",
        "const get = (_: any, key: string) => { names.push(key); }; const names: string[] = [];
         export class Controller { constructor(private readonly service: { greeting: string }) {} @get hello() { return this.service.greeting; } }
         export const handler = (controller: Controller) => (controller as any)[names[0]]();",
    )
    .start();
    assert_eq!(server.get("/").text(), "hi served true");
}
