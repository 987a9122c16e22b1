//! The command line: what may be typed, and which part of the runtime carries it out.
//!
//! Owns the sub-commands and the order of start-up: arguments, environment files, entry file, runtime. Never
//! serves, and never prints more than one line when something is wrong. Called by `main`.

mod application;
#[cfg_attr(not(all(target_os = "linux", feature = "uring")), path = "bench/absent.rs")]
mod bench;
mod check;
mod child;
mod clients;
mod command_line;
mod compression;
mod deadlines;
mod development;
mod engine;
mod environment;
mod failure;
mod folders;
mod http2;
mod init;
mod limits;
mod listen;
mod options;
mod overload;
mod own_options;
mod package;
mod reload;
mod routes;
mod script;
mod standard_input;
mod testing;
mod tls;
mod usage;
mod values;
mod version;
mod worst_case;

use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

use application::ApplicationArguments;
use bench::BenchArguments;
use check::CheckArguments;
use command_line::{CommandLine, EvalArguments};
use failure::Failure;
use init::InitArguments;
use reload::ReloadCommand;
use testing::TestArguments;
use worst_case::WorstCaseArguments;

/// A server runtime for JavaScript and TypeScript: one io_uring and one V8 isolate per core.
#[derive(Debug, Parser)]
#[command(name = "howth", version, long_version = version::long())]
#[command(disable_help_subcommand = true, max_term_width = 100)]
#[command(after_help = "`howth FILE` is `howth run FILE`; `howth COMMAND --help` tells all about a command.")]
#[command(after_long_help = environment::HELP)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve an application on every core
    ///
    /// FILE exports the application: `export default { fetch(request) { … } }`, or a bare function, or it
    /// calls `Howth.serve(…)`. Every core runs its own copy of FILE, so module state is per core.
    #[command(override_usage = "howth serve [OPTIONS] FILE [OPTIONS] [-- ARGS...]")]
    Serve(ApplicationArguments),
    /// Run a script, or a file that calls Howth.serve
    ///
    /// FILE runs once, on one core unless --cores says more, until nothing is left to do. When it calls
    /// `Howth.serve(…)`, or exports an object with `fetch`, it serves until it is stopped. `howth FILE` does the same.
    /// Node's options count as well: --eval, --print, --require, --import, --conditions, --input-type, --inspect-brk.
    /// A dash in place of FILE is standard input.
    ///
    /// Where there is no file of that name, FILE may be a script of the nearest package.json. It runs in a shell, with
    /// `pre…` before and `post…` behind, programs of packages in its PATH and npm's variables, as `npm run` has it; ARGS
    /// are put behind its command. `howth run` alone lists the scripts.
    #[command(override_usage = "howth run [OPTIONS] FILE [ARGS]...\n       howth run SCRIPT [ARGS]...")]
    Run {
        /// An old spelling: howth serves natively with and without, by the engine that --uring says
        #[arg(long)]
        native: bool,
        /// Serve on one core, in this process alone, whatever the file asks for
        #[arg(long, conflicts_with = "cores")]
        local: bool,
        /// What Deno's users type: there are no permissions to ask for
        #[arg(short = 'A', hide = true)]
        allow_all: bool,
        #[command(flatten)]
        application: ApplicationArguments,
    },
    /// Run a text as a program
    ///
    /// The same as `howth --eval TEXT`: JavaScript or TypeScript, an ES module if it is written as one. With --print its
    /// value is printed. The options are those of `howth run`, before TEXT.
    #[command(override_usage = "howth eval [--print] [OPTIONS] TEXT [ARGS]...")]
    Eval(EvalArguments),
    /// Run tests that are written with node:test
    ///
    /// Each file runs in a process of its own. The exit code is 1 if a test failed. `howth --test` does the same, and
    /// `howth FILE` runs the tests of one file. Node's options, such as --import, are handed to each process.
    Test(TestArguments),
    /// Say what of an application would not work here, without running it
    ///
    /// Looks at all modules that FILE loads, in its own files also at those that are loaded later: imports that lead
    /// nowhere, names that are not exported, syntax errors, packages that are not installed, what howth is built without,
    /// members of `Bun` that are missing, native add-ons for another runtime or processor, a program that neither exports
    /// a handler nor listens. Each line has a place, what is there, and what to do. The exit code is 1 if there is any.
    ///
    /// Not seen: types (that is for tsc), names of modules that are computed, names that CommonJS modules export, what a
    /// package does with what is missing, and whatever only running it can tell.
    Check(CheckArguments),
    /// Begin an application: a server in TypeScript, with its tests and types
    ///
    /// No file is written over. The types of `Howth`, in howth.d.ts, are those of this version.
    Init(InitArguments),
    /// Have a running `howth serve` start its application anew, without a gap
    ///
    /// New cores start beside the old ones and take over from them, clients and all; requests in flight are finished. Code
    /// that fails to start, or its --reload-check, changes nothing. The same as SIGHUP: what comes of it stands in the
    /// output of the server.
    Reload(ReloadCommand),
    /// Measure a server, or howth beside other runtimes
    Bench(BenchArguments),
    /// Print how much memory a configuration may need at worst
    ///
    /// Takes the options of `howth serve` that bound something, and starts nothing.
    Limits(WorstCaseArguments),
    /// Print the completions of a shell
    ///
    /// For bash: `source <(howth completions bash)`.
    Completions {
        /// The shell that reads them
        shell: clap_complete::Shell,
    },
}

/// Does what the process's arguments say, and reports what went wrong in one line on stderr.
pub fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    match carry_out(&arguments) {
        Ok(code) => code,
        Err(failure) => failure.report(),
    }
}

fn carry_out(arguments: &[OsString]) -> Result<ExitCode, Failure> {
    if arguments.get(1).is_some_and(|command| command == "run")
        && arguments.len() == 2
        && let Some(code) = script::list()?
    {
        return Ok(code);
    }
    let (line, command) = parse(arguments)?;
    match command {
        None => Ok(ExitCode::SUCCESS),
        // A program that is a text is sorted as `run`; what comes here has no text.
        Some(Command::Eval(_)) => Err(EvalArguments::failure()),
        Some(Command::Check(arguments)) => check::carry_out(&arguments),
        Some(Command::Init(arguments)) => init::carry_out(&arguments),
        Some(Command::Test(arguments)) => testing::carry_out(&arguments, &line),
        Some(Command::Serve(application)) => {
            howth_runtime::serve(options::for_serve(&application, line)?).map_err(Failure::from)
        }
        Some(Command::Run {
            application, local, ..
        }) => match script::find(&application, &line)? {
            Some(script) => script.run(),
            None => howth_runtime::run(options::for_run(&application, line, local)?).map_err(Failure::from),
        },
        Some(Command::Reload(command)) => reload::carry_out(&command),
        Some(Command::Bench(arguments)) => bench::carry_out(&arguments),
        Some(Command::Limits(arguments)) => worst_case::carry_out(&arguments),
        Some(Command::Completions { shell }) => {
            print_completions(shell);
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// The command, or `None` when help or a version was asked for, and was printed.
///
/// Options take defaults from the environment, and `--env-file` adds to the environment: where a file was
/// named, the arguments are read a second time, with the file's variables in place.
fn parse(arguments: &[OsString]) -> Result<(CommandLine, Option<Command>), Failure> {
    let (line, command) = parse_once(arguments)?;
    let files = match &command {
        Some(Command::Serve(application) | Command::Run { application, .. }) => &application.env_file,
        Some(Command::Test(arguments)) => &arguments.env_file,
        _ => return Ok((line, command)),
    };
    if files.is_empty() {
        return Ok((line, command));
    }
    environment::load_files(files)?;
    parse_once(arguments)
}

fn parse_once(arguments: &[OsString]) -> Result<(CommandLine, Option<Command>), Failure> {
    // Made once: it takes a good part of what a command takes that does nothing.
    let mut definition = Cli::command();
    let line = command_line::sort(arguments, &definition)?;
    let matches = definition.try_get_matches_from_mut(&line.arguments);
    match matches.and_then(|matches| Cli::from_arg_matches(&matches)) {
        Ok(cli) => Ok((line, Some(cli.command))),
        Err(error) if !error.use_stderr() => {
            // A reader that has seen enough (`howth --help | head`) is no error.
            let _ = error.print();
            Ok((line, None))
        }
        Err(error) => Err(usage::failure(&error, &line.arguments)),
    }
}

fn print_completions(shell: clap_complete::Shell) {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "howth", &mut script);
    // As above: a closed pipe is no error.
    let _ = std::io::stdout().write_all(&script);
}

#[cfg(test)]
mod tests;
