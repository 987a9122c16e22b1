//! What may be typed, and what the one line says when it may not.

use crate::support::{Engine, Finished, Launch};

const HELLO: &str = "export default () => new Response('hi');";

/// Runs `howth serve` with this option alone, which ends it.
fn refused(option: &str) -> Finished {
    let launch = Launch::serve(Engine::Portable, HELLO).any_engine().own_address();
    launch.options([option]).finish()
}

#[test]
fn files_that_cannot_be_served() {
    for (entry, cause) in [
        ("missing.ts", "no such file"),
        (".", "folder"),
        ("notes.txt", ".txt"),
        ("notes.js", "notes.txt"),
    ] {
        let finished = Launch::serve(Engine::Portable, HELLO)
            .file("notes.txt", "")
            .link("nowhere/notes.txt", "notes.js")
            .entry(entry)
            .finish();
        assert_eq!(finished.code, Some(1));
        assert!(
            finished.complaint().contains(entry) && finished.complaint().contains(cause),
            "{finished:?}"
        );
    }
    let missing = Launch::serve(Engine::Portable, HELLO)
        .entry("missing.ts")
        .finish();
    assert_eq!(
        missing.complaint(),
        "howth: cannot find missing.ts (no such file); give the path of the application's entry file"
    );
}

#[test]
fn options_that_are_wrong() {
    for (option, part) in [
        ("--prot=1", "--port"),
        ("--port=65536", "65535"),
        ("--port=http", "'http'"),
        ("--cores=0", "1 to 1024"),
        ("--uring=perhaps", "auto, require, off"),
        ("--max-head=0", "--max-head"),
        ("--max-head=much", "32K"),
        ("--max-fields=0", "--max-fields"),
        ("--max-heap=1K", "32M"),
        ("--max-connections=-1", "--max-connections"),
        ("--timeout-head=10x", "10s"),
        ("--timeout-head=0s", "off"),
        ("--drain=soon", "10s"),
        ("--inspect=here", "127.0.0.1:9229"),
        ("--unhandled-rejections=panic", "warn, throw, none"),
        ("--env-file=missing.env", "missing.env (no such file)"),
        ("--no-such-option", "--no-such-option"),
    ] {
        let finished = refused(option);
        assert_eq!(finished.code, Some(2), "{finished:?}");
        assert!(finished.complaint().contains(part), "{option}: {finished:?}");
    }
}

#[test]
fn variables_that_are_wrong() {
    for (name, value) in [
        ("PORT", "eighty"),
        ("NODE_OPTIONS", "--require"),
        ("NODE_OPTIONS", "--max-old-space-size=much"),
        ("PORT", "65536"),
        ("PORT", "-1"),
        ("HOWTH_URING", "maybe"),
        ("HOWTH_TRACE", "yes"),
    ] {
        let finished = Launch::serve(Engine::Portable, HELLO)
            .any_engine()
            .own_address()
            .environment(name, value)
            .finish();
        assert_eq!(finished.code, Some(2), "{finished:?}");
        assert!(
            finished.complaint().contains(name) && finished.complaint().contains(value),
            "{finished:?}"
        );
    }
}

#[test]
fn env_files_that_are_wrong() {
    for (content, cause) in [
        ("A=1\nno assignment here\n", "no assignment"),
        ("A='open\n", "A='open"),
    ] {
        let finished = Launch::serve(Engine::Portable, HELLO)
            .file("bad.env", content)
            .options(["--env-file", "bad.env"])
            .finish();
        assert_eq!(finished.code, Some(2), "{finished:?}");
        assert!(
            finished.complaint().contains("bad.env") && finished.complaint().contains(cause),
            "{finished:?}"
        );
    }
}

#[test]
fn help_and_versions() {
    let help = Launch::bare("--help").entry("").finish();
    assert_eq!(help.code, Some(0));
    for part in [
        "serve",
        "run",
        "bench",
        "completions",
        "HOWTH_URING",
        "PORT, HOST",
    ] {
        assert!(help.stdout.contains(part), "{help:?}");
    }
    for command in ["serve", "run", "completions"] {
        let help = Launch::bare(command).entry("").options(["--help"]).finish();
        assert_eq!(help.code, Some(0), "{help:?}");
        assert!(
            help.stdout.contains(&format!("Usage: howth {command}")),
            "{help:?}"
        );
    }
    let version = Launch::bare("--version").entry("").finish();
    assert_eq!(version.code, Some(0));
    assert!(
        version
            .stdout
            .starts_with(concat!("howth ", env!("CARGO_PKG_VERSION"))),
        "{version:?}"
    );
    assert!(version.stdout.contains("V8 "), "{version:?}");
    for shell in ["bash", "zsh", "fish"] {
        let completions = Launch::bare("completions").entry(shell).finish();
        assert_eq!(completions.code, Some(0));
        assert!(completions.stdout.contains("uring"), "{shell}");
    }
}

#[test]
fn commands_that_are_wrong() {
    for (command, entry, part) in [("serv", "", "serve"), ("serve", "", "FILE")] {
        let finished = Launch::bare(command).entry(entry).finish();
        assert_eq!(finished.code, Some(2), "{finished:?}");
        assert!(finished.complaint().contains(part), "{finished:?}");
    }
}

/// A row of `docs/limits.md` names its default in the second column and its option in the third.
#[test]
fn the_tables_say_the_defaults() {
    let help = Launch::bare("serve").entry("").options(["--help"]).finish();
    let default_of = |option: &str| -> String {
        let (_, behind) = help
            .stdout
            .split_once(&format!("\n      {option} "))
            .unwrap_or_else(|| panic!("{option} is not in the help"));
        let (_, default) = behind.split_once("[default: ").expect("a default");
        let end = default.find([']', ';']).expect("the end of a default");
        default[..end].to_owned()
    };
    let mut options = 0;
    for row in include_str!("../../docs/limits.md").lines() {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let [_, _, default, option, ..] = cells[..] else {
            continue;
        };
        let Some(option) = option
            .strip_prefix("`--")
            .and_then(|option| option.strip_suffix('`'))
        else {
            continue;
        };
        options += 1;
        match option {
            // What these say depends on the machine, or on another row.
            "max-heap" => continue,
            "timeout-body" if default == "as for a body" => continue,
            "timeout-write" if default == "as for a write" => continue,
            "max-head" if default == "as a head" => continue,
            "timeout-head" if default == "as for a head" => continue,
            // They have none.
            "connections-per-address" | "requests-per-address" => continue,
            _ => {}
        }
        let said = default_of(&format!("--{option}"));
        assert_eq!(amount(default), amount(&said), "--{option}: {default}, {said}");
    }
    assert!(options > 15, "{options} options are in the tables");
}

/// A size in bytes, a time in milliseconds, or a number, however it is written; `None`: off.
fn amount(text: &str) -> Option<u64> {
    let text = text.split(';').next().unwrap_or(text).replace(',', "");
    if text == "off" {
        return None;
    }
    let digits = text
        .find(|letter: char| !letter.is_ascii_digit())
        .unwrap_or(text.len());
    let number: u64 = text[..digits].parse().expect("a number");
    let unit = match text[digits..].trim() {
        "" | "ms" => 1,
        "K" | "KiB" | "KiB/s" => 1 << 10,
        "M" | "MiB" => 1 << 20,
        "s" => 1000,
        "m" => 60_000,
        unit => panic!("an unknown unit: {unit}"),
    };
    Some(number * unit)
}
