//! `howth run SCRIPT`: scripts of package.json, as npm runs them.

use std::os::unix::process::ExitStatusExt;

use crate::support::{Begun, Launch, eventually, printed};

const PACKAGE: &str = r#"{
    "name": "@scope/app",
    "version": "1.2.3",
    "config": { "port": 8080 },
    "scripts": {
        "prehello": "echo before $npm_lifecycle_event",
        "hello": "echo hello",
        "posthello": "echo behind",
        "tell": "echo $npm_lifecycle_event $npm_package_name $npm_package_version $npm_package_config_port && basename $INIT_CWD && basename $PWD",
        "tool": "tool && howth -p 6*7",
        "nested": "$npm_execpath run --quiet tell",
        "fail": "exit 7",
        "postfail": "echo never",
        "wait": "howth program.mjs; echo behind $?",
        "become": "exec howth program.mjs",
        "prelong": "exec howth program.mjs",
        "long": "echo never"
    }
}"#;

fn launch() -> Launch {
    Launch::bare("run").file("package.json", PACKAGE)
}

#[test]
fn a_script_runs_with_what_comes_before_and_behind() {
    let finished = launch()
        .entry("hello")
        .arguments(["a b", "it's", "$HOME", "--port"])
        .finish();
    assert_eq!(
        (finished.code, finished.stdout.as_str(), finished.stderr.as_str()),
        (
            Some(0),
            "before prehello\nhello a b it's $HOME --port\nbehind\n",
            "$ echo before $npm_lifecycle_event\n$ echo hello 'a b' 'it'\\''s' '$HOME' --port\n$ echo behind\n"
        )
    );
}

#[test]
fn two_dashes_before_its_arguments_are_none_of_them() {
    let finished = launch()
        .options(["--quiet"])
        .entry("hello")
        .arguments(["--", "--port", "1", "--"])
        .finish();
    printed(&finished, "before prehello\nhello --port 1 --\nbehind");
}

#[test]
fn a_script_is_told_what_npm_tells() {
    let folder = launch().file("sub/x", "");
    let name = folder
        .folder()
        .file_name()
        .expect("a name")
        .to_str()
        .expect("a name in ASCII")
        .to_owned();
    let finished = folder.options(["--quiet"]).entry("tell").finish();
    printed(&finished, &format!("tell @scope/app 1.2.3 8080\n{name}\n{name}"));
    let finished = launch().options(["--quiet"]).entry("nested").finish();
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert!(
        finished.stdout.starts_with("tell @scope/app 1.2.3 8080\n"),
        "{finished:?}"
    );
}

#[test]
fn programs_of_packages_are_found() {
    let launch = launch().file("node_modules/tool/cli.sh", "#!/bin/sh\necho a tool\n");
    let file = launch.folder().join("node_modules/tool/cli.sh");
    make_executable(&file);
    let finished = launch
        .link("../tool/cli.sh", "node_modules/.bin/tool")
        .options(["--quiet"])
        .entry("tool")
        .finish();
    printed(&finished, "a tool\n42");
}

fn make_executable(file: &std::path::Path) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o755)).expect("a file of our own");
}

#[test]
fn the_code_of_a_script_is_kept() {
    let finished = launch().entry("fail").finish();
    assert_eq!((finished.code, finished.stdout.as_str()), (Some(7), ""));
}

#[test]
fn a_file_goes_first() {
    let finished = launch()
        .file("hello.js", "console.log('the file')")
        .entry("hello")
        .finish();
    printed(&finished, "the file");
}

#[test]
fn scripts_are_listed() {
    let finished = launch().entry("").finish();
    assert_eq!((finished.code, finished.stderr.as_str()), (Some(0), ""));
    assert!(
        finished
            .stdout
            .contains("package.json:\n  prehello   echo before"),
        "{finished:?}"
    );
    assert!(
        finished.stdout.contains("\n  fail       exit 7\n"),
        "{finished:?}"
    );
    let without = Launch::bare("run").entry("").finish();
    assert_eq!(without.code, Some(2));
    assert!(without.complaint().contains("<FILE>"), "{without:?}");
}

#[test]
fn what_is_neither_file_nor_script_is_named_with_what_there_is() {
    let finished = launch().entry("helo").finish();
    assert_eq!(finished.code, Some(1));
    let line = finished.complaint();
    assert!(
        line.contains("helo") && line.contains("prehello, hello, posthello"),
        "{line}"
    );
    let finished = launch().entry("gone.ts").finish();
    assert!(
        finished
            .complaint()
            .contains("cannot find gone.ts (no such file)"),
        "{finished:?}"
    );
    let finished = launch().file("package.json", "{").entry("hello").finish();
    assert!(finished.complaint().contains("package.json"), "{finished:?}");
    let finished = launch().options(["--port", "1"]).entry("hello").finish();
    assert_eq!(finished.code, Some(2));
    assert!(finished.complaint().contains("--port"), "{finished:?}");
}

/// It ends with this code when it is told to end.
const TOLD: &str = "
    const told = () => { console.log('told'); process.exit(Number(process.env.CODE ?? 5)); };
    process.on('SIGTERM', told).on('SIGINT', told);
    setInterval(() => {}, 1000);
    console.log('ready');
";

/// Starts a script that runs the program.
fn begin(launch: Launch, script: &str) -> Begun {
    let begun = launch.file("program.mjs", TOLD).entry(script).begin();
    eventually("a program that listens", || begun.stdout.text().contains("ready"));
    begun
}

/// The shell waits for a program, or has become one.
#[test]
fn signals_are_for_what_the_script_runs() {
    for (script, code, printed) in [
        ("wait", Some(0), "ready\ntold\nbehind 5\n"),
        ("become", Some(5), "ready\ntold\n"),
    ] {
        let mut begun = begin(launch(), script);
        begun.signal(libc::SIGTERM);
        assert_eq!(begun.wait().code(), code, "{script}");
        eventually("all of its output", || begun.stdout.text() == printed);
    }
}

/// A terminal tells all that it runs; who sends a signal to howth alone means what it runs, too.
#[test]
fn a_signal_that_somebody_sends_reaches_a_script_in_a_terminal() {
    let mut begun = begin(launch().in_terminal(), "become");
    begun.signal(libc::SIGINT);
    assert_eq!(begun.wait().code(), Some(5));
}

/// Also where the step that runs makes a good end of it.
#[test]
fn no_step_begins_once_howth_was_asked_to_end() {
    for signal in [libc::SIGTERM, libc::SIGINT] {
        let mut begun = begin(launch().environment("CODE", "0"), "long");
        begun.signal(signal);
        assert_eq!(begun.wait().signal(), Some(signal));
        eventually("all of its output", || begun.stdout.text() == "ready\ntold\n");
    }
}
