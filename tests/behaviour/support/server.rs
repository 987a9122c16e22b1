//! A howth process that listens.

use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, ExitStatus};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::output::Output;
use super::{Connection, PATIENCE, Response, eventually, request};

/// Ends the process when it is dropped.
#[derive(Debug)]
pub struct Server {
    child: Child,
    folder: TempDir,
    stdout: Output,
    stderr: Output,
    url: String,
}

impl Server {
    /// Waits for the line that says where `child` listens.
    #[track_caller]
    pub fn new(mut child: Child, folder: TempDir) -> Server {
        let (stdout, stderr) = (Output::default(), Output::default());
        stdout.gather(child.stdout.take().expect("a pipe"));
        if let Some(pipe) = child.stderr.take() {
            stderr.gather(pipe);
        }
        let mut server = Server {
            child,
            folder,
            stdout,
            stderr,
            url: String::new(),
        };
        let start = Instant::now();
        loop {
            let printed = format!("{}{}", server.stdout(), server.stderr());
            if let Some(url) = listening_url(&printed) {
                server.url = url;
                return server;
            }
            let ended = server.child.try_wait().expect("a child to wait for");
            assert!(ended.is_none(), "howth ended before it listened:\n{printed}");
            assert!(start.elapsed() < PATIENCE, "howth does not listen:\n{printed}");
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// The line that says where it listens.
    pub fn start_line(&self) -> String {
        let printed = format!("{}{}", self.stdout(), self.stderr());
        let line = start_line_of(&printed).expect("a start-up line");
        line.trim_end().to_owned()
    }

    /// Where a client on this machine finds it.
    pub fn address(&self) -> SocketAddr {
        let authority = self
            .url
            .rsplit("//")
            .next()
            .unwrap_or_default()
            .trim_end_matches('/');
        authority
            .replace("0.0.0.0", "127.0.0.1")
            .parse()
            .expect("an address in the start-up line")
    }

    pub fn connect(&self) -> Connection {
        Connection::tcp(self.address())
    }

    /// One GET on a connection of its own.
    #[track_caller]
    pub fn get(&self, path: &str) -> Response {
        self.fetch(request("GET", path))
    }

    /// One request on a connection of its own.
    #[track_caller]
    pub fn fetch(&self, bytes: impl AsRef<[u8]>) -> Response {
        let mut connection = self.connect();
        connection.send(bytes);
        connection.response()
    }

    pub fn stdout(&self) -> String {
        self.stdout.text()
    }

    pub fn stderr(&self) -> String {
        self.stderr.text()
    }

    /// Waits until the process has printed `text`, on either stream.
    #[track_caller]
    pub fn wait_for_output(&self, text: &str) {
        let start = Instant::now();
        while !self.stdout().contains(text) && !self.stderr().contains(text) {
            assert!(
                start.elapsed() < PATIENCE,
                "{text:?} was not printed, but:\n{}{}",
                self.stdout(),
                self.stderr()
            );
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// The process's id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Sends a signal.
    pub fn signal(&self, signal: libc::c_int) {
        send_signal(&self.child, signal);
    }

    /// Stops the process, and waits until each of its threads stands still: a thread that was told to stop goes on until
    /// the kernel has it on a processor.
    #[track_caller]
    pub fn suspend(&self) {
        self.signal(libc::SIGSTOP);
        eventually("threads that stand still", || {
            threads_states(self.id()).all(|state| state == 'T')
        });
    }

    /// Waits until it takes no more connections: it drains.
    #[track_caller]
    pub fn expect_refused(&self) {
        eventually("a refused connection", || {
            TcpStream::connect_timeout(&self.address(), Duration::from_secs(1)).is_err()
        });
    }

    /// Waits for the end of the process.
    #[track_caller]
    pub fn wait(&mut self) -> ExitStatus {
        wait_for_end(&mut self.child)
    }

    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().expect("a child to wait for").is_none()
    }

    /// Resident memory in bytes.
    pub fn resident_bytes(&self) -> u64 {
        let path = format!("/proc/{}/status", self.child.id());
        let status = std::fs::read_to_string(path).expect("the status of a running process");
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:"))
            .expect("VmRSS");
        let kibibytes: u64 = line.trim().trim_end_matches(" kB").parse().expect("a number");
        kibibytes * 1024
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            eprintln!("-- howth printed:\n{}{}--", self.stdout(), self.stderr());
        }
    }
}

/// Sends a signal to a child that nobody has waited for.
#[track_caller]
pub(super) fn wait_for_end(child: &mut Child) -> ExitStatus {
    let mut status = None;
    eventually("the end of howth", || {
        status = child.try_wait().expect("a child to wait for");
        status.is_some()
    });
    status.expect("an exit status")
}

/// The state of each thread of a process, as the kernel writes it: `T` is one that a signal has stopped.
fn threads_states(process: u32) -> impl Iterator<Item = char> {
    let threads = std::fs::read_dir(format!("/proc/{process}/task")).expect("the threads of a process");
    threads.map(|thread| {
        let path = thread.expect("a thread").path().join("stat");
        let stat = std::fs::read_to_string(path).expect("the state of a thread");
        // The name of the thread, in parentheses, may have anything in it.
        let (_, behind) = stat.rsplit_once(") ").expect("a name and a state");
        behind.chars().next().expect("a state")
    })
}

pub(super) fn send_signal(child: &Child, signal: libc::c_int) {
    let pid = libc::pid_t::try_from(child.id()).expect("a process id");
    // SAFETY: kill takes two integers; the child is not reaped before it is waited for, so the id is its own.
    let result = unsafe { libc::kill(pid, signal) };
    assert_eq!(result, 0, "the signal was not sent");
}

fn listening_url(printed: &str) -> Option<String> {
    let (_, rest) = start_line_of(printed)?.split_once("listening on ")?;
    // A line that is half written has no blank or line end behind the address yet.
    let end = rest.find(char::is_whitespace)?;
    Some(rest[..end].to_owned())
}

/// A debugger's line says where that listens, not the server.
fn start_line_of(printed: &str) -> Option<&str> {
    printed
        .split_inclusive('\n')
        .find(|line| line.contains("listening on ") && !line.starts_with("Debugger "))
}
