//! Takes the place of rustyline: reads one line of the terminal as the kernel edits it.
//!
//! Owns what `deno_runtime` names of rustyline for `prompt()`. Never does: edit, complete, remember. Ctrl+C ends the
//! process by SIGINT, as it does where nothing reads.

use std::io::{self, BufRead, Write};

use config::Configurer;
use error::ReadlineError;

/// Why there is no line.
pub mod error {
    use std::fmt;
    use std::io;

    /// Why there is no line.
    #[derive(Debug)]
    #[non_exhaustive]
    pub enum ReadlineError {
        /// The terminal cannot be read.
        Io(io::Error),
        /// It has ended.
        Eof,
        /// A key was pressed that ends the prompt.
        Interrupted,
        /// A system call failed.
        Errno(nix::errno::Errno),
    }

    impl fmt::Display for ReadlineError {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            match self {
                Self::Io(error) => error.fmt(f),
                Self::Eof => f.write_str("EOF"),
                Self::Interrupted => f.write_str("Interrupted"),
                Self::Errno(error) => error.fmt(f),
            }
        }
    }

    impl std::error::Error for ReadlineError {}
}

/// Settings.
pub mod config {
    /// Takes settings that mean nothing without an editor.
    pub trait Configurer {
        /// How long a key sequence may take.
        fn set_keyseq_timeout(&mut self, _milliseconds: Option<u16>) {}
    }
}

/// Lines before this one: none.
pub mod history {
    /// Remembers nothing.
    #[derive(Debug)]
    pub struct DefaultHistory;
}

/// What a key does.
#[derive(Debug)]
pub enum Cmd {
    /// Ends the prompt.
    Interrupt,
}

/// A key was pressed.
#[derive(Debug)]
pub struct Event;

/// Where.
#[derive(Debug)]
pub struct EventContext;

/// How often.
pub type RepeatCount = usize;

/// Which.
#[derive(Debug)]
pub struct KeyEvent(pub KeyCode, pub Modifiers);

/// Keys.
#[derive(Debug)]
pub enum KeyCode {
    /// Escape.
    Esc,
}

/// Keys held with it.
#[derive(Debug)]
pub struct Modifiers;

impl Modifiers {
    /// None.
    pub fn empty() -> Self {
        Self
    }
}

/// What a key does, depending on where.
pub trait ConditionalEventHandler {
    /// Decides.
    fn handle(
        &self,
        event: &Event,
        count: RepeatCount,
        positive: bool,
        context: &EventContext,
    ) -> Option<Cmd>;
}

/// What is done for a key.
pub enum EventHandler {
    /// Depends on where.
    Conditional(Box<dyn ConditionalEventHandler>),
}

/// Reads lines.
#[derive(Debug)]
pub struct Editor<H, I>(std::marker::PhantomData<(H, I)>);

impl<H, I> Editor<H, I> {
    /// Makes one.
    ///
    /// # Errors
    /// None.
    pub fn new() -> Result<Self, ReadlineError> {
        Ok(Self(std::marker::PhantomData))
    }

    /// The kernel's line editor has keys of its own.
    pub fn bind_sequence(&mut self, _key: KeyEvent, _handler: EventHandler) {}

    /// Reads a line. An empty one stands for what it could have begun with, which cannot be edited here.
    ///
    /// # Errors
    /// If the terminal has ended or cannot be read.
    pub fn readline_with_initial(
        &mut self,
        prompt: &str,
        (before, after): (&str, &str),
    ) -> Result<String, ReadlineError> {
        let initial = format!("{before}{after}");
        let mut output = io::stdout().lock();
        match initial.is_empty() {
            true => write!(output, "{prompt}"),
            false => write!(output, "{prompt}[{initial}] "),
        }
        .and_then(|()| output.flush())
        .map_err(ReadlineError::Io)?;
        let mut line = String::new();
        if io::stdin()
            .lock()
            .read_line(&mut line)
            .map_err(ReadlineError::Io)?
            == 0
        {
            return Err(ReadlineError::Eof);
        }
        let line = line.trim_end_matches(['\r', '\n']);
        Ok(if line.is_empty() { initial } else { line.to_owned() })
    }
}

impl<H, I> Configurer for Editor<H, I> {}
