//! The command line as a whole, without starting anything.

use std::ffi::OsString;

use clap::{CommandFactory, Parser};

use howth_runtime::Debugger;
use howth_runtime::modules::TextKind;

use super::command_line::{self, CommandLine, Text};
use super::{Cli, Command, application::ApplicationArguments, engine::UringChoice, usage};

fn arguments(line: &str) -> Vec<OsString> {
    line.split_whitespace().map(OsString::from).collect()
}

fn serve(line: &str) -> ApplicationArguments {
    match Cli::try_parse_from(sorted(line).arguments).map(|cli| cli.command) {
        Ok(Command::Serve(application)) => application,
        other => panic!("{line}: {other:?}"),
    }
}

fn run(line: &str) -> (ApplicationArguments, CommandLine) {
    let sorted = sorted(line);
    match Cli::try_parse_from(&sorted.arguments).map(|cli| cli.command) {
        Ok(Command::Run { application, .. }) => (application, sorted),
        other => panic!("{line}: {other:?}"),
    }
}

fn sorted(line: &str) -> CommandLine {
    command_line::sort(&arguments(line), &Cli::command())
        .unwrap_or_else(|failure| panic!("{line}: {failure}"))
}

fn complaint(line: &str) -> String {
    let arguments = match command_line::sort(&arguments(line), &Cli::command()) {
        Ok(sorted) => sorted.arguments,
        Err(failure) => return failure.to_string(),
    };
    let error = Cli::try_parse_from(&arguments).expect_err(line);
    usage::failure(&error, &arguments).to_string()
}

#[test]
fn the_definition_is_consistent() {
    Cli::command().debug_assert();
}

#[test]
fn a_bare_uring_requires_it_and_does_not_eat_the_file() {
    let parsed = serve("howth serve --uring app.ts");
    assert_eq!(parsed.engine.uring, UringChoice::Require);
    assert_eq!(parsed.file(), "app.ts");
    assert_eq!(
        serve("howth serve --uring=off app.ts").engine.uring,
        UringChoice::Off
    );
    assert_eq!(
        serve("howth serve --uring=0 app.ts").engine.uring,
        UringChoice::Off
    );
    assert_eq!(
        serve("howth serve --uring=1 app.ts").engine.uring,
        UringChoice::Require
    );
}

#[test]
fn under_serve_options_count_on_both_sides_of_the_file() {
    for line in [
        "howth serve --port 2 app.ts x",
        "howth serve app.ts --port 2 x",
        "howth serve app.ts x --port=2",
        "howth serve app.ts --port 2 -- x",
        "howth serve --port 2 -- app.ts x",
    ] {
        let parsed = serve(line);
        assert_eq!(parsed.listen.port, Some(2), "{line}");
        assert_eq!(parsed.file(), "app.ts", "{line}");
        assert_eq!(parsed.arguments(), ["x"], "{line}");
    }
    let parsed = serve("howth serve --port 1 app.ts -- --port 2 -x -- y");
    assert_eq!(parsed.listen.port, Some(1));
    assert_eq!(parsed.arguments(), ["--port", "2", "-x", "--", "y"]);
}

#[test]
fn under_run_what_follows_the_file_is_the_applications() {
    for line in [
        "howth run --port 1 app.ts --port 2 -x -- y",
        "howth --port 1 app.ts --port 2 -x -- y",
    ] {
        let (parsed, sorted) = run(line);
        assert_eq!(parsed.listen.port, Some(1));
        assert_eq!(parsed.arguments(), ["--port", "2", "-x", "--", "y"]);
        assert_eq!(sorted.start.misplaced.as_deref(), Some("--port"));
    }
    for line in [
        "howth run app.ts --verbose -p 1",
        "howth run app.ts -- --port 1",
        "howth run --port 1 app.ts",
        "howth run app.ts --help",
        "howth --eval 1 --port 2",
    ] {
        assert_eq!(run(line).1.start.misplaced, None, "{line}");
    }
}

#[test]
fn nodes_options_are_understood_before_the_file() {
    let (parsed, sorted) = run(
        "howth --no-warnings -r ./a.js --require=b --import ./c.mjs -C own --inspect-brk=9230 --title x \
         --env-file-if-exists=/nowhere --max-old-space-size=100 --expose-gc app.js -r d",
    );
    assert_eq!(parsed.file(), "app.js");
    assert_eq!(parsed.arguments(), ["-r", "d"]);
    let start = &sorted.start;
    assert_eq!(
        (&start.require, &start.import),
        (&vec!["./a.js".into(), "b".into()], &vec!["./c.mjs".into()])
    );
    assert_eq!(start.conditions, ["own"]);
    assert_eq!(start.debugger, Debugger::Breaks);
    assert_eq!(
        parsed.development.inspect.map(|address| address.port()),
        Some(9230)
    );
    assert_eq!(sorted.heap_mib, Some(100));
    assert_eq!(sorted.v8_flags, ["--expose-gc"]);
    assert_eq!(
        start.exec_arguments[..5],
        ["--no-warnings", "-r", "./a.js", "--require=b", "--import"]
    );
    // What is howth's alone is not for children.
    let (parsed, sorted) = run("howth run --quiet --inspect --port 1 --env-file a.env app.js");
    assert_eq!(parsed.listen.port, Some(1));
    assert_eq!(sorted.start.exec_arguments, ["--inspect", "--env-file", "a.env"]);
}

#[test]
fn a_program_may_be_a_text() {
    for (line, code, prints, program) in [
        ("howth -e 1+1 a -b", "1+1", false, &["a", "-b"][..]),
        ("howth --eval=1+1 -- -a", "1+1", false, &["-a"]),
        ("howth -p 1+1", "1+1", true, &[]),
        ("howth -pe 1+1 a", "1+1", true, &["a"]),
        ("howth -e 1+1 -p", "1+1", true, &[]),
        ("howth run -e 1+1", "1+1", false, &[]),
        ("howth eval 1+1 a -b", "1+1", false, &["a", "-b"]),
        ("howth eval --print --no-warnings 1+1", "1+1", true, &[]),
        ("howth eval -p 1+1 -p", "1+1", true, &["-p"]),
    ] {
        let (parsed, sorted) = run(line);
        assert_eq!(sorted.text, Text::Given(code.to_owned()), "{line}");
        assert_eq!(sorted.prints, prints, "{line}");
        assert_eq!(parsed.arguments(), program, "{line}");
    }
    let (parsed, sorted) = run("howth - a");
    assert_eq!(
        (sorted.text, parsed.arguments()),
        (Text::StandardInput, &["a".into()][..])
    );
    let (_, sorted) = run("howth --input-type module -e 1");
    assert_eq!(sorted.text_kind, TextKind::Module);
    // With the command, the letter is howth's.
    assert_eq!(run("howth run -p 3000 app.ts").0.listen.port, Some(3000));
}

#[test]
fn tests_are_run_by_a_command_or_by_nodes_option() {
    for line in [
        "howth test --test-only a.test.ts --import ./b.mjs c",
        "howth --test --import ./b.mjs a.test.ts c --test-only",
        "howth --import ./b.mjs --test a.test.ts --test-only c",
        "howth run --test a.test.ts c --import ./b.mjs --test-only",
    ] {
        let sorted = sorted(line);
        match Cli::try_parse_from(&sorted.arguments).map(|cli| cli.command) {
            Ok(Command::Test(arguments)) => {
                assert_eq!(arguments.files, ["a.test.ts", "c"], "{line}");
                assert!(arguments.test_only, "{line}");
            }
            other => panic!("{line}: {other:?}"),
        }
        assert_eq!(sorted.start.exec_arguments, ["--import", "./b.mjs"], "{line}");
    }
}

#[test]
fn a_file_is_run_without_a_command() {
    for line in [
        "howth app.ts",
        "howth ./app",
        "howth /srv/app",
        "howth ../app.js a",
    ] {
        assert_eq!(run(line).1.text, Text::None, "{line}");
    }
    assert_eq!(sorted("howth -v").arguments, arguments("howth --version"));
    for line in ["howth --version", "howth -h", "howth bench", "howth serv app.ts"] {
        assert_eq!(sorted(line).arguments, arguments(line), "{line}");
    }
}

#[test]
fn the_old_spelling_of_run_is_taken() {
    for line in ["howth run app.ts", "howth run --native app.ts"] {
        assert!(
            matches!(
                Cli::try_parse_from(arguments(line)).unwrap().command,
                Command::Run { .. }
            ),
            "{line}"
        );
    }
}

#[test]
fn complaints_are_one_line_that_names_the_option_and_the_help() {
    for (line, part) in [
        ("howth serve --prot 1 app.ts", "'--port'"),
        ("howth serve --port 65536 app.ts", "65535"),
        ("howth serve --cores none app.ts", "auto"),
        ("howth serve --uring=maybe app.ts", "require"),
        ("howth serve --max-head lots app.ts", "32K"),
        ("howth serve --timeout-head 10x app.ts", "10s"),
        ("howth serve --unix s --port 1 app.ts", "'--port"),
        ("howth", "serve, run, eval, test, check, init, bench"),
        (
            "howth bench http --conections 1 http://127.0.0.1/",
            "'--connections'",
        ),
        ("howth bench compare --only helo", "hello"),
        ("howth serve", "<FILE>"),
        ("howth run", "<FILE>"),
        ("howth completions tcsh", "bash"),
        ("howth serve app.ts --prot 1", "behind --"),
        ("howth -e", "-e needs a value"),
        ("howth test --test-timeout=soon", "'soon'"),
        ("howth test --test-reporter=dot", "spec"),
        ("howth init --template react", "hono"),
        ("howth check", "<FILE>"),
        ("howth --require -x app.ts", "--require needs a value"),
        ("howth --permission app.ts", "--permission"),
        ("howth --input-type=wasm -e 1", "commonjs or module"),
        ("howth --max-old-space-size=much app.ts", "512"),
        ("howth --prot 1 app.ts", "'--port'"),
        ("howth serv app.ts", "serve"),
    ] {
        let complaint = complaint(line);
        assert!(!complaint.contains('\n'), "{complaint}");
        assert!(complaint.contains(part), "{line}: {complaint}");
        assert!(
            complaint.contains("--help'") || sort_refuses(line),
            "{line}: {complaint}"
        );
    }
}

/// What clap never sees says itself what to do.
fn sort_refuses(line: &str) -> bool {
    command_line::sort(&arguments(line), &Cli::command()).is_err()
}

#[cfg(all(target_os = "linux", feature = "uring"))]
#[test]
fn complaints_about_a_measurement_name_its_own_help() {
    for (line, part) in [
        (
            "howth bench http --conections 1 http://127.0.0.1/",
            "'--connections'",
        ),
        ("howth bench http --duration five http://127.0.0.1/", "10s"),
        ("howth bench compare --only helo", "hello"),
        ("howth bench compare --cores 1", "0,1"),
        ("howth bench cores --only mixd", "mixed"),
    ] {
        let complaint = complaint(line);
        let measurement = line.split_whitespace().nth(2).expect("a measurement");
        assert!(complaint.contains(part), "{line}: {complaint}");
        assert!(
            complaint.contains(&format!("'howth bench {measurement} --help'")),
            "{line}: {complaint}"
        );
    }
}
