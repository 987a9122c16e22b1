//! Who is measured: the options that `howth bench compare` and `howth bench cores` have in common.
//!
//! Owns their spelling, and which failures are a wrong usage.

use std::path::PathBuf;

use clap::Args;
use howth_compare::{Binaries, CompareError, Extra, Lineup, Runtime};

use crate::cli::failure::Failure;

#[derive(Debug, Args)]
#[command(next_help_heading = "Contestants")]
pub struct ContestantArguments {
    /// Who is compared, with commas between them [default: howth, and bun, deno, node where they are found]
    #[arg(long, value_name = "NAME", value_delimiter = ',', value_parser = runtime_names())]
    runtimes: Vec<String>,

    /// Another build of howth [default: the one that measures]
    #[arg(long, value_name = "PATH")]
    howth: Option<PathBuf>,

    /// Where Bun is [default: the cache folder, then PATH]
    #[arg(long, value_name = "PATH")]
    bun: Option<PathBuf>,

    /// Where Deno is [default: the cache folder, then PATH]
    #[arg(long, value_name = "PATH")]
    deno: Option<PathBuf>,

    /// Where Node is [default: the cache folder, then PATH]
    #[arg(long, value_name = "PATH")]
    node: Option<PathBuf>,

    /// The nginx to compare with, where the work fits; without it, that on PATH, if there is one
    #[arg(long, value_name = "PATH")]
    nginx: Option<PathBuf>,

    /// Install what is missing in the cache folder, with npm: Bun, Deno, Node, and the packages of applications
    #[arg(long)]
    install: bool,

    /// The cache folder [default: howth/compare in XDG_CACHE_HOME or ~/.cache]
    #[arg(long, value_name = "DIR")]
    cache: Option<PathBuf>,

    /// One more server: {port} stands for the port, {application} for the application, {cores} for its cores
    ///
    /// Without {application} it is measured with the workloads of `hello` only. May be given again.
    #[arg(long, value_name = "NAME=COMMAND", value_parser = parse_extra)]
    extra: Vec<(String, String)>,
}

impl ContestantArguments {
    /// What the options say.
    pub fn lineup(&self) -> Result<Lineup, Failure> {
        let howth = match &self.howth {
            Some(howth) => howth.clone(),
            None => std::env::current_exe()
                .map_err(|error| Failure::runtime(format!("cannot find howth's own binary ({error})")))?,
        };
        let cache = match &self.cache {
            Some(cache) => cache.clone(),
            None => default_cache()?,
        };
        let is_asked = |runtime: &Runtime| self.runtimes.iter().any(|name| name == runtime.name());
        let extra = |(name, command): &(String, String)| Extra {
            name: name.clone(),
            command: command.clone(),
        };
        Ok(Lineup {
            runtimes: Runtime::ALL.into_iter().filter(is_asked).collect(),
            binaries: Binaries {
                howth,
                bun: self.bun.clone(),
                deno: self.deno.clone(),
                node: self.node.clone(),
                nginx: self.nginx.clone(),
            },
            extras: self.extra.iter().map(extra).collect(),
            cache,
            install: self.install,
        })
    }
}

fn default_cache() -> Result<PathBuf, Failure> {
    let folder = |name| {
        std::env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    folder("XDG_CACHE_HOME")
        .or_else(|| folder("HOME").map(|home| home.join(".cache")))
        .map(|cache| cache.join("howth").join("compare"))
        .ok_or_else(|| Failure::usage("HOME is not set; give --cache a folder".to_owned()))
}

/// What was typed wrong is a wrong usage; what a machine or a runtime refuses is not.
pub fn failure(error: &CompareError) -> Failure {
    match error {
        CompareError::Missing { .. }
        | CompareError::UnknownWorkload { .. }
        | CompareError::Extra { .. }
        | CompareError::Core { .. } => Failure::usage(error.to_string()),
        _ => Failure::runtime(error.to_string()),
    }
}

fn runtime_names() -> clap::builder::PossibleValuesParser {
    Runtime::ALL.map(Runtime::name).into()
}

fn parse_extra(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, command)) if !name.is_empty() && command.contains("{port}") => {
            Ok((name.to_owned(), command.to_owned()))
        }
        _ => Err("give a name and a command with {port}, such as 'rust=./hello {port}'".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_extra_has_a_name_and_a_port() {
        let rust = ("rust".to_owned(), "a=b {port}".to_owned());
        assert_eq!(parse_extra("rust=a=b {port}"), Ok(rust));
        for wrong in ["", "rust", "=a {port}", "rust=a"] {
            assert!(parse_extra(wrong).is_err(), "{wrong:?} was taken");
        }
    }
}
