//! `howth init`: each template is an application whose tests pass, and nothing is written over.

use std::path::Path;
use std::process::Command;

use crate::support::{Finished, Launch, npm};

fn init(arguments: &[&str]) -> Launch {
    Launch::bare("init").options(arguments.iter().copied()).entry("")
}

/// Makes an application in a folder that stays, and runs its tests.
fn tests_pass(template: &str, serves: &str) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("init-{template}"));
    let _ = std::fs::remove_dir_all(&folder);
    let path = folder.to_str().expect("a path in UTF-8");
    let finished = init(&["--template", template, path]).finish();
    assert_eq!(
        (finished.code, finished.stderr.as_str()),
        (Some(0), ""),
        "{finished:?}"
    );
    if template != "fetch" {
        npm(&folder, &["install", "--omit=dev"]);
    }
    let howth = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_howth"))
            .args(arguments)
            .current_dir(&folder)
            .env("HOWTH_CACHE_DIR", folder.join(".cache"))
            .output()
            .expect("howth starts");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Finished {
            code: output.status.code(),
            stdout: text(&output.stdout),
            stderr: text(&output.stderr),
        }
    };
    let tests = howth(&["run", "--quiet", "test"]);
    assert_eq!(tests.code, Some(0), "{template}: {tests:?}");
    assert!(tests.stdout.contains("pass 4\n"), "{template}: {tests:?}");
    let check = howth(&["check", serves]);
    assert_eq!(
        (check.code, check.stderr.as_str()),
        (Some(0), ""),
        "{template}: {check:?}"
    );
}

#[test]
fn an_application_of_fetch() {
    tests_pass("fetch", "src/app.ts");
}

#[test]
fn an_application_of_hono() {
    tests_pass("hono", "src/app.ts");
}

#[test]
fn an_application_of_express() {
    tests_pass("express", "src/server.ts");
}

#[test]
fn the_next_commands_are_printed() {
    let launch = init(&["my app"]);
    let finished = launch.finish();
    assert_eq!(finished.code, Some(0), "{finished:?}");
    for part in [
        "package.json",
        "howth.d.ts",
        ".gitignore",
        "cd ",
        "npm install",
        "howth run dev",
        "howth test",
    ] {
        assert!(finished.stdout.contains(part), "{part}: {finished:?}");
    }
}

#[test]
fn nothing_is_written_over() {
    let launch = init(&[]).file("package.json", "mine").file("src/app.ts", "mine");
    let folder = launch.folder().to_owned();
    let mut begun = launch.begin();
    assert_eq!(begun.wait().code(), Some(1));
    let content = |name: &str| std::fs::read_to_string(folder.join(name)).expect("a file");
    assert_eq!(
        (content("package.json"), content("src/app.ts")),
        ("mine".to_owned(), "mine".to_owned())
    );
    assert!(!folder.join("tsconfig.json").exists());
    let finished = init(&[]).file("package.json", "mine").finish();
    assert_eq!(finished.code, Some(1));
    let line = finished.complaint();
    assert!(
        line.contains("package.json") && line.contains("give another FOLDER"),
        "{line}"
    );
}
