//! `howth init`: the first files of an application.
//!
//! Owns where they are written, and that none is written over. What is in them is in `templates`. Never installs packages.
//! Called by: `cli`.

mod template;

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;

use super::failure::Failure;
use template::Template;

#[derive(Debug, Args)]
pub struct InitArguments {
    /// The folder of the application, which is made if it is not there [default: this one]
    #[arg(value_name = "FOLDER", default_value = ".", hide_default_value = true)]
    folder: PathBuf,

    /// What the application is made of
    #[arg(long, value_name = "TEMPLATE", default_value = "fetch")]
    template: Template,
}

/// Writes the files, and prints what to do next.
///
/// # Errors
/// One of them is there already, or cannot be written.
pub fn carry_out(arguments: &InitArguments) -> Result<ExitCode, Failure> {
    let (folder, template) = (&arguments.folder, arguments.template);
    let files = template.files(&package_name(folder));
    let present: Vec<&str> = files
        .iter()
        .map(|(name, _)| *name)
        // A link to nothing would be written through.
        .filter(|name| folder.join(name).symlink_metadata().is_ok())
        .collect();
    if !present.is_empty() {
        return Err(there_already(folder, &present.join(", ")));
    }
    for (name, content) in &files {
        let path = folder.join(name);
        write(&path, content).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => there_already(folder, name),
            _ => Failure::runtime(format!(
                "cannot write {} ({}); give a FOLDER that can be written",
                path.display(),
                howth_runtime::modules::cause_of(&error)
            )),
        })?;
    }
    // A reader that has seen enough is no error.
    let _ = io::stdout().write_all(next_steps(folder, template, &files).as_bytes());
    Ok(ExitCode::SUCCESS)
}

fn there_already(folder: &Path, names: &str) -> Failure {
    let there = match folder.as_os_str() == "." {
        true => String::new(),
        false => format!(" in {}", folder.display()),
    };
    Failure::runtime(format!(
        "cannot begin an application{there} ({names}: there already, and left as it is); give another FOLDER"
    ))
}

/// Makes the file, and the folders above it; never opens one that is there.
fn write(path: &Path, content: &str) -> io::Result<()> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::create_dir_all(folder)?;
    }
    let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
    file.write_all(content.as_bytes())
}

/// The folder's name, with what npm does not allow in one replaced.
fn package_name(folder: &Path) -> String {
    let whole = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    let name = whole
        .components()
        .next_back()
        .map(|part| part.as_os_str().to_string_lossy().to_lowercase());
    let allowed = |letter: char| letter.is_ascii_alphanumeric() || "-._".contains(letter);
    let name: String = name
        .unwrap_or_default()
        .chars()
        .map(|letter| if allowed(letter) { letter } else { '-' })
        .collect();
    let name = name.trim_start_matches(['.', '_', '-']);
    match name.is_empty() {
        true => "app".to_owned(),
        // The longest that npm takes.
        false => name.chars().take(214).collect(),
    }
}

fn next_steps(folder: &Path, template: Template, files: &[(&str, String)]) -> String {
    let names: Vec<&str> = files.iter().map(|(name, _)| *name).collect();
    let mut text = format!("Made {}.\n\nNext:\n", names.join(", "));
    let mut steps = Vec::new();
    if folder.as_os_str() != "." {
        steps.push((format!("cd {}", folder.display()), ""));
    }
    steps.push(("npm install".to_owned(), template.why_to_install()));
    steps.push(("howth run dev".to_owned(), "serves, and again after each change"));
    steps.push(("howth test".to_owned(), "runs the tests"));
    let width = steps
        .iter()
        .map(|(step, _)| step.chars().count())
        .max()
        .unwrap_or(0);
    for (step, what) in steps {
        text.push_str(format!("  {step:width$}  {what}").trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_is_named_after_its_folder() {
        for (folder, name) in [
            ("/srv/My App", "my-app"),
            ("/srv/.hidden", "hidden"),
            ("/srv/a_b.c", "a_b.c"),
            ("/srv/Grüße", "gr--e"),
            ("/", "app"),
        ] {
            assert_eq!(package_name(Path::new(folder)), name);
        }
    }

    #[test]
    fn nothing_is_written_over() {
        let folder = tempfile::tempdir().expect("a folder");
        let arguments = InitArguments {
            folder: folder.path().join("app"),
            template: Template::Fetch,
        };
        assert!(carry_out(&arguments).is_ok());
        fs::write(arguments.folder.join("src/app.ts"), "mine").expect("a file");
        fs::remove_file(arguments.folder.join("tsconfig.json")).expect("a file");
        let failure = carry_out(&arguments).expect_err("files are there").to_string();
        assert!(
            failure.contains("package.json, ") && failure.contains("src/app.ts"),
            "{failure}"
        );
        assert_eq!(
            fs::read_to_string(arguments.folder.join("src/app.ts")).expect("a file"),
            "mine"
        );
        assert!(!arguments.folder.join("tsconfig.json").exists());
    }
}
