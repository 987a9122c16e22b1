//! `howth eval TEXT`: `howth --eval TEXT`, with a word for it.
//!
//! Owns what `howth eval --help` says, and where the text stands. Called by: `command_line`, which makes `run` of it.

use std::ffi::OsString;

use clap::Args;

use super::Text;
use crate::cli::failure::Failure;

/// For the help alone: where there is a text, `run` is read in its place.
#[derive(Debug, Args)]
pub struct EvalArguments {
    /// The program, then its arguments
    #[arg(value_names = ["TEXT", "ARGS"], num_args = 0.., trailing_var_arg = true)]
    text_and_arguments: Vec<OsString>,

    /// Print the value of TEXT
    #[arg(short, long)]
    print: bool,
}

impl EvalArguments {
    /// What is said where no text was given.
    pub fn failure() -> Failure {
        Failure::usage(
            "eval needs a TEXT, such as: howth eval 'console.log(1)'; see 'howth eval --help'".to_owned(),
        )
    }
}

/// Whether something is to be run: a text or an option, and no help.
pub(super) fn has_text(typed: &[OsString]) -> bool {
    let is_help = |argument: &OsString| argument == "-h" || argument == "--help";
    typed.first().is_some_and(|first| !is_help(first))
}

/// The text.
pub(super) fn text(argument: OsString) -> Result<Text, Failure> {
    let text = argument.into_string().map_err(|text| {
        Failure::usage(format!(
            "the TEXT {text:?} of eval is not valid UTF-8; give it in UTF-8"
        ))
    })?;
    Ok(Text::Given(text))
}
