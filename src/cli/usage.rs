//! clap's errors in one line.
//!
//! Owns the condensing. Never rewords what clap says well: its message and its tips are kept, its paragraphs
//! and the usage are not.

use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::failure::Failure;

const COMMANDS: [&str; 8] = [
    "serve",
    "run",
    "eval",
    "test",
    "check",
    "init",
    "bench",
    "completions",
];
/// What follows `bench`.
const MEASUREMENTS: [&str; 3] = ["http", "compare", "cores"];

/// The failure that says what `error` says.
pub fn failure(error: &clap::Error, arguments: &[OsString]) -> Failure {
    if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        return Failure::usage(format!(
            "give a command: {}; see 'howth --help'",
            COMMANDS.join(", ")
        ));
    }
    let mut line = condense(&error.render().to_string());
    if let Some(variable) = culpable_variable(error, arguments) {
        line = format!("{line}; it comes from the environment variable {variable}");
    }
    if is_argument_of_a_served_application(error, arguments) {
        line = format!("{line}; arguments of the application stand behind --");
    }
    Failure::usage(format!("{line}; see '{}'", help_command(arguments)))
}

/// Everything before the usage: the lines of a paragraph joined by blanks, paragraphs by semicolons.
fn condense(rendered: &str) -> String {
    let message = rendered.trim_start_matches("error: ");
    let mut paragraphs = Vec::new();
    for paragraph in message.split("\n\n") {
        if paragraph.starts_with("Usage:") || paragraph.starts_with("For more information") {
            break;
        }
        let lines: Vec<&str> = paragraph
            .lines()
            .map(str::trim)
            .filter(|line| !is_noise(line))
            .collect();
        if !lines.is_empty() {
            paragraphs.push(lines.join(" "));
        }
    }
    paragraphs.join("; ").replace("tip: ", "")
}

/// `-- --option` as a way to pass an option's name as a value is never what was meant here.
fn is_noise(line: &str) -> bool {
    line.is_empty() || line.starts_with("tip: to pass ")
}

/// An option that was not typed and is wrong all the same was read from its variable.
fn culpable_variable(error: &clap::Error, arguments: &[OsString]) -> Option<&'static str> {
    let Some(ContextValue::String(argument)) = error.get(ContextKind::InvalidArg) else {
        return None;
    };
    let typed = arguments
        .iter()
        .any(|typed| typed.to_string_lossy().starts_with("--uring"));
    (argument.starts_with("--uring") && !typed).then_some("HOWTH_URING")
}

/// Under `serve` options behind the file are howth's as well.
fn is_argument_of_a_served_application(error: &clap::Error, arguments: &[OsString]) -> bool {
    let has_file = arguments.iter().any(|argument| argument == "--");
    let is_serve = arguments.get(1).is_some_and(|command| command == "serve");
    is_serve && has_file && error.kind() == ErrorKind::UnknownArgument
}

fn help_command(arguments: &[OsString]) -> String {
    let command = arguments
        .get(1)
        .and_then(|first| COMMANDS.into_iter().find(|command| first == command));
    let measurement = arguments
        .get(2)
        .and_then(|second| MEASUREMENTS.into_iter().find(|measurement| second == measurement));
    match (command, measurement) {
        (Some("bench"), Some(measurement)) => format!("howth bench {measurement} --help"),
        (Some(command), _) => format!("howth {command} --help"),
        (None, _) => "howth --help".to_owned(),
    }
}
