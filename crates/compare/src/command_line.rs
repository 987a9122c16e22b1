//! The command lines by which runtimes serve the applications.
//!
//! Owns their spelling. Never starts anything. Called by: `contestant`.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::applications;
use crate::lineup::Runtime;
use crate::nginx;

/// Deno asks for nothing, and takes packages from where npm has put them.
const DENO_OPTIONS: [&str; 3] = ["--allow-all", "--no-config", "--node-modules-dir=manual"];

/// What is served, and where: on a port of 127.0.0.1, with so many cores altogether.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Service<'a> {
    pub(crate) application: &'a str,
    /// The application's folder.
    pub(crate) folder: &'a Path,
    pub(crate) port: u16,
    pub(crate) cores: usize,
}

/// Program and arguments of a runtime's process.
pub(crate) fn of_runtime(runtime: Runtime, binary: &Path, service: &Service<'_>) -> Vec<OsString> {
    if runtime == Runtime::Nginx {
        return nginx::line(binary, service);
    }
    let (arguments, file) = match applications::is_program(service.application) {
        true => program(runtime, service),
        false => handler(runtime, service),
    };
    let mut line = vec![binary.as_os_str().to_owned()];
    line.extend(arguments.into_iter().map(OsString::from));
    line.push(file.into_os_string());
    line
}

/// Arguments for a program that listens by itself, and the program: what a user types. The port is in its environment.
fn program(runtime: Runtime, service: &Service<'_>) -> (Vec<String>, PathBuf) {
    let mut arguments: Vec<String> = match runtime {
        Runtime::Howth => owned(&["run", "--uring=require"]),
        Runtime::HowthPortable => owned(&["run", "--uring=off"]),
        Runtime::Bun => owned(&["run"]),
        Runtime::Deno => owned(&["run"]),
        Runtime::Node | Runtime::Nginx => Vec::new(),
    };
    arguments.extend(own_options(runtime, service));
    (arguments, service.folder.join(applications::FILE))
}

/// Arguments for a handler of requests, and the adapter that imports it.
fn handler(runtime: Runtime, service: &Service<'_>) -> (Vec<String>, PathBuf) {
    let is_parallel = service.cores > 1;
    let (mut arguments, adapter) = match runtime {
        Runtime::Howth => (owned(&["serve", "--uring=require"]), "howth.mjs"),
        Runtime::HowthPortable => (owned(&["serve", "--uring=off"]), "howth.mjs"),
        Runtime::Bun => (owned(&["run"]), "bun.mjs"),
        Runtime::Deno if is_parallel => (owned(&["serve", "--parallel"]), "deno-parallel.mjs"),
        Runtime::Deno => (owned(&["run"]), "deno.mjs"),
        Runtime::Node | Runtime::Nginx => (Vec::new(), "node.mjs"),
    };
    arguments.extend(own_options(runtime, service));
    if runtime.is_howth() || (runtime == Runtime::Deno && is_parallel) {
        arguments.extend(owned(&["--host", "127.0.0.1", "--port"]));
        arguments.push(service.port.to_string());
    }
    (arguments, service.folder.join(adapter))
}

/// What a runtime is told whatever it serves.
fn own_options(runtime: Runtime, service: &Service<'_>) -> Vec<String> {
    match runtime {
        Runtime::Howth | Runtime::HowthPortable => owned(&["--quiet", "--cores", &service.cores.to_string()]),
        Runtime::Deno => owned(&DENO_OPTIONS),
        Runtime::Bun | Runtime::Node | Runtime::Nginx => Vec::new(),
    }
}

fn owned(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DENO: &str = "--allow-all --no-config --node-modules-dir=manual";

    fn line(runtime: Runtime, application: &str, cores: usize) -> String {
        let service = Service {
            application,
            folder: Path::new("/a"),
            port: 80,
            cores,
        };
        let words = of_runtime(runtime, Path::new(runtime.name()), &service);
        let words: Vec<_> = words.iter().map(|word| word.to_string_lossy()).collect();
        words.join(" ")
    }

    #[test]
    fn each_runtime_has_its_way_to_several_cores() {
        let howth = "howth serve --uring=require --quiet --cores 2 --host 127.0.0.1 --port 80 /a/howth.mjs";
        let deno = format!("deno serve --parallel {DENO} --host 127.0.0.1 --port 80 /a/deno-parallel.mjs");
        assert_eq!(line(Runtime::Howth, "hello", 2), howth);
        assert_eq!(line(Runtime::Bun, "hello", 2), "bun run /a/bun.mjs");
        assert_eq!(line(Runtime::Node, "hello", 2), "node /a/node.mjs");
        assert_eq!(line(Runtime::Deno, "hello", 2), deno);
        assert_eq!(
            line(Runtime::Deno, "hello", 1),
            format!("deno run {DENO} /a/deno.mjs")
        );
    }

    #[test]
    fn a_program_that_listens_is_started_as_it_stands() {
        for (runtime, expected) in [
            (
                Runtime::Howth,
                "howth run --uring=require --quiet --cores 1 /a/application.mjs",
            ),
            (
                Runtime::HowthPortable,
                "howth-portable run --uring=off --quiet --cores 1 /a/application.mjs",
            ),
            (Runtime::Bun, "bun run /a/application.mjs"),
            (Runtime::Deno, &format!("deno run {DENO} /a/application.mjs")),
            (Runtime::Node, "node /a/application.mjs"),
        ] {
            assert_eq!(line(runtime, "express", 1), expected);
        }
    }
}
