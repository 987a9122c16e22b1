//! `howth:http`: the module of howth's own, however it is asked for.

use crate::support::{Engine, Launch, printed};

on_both_engines![
    it_has_what_the_global_has,
    packages_and_workers_have_it_as_well,
    an_application_imports_what_it_serves_with,
    another_name_is_an_error_that_names_it,
];

fn it_has_what_the_global_has(engine: Engine) {
    let finished = Launch::run(
        engine,
        "import * as all from 'howth:http';
        import { dir, EventChannel, EventStream, eventStream, file } from 'howth:http';
        import { createRequire } from 'node:module';
        const require = createRequire(import.meta.url);
        const required = require('howth:http');
        const again = await import('howth:http');
        const names = Object.keys(all);
        const isSame = (name: string) => all[name] === (Howth as any)[name] && all[name] === required[name];
        console.log(names.length > 4 && names.every(isSame), Object.keys(required).length === names.length, again === all);
        console.log([dir, EventChannel, EventStream, eventStream, file].map((member) => typeof member).join(' '));
        console.log(require.resolve('howth:http'), import.meta.resolve('howth:http'), require('./old.cjs'));",
    )
    .file("old.cjs", "module.exports = typeof require('howth:http').dir;")
    .finish();
    printed(
        &finished,
        "true true true\nfunction function function function function\nhowth:http howth:http function",
    );
}

fn packages_and_workers_have_it_as_well(engine: Engine) {
    let finished = Launch::run(
        engine,
        "import { kind } from 'a-package';
        console.log(kind);
        const worker = new Worker(new URL('worker.js', import.meta.url), { type: 'module' });
        worker.onmessage = ({ data }) => { console.log(data); worker.terminate(); };",
    )
    .file(
        "node_modules/a-package/package.json",
        r#"{ "name": "a-package", "type": "module", "exports": "./index.js" }"#,
    )
    .file(
        "node_modules/a-package/index.js",
        "import { eventStream } from 'howth:http'; export const kind = typeof eventStream;",
    )
    .file(
        "worker.js",
        "import { eventStream } from 'howth:http';
        const response = eventStream(new Request('http://a'), async (stream) => { stream.send('from a worker'); });
        postMessage((await response.text()).trim());",
    )
    .finish();
    printed(&finished, "function\ndata: from a worker");
}

fn an_application_imports_what_it_serves_with(engine: Engine) {
    let server = Launch::serve(
        engine,
        "import { dir, file } from 'howth:http';
        export default { routes: { '/files/*': dir('files') }, fetch: () => new Response(file('files/a.txt')) };",
    )
    .file("files/a.txt", "a file")
    .start();
    assert_eq!(server.get("/files/a.txt").text(), "a file");
    assert_eq!(server.get("/").text(), "a file");
}

fn another_name_is_an_error_that_names_it(engine: Engine) {
    let finished = Launch::run(engine, "import 'howth:htp';").finish();
    assert_eq!(finished.code, Some(1), "{finished:?}");
    assert!(
        finished.stderr.contains("Cannot find 'howth:htp'"),
        "{finished:?}"
    );
    assert!(finished.stderr.contains("howth:http"), "{finished:?}");
    let required = Launch::run(engine, "")
        .file(
            "app.cjs",
            "try { require('howth:htp'); } catch (error) { console.log(error.code); }",
        )
        .entry("app.cjs")
        .finish();
    printed(&required, "MODULE_NOT_FOUND");
}

#[test]
fn it_is_there_before_a_program_runs() {
    let check = |name: &str| {
        let code =
            format!("import {{ dir }} from '{name}';\nexport default () => new Response(typeof dir);\n");
        Launch::bare("check").file("app.ts", code).finish()
    };
    assert_eq!(check("howth:http").code, Some(0));
    let finished = check("howth:htp");
    assert_eq!(finished.code, Some(1), "{finished:?}");
    assert!(
        finished
            .stdout
            .contains("there is no built-in module \"howth:htp\""),
        "{finished:?}"
    );
}
