//! Where to listen: `--port`, `--host`, `--unix`, `--listen`, `--unix-mode`.
//!
//! Owns these options. Never reads PORT and HOST, which the module's export overrides: `environment` does.

use std::path::PathBuf;

use clap::Args;
use howth_runtime::ListenAddress;

#[derive(Debug, Args)]
#[command(next_help_heading = "Listen")]
pub struct ListenArguments {
    /// TCP port, 0 for a free one [default: the module's, else PORT, else 3000]
    ///
    /// From 0 to 65535; with 0 the kernel chooses a free port, which the start-up line names. What is given
    /// here wins over the `port` the module exports, that over the environment variable PORT, that over 3000.
    #[arg(long, short, value_name = "PORT")]
    pub port: Option<u16>,

    /// Address to bind to [default: the module's, else HOST, else 0.0.0.0]
    ///
    /// An IP address, or a name that resolves to one. What is given here wins over the `hostname` the module
    /// exports, that over the environment variable HOST, that over 0.0.0.0, which is every IPv4 interface
    /// (`::` is every interface of both families).
    #[arg(long, value_name = "ADDRESS")]
    pub host: Option<String>,

    /// Listen on a Unix-domain socket at PATH instead of TCP
    ///
    /// The socket is removed at the end. A socket that is there already is replaced when nobody listens on it.
    #[arg(long, value_name = "PATH", conflicts_with_all = ["port", "host"])]
    pub unix: Option<PathBuf>,

    /// Listen at ADDRESS (may be repeated): PORT, HOST:PORT, [IPV6]:PORT, unix:PATH, systemd
    ///
    /// The first server of the program listens at all of them, whatever its module, PORT and HOST say. `[::]:PORT` is every
    /// interface of both families, or of IPv6 alone where another ADDRESS has the port for IPv4. `systemd` is every
    /// socket that the process was started with (LISTEN_FDS).
    #[arg(long, value_name = "ADDRESS", conflicts_with_all = ["port", "host", "unix"])]
    pub listen: Vec<ListenAddress>,

    /// Who may connect to Unix-domain sockets: a mode such as 660 [default: as the umask has it]
    ///
    /// In octal digits; who may write may connect. It is set before anybody can.
    #[arg(long, value_name = "MODE", value_parser = parse_mode)]
    pub unix_mode: Option<u32>,
}

fn parse_mode(text: &str) -> Result<u32, String> {
    let is_octal = (3..=4).contains(&text.len()) && text.bytes().all(|digit| (b'0'..=b'7').contains(&digit));
    u32::from_str_radix(text, 8)
        .ok()
        .filter(|mode| is_octal && *mode <= 0o777)
        .ok_or_else(|| "give three octal digits, as in 660".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modes_are_octal() {
        assert_eq!(parse_mode("660"), Ok(0o660));
        assert_eq!(parse_mode("0600"), Ok(0o600));
        for wrong in ["", "66", "680", "1777", "+60", "0o660", "rw-rw----"] {
            assert!(parse_mode(wrong).is_err(), "{wrong:?} was taken");
        }
    }
}
