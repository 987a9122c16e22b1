//! The command line as a whole, without starting anything.

use std::ffi::OsString;

use clap::{CommandFactory, Parser};

use super::{Cli, Command, application::ApplicationArguments, engine::UringChoice, usage};

fn arguments(line: &str) -> Vec<OsString> {
    line.split_whitespace().map(OsString::from).collect()
}

fn serve(line: &str) -> ApplicationArguments {
    match Cli::try_parse_from(arguments(line)).map(|cli| cli.command) {
        Ok(Command::Serve(application)) => application,
        other => panic!("{line}: {other:?}"),
    }
}

fn complaint(line: &str) -> String {
    let arguments = arguments(line);
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
fn what_follows_the_file_is_the_applications() {
    let parsed = serve("howth serve --port 1 app.ts --port 2 -x -- y");
    assert_eq!(parsed.listen.port, Some(1));
    assert_eq!(parsed.arguments(), ["--port", "2", "-x", "--", "y"]);
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
        ("howth serve --timeout-head 10 app.ts", "10s"),
        ("howth serve --unix s --port 1 app.ts", "'--port"),
        ("howth", "serve, run, bench"),
        (
            "howth bench http --conections 1 http://127.0.0.1/",
            "'--connections'",
        ),
        ("howth bench compare --only helo", "hello"),
        ("howth serve", "<FILE>"),
        ("howth run", "<FILE>"),
        ("howth completions tcsh", "bash"),
        ("howth app.ts", "howth serve app.ts"),
        ("howth serv app.ts", "serve"),
    ] {
        let complaint = complaint(line);
        assert!(!complaint.contains('\n'), "{complaint}");
        assert!(complaint.contains(part), "{line}: {complaint}");
        assert!(complaint.contains("--help'"), "{line}: {complaint}");
    }
}

#[cfg(all(target_os = "linux", feature = "uring"))]
#[test]
fn complaints_about_a_measurement_name_its_own_help() {
    for (line, part) in [
        (
            "howth bench http --conections 1 http://127.0.0.1/",
            "'--connections'",
        ),
        ("howth bench http", "<URL>"),
        ("howth bench http --duration 5 http://127.0.0.1/", "10s"),
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
