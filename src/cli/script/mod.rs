//! `howth run SCRIPT`: a script of the nearest `package.json`, started as npm starts it.
//!
//! Owns when a name means a script, what runs before and after it, and what it finds in its environment. Never runs
//! JavaScript itself. Called by: `cli`.

mod environment;
mod quote;

use std::ffi::OsString;
use std::io::Write;
use std::path::Path;
use std::process::{Command, ExitCode};

use super::application::ApplicationArguments;
use super::child::{self, Shells};
use super::command_line::{CommandLine, Text};
use super::failure::Failure;
use super::package::Package;
use environment::Environment;
use quote::quoted;

/// Where the name that stands for FILE is a script: a file of that name goes first.
///
/// # Errors
/// There is neither a file nor a script of that name, or `package.json` cannot be read.
pub fn find(arguments: &ApplicationArguments, line: &CommandLine) -> Result<Option<Script>, Failure> {
    let file = arguments.file();
    if line.text != Text::None || howth_runtime::modules::find_entry(file).is_ok() {
        return Ok(None);
    }
    let (Some(name), Some(package)) = (file.to_str(), Package::nearest(&working_directory()?)?) else {
        return Ok(None);
    };
    if package.script(name).is_none() {
        return match looks_like_file(file) {
            true => Ok(None),
            false => Err(unknown(name, &package)),
        };
    }
    if let Some(option) = lost_option(line) {
        return Err(Failure::usage(format!(
            "{option} is not for the script {name}; write it into the script, in {}",
            package.file.display()
        )));
    }
    Ok(Some(Script {
        name: name.to_owned(),
        // As with npm, a `--` before them only says whose they are.
        arguments: match arguments.arguments() {
            [first, rest @ ..] if first == "--" => rest.to_vec(),
            all => all.to_vec(),
        },
        package,
        is_quiet: arguments.quiet,
    }))
}

/// Prints the scripts of the nearest `package.json`; `None` if there is none.
///
/// # Errors
/// It cannot be read.
pub fn list() -> Result<Option<ExitCode>, Failure> {
    let Some(package) = Package::nearest(&working_directory()?)? else {
        return Ok(None);
    };
    let scripts = package.scripts();
    let width = scripts.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let mut text = match scripts.is_empty() {
        true => format!("{} has no scripts\n", package.file.display()),
        false => format!("scripts of {}:\n", package.file.display()),
    };
    for (name, command) in scripts {
        text.push_str(&format!("  {name:width$}  {command}\n"));
    }
    // A reader that has seen enough is no error.
    let _ = std::io::stdout().write_all(text.as_bytes());
    Ok(Some(ExitCode::SUCCESS))
}

/// A script that was found.
#[derive(Debug)]
pub struct Script {
    name: String,
    arguments: Vec<OsString>,
    package: Package,
    is_quiet: bool,
}

impl Script {
    /// Runs it, with `pre…` before and `post…` behind; the first that fails ends it, with its code, and so does a signal that
    /// asks for the end.
    ///
    /// # Errors
    /// No shell can be started.
    pub fn run(&self) -> Result<ExitCode, Failure> {
        let environment = Environment::of(&self.package, &working_directory()?);
        let shells = Shells::new().map_err(|error| unstarted(&self.name, &error))?;
        let steps = ["pre", "", "post"].map(|prefix| format!("{prefix}{}", self.name));
        for step in steps {
            let Some(command) = self.package.script(&step) else {
                continue;
            };
            let command = match step == self.name {
                true => with_arguments(command, &self.arguments),
                false => command.into(),
            };
            let status = self.start(&shells, &step, &command, &environment)?;
            if !status.success() {
                drop(shells);
                return Ok(child::end_as(status));
            }
        }
        Ok(ExitCode::SUCCESS)
    }

    fn start(
        &self,
        shells: &Shells,
        step: &str,
        command: &OsString,
        environment: &Environment,
    ) -> Result<std::process::ExitStatus, Failure> {
        if !self.is_quiet {
            let _ = writeln!(std::io::stderr(), "$ {}", command.display());
        }
        let mut shell = Command::new("/bin/sh");
        shell.arg("-c").arg(command).current_dir(self.package.folder());
        environment.give(&mut shell, step, self.package.script(step).unwrap_or_default());
        shells.run(&mut shell).map_err(|error| unstarted(step, &error))
    }
}

fn unstarted(step: &str, error: &std::io::Error) -> Failure {
    let kind = error.kind();
    Failure::runtime(format!(
        "cannot start the script {step} ({kind}); scripts need /bin/sh"
    ))
}

fn with_arguments(command: &str, arguments: &[OsString]) -> OsString {
    let mut whole = OsString::from(command);
    for argument in arguments {
        whole.push(" ");
        whole.push(quoted(argument));
    }
    whole
}

fn working_directory() -> Result<std::path::PathBuf, Failure> {
    std::env::current_dir().map_err(|error| {
        Failure::runtime(format!(
            "cannot tell the working directory ({}); change into one that exists",
            error.kind()
        ))
    })
}

/// Whether whoever typed it meant a file, of which it is said better that it is not there.
fn looks_like_file(name: &Path) -> bool {
    name.components().count() > 1 || name.extension().is_some() || name.exists()
}

fn unknown(name: &str, package: &Package) -> Failure {
    let names: Vec<&str> = package.scripts().into_iter().map(|(name, _)| name).collect();
    let there = match names.is_empty() {
        true => "it has none".to_owned(),
        false => format!("it has {}", names.join(", ")),
    };
    Failure::runtime(format!(
        "cannot run {name} (no such file, and no script of {}); {there}",
        package.file.display()
    ))
}

/// An option that would be without effect, since a script is a process of its own.
fn lost_option(line: &CommandLine) -> Option<String> {
    let options = line
        .arguments
        .iter()
        .skip(2)
        .take_while(|argument| *argument != "--");
    let of_node = line
        .start
        .exec_arguments
        .iter()
        .map(|argument| argument.to_owned());
    let mut typed = options
        .map(|argument| argument.to_string_lossy().into_owned())
        .chain(of_node);
    while let Some(option) = typed.next() {
        match option.as_str() {
            "--quiet" => {}
            // What it sets is there for the script too.
            "--env-file" => {
                typed.next();
            }
            option if option.starts_with("--env-file=") => {}
            _ => return Some(option),
        }
    }
    None
}
