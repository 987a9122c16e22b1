//! The commands whose line is sorted: those that start a program, or several.
//!
//! Called by: `command_line`.

/// How it was started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Command {
    Serve,
    Run,
    /// Without a command, as Node.
    Bare,
    /// A text, as `run` of it.
    Eval,
    Test,
}

impl Command {
    /// The command that clap reads in its place.
    pub(super) fn name(self) -> &'static str {
        match self {
            Command::Serve => "serve",
            Command::Run | Command::Bare | Command::Eval => "run",
            Command::Test => "test",
        }
    }

    /// Whether options count behind files as well.
    pub(super) fn takes_options_anywhere(self) -> bool {
        matches!(self, Command::Serve | Command::Test)
    }
}
