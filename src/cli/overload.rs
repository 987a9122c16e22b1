//! What happens when a core has more to do than time for it: `--handler-cpu-limit`, `--health`,
//! `--max-queue-delay`, `--no-exchange`.
//!
//! Owns these options and their spelling. Never measures anything: the runtime does.

use std::time::Duration;

use clap::Args;

use super::values::Deadline;

/// Who has waited for so long thinks of something else.
const QUEUE_DELAY_MAX: Duration = Duration::from_secs(1);

#[derive(Debug, Args)]
#[command(next_help_heading = "Overload")]
pub struct OverloadArguments {
    /// How long a handler may run without giving the core back; then it is ended and answers 503 [default: 1m; for
    /// `run` off]
    ///
    /// Counted from the moment it was called, and again for what it does after each await. The stack is printed, and
    /// the core goes on. Meanwhile the core's engine serves what needs no JavaScript.
    #[arg(long, value_name = "TIME")]
    pub handler_cpu_limit: Option<Deadline>,

    /// Answer GET of PATH with 200 while the server takes requests, with 503 while it drains
    ///
    /// Without a call of JavaScript, so that it is answered while handlers compute.
    #[arg(long, value_name = "PATH", value_parser = parse_path)]
    pub health: Option<String>,

    /// How long a request may wait for its core; while all wait longer, new ones are refused with 503
    ///
    /// With more to do than can be done, some are answered in time and the others learn of it at once
    /// (Retry-After), instead of all waiting longer and longer. Only a queue that stands counts, not a burst.
    #[arg(long, value_name = "TIME", default_value_t = Deadline(Some(QUEUE_DELAY_MAX)))]
    pub max_queue_delay: Deadline,

    /// Leave every request on the core that received it
    ///
    /// Otherwise a core that is behind hands whole requests to cores that are not.
    #[arg(long)]
    pub no_exchange: bool,
}

fn parse_path(text: &str) -> Result<String, String> {
    let is_path = text.starts_with('/') && text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'?');
    match is_path {
        true => Ok(text.to_owned()),
        false => Err("give a path such as /healthz, without a query".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn health_is_told_under_a_path() {
        assert_eq!(parse_path("/healthz"), Ok("/healthz".to_owned()));
        for wrong in ["", "healthz", "/a?b", "/a b", "http://h/"] {
            assert!(parse_path(wrong).is_err(), "{wrong:?} was taken");
        }
    }
}
