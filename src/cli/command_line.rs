//! The command line as it is typed: Node's options are taken out, and what is left is read by clap.
//!
//! Owns where a program's own arguments begin, and which of Node's options do something. `howth FILE` is `howth run FILE`
//! with Node's meaning of every letter, since that is how programs start their children (`process.execPath`). Never
//! starts anything. Called by: `cli`, once for each reading of the command line.

mod command;
mod eval;
mod taken;

use std::ffi::{OsStr, OsString};
use std::path::Path;

use howth_runtime::modules::TextKind;
use howth_runtime::node_options::{Kind, NodeOptions, split_variable};
use howth_runtime::{Debugger, Start};

use super::failure::Failure;
use super::own_options::OwnOptions;
use super::standard_input;
use command::Command;
pub use eval::EvalArguments;
use taken::{Taken, mebibytes, text_kind};

/// What a program is, if it is no file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Text {
    /// It is a file.
    #[default]
    None,
    /// `--eval`, `--print`.
    Given(String),
    /// `-`, or nothing at all.
    StandardInput,
}

/// A command line, sorted.
#[derive(Debug, Default)]
pub struct CommandLine {
    /// What clap reads.
    pub arguments: Vec<OsString>,
    /// What Node's options ask for.
    pub start: Start,
    /// The program, if it is no file.
    pub text: Text,
    /// What that is.
    pub text_kind: TextKind,
    /// `--print`.
    pub prints: bool,
    /// Flags of V8, each with its dashes.
    pub v8_flags: Vec<String>,
    /// `--max-old-space-size`, in MiB.
    pub heap_mib: Option<u64>,
}

/// The names of the program where it has no file.
pub const EVAL: &str = "[eval]";
pub const STANDARD_INPUT: &str = "[stdin]";

/// Options of Node's that say what a process may do, or turn it into something else: without them it would do what it
/// was not to do.
const REFUSED: [&str; 13] = [
    "--build-snapshot",
    "--check",
    "--disable-proto",
    "--experimental-loader",
    "--experimental-permission",
    "--experimental-policy",
    "--experimental-sea-config",
    "--interactive",
    "--loader",
    "--permission",
    "--prof-process",
    "--run",
    "--snapshot-blob",
];

/// Options of howth's that Node has as well. What is howth's alone is not for children: they would listen on its port, or
/// write its process id.
const OF_BOTH: [&str; 3] = ["--env-file", "--inspect", "--unhandled-rejections"];

/// Sorts the arguments of a process, its name first. `definition`: what clap knows of howth.
///
/// # Errors
/// An option of Node's that is refused, or lacks its value.
pub fn sort(arguments: &[OsString], definition: &clap::Command) -> Result<CommandLine, Failure> {
    let whole = || CommandLine {
        arguments: arguments.to_vec(),
        ..CommandLine::default()
    };
    let (command, typed) = match arguments.get(1).map(OsString::as_os_str) {
        None if standard_input::is_program() => (Command::Bare, &[][..]),
        None => return Ok(whole()),
        Some(first) if first == "serve" => (Command::Serve, &arguments[2..]),
        Some(first) if first == "run" => (Command::Run, &arguments[2..]),
        Some(first) if first == "test" => (Command::Test, &arguments[2..]),
        Some(first) if first == "eval" && eval::has_text(&arguments[2..]) => (Command::Eval, &arguments[2..]),
        Some(first) if first == "-v" => {
            let mut version = whole();
            version.arguments[1] = "--version".into();
            return Ok(version);
        }
        Some(first) if definition.find_subcommand(first).is_none() && begins_program(first) => {
            (Command::Bare, &arguments[1..])
        }
        Some(_) => return Ok(whole()),
    };
    let mut sorter = Sorter::new(command, definition);
    sorter.read_variable()?;
    sorter.read(typed)?;
    if sorter.is_test && command != Command::Test {
        let typed: Vec<OsString> = typed
            .iter()
            .filter(|argument| *argument != "--test")
            .cloned()
            .collect();
        sorter = Sorter::new(Command::Test, definition);
        sorter.read_variable()?;
        sorter.read(&typed)?;
    }
    let name = arguments.first().cloned().unwrap_or_else(|| "howth".into());
    Ok(sorter.finish(name))
}

/// Whether the first argument, which is no command, is an option or a program.
fn begins_program(first: &OsStr) -> bool {
    let is_of_howth = ["-h", "--help", "-V", "--version"]
        .iter()
        .any(|option| first == *option);
    let path = Path::new(first);
    let is_option = first.as_encoded_bytes().starts_with(b"-");
    !is_of_howth
        && (is_option || path.components().count() > 1 || path.extension().is_some() || path.exists())
}

struct Sorter {
    command: Command,
    own: OwnOptions,
    node: NodeOptions,
    line: CommandLine,
    /// Options of howth's.
    options: Vec<OsString>,
    /// The file, and what follows it.
    positionals: Vec<OsString>,
    /// They come from NODE_OPTIONS: what Node does not know is nobody's business there.
    is_variable: bool,
    /// `--test`
    is_test: bool,
}

impl Sorter {
    fn new(command: Command, definition: &clap::Command) -> Self {
        Sorter {
            command,
            own: OwnOptions::of(definition, command.name()),
            node: NodeOptions::default(),
            line: CommandLine::default(),
            options: Vec::new(),
            positionals: Vec::new(),
            is_variable: false,
            is_test: false,
        }
    }

    fn read_variable(&mut self) -> Result<(), Failure> {
        let Ok(text) = std::env::var("NODE_OPTIONS") else {
            return Ok(());
        };
        let options = split_variable(&text).map_err(|cause| {
            Failure::usage(format!(
                "cannot read the environment variable NODE_OPTIONS ({cause}); correct or unset it"
            ))
        })?;
        self.is_variable = true;
        let mut options = options.into_iter().map(OsString::from);
        while let Some(option) = options.next() {
            self.take(&option.to_string_lossy(), &mut options)
                .map_err(|failure| {
                    Failure::usage(format!(
                        "{failure}; it comes from the environment variable NODE_OPTIONS"
                    ))
                })?;
        }
        self.is_variable = false;
        Ok(())
    }

    fn read(&mut self, typed: &[OsString]) -> Result<(), Failure> {
        let mut rest = typed.iter().cloned();
        while let Some(argument) = rest.next() {
            match argument.to_str() {
                // What follows is the program's; or its file, if none has come yet.
                Some("--") => {
                    self.positionals.extend(rest);
                    return Ok(());
                }
                Some(option) if option.len() > 1 && option.starts_with('-') => {
                    self.take(option, &mut rest)?
                }
                _ if self.command == Command::Eval && self.line.text == Text::None => {
                    self.line.text = eval::text(argument)?;
                    if let Text::Given(code) = &self.line.text {
                        let code = code.clone();
                        self.note_exec_argument("--eval", Some(code));
                    }
                    self.positionals.extend(rest);
                    return Ok(());
                }
                _ => {
                    self.positionals.push(argument);
                    if !self.command.takes_options_anywhere() {
                        self.positionals.extend(rest);
                        self.note_misplaced();
                        return Ok(());
                    }
                }
            }
        }
        Ok(())
    }

    /// Takes an option, and its value if that stands apart.
    fn take(&mut self, option: &str, rest: &mut dyn Iterator<Item = OsString>) -> Result<(), Failure> {
        let (name, value) = match option.split_once('=').filter(|_| option.starts_with("--")) {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (option, None),
        };
        // Node takes one for the other.
        let name = match name.strip_prefix("--") {
            Some(bare) => format!("--{}", bare.replace('_', "-")),
            None => name.to_owned(),
        };
        let mut taken = Taken {
            option,
            value,
            rest,
            next: None,
        };
        let is_own_letter = name == "-p" && !matches!(self.command, Command::Bare | Command::Eval);
        match name.as_str() {
            "-e" | "--eval" => self.line.text = Text::Given(taken.value()?),
            "-pe" => {
                self.line.prints = true;
                self.line.text = Text::Given(taken.value()?);
            }
            "-p" | "--print" if !is_own_letter => {
                self.line.prints = true;
                // Under `eval` the text stands behind all options.
                if self.line.text == Text::None && self.command != Command::Eval {
                    self.line.text = Text::Given(taken.value()?);
                }
            }
            "-r" | "--require" => self.line.start.require.push(taken.value()?),
            "--import" => self.line.start.import.push(taken.value()?),
            "-C" | "--conditions" => self.line.start.conditions.push(taken.value()?),
            "--input-type" => self.line.text_kind = text_kind(&taken.value()?)?,
            "--env-file-if-exists" => {
                let file = taken.value()?;
                if Path::new(&file).exists() {
                    self.options.push(format!("--env-file={file}").into());
                }
            }
            "--inspect-brk" | "--inspect-wait" if !self.is_variable => {
                self.line.start.debugger = match name.as_str() {
                    "--inspect-brk" => Debugger::Breaks,
                    _ => Debugger::IsAwaited,
                };
                let inspect = match &taken.value {
                    Some(address) => format!("--inspect={address}"),
                    None => "--inspect".to_owned(),
                };
                self.options.push(inspect.into());
            }
            "--test" if !self.is_variable => self.is_test = true,
            "--max-old-space-size" => self.line.heap_mib = Some(mebibytes(option, &taken.value()?)?),
            refused if !self.is_variable && is_refused(refused) => {
                return Err(Failure::usage(format!(
                    "howth has no {option}, which Node has; leave it out, or run this with Node"
                )));
            }
            _ => return self.take_by_name(&name, taken),
        }
        let next = taken.next;
        self.note_exec_argument(option, next);
        Ok(())
    }

    /// Takes an option that means nothing here: howth's are clap's.
    fn take_by_name(&mut self, name: &str, mut taken: Taken<'_>) -> Result<(), Failure> {
        let option = taken.option;
        if let Some(takes_next) = self.own.takes_next(name).filter(|_| !self.is_variable) {
            self.options.push(option.into());
            if takes_next
                && taken.value.is_none()
                && let Some(next) = taken.rest.next()
            {
                taken.next = next.to_str().map(str::to_owned);
                self.options.push(next);
            }
            if OF_BOTH.contains(&name) {
                self.note_exec_argument(option, taken.next);
            }
            return Ok(());
        }
        match self.node.kind(option) {
            Kind::Whole => {}
            Kind::TakesNext => {
                taken.value()?;
            }
            Kind::V8 => self.line.v8_flags.push(option.to_owned()),
            Kind::Unknown if self.is_variable => return Ok(()),
            Kind::Unknown => {
                // clap says what is wrong with it.
                self.options.push(option.into());
                return Ok(());
            }
        }
        let next = taken.next;
        self.note_exec_argument(option, next);
        Ok(())
    }

    fn note_exec_argument(&mut self, option: &str, value: Option<String>) {
        if !self.is_variable {
            let arguments = &mut self.line.start.exec_arguments;
            arguments.push(option.to_owned());
            arguments.extend(value);
        }
    }

    /// An option of howth's that follows the file is the program's, which most likely was not meant.
    fn note_misplaced(&mut self) {
        let arguments = self
            .positionals
            .iter()
            .skip(1)
            .filter_map(|argument| argument.to_str());
        let names = arguments
            .take_while(|argument| *argument != "--")
            .map(|argument| argument.split_once('=').map_or(argument, |(name, _)| name));
        let mut misplaced = names.filter(|name| {
            let is_own = name.starts_with("--") && self.own.takes_next(name).is_some();
            is_own && !OF_BOTH.contains(name) && !["--help", "--version"].contains(name)
        });
        self.line.start.misplaced = misplaced.next().map(str::to_owned);
    }

    fn finish(mut self, name: OsString) -> CommandLine {
        let is_bare = self.command == Command::Bare;
        if self.line.text == Text::None && !self.command.takes_options_anywhere() {
            let first = self.positionals.first();
            let is_left_out = first.is_none() && is_bare && standard_input::is_program();
            if is_left_out || first.is_some_and(|first| first == "-") {
                self.line.text = Text::StandardInput;
                if is_left_out {
                    self.positionals.insert(0, STANDARD_INPUT.into());
                }
            }
        } else if self.line.text != Text::None {
            // All are the program's: it has no file.
            self.positionals.insert(0, EVAL.into());
            self.line.start.misplaced = None;
        }
        self.line.arguments = vec![name, self.command.name().into()];
        self.line.arguments.append(&mut self.options);
        if !self.positionals.is_empty() {
            self.line.arguments.push("--".into());
        }
        self.line.arguments.append(&mut self.positionals);
        self.line
    }
}

fn is_refused(name: &str) -> bool {
    ["-c", "-i"].contains(&name) || REFUSED.contains(&name)
}
