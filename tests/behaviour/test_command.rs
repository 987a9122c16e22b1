//! `howth test`: files with tests of node:test, and what is printed of them.

use crate::support::{Finished, Launch};

fn launch() -> Launch {
    Launch::bare("test").entry("")
}

#[track_caller]
fn counted(finished: &Finished, numbers: &[(&str, usize)]) {
    for (name, number) in numbers {
        let line = format!("\u{2139} {name} {number}\n");
        assert!(finished.stdout.contains(&line), "{line:?} is not in {finished:?}");
    }
}

const GOOD: &str = "
    import assert from 'node:assert/strict';
    import { describe, it, test } from 'node:test';
    interface Sum { value: number }
    test('adds', () => { const sum: Sum = { value: 2 }; assert.equal(1 + 1, sum.value); });
    describe('a suite', () => { it('waits', async () => { await new Promise((resolve) => setTimeout(resolve, 1)); }); });
";

#[test]
fn the_usual_files_are_found_and_run() {
    let finished = launch()
        .file("app.test.ts", GOOD)
        .file(
            "lib/test/deep.cjs",
            "require('node:test').test('deep', () => {});",
        )
        .file("lib/no.ts", "process.exit(1)")
        .file("node_modules/x/x.test.js", "process.exit(1)")
        .finish();
    assert_eq!(
        (finished.code, finished.stderr.as_str()),
        (Some(0), ""),
        "{finished:?}"
    );
    counted(
        &finished,
        &[("tests", 3), ("suites", 1), ("pass", 3), ("fail", 0)],
    );
    for part in [
        "\u{25b6} app.test.ts\n",
        "  \u{25b6} a suite\n    \u{2714} waits (",
        "\u{2714} lib/test/deep.cjs (",
    ] {
        assert!(finished.stdout.contains(part), "{part}: {finished:?}");
    }
}

#[test]
fn a_test_that_fails_is_told_with_its_place() {
    let bad = "interface Wide {\n    a: number;\n}\nimport test from 'node:test';\ntest('is wrong', () => {\n    throw new Error('a cause');\n});\n";
    let finished = launch()
        .file("good.test.ts", GOOD)
        .file("bad.test.ts", bad)
        .finish();
    assert_eq!(finished.code, Some(1), "{finished:?}");
    counted(&finished, &[("tests", 3), ("pass", 2), ("fail", 1)]);
    let summary = finished.stdout.split("failing tests:").nth(1).expect("a summary");
    for part in [
        "test at bad.test.ts:5:1\n",
        "is wrong",
        "Error: a cause",
        "bad.test.ts:6:",
    ] {
        assert!(summary.contains(part), "{part}: {summary}");
    }
    assert!(!finished.stdout.contains("ext:"), "{finished:?}");
}

#[test]
fn a_file_that_does_not_get_to_its_tests_has_failed() {
    for code in [
        "process.exit(3)",
        "import './gone.js'",
        "const const",
        "process.kill(process.pid, 'SIGKILL')",
    ] {
        let finished = launch().file("a.test.mjs", code).file("b.test.ts", GOOD).finish();
        assert_eq!(finished.code, Some(1), "{code}: {finished:?}");
        counted(&finished, &[("tests", 3), ("pass", 2), ("fail", 1)]);
        assert!(finished.stdout.contains("its process"), "{code}: {finished:?}");
    }
    // As in Node, a file without tests is one.
    let finished = launch().file("a.test.mjs", "console.log('ran')").finish();
    assert_eq!(finished.code, Some(0), "{finished:?}");
    counted(&finished, &[("tests", 1), ("pass", 1)]);
}

#[test]
fn files_do_not_see_each_other() {
    let file = "import test from 'node:test'; test('alone', () => { if (globalThis.seen) throw 1; globalThis.seen = true; });";
    let finished = launch()
        .file("a.test.mjs", file)
        .file("b.test.mjs", file)
        .finish();
    assert_eq!(finished.code, Some(0), "{finished:?}");
    counted(&finished, &[("pass", 2)]);
}

#[test]
fn options_choose_tests() {
    let file = "
        import { describe, it, test } from 'node:test';
        test('first', () => {});
        test('second', { only: true }, () => {});
        describe('group', () => { it('first', () => {}); it('third', () => {}); });
    ";
    for (options, tests) in [
        (&["--test-name-pattern", "first"][..], 2),
        (&["--test-name-pattern=/^GROUP/i"], 2),
        (&["--test-name-pattern=group first"], 1),
        (&["--test-skip-pattern=first"], 2),
        (&["--test-only"], 1),
        (&["--test-name-pattern=nothing"], 0),
    ] {
        for command in ["test", "--test"] {
            let finished = Launch::bare(command)
                .file("app.test.mjs", file)
                .options(options.iter().copied())
                .entry("app.test.mjs")
                .finish();
            assert_eq!(finished.code, Some(0), "{options:?}: {finished:?}");
            counted(&finished, &[("tests", tests), ("fail", 0)]);
        }
    }
}

#[test]
fn nodes_options_reach_the_files() {
    let finished = launch()
        .file("app.test.mjs", "import test from 'node:test'; test('set', () => { if (globalThis.value !== process.env.VALUE) throw 1; });")
        .file("set.mjs", "globalThis.value = 'x';")
        .file("a.env", "VALUE=x")
        .options(["--import", "./set.mjs", "--env-file=a.env"])
        .finish();
    assert_eq!(finished.code, Some(0), "{finished:?}");
}

#[test]
fn programs_read_the_protocol() {
    let finished = launch()
        .file("a.test.mjs", "import test from 'node:test'; test('has # and\\n', () => {}); test('no', { skip: 'why' }, () => {});")
        .options(["--test-reporter=tap"])
        .finish();
    assert_eq!(finished.code, Some(0), "{finished:?}");
    for part in [
        "TAP version 13\n# Subtest: a.test.mjs\n",
        "    ok 1 - has \\# and\\n\n      ---\n",
        "    ok 2 - no # SKIP why\n",
        "    1..2\n",
        "\nok 1 - a.test.mjs\n",
        "\n1..1\n# tests 2\n",
    ] {
        assert!(finished.stdout.contains(part), "{part:?}: {finished:?}");
    }
}

#[test]
fn what_is_not_there_is_named() {
    for (names, part) in [
        (["gone.test.ts"], "gone.test.ts"),
        (["src/*.x.ts"], "src/*.x.ts"),
        ([""], "found no tests"),
    ] {
        let arguments = names.into_iter().filter(|name| !name.is_empty());
        let finished = launch().options(arguments).finish();
        assert_eq!(finished.code, Some(1));
        assert!(finished.complaint().contains(part), "{finished:?}");
    }
}
