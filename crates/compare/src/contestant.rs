//! Who is compared: where each binary is, its version, and the command line that serves an application.
//!
//! Owns the command lines. Never starts a process that serves; `server` does.

use std::ffi::OsString;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::error::CompareError;
use crate::lineup::{Extra, Lineup, Runtime};
use crate::npm;

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
    };
    named
        .cloned()
        .or_else(|| npm::binary(&lineup.cache, runtime))
        .or_else(|| in_path(runtime.name()))
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
            Start::Runtime(..) => Some(Renewal::Signal),
            Start::Command(_) => None,
        }
    }

    /// Program and arguments of each process that serves an application, which is in `folder`, on a port of
    /// 127.0.0.1, with so many cores altogether.
    pub(crate) fn command_line(
        &self,
        application: &str,
        folder: &Path,
        port: u16,
        cores: usize,
    ) -> Vec<OsString> {
        let (runtime, binary) = match &self.start {
            Start::Runtime(runtime, binary) => (*runtime, binary),
            Start::Command(words) => {
                let filled = |word: &String| {
                    OsString::from(
                        word.replace("{port}", &port.to_string())
                            .replace("{application}", application)
                            .replace("{cores}", &cores.to_string()),
                    )
                };
                return words.iter().map(filled).collect();
            }
        };
        let (arguments, adapter): (&[&str], _) = match runtime {
            Runtime::Howth => (&["serve", "--uring=require"], "howth.mjs"),
            Runtime::HowthPortable => (&["serve", "--uring=off"], "howth.mjs"),
            Runtime::Bun => (&["run"], "bun.mjs"),
            Runtime::Deno if cores > 1 => (&["serve", "--parallel"], "deno-parallel.mjs"),
            Runtime::Deno => (&["run"], "deno.mjs"),
            Runtime::Node => (&[], "node.mjs"),
        };
        let mut line = vec![binary.clone().into_os_string()];
        line.extend(arguments.iter().map(OsString::from));
        if runtime == Runtime::Deno {
            line.extend(["--allow-all", "--no-config", "--node-modules-dir=manual"].map(OsString::from));
        }
        if runtime.is_howth() {
            let options = ["--quiet", "--cores", &cores.to_string()];
            line.extend(options.map(OsString::from));
        }
        if runtime.is_howth() || adapter == "deno-parallel.mjs" {
            let address = ["--host", "127.0.0.1", "--port", &port.to_string()];
            line.extend(address.map(OsString::from));
        }
        line.push(folder.join(adapter).into_os_string());
        line
    }
}

/// The first word of `--version` that begins like a number.
fn version_of(name: &'static str, path: &Path) -> Result<String, CompareError> {
    let failed = |reason| CompareError::Version {
        name,
        path: path.to_owned(),
        reason,
    };
    let output = Command::new(path)
        .arg("--version")
        .output()
        .map_err(|error| failed(error.to_string()))?;
    if !output.status.success() {
        return Err(failed(output.status.to_string()));
    }
    let text = String::from_utf8_lossy(&output.stdout);
    version_in(&text).ok_or_else(|| failed("it prints no number".to_owned()))
}

fn version_in(text: &str) -> Option<String> {
    text.lines()
        .next()?
        .split_whitespace()
        .map(|word| word.trim_start_matches('v'))
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
            ("none\n", None),
            ("", None),
        ] {
            assert_eq!(version_in(text).as_deref(), version);
        }
    }

    #[test]
    fn each_runtime_has_its_way_to_several_cores() {
        let line = |runtime: Runtime, cores| {
            let contestant = Contestant {
                name: runtime.name().to_owned(),
                version: String::new(),
                start: Start::Runtime(runtime, PathBuf::from(runtime.name())),
            };
            let words = contestant.command_line("hello", Path::new("/a"), 80, cores);
            let words: Vec<_> = words
                .iter()
                .map(|word| word.to_string_lossy().into_owned())
                .collect();
            (contestant.processes(cores), words.join(" "))
        };
        let deno = "--allow-all --no-config --node-modules-dir=manual";
        for (runtime, cores, processes, expected) in [
            (
                Runtime::Howth,
                2,
                1,
                "howth serve --uring=require --quiet --cores 2 --host 127.0.0.1 --port 80 /a/howth.mjs"
                    .to_owned(),
            ),
            (Runtime::Bun, 2, 2, "bun run /a/bun.mjs".to_owned()),
            (Runtime::Node, 2, 1, "node /a/node.mjs".to_owned()),
            (Runtime::Deno, 1, 1, format!("deno run {deno} /a/deno.mjs")),
            (
                Runtime::Deno,
                2,
                1,
                format!("deno serve --parallel {deno} --host 127.0.0.1 --port 80 /a/deno-parallel.mjs"),
            ),
        ] {
            assert_eq!(line(runtime, cores), (processes, expected));
        }
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
        assert_eq!(
            hello.command_line("hello", Path::new("/"), 8080, 1),
            ["a b", "--port=8080"]
        );
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
