//! The global `Bun`: where programs find it, and what its members do. What is expected is what Bun 1.4.5 does.

use crate::modules::{expect_output, run};
use crate::support::{Launch, printed};

/// Tells whether it finds Bun, as packages do.
const PACKAGE: (&str, &str) = (
    "node_modules/looks/index.js",
    "module.exports = typeof Bun !== 'undefined' || 'Bun' in globalThis; // Bun.version",
);

const PACKAGE_FILE: (&str, &str) = ("node_modules/looks/package.json", r#"{ "name": "looks" }"#);

#[test]
fn it_is_there_where_the_program_names_it() {
    let import = "import found from 'looks'; console.log(found);";
    for (rest, expected) in [
        ("Bun.version;", true),
        ("import { version } from 'bun'; version;", true),
        ("const name = globalThis.Bun;", true),
        ("import './other.ts';", true),
        ("import 'for-both/bun';", true),
        ("// Bun.serve", false),
        ("'Bun';", false),
        ("import 'for-both';", false),
        ("import './bun';", false),
        (
            "import type { Server } from 'bun'; let server: Server | Bun.File;",
            false,
        ),
    ] {
        let files = [
            PACKAGE,
            PACKAGE_FILE,
            ("app.ts", &*format!("{import}\n{rest}")),
            ("other.ts", "export const name = () => Bun.main;"),
            ("bun.ts", "export {};"),
            ("node_modules/for-both/index.js", "typeof Bun;"),
            ("node_modules/for-both/bun.js", "Bun.version;"),
            (
                "node_modules/for-both/package.json",
                r#"{ "exports": { ".": "./index.js", "./bun": "./bun.js" } }"#,
            ),
        ];
        expect_output("app.ts", &files, &expected.to_string());
    }
}

#[test]
fn the_command_line_has_the_last_word() {
    let launch = |option: &str, source| {
        let files = [PACKAGE, PACKAGE_FILE].iter();
        let launch = files.fold(Launch::bare("run"), |launch, (path, content)| {
            launch.file(path, content)
        });
        launch.file("app.ts", source).options([option]).finish()
    };
    let source = "import found from 'looks'; console.log(found);";
    printed(&launch("--compat=bun", source), "true");
    printed(&launch("--compat=none", source), "false");
    printed(&launch("--compat=none", "console.log(typeof Bun);"), "undefined");
    let finished = launch("--compat=deno", source);
    assert_eq!(finished.code, Some(2), "{finished:?}");
}

#[test]
fn the_module_exports_what_the_global_has() {
    expect_output(
        "app.ts",
        &[(
            "app.ts",
            "import bun, * as names from 'bun';
             const { default: _, ...others } = names;
             console.log(bun === Bun, Object.keys(others).sort().join() === Object.keys(Bun).sort().join());
             console.log(names.version, Bun.serve === names.serve, typeof names.$, Object.keys(Bun).length > 100);",
        )],
        "true true\n1.4.5 true function true",
    );
}

#[test]
fn what_is_missing_says_so_when_it_is_used() {
    expect_output(
        "app.ts",
        &[(
            "app.ts",
            "import { $, redis, SQL } from 'bun';
             const said = async (use: () => unknown) => {
                 try { await use(); } catch (error) { console.log(error.message); }
             };
             await said(() => $`ls`);
             await said(() => redis.get('key'));
             await said(() => new SQL(''));
             await said(() => new Bun.Glob('*'));
             await said(() => Bun.hash.cityHash64('a'));
             await said(() => import('bun:sqlite'));",
        )],
        "Bun.$ is not there under howth; use Bun.spawn, node:child_process, or the package zx\n\
         Bun.redis is not there under howth; use a package such as ioredis\n\
         Bun.SQL is not there under howth; use a package such as postgres, or node:sqlite\n\
         Bun.Glob is not there under howth; use node:fs (glob) and node:path (matchesGlob)\n\
         Bun.hash.cityHash64 is not there under howth; use Bun.hash.wyhash, or a package such as xxhash-wasm\n\
         Cannot find 'bun:sqlite', which only Bun has; use node:sqlite",
    );
}

#[test]
fn files_are_read_and_written() {
    expect_output(
        "app.ts",
        &[(
            "app.ts",
            "const file = Bun.file('folder/a.json');
             console.log(await file.exists(), file.size, file.type, file.name, file instanceof Blob);
             console.log(await Bun.write(file, '{\"é\":1}'), file.size, (await file.json())['é'], await file.slice(2, 4).text());
             console.log(await Bun.write('b', file), await Bun.write('c', new Response('abc')), await Bun.write('d', new Blob(['xy'])));
             console.log(await new Blob(['<', Bun.file('c'), '>']).text(), await Bun.file('c').stream().text());
             const writer = Bun.file('e').writer();
             console.log(writer.write('abc'), writer.write(new Uint8Array([100])), writer.flush(), await writer.end(), await Bun.file('e').text());
             await file.delete();
             const error = await file.text().catch((error) => error);
             console.log(await file.exists(), error.code, error.message);
             console.log(import.meta.dir === process.cwd(), import.meta.file, import.meta.path === Bun.main);",
        )],
        "false 0 application/json;charset=utf-8 folder/a.json true\n\
         8 8 1 é\n\
         8 3 2\n\
         <abc> abc\n\
         3 1 4 0 abcd\n\
         false ENOENT ENOENT: no such file or directory, open 'folder/a.json'\n\
         true app.ts true",
    );
}

#[test]
fn hashes_are_those_of_bun() {
    expect_output(
        "app.ts",
        &[(
            "app.ts",
            "console.log(Bun.hash('hello'), Bun.hash('hello', 5), Bun.hash(''), Bun.hash('x'.repeat(100)));
             const { crc32, adler32, murmur32v3, xxHash32, xxHash64 } = Bun.hash;
             console.log(crc32('hello'), adler32('hello'), murmur32v3('hello'), xxHash32('hello', 7), xxHash64('hello', 7));
             console.log(Bun.CryptoHasher.hash('md5', 'x', 'hex'), Bun.sha('x', 'hex').slice(0, 8), Bun.SHA256.hash('x', 'hex').slice(0, 8));
             const hasher = new Bun.CryptoHasher('sha1').update('a');
             console.log(hasher.copy().digest('hex').slice(0, 8), hasher.digest('hex').slice(0, 8), hasher.digest('hex').slice(0, 8));",
        )],
        "1019145960556548909n 7929786964931923863n 290873116282709081n 18162748338316724677n\n\
         907060870 103547413 613153351 2401278968 15215747102484418094n\n\
         9dd4e461268c8034f5c8564e155c67a6 6a1db6c1 2d711642\n\
         86f7e437 86f7e437 da39a3ee",
    );
}

#[test]
fn children_are_started() {
    expect_output(
        "app.ts",
        &[(
            "app.ts",
            "const cat = Bun.spawn(['cat'], { stdin: 'pipe' });
             cat.stdin.write('abc');
             cat.stdin.end();
             console.log(await cat.stdout.text(), await cat.exited, cat.exitCode, cat.signalCode, cat.killed);
             const sleeper = Bun.spawn({ cmd: ['sleep', '60'], onExit: (_, code, signal) => console.log('exit', code, signal) });
             sleeper.kill();
             console.log(await sleeper.exited, sleeper.exitCode, sleeper.signalCode);
             const { exitCode, success, stdout, stderr } = Bun.spawnSync(['sh', '-c', 'echo out; echo err >&2; exit 3']);
             console.log(exitCode, success, `${stdout}`.trim(), `${stderr}`.trim());
             console.log(`${Bun.spawnSync(['cat'], { stdin: Buffer.from('in') }).stdout}`, Bun.spawnSync(['sh', '-c', 'kill -9 $$']).signalCode);
             await Bun.spawn(['cat'], { stdin: new Blob(['blob']), stdout: Bun.file('out') }).exited;
             console.log(await Bun.file('out').text());
             try { Bun.spawn(['no-such-program']); } catch (error) { console.log(error.code, error.message); }
             console.log(Bun.which('sh') !== null, Bun.which('no-such-program'));",
        )],
        "abc 0 0 null true\n\
         exit null SIGTERM\n\
         143 null SIGTERM\n\
         3 false out err\n\
         in SIGKILL\n\
         blob\n\
         ENOENT Executable not found in $PATH: \"no-such-program\"\n\
         true null",
    );
}

#[test]
fn small_helpers_are_those_of_bun() {
    expect_output(
        "app.ts",
        &[(
            "app.ts",
            "console.log(Bun.escapeHTML('<a b=\"\\'&\">'), Bun.stringWidth('é你👩‍👩‍👧'), Bun.stripANSI('\\u001b[31mx\\u001b[0m'));
             console.log(Bun.deepEquals({ a: 1 }, { a: 1, b: undefined }), Bun.deepEquals({ a: 1 }, { a: 1, b: undefined }, true));
             console.log(Bun.semver.satisfies('1.2.3', '^1.0.0'), Bun.semver.satisfies('2.0.0-a', '^1'), Bun.semver.order('1.0.0-a', '1.0.0'));
             console.log(Bun.peek(Promise.resolve(3)), Bun.peek.status(new Promise(() => {})), Bun.isMainThread);
             console.log(new TextDecoder().decode(Bun.gunzipSync(Bun.gzipSync('gzip'))), [...Bun.deflateSync('hello')].join());
             console.log(`${Bun.zstdDecompressSync(Bun.zstdCompressSync('zstd'))}`, await new Response('text').body.text());
             console.log(await Bun.readableStreamToJSON(new Response('[1]').body), new Uint8Array(Bun.concatArrayBuffers([new Uint8Array([1]), new ArrayBuffer(1)])).join());
             const [first, second] = [Bun.randomUUIDv7(), Bun.randomUUIDv7()];
             console.log(first < second, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(first));
             const before = Bun.nanoseconds();
             await Bun.sleep(2);
             Bun.sleepSync(2);
             console.log(Bun.nanoseconds() - before > 3e6, Bun.env === process.env, Bun.argv === process.argv);
             console.log(Bun.fileURLToPath(Bun.pathToFileURL('/a b')), Bun.resolveSync('./app.ts', import.meta.dir) === Bun.main);",
        )],
        "&lt;a b=&quot;&#x27;&amp;&quot;&gt; 5 x\n\
         true false\n\
         true false -1\n\
         3 pending true\n\
         gzip 203,72,205,201,201,7,0\n\
         zstd text\n\
         [ 1 ] 1,0\n\
         true true\n\
         true true true\n\
         /a b true",
    );
}

#[test]
fn a_program_on_the_command_line_counts_as_well() {
    printed(
        &Launch::bare("run")
            .options(["-e", "console.log(Bun.version)"])
            .finish(),
        "1.4.5",
    );
    let finished = run(
        "app.ts",
        &[
            (
                "app.ts",
                "new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' }); Bun;",
            ),
            (
                "worker.ts",
                "console.log(typeof Bun, Bun.isMainThread); try { Bun.serve({ fetch() {} }); } catch (error) { console.log(error.message); } self.close();",
            ),
        ],
    );
    assert_eq!(
        finished.stdout.trim(),
        "object false\nBun.serve: a worker cannot serve under howth",
        "{finished:?}"
    );
}

#[test]
fn passwords_are_hashed_and_known_again() {
    expect_output(
        "app.ts",
        &[(
            "app.ts",
            r"
            const { hash, hashSync, verify, verifySync } = Bun.password;
            const failure = async (ask: () => unknown) => { try { return await ask(); } catch (error) { return error.code; } };
            console.log(/^\$argon2id\$v=19\$m=65536,t=2,p=1\$/.test(await hash('secret')), Object.keys(Bun.password).length);
            const quick = { algorithm: 'argon2d', memoryCost: 8, timeCost: 1 } as const;
            for (const options of [quick, { algorithm: 'bcrypt', cost: 4 } as const]) {
                const made = [await hash('secret', options), hashSync(new TextEncoder().encode('secret'), options)];
                for (const each of made) console.log(await verify('secret', each), verifySync('Secret', each), verifySync('secret', Buffer.from(each)));
            }
            console.log(hashSync('x', 'bcrypt').slice(0, 7), await verify('', 'x'), await verify('x', ''));
            for (const ask of [
                () => hash(''),
                () => hash('x', 'md5' as 'bcrypt'),
                () => hashSync('x', { algorithm: 'bcrypt', cost: 3 }),
                () => hashSync('x', { algorithm: 'argon2id', memoryCost: 4 }),
                () => verify('x', 'nothing'),
                () => verifySync('x', '$2b$10$short'),
                () => verify('x', hashSync('x', quick), 'bcrypt'),
            ]) console.log(await failure(ask));
            ",
        )],
        "true 4\ntrue false true\ntrue false true\ntrue false true\ntrue false true\n$2b$10$ false false\nERR_INVALID_ARG_TYPE\nERR_INVALID_ARG_TYPE\nERR_INVALID_ARG_TYPE\nERR_INVALID_ARG_TYPE\nPASSWORD_UNSUPPORTED_ALGORITHM\nPASSWORD_INVALID_ENCODING\nPASSWORD_INVALID_ENCODING",
    );
}
