//! The one line an error takes on stderr, and the exit code that goes with it.
//!
//! Owns the shape `howth: file or option, cause; remedy`. Never decides what is wrong.

use std::fmt;
use std::io::Write;
use std::process::ExitCode;

/// Why nothing was served.
#[derive(Debug)]
pub struct Failure {
    message: String,
    code: u8,
}

impl Failure {
    /// Wrong options or a wrong environment: exit code 2.
    pub fn usage(message: String) -> Self {
        Failure { message, code: 2 }
    }

    /// Whatever the machine or the application refused: exit code 1.
    pub fn runtime(message: String) -> Self {
        Failure { message, code: 1 }
    }

    /// Prints the line and gives the exit code.
    pub fn report(&self) -> ExitCode {
        // When stderr is gone there is nobody left to tell.
        let _ = writeln!(std::io::stderr(), "howth: {self}");
        ExitCode::from(self.code)
    }
}

impl From<howth_runtime::Error> for Failure {
    fn from(error: howth_runtime::Error) -> Self {
        Failure {
            code: error.code(),
            message: error.to_string(),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}
