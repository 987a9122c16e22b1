//! Who is measured, and how each is started.
//!
//! Owns the child processes: the benchmark itself once more for servers in plain Rust, the `howth` binary for
//! those with V8. A child ends with its [`Server`].

use std::env;
use std::io::{self, BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, ChildStdout, Command, Stdio};

use tempfile::TempDir;

use super::cpu_time::CpuClock;
use super::processors::Sides;
use super::servers;

/// Names the server that this process shall be, instead of measuring.
const SERVER_VARIABLE: &str = "HOWTH_BENCH_SERVER";

const APPLICATION: &str = r#"export default { fetch: () => new Response("Hi") };"#;

/// Someone who is measured.
#[derive(Clone, Copy, Debug)]
pub struct Contestant {
    /// As it stands in the results.
    pub name: &'static str,
    kind: Kind,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Rust(servers::Serve),
    /// The `howth` binary, with this value of `--uring`.
    JavaScript(&'static str),
}

/// A server that runs.
#[derive(Debug)]
pub struct Server {
    /// Where it listens.
    pub address: SocketAddr,
    /// Its CPU time.
    pub clock: CpuClock,
    child: Child,
    /// Kept open, so that the server can go on writing.
    _output: BufReader<ChildStdout>,
    _application: Option<TempDir>,
}

/// Everyone who can run on this machine; who cannot is named on stderr, with the reason.
pub fn all() -> Vec<Contestant> {
    let mut contestants = Vec::new();
    #[cfg(all(feature = "uring", target_os = "linux"))]
    match howth_io_uring_net::probe() {
        Ok(()) => contestants.extend([
            rust("ring engine", servers::ring::serve),
            rust("raw io_uring", servers::raw_ring::serve),
            rust("raw, direct descriptors", servers::raw_ring::serve_direct),
            rust("raw, 50 µs of polling", servers::raw_ring::serve_spinning),
            rust("tokio-uring", servers::tokio_uring::serve),
            javascript("ring engine with V8", "require"),
        ]),
        Err(refusal) => eprintln!("io_uring is left out: {refusal}"),
    }
    contestants.extend([
        rust("portable engine", servers::portable::serve),
        rust("hyper", servers::hyper::serve),
        javascript("portable engine with V8", "off"),
    ]);
    contestants
}

/// Serves, and never returns, if this process was started to be one of the servers.
pub fn serve_if_asked() {
    let Ok(name) = env::var(SERVER_VARIABLE) else {
        return;
    };
    let serve = all()
        .into_iter()
        .find_map(|contestant| match contestant.kind {
            Kind::Rust(serve) if contestant.name == name => Some(serve),
            _ => None,
        })
        .unwrap_or_else(|| panic!("no server is called {name:?}"));
    let error = servers::listen().and_then(serve);
    panic!("{name} ended: {error:?}");
}

impl Contestant {
    /// Starts it on the server's processor and waits until it listens.
    pub fn start(self, sides: Sides) -> io::Result<Server> {
        let (mut command, application) = match self.kind {
            Kind::Rust(_) => {
                let mut command = Command::new(env::current_exe()?);
                command.env(SERVER_VARIABLE, self.name);
                (command, None)
            }
            Kind::JavaScript(uring) => {
                let directory = TempDir::new()?;
                let file = directory.path().join("hello.js");
                std::fs::write(&file, APPLICATION)?;
                let mut command = Command::new(env!("CARGO_BIN_EXE_howth"));
                command
                    .args(["serve", "--cores", "1", "--host", "127.0.0.1", "--port", "0"])
                    .arg(format!("--uring={uring}"))
                    .arg(file);
                (command, Some(directory))
            }
        };
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = sides.on_server(|| command.spawn())??;
        let Some(stdout) = child.stdout.take() else {
            unreachable!("its output is piped");
        };
        let mut output = BufReader::new(stdout);
        Ok(Server {
            address: read_address(&mut output)?,
            clock: CpuClock::of_process(child.id())?,
            child,
            _output: output,
            _application: application,
        })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Finds `http://ADDRESS/` in the first line.
fn read_address(output: &mut impl BufRead) -> io::Result<SocketAddr> {
    let mut line = String::new();
    output.read_line(&mut line)?;
    line.split_once("http://")
        .and_then(|(_, rest)| rest.split_once('/'))
        .and_then(|(address, _)| address.parse().ok())
        .ok_or_else(|| io::Error::other(format!("a server started with {line:?}, not with its address")))
}

fn rust(name: &'static str, serve: servers::Serve) -> Contestant {
    Contestant {
        name,
        kind: Kind::Rust(serve),
    }
}

fn javascript(name: &'static str, uring: &'static str) -> Contestant {
    Contestant {
        name,
        kind: Kind::JavaScript(uring),
    }
}
