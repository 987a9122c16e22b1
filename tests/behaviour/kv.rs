//! `Howth.kv`: what one core stores, every core finds.

use crate::support::{Engine, Launch, ask, connections, eventually, request, serve_on_two_cores};

on_both_engines![
    what_one_core_sets_another_reads,
    increments_of_all_cores_add_up,
    comparisons_of_all_cores_lose_nothing,
    an_entry_ends,
    the_bound_is_kept,
    values_come_back_as_they_went_in,
    what_cannot_be_stored_is_refused,
    a_getter_may_use_it_while_its_object_is_cloned,
    a_core_that_starts_again_finds_what_was_there,
    a_bound_that_is_too_small_is_wrong_usage,
];

fn what_one_core_sets_another_reads(engine: Engine) {
    let server = serve_on_two_cores(
        engine,
        "",
        "
        '/set': (name) => kv.set('user', { name, seen: new Date(0), roles: new Set(['admin']) }),
        '/get': () => {
            const user = kv.get<{ name: string, seen: Date, roles: Set<string> }>('user');
            return user && [user.name, user.seen.toISOString(), [...user.roles], kv.has('user')];
        },
        '/delete': () => kv.delete('user'),
    ",
    );
    let [mut one, mut other] = connections(&server);
    assert_eq!(ask(&mut other, "/get"), serde_json::Value::Null);
    ask(&mut one, "/set?Ada");
    let ada = serde_json::json!(["Ada", "1970-01-01T00:00:00.000Z", ["admin"], true]);
    assert_eq!(ask(&mut other, "/get"), ada);
    assert_eq!(ask(&mut one, "/get"), ada);
    assert_eq!(ask(&mut other, "/delete"), true);
    assert_eq!(ask(&mut one, "/get"), serde_json::Value::Null);
    assert_eq!(ask(&mut one, "/delete"), false);
}

fn increments_of_all_cores_add_up(engine: Engine) {
    const TIMES: usize = 500;
    let server = serve_on_two_cores(
        engine,
        "",
        "
        '/increment': () => kv.increment('count'),
        '/count': () => kv.get('count'),
    ",
    );
    let mut connections: Vec<_> = connections(&server).into();
    connections.extend((0..6).map(|_| server.connect()));
    let threads = connections.len();
    std::thread::scope(|scope| {
        for mut connection in connections {
            scope.spawn(move || {
                let mut before = 0;
                for _ in 0..TIMES {
                    let count = ask(&mut connection, "/increment").as_u64().expect("a count");
                    assert!(count > before, "{count} after {before}");
                    before = count;
                }
            });
        }
    });
    assert_eq!(server.get("/count").json(), threads * TIMES);
}

fn comparisons_of_all_cores_lose_nothing(engine: Engine) {
    const TIMES: usize = 100;
    let server = serve_on_two_cores(
        engine,
        "",
        "
        // Reads, changes and writes, with the other core between these.
        '/append': async (name) => {
            for (;;) {
                const found = kv.getEntry<string[]>('names');
                await new Promise((resolve) => setTimeout(resolve, 0));
                if (kv.compareAndSet('names', found?.version, [...found?.value ?? [], name])) return;
            }
        },
        '/names': () => kv.get('names'),
    ",
    );
    let [mut one, mut other] = connections(&server);
    std::thread::scope(|scope| {
        scope.spawn(|| (0..TIMES).for_each(|_| drop(ask(&mut one, "/append?one"))));
        scope.spawn(|| (0..TIMES).for_each(|_| drop(ask(&mut other, "/append?other"))));
    });
    let names = server.get("/names").json();
    let names = names.as_array().expect("an array");
    for name in ["one", "other"] {
        assert_eq!(names.iter().filter(|found| *found == name).count(), TIMES);
    }
}

fn an_entry_ends(engine: Engine) {
    let server = serve_on_two_cores(
        engine,
        "",
        "
        '/begin': () => {
            kv.set('short', 'text', { ttl: 1 });
            kv.increment('window', 1, { ttl: 1 });
            kv.set('long', 'text', { ttl: 3_600_000 });
        },
        '/seen': () => [kv.get('short') ?? null, kv.has('short'), kv.get('window') ?? null, kv.get('long')],
        '/increment': () => kv.increment('window'),
    ",
    );
    let [mut one, mut other] = connections(&server);
    ask(&mut one, "/begin");
    let ended = serde_json::json!([null, false, null, "text"]);
    eventually("the end of what has one", || ask(&mut other, "/seen") == ended);
    assert_eq!(ask(&mut one, "/seen"), ended);
    assert_eq!(ask(&mut one, "/increment"), 1);
}

fn the_bound_is_kept(engine: Engine) {
    let finished = Launch::run(
        engine,
        "
        const { kv } = Howth;
        const size = 1 << 20;
        for (let i = 0; i < 2000; i++) {
            kv.set(`key ${i}`, 'x'.repeat(i % 2 ? 10_000 : 10));
            kv.set('used', i);
            if (kv.bytes > size) throw new Error(`${kv.bytes} bytes`);
        }
        console.log(kv.get('used'), kv.get('key 0'), kv.size > 50, kv.bytes > size / 2);
        kv.clear();
        console.log(kv.size, kv.bytes);
    ",
    )
    .options(["--kv-bytes", "1M"])
    .finish();
    assert_eq!(finished.stdout, "1999 undefined true true\n0 0\n", "{finished:?}");
}

fn values_come_back_as_they_went_in(engine: Engine) {
    let finished = Launch::run(
        engine,
        r"
        import assert from 'node:assert';
        const { get, set } = Howth.kv;
        const circle: { self?: unknown } = {};
        circle.self = circle;
        const values = [
            null, true, false, 0, -0, 1.5, NaN, -Infinity, 2n ** 70n, '', 'a text', 'caf\u00e9', '\u20ac', '\ud800 alone',
            new Uint8Array([0, 255]), new Uint8Array(0), new Float32Array([1.5]), new ArrayBuffer(3), new Date(5), /x/g,
            new Map([[{ a: 1 }, [1, 2]]]), new Set(['x']), new RangeError('a reason'), { a: { b: [undefined, null] } }, circle,
        ];
        for (const value of values) {
            set('key', value);
            assert.deepStrictEqual(get('key'), value);
        }
        // What comes out is a copy of what went in.
        const bytes = new Uint8Array([1, 2, 3, 4]);
        set('part', bytes.subarray(1, 3));
        bytes.fill(9);
        assert.deepStrictEqual(get('part'), new Uint8Array([2, 3]));
        get<Uint8Array>('part')!.fill(9);
        assert.deepStrictEqual(get('part'), new Uint8Array([2, 3]));
        set('object', { list: [1] });
        get<{ list: number[] }>('object')!.list.push(2);
        assert.deepStrictEqual(get('object'), { list: [1] });
        set('buffer', Buffer.from('a Buffer'));
        assert.deepStrictEqual(get('buffer'), new Uint8Array(Buffer.from('a Buffer')));
        console.log('all of them');
    ",
    )
    .finish();
    assert_eq!(finished.stdout, "all of them\n", "{finished:?}");
}

fn what_cannot_be_stored_is_refused(engine: Engine) {
    let finished = Launch::run(
        engine,
        "
        const kv = Howth.kv as any;
        const refused = (work: () => unknown) => {
            try {
                console.log('taken', work());
            } catch (error) {
                console.log(error.name);
            }
        };
        kv.set('key', 'before');
        const clones = [
            () => 1, Symbol('x'), new WeakMap(), Promise.resolve(), new Proxy({}, {}), new SharedArrayBuffer(1),
            new Blob(['x']), { deep: [new Blob(['x'])] }, new MessageChannel().port1,
            new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])),
        ];
        for (const value of clones) refused(() => kv.set('key', value));
        console.log('types');
        for (const key of [undefined, null, 1, Symbol('x'), {}]) refused(() => kv.get(key));
        for (const ttl of ['1', null, {}]) refused(() => kv.set('key', 1, { ttl }));
        for (const version of [null, 0, -1, 1.5, '1', NaN]) refused(() => kv.compareAndSet('key', version, 1));
        for (const delta of [NaN, Infinity, '1', null]) refused(() => kv.increment('count', delta));
        refused(() => kv.set('key'));
        refused(() => kv.increment('key'));
        console.log('ranges');
        for (const ttl of [0, -1, NaN]) refused(() => kv.set('key', 1, { ttl }));
        for (const value of ['x'.repeat(2 ** 20 + 1), new Uint8Array(2 ** 20 + 1), ['x'.repeat(2 ** 20)]]) {
            refused(() => kv.set('key', value));
            refused(() => kv.compareAndSet('key', undefined, value));
        }
        refused(() => kv.set('k'.repeat(1025), 1));
        refused(() => kv.increment('k'.repeat(1025)));
        refused(() => kv.set('key', { get own() { throw new RangeError('of the program'); } }));
        console.log(kv.get('key'), kv.size);
    ",
    )
    .finish();
    let expected = [
        "DataCloneError\n".repeat(10),
        "types\n".to_owned(),
        "TypeError\n".repeat(20),
        "ranges\n".to_owned(),
        "RangeError\n".repeat(12),
        "before 1\n".to_owned(),
    ];
    assert_eq!(finished.stdout, expected.concat(), "{finished:?}");
}

fn a_getter_may_use_it_while_its_object_is_cloned(engine: Engine) {
    let finished = Launch::run(
        engine,
        "
        const { kv } = Howth;
        kv.set('outer', {
            get inner() {
                kv.set('outer', 'in between');
                kv.set('other', { nested: structuredClone({ a: 1 }) });
                return kv.get('outer');
            },
        });
        console.log(JSON.stringify([kv.get('outer'), kv.get('other')]));
    ",
    )
    .finish();
    let expected = "[{\"inner\":\"in between\"},{\"nested\":{\"a\":1}}]\n";
    assert_eq!(finished.stdout, expected, "{finished:?}");
}

fn a_core_that_starts_again_finds_what_was_there(engine: Engine) {
    let server = serve_on_two_cores(
        engine,
        "",
        "
        '/set': () => kv.set('kept', 'text'),
        '/get': () => kv.get('kept'),
        '/hoard': () => {
            for (const hoard: unknown[] = [];;) hoard.push(new Array(1000).fill({ a: hoard.length }));
        },
    ",
    );
    let [mut one, mut other] = connections(&server);
    ask(&mut one, "/set");
    one.send(request("GET", "/hoard"));
    assert_eq!(one.response().status, 503);
    server.wait_for_output("heap");
    assert_eq!(ask(&mut other, "/get"), "text");
    let [mut one, mut other] = connections(&server);
    assert_eq!(ask(&mut one, "/get"), "text");
    assert_eq!(ask(&mut other, "/get"), "text");
}

fn a_bound_that_is_too_small_is_wrong_usage(engine: Engine) {
    for bytes in ["1023K", "0", "off", "much"] {
        let finished = Launch::run(engine, "").options(["--kv-bytes", bytes]).finish();
        assert_eq!(finished.code, Some(2), "{bytes}: {finished:?}");
        assert!(finished.stderr.contains("--kv-bytes"), "{finished:?}");
    }
}
