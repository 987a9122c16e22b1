//! What helps while an application is written: `--dev`, `--watch`, `--inspect`.
//!
//! Owns these options. None of them is meant for production.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use clap::Args;

const INSPECTOR: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 9229);

#[derive(Debug, Args)]
#[command(next_help_heading = "Development")]
pub struct DevelopmentArguments {
    /// Help with writing the application: --watch, errors shown to clients, requests logged
    ///
    /// An error of a handler is answered with a page that shows its message, the lines of the source around it and the
    /// stack; as text or JSON where the client does not accept HTML. Without this clients get a 500 that says nothing; the
    /// stack goes to stderr in both cases. For each request a line on stderr has method, target, status and milliseconds,
    /// unless there is --quiet. It is refused where NODE_ENV is production.
    #[arg(long)]
    pub dev: bool,

    /// Reload the application when one of its files changes, on one core
    ///
    /// As SIGHUP does: no connection is refused or lost, and code that fails to start changes nothing. `howth run` starts
    /// the program again; its listening socket stays open meanwhile.
    #[arg(long)]
    pub watch: bool,

    /// Let a debugger connect [default with a bare --inspect: 127.0.0.1:9229]
    ///
    /// HOST:PORT or PORT. Who can reach that address can run code in the process. With several cores the
    /// debugger is attached to the first.
    #[arg(long, value_name = "HOST:PORT", value_parser = parse_inspect)]
    #[arg(num_args = 0..=1, require_equals = true, default_missing_value = "127.0.0.1:9229")]
    // `node:cluster` gives each of its workers an address behind that of all.
    #[arg(overrides_with = "inspect")]
    pub inspect: Option<SocketAddr>,
}

fn parse_inspect(text: &str) -> Result<SocketAddr, String> {
    if let Ok(port) = text.parse::<u16>() {
        return Ok(SocketAddr::new(INSPECTOR.ip(), port));
    }
    let numeric = text
        .strip_prefix("localhost:")
        .map(|port| format!("{}:{port}", INSPECTOR.ip()));
    numeric
        .as_deref()
        .unwrap_or(text)
        .parse()
        .map_err(|_| format!("give an IP address and a port, such as {INSPECTOR}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_alone_is_on_the_loopback_interface() {
        assert_eq!(parse_inspect("9230"), Ok("127.0.0.1:9230".parse().unwrap()));
        assert_eq!(
            parse_inspect("localhost:9230"),
            Ok("127.0.0.1:9230".parse().unwrap())
        );
        assert_eq!(parse_inspect("[::1]:9230"), Ok("[::1]:9230".parse().unwrap()));
        for wrong in ["", "host", "127.0.0.1", "127.0.0.1:70000", ":9229"] {
            assert!(parse_inspect(wrong).is_err(), "{wrong:?} was taken");
        }
    }
}
