//! The `howth` command.
//!
//! Owns the process: its allocator and its exit code. Never does anything else; [`cli`] reads the command
//! line, `howth_runtime` does the work.
#![cfg_attr(not(test), deny(clippy::print_stderr, clippy::print_stdout))]

mod cli;
#[cfg(target_os = "linux")]
mod offspring;

/// Many small requests make many small allocations; jemalloc gives their memory back and does not fragment.
#[cfg(target_os = "linux")]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> std::process::ExitCode {
    cli::main()
}
