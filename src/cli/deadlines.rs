//! When a client is given up: the `--timeout-…` options and `--min-body-rate`.
//!
//! Owns their spelling; the defaults are the engine's own. Never keeps the time.

use clap::Args;
use howth_engine::Deadlines;

use super::values::{Deadline, Size, parse_rate};

#[derive(Debug, Args)]
#[command(next_help_heading = "Deadlines")]
pub struct DeadlineArguments {
    /// From the connection to the end of its TLS handshake; then it is closed
    ///
    /// Times are numbers of seconds, or numbers with a unit (10, 10s, 500ms, 2m, 1h); or off for none.
    #[arg(long, value_name = "TIME", default_value_t = Deadline(Deadlines::default().handshake))]
    pub timeout_handshake: Deadline,

    /// From the first byte of a request, or from the connection, to the end of its head; then 408
    #[arg(long, value_name = "TIME", default_value_t = Deadline(Deadlines::default().head))]
    pub timeout_head: Deadline,

    /// The longest silence while a request's body is awaited; then 408
    #[arg(long, value_name = "TIME", default_value_t = Deadline(Deadlines::default().body_gap))]
    pub timeout_body: Deadline,

    /// The least average rate of a request's body in bytes a second, or off; below it 408
    ///
    /// Counted once a body has been arriving for as long as --timeout-body.
    #[arg(long, value_name = "SIZE", value_parser = parse_rate)]
    #[arg(default_value_t = Size::of(u64::from(Deadlines::default().body_rate_min)))]
    pub min_body_rate: Size,

    /// The longest time a request's body may take to arrive; then 408
    #[arg(long, value_name = "TIME", default_value_t = Deadline(Deadlines::default().body_whole))]
    pub timeout_body_whole: Deadline,

    /// How long an idle connection is kept after a response; then it is closed
    #[arg(long, value_name = "TIME", default_value_t = Deadline(Deadlines::default().keep_alive))]
    pub timeout_keep_alive: Deadline,

    /// The longest time a client may take nothing of a response that waits for it; then it is reset
    #[arg(long, value_name = "TIME", default_value_t = Deadline(Deadlines::default().write_stall))]
    pub timeout_write: Deadline,

    /// How long a handler may take to begin its response; then 503
    #[arg(long, value_name = "TIME", default_value_t = Deadline(Deadlines::default().handler))]
    pub timeout_handler: Deadline,
}
