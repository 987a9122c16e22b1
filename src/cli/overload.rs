//! What happens when a core has more to do than time for it: `--handler-cpu-limit`, `--health`,
//! `--max-queue-delay`, `--no-work-sharing`, `--affinity`.
//!
//! Owns these options and their spelling. Never measures anything: the runtime does.

use std::time::Duration;

use clap::Args;
use howth_http1::is_token;
use howth_runtime::{Affinity, tell};

use super::values::{Deadline, parse_path};

/// Who has waited for so long thinks of something else.
const QUEUE_DELAY_MAX: Duration = Duration::from_millis(250);

#[derive(Debug, Args)]
#[command(next_help_heading = "Overload")]
pub struct OverloadArguments {
    /// How long a handler may run without giving the core back; then it is ended and answers 503 [default: 1m; for
    /// `run` off]
    ///
    /// A number of seconds, or one with a unit. Counted from the moment it was called; what handlers do after an await
    /// counts together, until all that is due has run. The stack is printed, and the core goes on. Meanwhile its
    /// engine serves what needs no JavaScript.
    #[arg(long, value_name = "TIME")]
    pub handler_cpu_limit: Option<Deadline>,

    /// Answer GET of PATH with 200 while the server takes requests, with 503 while it drains
    ///
    /// Without a call of JavaScript, so that it is answered while handlers compute.
    #[arg(long, value_name = "PATH", value_parser = parse_health)]
    pub health: Option<String>,

    /// How long a request may wait for its core; while all wait longer, new ones are refused with 503
    ///
    /// A number of seconds, or one with a unit. With more to do than can be done, some are answered in time and the
    /// others learn of it at once (Retry-After), instead of all waiting longer and longer. Only a queue that stands
    /// counts, not a burst.
    #[arg(long, value_name = "TIME", default_value_t = Deadline(Some(QUEUE_DELAY_MAX)))]
    pub max_queue_delay: Deadline,

    /// Leave every request on the core that received it
    ///
    /// Otherwise a core that is behind hands whole requests and connections to cores that are not, and new clients of a
    /// core that is full go to one that is not.
    #[arg(long)]
    pub no_work_sharing: bool,

    /// The earlier name of `--no-work-sharing`
    #[arg(long, hide = true)]
    pub no_exchange: bool,

    /// Have requests with the same value answered by the same core: header:NAME or cookie:NAME
    ///
    /// For programs that keep something of a user in a variable. A request whose body is chunked, or longer than 256K,
    /// stays where it arrived, and so do all while their core starts again.
    #[arg(long, value_name = "WHAT", value_parser = parse_affinity)]
    pub affinity: Option<Affinity>,
}

impl OverloadArguments {
    /// Whether cores hand work to each other; tells of a name that has changed.
    pub fn shares_work(&self) -> bool {
        if self.no_exchange {
            tell(format_args!(
                "howth: --no-exchange is called --no-work-sharing now, and goes on working"
            ));
        }
        !(self.no_exchange || self.no_work_sharing)
    }
}

fn parse_affinity(text: &str) -> Result<Affinity, String> {
    let is_token = |name: &str| is_token(name.as_bytes());
    match text.split_once(':') {
        Some(("header", name)) if is_token(name) => Ok(Affinity::Header(name.to_owned())),
        Some(("cookie", name)) if is_token(name) => Ok(Affinity::Cookie(name.to_owned())),
        _ => Err("give header:NAME or cookie:NAME".to_owned()),
    }
}

fn parse_health(text: &str) -> Result<String, String> {
    parse_path(text)
        .ok()
        .filter(|path| !path.contains('?'))
        .ok_or_else(|| "give a path such as /healthz, without a query".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn affinity_is_to_a_header_or_a_cookie() {
        assert_eq!(
            parse_affinity("header:x-user"),
            Ok(Affinity::Header("x-user".to_owned()))
        );
        assert_eq!(
            parse_affinity("cookie:session"),
            Ok(Affinity::Cookie("session".to_owned()))
        );
        for wrong in ["", "header", "header:", "cookie:a b", "query:x"] {
            assert!(parse_affinity(wrong).is_err(), "{wrong:?} was taken");
        }
    }

    #[test]
    fn health_is_told_under_a_path() {
        assert_eq!(parse_health("/healthz"), Ok("/healthz".to_owned()));
        for wrong in ["", "healthz", "/a?b", "/a b", "http://h/"] {
            assert!(parse_health(wrong).is_err(), "{wrong:?} was taken");
        }
    }
}
