//! Who is compared: where each binary is, its version, and what it can do.
//!
//! Owns the choice. Never starts a process that serves; `server` does.

use std::ffi::OsString;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::command_line::{self, Service};
use crate::error::CompareError;
use crate::lineup::{Extra, Lineup, Runtime};
use crate::{nginx, npm};

/// A name, a version, and how it is started.
#[derive(Clone, Debug)]
pub(crate) struct Contestant {
    pub(crate) name: String,
    pub(crate) version: String,
    start: Start,
}

/// How a server comes to another version of its application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Renewal {
    /// It is sent SIGHUP. What Node does then, its adapter says.
    Signal,
    /// Another is started on the same port, which `SO_REUSEPORT` allows, and the old one is sent SIGTERM.
    Replacement,
    /// It is sent SIGTERM, and started again: it shares its port with nobody.
    Restart,
}

#[derive(Clone, Debug)]
enum Start {
    Runtime(Runtime, PathBuf),
    Command(Vec<String>),
}

/// Names and versions, in order.
pub(crate) fn versions(contestants: &[Contestant]) -> Vec<(String, String)> {
    contestants
        .iter()
        .map(|contestant| (contestant.name.clone(), contestant.version.clone()))
        .collect()
}

/// The contestants, and what a reader should know about them.
pub(crate) fn choose(lineup: &Lineup) -> Result<(Vec<Contestant>, Vec<String>), CompareError> {
    let asked: Vec<Runtime> = match lineup.runtimes.as_slice() {
        [] => Runtime::ALL
            .into_iter()
            .filter(|runtime| *runtime != Runtime::HowthPortable)
            .collect(),
        named => named.to_vec(),
    };
    let (mut contestants, mut notes) = (Vec::new(), Vec::new());
    for runtime in asked {
        let name = runtime.name();
        match find(lineup, runtime) {
            Some(binary) => {
                if is_script(&binary) {
                    notes.push(format!("{name} is started by a script, which its start includes"));
                }
                contestants.push(Contestant::of_runtime(runtime, binary)?);
            }
            // It is one for few workloads.
            None if lineup.runtimes.is_empty() && runtime == Runtime::Nginx => {}
            None if lineup.runtimes.is_empty() => notes.push(format!(
                "{name} is not found; --{name} PATH says where it is, --install has it from npm"
            )),
            None => return Err(CompareError::Missing { name }),
        }
    }
    for extra in &lineup.extras {
        contestants.push(Contestant::of_command(extra)?);
    }
    Ok((contestants, notes))
}

fn find(lineup: &Lineup, runtime: Runtime) -> Option<PathBuf> {
    let binaries = &lineup.binaries;
    let named = match runtime {
        Runtime::Howth | Runtime::HowthPortable => Some(&binaries.howth),
        Runtime::Bun => binaries.bun.as_ref(),
        Runtime::Deno => binaries.deno.as_ref(),
        Runtime::Node => binaries.node.as_ref(),
        Runtime::Nginx => binaries.nginx.as_ref(),
    };
    named
        .cloned()
        .or_else(|| npm::binary(&lineup.cache, runtime))
        .or_else(|| in_path(runtime.name()))
        // It is started in another folder.
        .map(|binary| std::path::absolute(&binary).unwrap_or(binary))
}

fn in_path(name: &str) -> Option<PathBuf> {
    let folders = std::env::var_os("PATH")?;
    std::env::split_paths(&folders)
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
}

fn is_script(binary: &Path) -> bool {
    let mut start = [0; 2];
    File::open(binary)
        .and_then(|mut file| file.read_exact(&mut start))
        .is_ok_and(|()| start == *b"#!")
}

impl Contestant {
    pub(crate) fn of_runtime(runtime: Runtime, binary: PathBuf) -> Result<Self, CompareError> {
        let binary_name = if runtime.is_howth() {
            "howth"
        } else {
            runtime.name()
        };
        Ok(Contestant {
            name: runtime.name().to_owned(),
            version: version_of(binary_name, &binary)?,
            start: Start::Runtime(runtime, binary),
        })
    }

    fn of_command(extra: &Extra) -> Result<Self, CompareError> {
        match shlex::split(&extra.command) {
            Some(words) if !words.is_empty() => Ok(Contestant {
                name: extra.name.clone(),
                version: String::new(),
                start: Start::Command(words),
            }),
            _ => Err(CompareError::Extra {
                command: extra.command.clone(),
            }),
        }
    }

    /// Whether it is one of those that howth is compared with.
    pub(crate) fn is_peer(&self) -> bool {
        matches!(&self.start, Start::Runtime(runtime, _) if !runtime.is_howth())
    }

    /// Whether it serves this application: a command of somebody else's may know one only.
    pub(crate) fn serves(&self, application: &str) -> bool {
        match &self.start {
            Start::Runtime(Runtime::Nginx, _) => nginx::serves(application),
            Start::Runtime(..) => true,
            Start::Command(words) => {
                application == "hello" || words.iter().any(|word| word.contains("{application}"))
            }
        }
    }

    /// How many processes serve on so many cores. The others start threads or processes of their own.
    pub(crate) fn processes(&self, cores: usize) -> usize {
        match self.start {
            Start::Runtime(Runtime::Bun, _) => cores,
            _ => 1,
        }
    }

    /// How it comes to another version of the application while it serves on several cores.
    pub(crate) fn renewal(&self) -> Option<Renewal> {
        match &self.start {
            Start::Runtime(Runtime::Bun, _) => Some(Renewal::Replacement),
            Start::Runtime(Runtime::Deno, _) => Some(Renewal::Restart),
            // What serves the cores' application only.
            Start::Runtime(Runtime::Nginx, _) => None,
            Start::Runtime(..) => Some(Renewal::Signal),
            Start::Command(_) => None,
        }
    }

    /// Program and arguments of each process that serves an application.
    pub(crate) fn command_line(&self, service: &Service<'_>) -> Vec<OsString> {
        let words = match &self.start {
            Start::Runtime(runtime, binary) => return command_line::of_runtime(*runtime, binary, service),
            Start::Command(words) => words,
        };
        let filled = |word: &String| {
            OsString::from(
                word.replace("{port}", &service.port.to_string())
                    .replace("{application}", service.application)
                    .replace("{cores}", &service.cores.to_string()),
            )
        };
        words.iter().map(filled).collect()
    }
}

/// The first word of `--version` that begins like a number.
fn version_of(name: &'static str, path: &Path) -> Result<String, CompareError> {
    let failed = |reason| CompareError::Version {
        name,
        path: path.to_owned(),
        reason,
    };
    // nginx knows the short one only, and answers on stderr.
    let output = Command::new(path)
        .arg(if name == "nginx" { "-v" } else { "--version" })
        .output()
        .map_err(|error| failed(error.to_string()))?;
    if !output.status.success() {
        return Err(failed(output.status.to_string()));
    }
    let text = String::from_utf8_lossy(if name == "nginx" {
        &output.stderr
    } else {
        &output.stdout
    });
    version_in(&text).ok_or_else(|| failed("it prints no number".to_owned()))
}

fn version_in(text: &str) -> Option<String> {
    text.lines()
        .next()?
        .split_whitespace()
        .map(|word| word.trim_start_matches("nginx/").trim_start_matches('v'))
        .find(|word| word.starts_with(|first: char| first.is_ascii_digit()))
        .map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_found_however_they_are_printed() {
        for (text, version) in [
            ("1.4.5\n", Some("1.4.5")),
            ("v26.10.0\n", Some("26.10.0")),
            ("deno 2.9.6 (stable, release)\nv8 15", Some("2.9.6")),
            ("nginx version: nginx/1.22.1\n", Some("1.22.1")),
            ("none\n", None),
            ("", None),
        ] {
            assert_eq!(version_in(text).as_deref(), version);
        }
    }

    #[test]
    fn a_binary_is_named_from_where_the_command_is_typed() {
        let lineup = Lineup::new(PathBuf::from("./build/howth"), PathBuf::from("/nowhere"));
        let found = find(&lineup, Runtime::Howth).expect("it is named");
        let here = std::env::current_dir().expect("a folder");
        assert_eq!(found, here.join("build/howth"));
    }

    #[test]
    fn only_bun_is_a_process_for_each_core() {
        let processes = |runtime: Runtime| {
            let contestant = Contestant {
                name: runtime.name().to_owned(),
                version: String::new(),
                start: Start::Runtime(runtime, PathBuf::from(runtime.name())),
            };
            contestant.processes(2)
        };
        let of_two_cores = [Runtime::Howth, Runtime::Bun, Runtime::Deno, Runtime::Node].map(processes);
        assert_eq!(of_two_cores, [1, 2, 1, 1]);
    }

    #[test]
    fn an_own_command_is_split_and_filled() {
        let contestant = |command: &str| {
            Contestant::of_command(&Extra {
                name: "rust".to_owned(),
                command: command.to_owned(),
            })
        };
        let hello = contestant("'a b' --port={port}").expect("a command");
        let service = Service {
            application: "hello",
            folder: Path::new("/"),
            port: 8080,
            cores: 1,
        };
        assert_eq!(hello.command_line(&service), ["a b", "--port=8080"]);
        assert!(hello.serves("hello") && !hello.serves("json"));
        assert!(
            contestant("x {application} {port}")
                .expect("a command")
                .serves("json")
        );
        for wrong in ["", "'a"] {
            assert!(contestant(wrong).is_err(), "{wrong:?} was taken");
        }
    }
}
