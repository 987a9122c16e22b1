//! How a howth process is started: files, options, environment.

use std::ffi::OsString;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Instant;

use tempfile::TempDir;

use super::output::Output;
use super::server::{send_signal, wait_for_end};
use super::{Engine, PATIENCE, Server, sandbox};

const BINARY: &str = env!("CARGO_BIN_EXE_howth");

/// A process to be started in a folder of its own.
#[derive(Debug)]
pub struct Launch {
    folder: TempDir,
    command: &'static str,
    engine: Option<Engine>,
    options: Vec<OsString>,
    entry: PathBuf,
    arguments: Vec<OsString>,
    environment: Vec<(String, OsString)>,
    own_address: bool,
    io_uring_denied: bool,
    on_one_cpu: bool,
    in_terminal: bool,
    is_stdout_unread: bool,
    is_stderr_unread: bool,
    is_stdout_impatient: bool,
    standard_input: Option<Vec<u8>>,
    by_a_copy: bool,
}

/// A process that runs, and is ended when this is dropped.
#[derive(Debug)]
pub struct Begun {
    child: Child,
    pub stdout: Output,
    _folder: TempDir,
}

impl Begun {
    pub fn signal(&self, signal: libc::c_int) {
        send_signal(&self.child, signal);
    }

    /// Waits for its end.
    #[track_caller]
    pub fn wait(&mut self) -> ExitStatus {
        wait_for_end(&mut self.child)
    }
}

impl Drop for Begun {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A process that ended.
#[derive(Debug)]
pub struct Finished {
    /// `None` after a signal.
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

/// A process ended well, and printed this and nothing else.
#[track_caller]
pub fn printed(finished: &Finished, expected: &str) {
    assert_eq!(
        (finished.code, finished.stdout.trim(), finished.stderr.as_str()),
        (Some(0), expected, ""),
        "{finished:?}"
    );
}

impl Launch {
    /// `howth serve app.ts`, with this source, on one core.
    pub fn serve(engine: Engine, source: &str) -> Launch {
        Launch::new("serve", Some(engine)).file("app.ts", source)
    }

    /// `howth run app.ts`, with this source.
    pub fn run(engine: Engine, source: &str) -> Launch {
        Launch::new("run", Some(engine))
            .own_address()
            .file("app.ts", source)
    }

    /// `howth run` on a free port, which wins over the one that the file asks for.
    pub fn run_on_free_port(engine: Engine) -> Launch {
        Launch::new("run", Some(engine))
    }

    /// A sub-command without any option of the tests' own.
    pub fn bare(command: &'static str) -> Launch {
        Launch::new(command, None).own_address()
    }

    fn new(command: &'static str, engine: Option<Engine>) -> Launch {
        Launch {
            folder: TempDir::with_prefix("howth-").expect("a temporary folder"),
            command,
            engine,
            options: Vec::new(),
            entry: PathBuf::from("app.ts"),
            arguments: Vec::new(),
            environment: Vec::new(),
            own_address: false,
            io_uring_denied: false,
            on_one_cpu: false,
            in_terminal: false,
            is_stdout_unread: false,
            is_stderr_unread: false,
            is_stdout_impatient: false,
            standard_input: None,
            by_a_copy: false,
        }
    }

    /// Writes a file into the process's folder.
    pub fn file(self, path: &str, content: impl AsRef<[u8]>) -> Launch {
        let path = self.folder.path().join(path);
        std::fs::create_dir_all(path.parent().expect("a file in a folder")).expect("a folder");
        std::fs::write(path, content).expect("a file");
        self
    }

    /// Makes a link in the process's folder.
    pub fn link(self, target: &str, path: &str) -> Launch {
        let path = self.folder.path().join(path);
        std::fs::create_dir_all(path.parent().expect("a link in a folder")).expect("a folder");
        std::os::unix::fs::symlink(target, path).expect("a link");
        self
    }

    /// The entry file, `app.ts` otherwise.
    pub fn entry(mut self, path: impl Into<PathBuf>) -> Launch {
        self.entry = path.into();
        self
    }

    /// What the process reads from its standard input, by a pipe.
    pub fn standard_input(mut self, content: impl Into<Vec<u8>>) -> Launch {
        self.standard_input = Some(content.into());
        self
    }

    /// Options before the entry file.
    pub fn options<T: Into<OsString>>(mut self, options: impl IntoIterator<Item = T>) -> Launch {
        self.options.extend(options.into_iter().map(Into::into));
        self
    }

    /// Arguments behind the entry file.
    pub fn arguments<const N: usize>(mut self, arguments: [&str; N]) -> Launch {
        self.arguments.extend(arguments.map(OsString::from));
        self
    }

    pub fn environment(mut self, name: &str, value: impl Into<OsString>) -> Launch {
        self.environment.push((name.to_owned(), value.into()));
        self
    }

    /// Leaves out `--host 127.0.0.1 --port 0`.
    pub fn own_address(mut self) -> Launch {
        self.own_address = true;
        self
    }

    /// Leaves the choice of the engine to howth.
    pub fn any_engine(mut self) -> Launch {
        self.engine = None;
        self
    }

    /// Denies the process io_uring, by a seccomp filter.
    pub fn without_io_uring(mut self) -> Launch {
        self.io_uring_denied = true;
        self
    }

    /// Lets the process run on one CPU only.
    pub fn on_one_cpu(mut self) -> Launch {
        self.on_one_cpu = true;
        self
    }

    /// Starts the process in the foreground of a terminal of its own, which is none of its standard streams.
    pub fn in_terminal(mut self) -> Launch {
        self.in_terminal = true;
        self
    }

    /// Who read what the process prints is gone.
    pub fn unread_stdout(mut self) -> Launch {
        self.is_stdout_unread = true;
        self
    }

    /// Who read what the process tells is gone.
    pub fn unread_stderr(mut self) -> Launch {
        self.is_stderr_unread = true;
        self
    }

    /// What the process prints goes into a pipe that does not wait for its reader.
    pub fn impatient_stdout(mut self) -> Launch {
        self.is_stdout_impatient = true;
        self
    }

    /// Starts a binary that may be removed: `howth` in the process's folder.
    pub fn by_a_copy(mut self) -> Launch {
        let copy = self.folder.path().join("howth");
        std::fs::hard_link(BINARY, &copy)
            .or_else(|_| std::fs::copy(BINARY, &copy).map(|_| ()))
            .expect("a copy of the binary");
        self.by_a_copy = true;
        self
    }

    /// The process's folder.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Starts the process and waits until it listens.
    #[track_caller]
    pub fn start(self) -> Server {
        let child = self.command().spawn().expect("howth starts");
        Server::new(child, self.folder)
    }

    /// Starts the process, whatever it does then.
    pub fn begin(self) -> Begun {
        let mut child = self.command().spawn().expect("howth starts");
        let stdout = Output::default();
        stdout.gather(child.stdout.take().expect("a pipe"));
        Begun {
            child,
            stdout,
            _folder: self.folder,
        }
    }

    /// Runs the process to its end.
    #[track_caller]
    pub fn finish(self) -> Finished {
        let mut command = self.command();
        let impatient = self.is_stdout_impatient.then(|| impatient_pipe(&mut command));
        let mut child = command.spawn().expect("howth starts");
        drop(command);
        if let Some(content) = self.standard_input.clone() {
            let mut pipe = child.stdin.take().expect("a pipe");
            // A process that does not read it has ended, or does not want it.
            std::thread::spawn(move || drop(pipe.write_all(&content)));
        }
        let (stdout, stderr) = (Output::default(), Output::default());
        let readers = [
            child.stdout.take().map(|pipe| stdout.gather(pipe)),
            impatient.map(|pipe| stdout.gather(pipe)),
            child.stderr.take().map(|pipe| stderr.gather(pipe)),
        ];
        let start = Instant::now();
        let status = loop {
            if let Some(status) = child.try_wait().expect("a child to wait for") {
                break status;
            }
            if start.elapsed() > PATIENCE {
                let _ = child.kill();
                let _ = child.wait();
                panic!(
                    "howth did not end; it printed:\n{}{}",
                    stdout.text(),
                    stderr.text()
                );
            }
            std::thread::sleep(std::time::Duration::from_millis(5));
        };
        for reader in readers.into_iter().flatten() {
            reader.join().expect("a reader that does not panic");
        }
        Finished {
            code: status.code(),
            stdout: stdout.text(),
            stderr: stderr.text(),
        }
    }

    fn command(&self) -> Command {
        let mut command = match self.by_a_copy {
            true => Command::new(self.folder.path().join("howth")),
            false => Command::new(BINARY),
        };
        command.arg(self.command);
        if let Some(engine) = self.engine {
            command.arg(engine.option());
            let is_said = |option: &OsString| option == "--cores" || option == "--local";
            if !self.options.iter().any(is_said) {
                command.args(["--cores", "1"]);
            }
        }
        if !self.own_address {
            command.args(["--host", "127.0.0.1", "--port", "0"]);
        }
        command.args(&self.options);
        if !self.entry.as_os_str().is_empty() {
            command.arg(&self.entry);
        }
        command.args(&self.arguments).current_dir(self.folder.path());
        for name in [
            "PORT",
            "HOST",
            "HOWTH_URING",
            "HOWTH_TRACE",
            "NODE_ENV",
            "NODE_OPTIONS",
        ] {
            command.env_remove(name);
        }
        command.env("HOWTH_CACHE_DIR", self.folder.path().join(".cache"));
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
            .stdin(match self.standard_input {
                Some(_) => Stdio::piped(),
                None => Stdio::null(),
            })
            .stdout(output(self.is_stdout_unread))
            .stderr(output(self.is_stderr_unread));
        if self.io_uring_denied {
            sandbox::deny_io_uring(&mut command);
        }
        if self.on_one_cpu {
            sandbox::pin_to_one_cpu(&mut command);
        }
        if self.in_terminal {
            sandbox::give_terminal(&mut command);
        }
        command
    }
}

/// A pipe, to be read or without a reader.
fn output(is_unread: bool) -> Stdio {
    if !is_unread {
        return Stdio::piped();
    }
    let (_, writer) = std::io::pipe().expect("a pipe");
    writer.into()
}

/// Gives the process such a standard output, and returns its other end.
fn impatient_pipe(command: &mut Command) -> std::io::PipeReader {
    let (reader, writer) = std::io::pipe().expect("a pipe");
    rustix::io::ioctl_fionbio(&writer, true).expect("a pipe that does not wait");
    command.stdout(writer);
    reader
}

impl Finished {
    /// The one line on stderr that an error takes.
    #[track_caller]
    pub fn complaint(&self) -> &str {
        let mut lines = self.stderr.lines();
        let line = lines.next().unwrap_or_default();
        assert!(line.starts_with("howth: "), "no complaint in {self:?}");
        assert_eq!(lines.next(), None, "more than one line in {self:?}");
        line
    }
}
