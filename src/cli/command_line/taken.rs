//! Options of Node's with their values, as Node reads them.
//!
//! Called by: `command_line`.

use std::ffi::OsString;

use howth_runtime::modules::TextKind;

use crate::cli::failure::Failure;

/// An option that is being taken.
pub(super) struct Taken<'a> {
    pub(super) option: &'a str,
    /// Behind its equals sign.
    pub(super) value: Option<String>,
    pub(super) rest: &'a mut dyn Iterator<Item = OsString>,
    /// What was taken of `rest`.
    pub(super) next: Option<String>,
}

impl Taken<'_> {
    /// Its value, wherever it stands.
    pub(super) fn value(&mut self) -> Result<String, Failure> {
        let lacking = || Failure::usage(format!("{} needs a value; give one behind it", self.option));
        if let Some(value) = &self.value {
            return match value.is_empty() {
                true => Err(lacking()),
                false => Ok(value.clone()),
            };
        }
        let next = self.rest.next().ok_or_else(lacking)?;
        let next = next.into_string().map_err(|next| {
            Failure::usage(format!(
                "the value {next:?} of {} is not valid UTF-8",
                self.option
            ))
        })?;
        self.next = Some(next.clone());
        // Node's way to write a value that looks like an option.
        match next.strip_prefix('\\').filter(|value| value.starts_with('-')) {
            Some(value) => Ok(value.to_owned()),
            None if next.len() > 1
                && next.starts_with('-')
                && !next[1..].starts_with(|c: char| c.is_ascii_digit()) =>
            {
                Err(lacking())
            }
            None => Ok(next),
        }
    }
}

pub(super) fn text_kind(text: &str) -> Result<TextKind, Failure> {
    match text {
        "commonjs" | "commonjs-typescript" => Ok(TextKind::CommonJs),
        "module" | "module-typescript" => Ok(TextKind::Module),
        _ => Err(Failure::usage(format!(
            "--input-type={text} is nothing; give commonjs or module"
        ))),
    }
}

pub(super) fn mebibytes(option: &str, text: &str) -> Result<u64, Failure> {
    text.parse().map_err(|_| {
        Failure::usage(format!(
            "{option}: give a number of MiB, such as --max-old-space-size=512"
        ))
    })
}
