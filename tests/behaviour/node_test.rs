//! `node:test` in a program that is run: what its tests do, and what is printed of them.

use crate::support::{Finished, Launch};

fn run(code: &str) -> Finished {
    let code = format!(
        "import test, {{ after, afterEach, before, beforeEach, describe, getTestContext, it, mock }} from 'node:test';\nimport assert from 'node:assert/strict';\n{code}"
    );
    Launch::bare("app.test.mjs")
        .file("app.test.mjs", code)
        .entry("")
        .finish()
}

#[track_caller]
fn passes(code: &str, tests: usize) {
    let finished = run(code);
    assert_eq!(
        (finished.code, finished.stderr.as_str()),
        (Some(0), ""),
        "{code}: {finished:?}"
    );
    assert!(
        finished.stdout.contains(&format!("\u{2139} tests {tests}\n"))
            && finished.stdout.contains("\u{2139} fail 0\n"),
        "{code}: {finished:?}"
    );
}

/// The one test that fails, with this in its message.
#[track_caller]
fn fails(code: &str, message: &str) {
    let finished = run(code);
    assert_eq!(finished.code, Some(1), "{code}: {finished:?}");
    let summary = finished.stdout.split("failing tests:").nth(1).expect("a summary");
    assert!(summary.contains(message), "{code}: {finished:?}");
}

#[test]
fn tests_come_in_all_forms() {
    passes(
        "test(() => {}); test('name'); test('name', () => {}); test('name', { timeout: 1000 }, () => {}); test({ skip: true }, () => {});",
        5,
    );
    passes(
        "test('done', (t, done) => setTimeout(done, 1)); it('again', async () => {});",
        2,
    );
    passes(
        "test('nested', async (t) => { await t.test('one', () => {}); t.test('not awaited', async () => {}); test('by the module', () => {}); });",
        4,
    );
    passes(
        "describe('suite', async () => { await null; it('later', () => {}); describe('inner', () => { it('deep', () => {}); }); });",
        2,
    );
    passes(
        "test.skip('a', () => { throw 1; }); test.todo('b', () => { throw 1; }); test('c', (t) => { t.skip('why'); });",
        3,
    );
    passes(
        "test('was to fail', { expectFailure: true }, () => { throw new Error('x'); });",
        1,
    );
    passes(
        "const value = []; await test('first', async () => { value.push(1); }); value.push(2); test('order', () => assert.deepEqual(value, [1, 2]));",
        2,
    );
}

#[test]
fn failures_are_told() {
    fails("test('throws', () => { throw new Error('thrown'); });", "thrown");
    fails(
        "test('rejects', async () => { await null; throw new TypeError('rejected'); });",
        "TypeError: rejected",
    );
    fails(
        "test('calls back', (t, done) => done(new Error('called back')));",
        "called back",
    );
    fails(
        "test('throws nothing', () => { throw undefined; });",
        "throws nothing",
    );
    fails(
        "test('outer', async (t) => { await t.test('inner', () => { throw new Error('deep'); }); });",
        "outer > inner",
    );
    fails(
        "test('late', () => new Promise((resolve) => { setTimeout(() => { throw new Error('uncaught'); }, 1); setTimeout(resolve, 1000); }));",
        "uncaught",
    );
    fails(
        "test('late', async () => { Promise.reject(new Error('unhandled')); await new Promise((resolve) => setTimeout(resolve, 100)); });",
        "unhandled",
    );
    fails(
        "test('slow', { timeout: 10 }, () => new Promise((resolve) => setTimeout(resolve, 60_000).unref()));",
        "timed out after 10ms",
    );
    fails("test('never', () => new Promise(() => {}));", "pending");
    fails(
        "test('aborted', { signal: AbortSignal.abort(new Error('stopped')) }, () => new Promise(() => {}));",
        "stopped",
    );
    fails(
        "test('plan', (t) => { t.plan(2); t.assert.ok(true); });",
        "plan expected 2",
    );
    fails(
        "test('plan', (t) => { t.plan(0); t.assert.ok(true); });",
        "plan expected 0",
    );
    fails(
        "test('passes', { expectFailure: true }, () => {});",
        "expected to fail",
    );
    fails(
        "describe('suite', () => { throw new Error('not built'); });",
        "not built",
    );
    fails(
        "test('passes', () => {}); setTimeout(() => { throw new Error('outside'); }, 20);",
        "outside",
    );
    fails("test('leaves', () => { process.exit(); });", "ended before");
}

#[test]
fn hooks_run_around_tests() {
    passes(
        "
        const order = [];
        const note = (name) => () => { order.push(name); };
        before(note('before all')); beforeEach(note('each')); afterEach(note('after each'));
        test('a', note('a'));
        describe('suite', () => {
            before(note('before suite')); after(note('after suite')); beforeEach(note('each of suite'));
            it('b', note('b'));
        });
        test('c', async (t) => {
            t.before(note('before c')); t.beforeEach(note('each of c')); t.after(note('after c'));
            order.push('c');
            await t.test('d', note('d'));
        });
        after(() => assert.deepEqual(order, [
            'before all', 'each', 'a', 'after each',
            'before suite', 'each', 'each of suite', 'b', 'after each', 'after suite',
            'each', 'before c', 'c', 'each', 'each of c', 'd', 'after each', 'after each', 'after c',
        ]));
        ",
        4,
    );
    fails(
        "describe('suite', () => { before(() => { throw new Error('no base'); }); it('a', () => {}); });",
        "no base",
    );
    fails(
        "beforeEach(() => { throw new Error('no ground'); }); test('a', () => {});",
        "no ground",
    );
    fails(
        "after(() => { throw new Error('left dirty'); }); test('a', () => {});",
        "left dirty",
    );
}

#[test]
fn mocks_end_with_their_test() {
    passes(
        "
        const object = { method: () => 1 };
        test('mocked', (t) => {
            const method = t.mock.method(object, 'method', () => 2);
            assert.equal(object.method(), 2);
            assert.equal(method.mock.callCount(), 1);
            t.mock.timers.enable({ apis: ['setTimeout'] });
            let isOver = false;
            setTimeout(() => { isOver = true; }, 100_000);
            t.mock.timers.tick(100_000);
            assert.ok(isOver);
        });
        test('not any more', async () => {
            assert.equal(object.method(), 1);
            await new Promise((resolve) => setTimeout(resolve, 1));
        });
        test('of the module', () => { assert.equal(mock.fn(() => 3)(), 3); });
        ",
        3,
    );
}

#[test]
fn what_runs_at_the_same_time_is_told_in_order() {
    let finished = run("
        const wait = (ms) => () => new Promise((resolve) => setTimeout(resolve, ms));
        describe('together', { concurrency: true }, () => { it('slow', wait(50)); it('quick', wait(1)); });
    ");
    assert_eq!(finished.code, Some(0), "{finished:?}");
    let place = |name: &str| finished.stdout.find(&format!("\u{2714} {name}")).expect("a test");
    assert!(
        place("slow") < place("quick") && place("quick") < place("together"),
        "{finished:?}"
    );
}

#[test]
fn a_context_tells_of_its_test() {
    passes(
        "
        describe('outer', () => {
            it('inner', async (t) => {
                assert.equal(t.name, 'inner');
                assert.equal(t.fullName, 'outer > inner');
                assert.ok(t.filePath.endsWith('app.test.mjs'));
                assert.equal(t.signal.aborted, false);
                assert.equal(getTestContext(), t);
                let calls = 0;
                assert.equal(await t.waitFor(() => { if (++calls < 3) throw new Error('not yet'); return calls; }, { interval: 1 }), 3);
                t.diagnostic('a note');
            });
        });
        ",
        1,
    );
}
