//! `howth check`: what of an application would not work here, before it is started.
//!
//! Owns what is printed of it. What is looked at is decided in `howth_runtime::modules`. Called by: `cli`.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use howth_runtime::modules::{Checked, Modules, Purpose};

use super::failure::Failure;

#[derive(Debug, Args)]
pub struct CheckArguments {
    /// The application's entry file, as for `howth serve`
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// FILE is for `howth run`: it need not serve
    #[arg(long)]
    run: bool,
}

/// Prints each problem in a line, and fails if there is one.
///
/// # Errors
/// There is no such file, or its configuration cannot be read.
pub fn carry_out(arguments: &CheckArguments) -> Result<ExitCode, Failure> {
    let folder = std::env::current_dir().map_err(|error| {
        Failure::runtime(format!(
            "cannot tell the working directory ({}); change into one that exists",
            error.kind()
        ))
    })?;
    let modules = Modules::discover(&arguments.file, &folder, None)
        .map_err(|error| Failure::runtime(error.to_string()))?;
    let checked = modules.check(match arguments.run {
        true => Purpose::Run,
        false => Purpose::Serve,
    });
    // A reader that has seen enough is no error.
    let _ = std::io::stdout().write_all(report(&checked, &folder).as_bytes());
    Ok(match checked.problems.is_empty() {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}

fn report(checked: &Checked, folder: &Path) -> String {
    let mut text = String::new();
    for problem in &checked.problems {
        let file = problem.file.strip_prefix(folder).unwrap_or(&problem.file);
        text.push_str(&format!(
            "{}:{}:{}: {}; {}\n",
            file.display(),
            problem.line,
            problem.column,
            problem.what,
            problem.remedy
        ));
    }
    let number = match checked.problems.len() {
        0 => "no problem".to_owned(),
        1 => "1 problem".to_owned(),
        more => format!("{more} problems"),
    };
    text.push_str(&format!(
        "{number} in {} of the application and {} of packages\n",
        files(checked.own_files),
        checked.package_files
    ));
    text
}

fn files(number: usize) -> String {
    match number {
        1 => "1 file".to_owned(),
        more => format!("{more} files"),
    }
}
