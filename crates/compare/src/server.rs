//! One server, a process or several: started on its cores, waited for, asked what it used, ended.

use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};

use crate::asking::{ask, asked_once, is_right};
use crate::command_line::Service;
use crate::contestant::Contestant;
use crate::core_pin::on_core;
use crate::error::CompareError;
use crate::processes::{self, CpuTime};
use crate::request::{Request, Way};

/// How long a server may take to answer first.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long one may take to end.
const STOP_PATIENCE: Duration = Duration::from_secs(1);
/// Between two attempts to connect, or two looks at a process that is to end.
const PAUSE: Duration = Duration::from_micros(200);

/// What is started.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Launch<'a> {
    pub(crate) application: &'a str,
    /// The application's folder.
    pub(crate) folder: &'a Path,
    /// What is asked first.
    pub(crate) first: &'a Request,
    pub(crate) placement: Placement,
    /// One that others listen on already, or any that is free.
    pub(crate) port: Option<u16>,
}

/// Where a server runs, and on how many cores it serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Placement {
    /// On one, which is this processor; everything it starts stays there.
    Processor(usize),
    /// On so many, wherever the kernel puts them.
    Cores(usize),
}

/// Processes of which one has answered once. Dropping it ends their process groups.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) name: String,
    pub(crate) port: u16,
    /// From the start of the process to its first answer.
    pub(crate) start: Duration,
    processes: Vec<Process>,
    errors: PathBuf,
}

/// A process and what it started. Dropping it ends its process group.
#[derive(Debug)]
struct Process(Child);

impl Placement {
    pub(crate) fn cores(self) -> usize {
        match self {
            Placement::Processor(_) => 1,
            Placement::Cores(cores) => cores,
        }
    }
}

impl Server {
    /// Starts the contestant and waits for its first answer.
    pub(crate) fn start(contestant: &Contestant, launch: Launch<'_>) -> Result<Self, CompareError> {
        let port = match launch.port {
            Some(port) => port,
            None => free_port().map_err(CompareError::system("find a free port"))?,
        };
        let errors = launch.folder.join(format!("{}.errors", contestant.name));
        let file = File::create(&errors).map_err(CompareError::system("write to a temporary folder"))?;
        let begin = Instant::now();
        let mut server = Server {
            name: contestant.name.clone(),
            port,
            start: Duration::ZERO,
            processes: Vec::new(),
            errors,
        };
        for _ in 0..contestant.processes(launch.placement.cores()) {
            let mut command = command(contestant, &launch, port, &file)?;
            let process = match launch.placement {
                Placement::Processor(processor) => on_core(processor, || command.spawn())?,
                Placement::Cores(_) => command.spawn(),
            };
            let program = command.get_program().display().to_string();
            let process = process.map_err(CompareError::system(format!("start {program}")))?;
            server.processes.push(Process(process));
        }
        server.await_answer(launch.first, begin)?;
        server.start = begin.elapsed();
        Ok(server)
    }

    /// CPU time that it used so far.
    pub(crate) fn cpu_time(&self) -> CpuTime {
        let mut sum = CpuTime::default();
        for process in &self.processes {
            sum += processes::cpu_time(process.0.id());
        }
        sum
    }

    /// The resident memory of its processes; what they share counts for each.
    pub(crate) fn resident_bytes(&self) -> u64 {
        let of = |process: &Process| processes::resident_bytes(process.0.id());
        self.processes.iter().map(of).sum()
    }

    pub(crate) fn address(&self) -> SocketAddr {
        SocketAddr::from((Ipv4Addr::LOCALHOST, self.port))
    }

    fn await_answer(&mut self, first: &Request, begin: Instant) -> Result<(), CompareError> {
        let bytes = first.encode(self.port);
        let mut answer = String::new();
        while begin.elapsed() < PATIENCE {
            if let Some(status) = self.ended() {
                return Err(CompareError::Ended {
                    name: self.name.clone(),
                    status,
                    printed: self.printed(),
                });
            }
            if first.way != Way::Http {
                match asked_once(first, self.port) {
                    Ok(()) => return Ok(()),
                    Err(wrong) => answer = wrong,
                }
            } else {
                // Whoever does not listen yet refuses, and some accept before they answer.
                match TcpStream::connect(self.address()).and_then(|mut stream| ask(&mut stream, &bytes)) {
                    Ok(line) if is_right(&line) => return Ok(()),
                    Ok(line) => answer = format!(": it answered {line:?}"),
                    Err(_) => {}
                }
            }
            std::thread::sleep(PAUSE);
        }
        let printed = self.printed();
        Err(CompareError::Silent {
            name: self.name.clone(),
            patience: PATIENCE,
            printed: if answer.is_empty() { printed } else { answer },
        })
    }

    /// Sends a signal to its processes; not to what they have started, which is their own affair.
    pub(crate) fn signal(&self, signal: Signal) -> Result<(), CompareError> {
        for process in &self.processes {
            // It is not reaped while it is not asked for its end, so the number is its own.
            let pid = i32::try_from(process.0.id()).ok().and_then(Pid::from_raw);
            let sent = pid.map_or(Ok(()), |pid| kill_process(pid, signal));
            sent.map_err(|errno| CompareError::system("send a signal")(errno.into()))?;
        }
        Ok(())
    }

    /// Sends SIGTERM, and waits for the end; who takes too long is killed.
    pub(crate) fn stop(&mut self) -> Result<(), CompareError> {
        self.signal(Signal::TERM)?;
        let begin = Instant::now();
        let is_running = |process: &mut Process| matches!(process.0.try_wait(), Ok(None));
        while self.processes.iter_mut().any(is_running) && begin.elapsed() < STOP_PATIENCE {
            std::thread::sleep(PAUSE);
        }
        self.processes.clear();
        Ok(())
    }

    /// The status of a process that has ended.
    pub(crate) fn ended(&mut self) -> Option<ExitStatus> {
        let mut processes = self.processes.iter_mut();
        processes.find_map(|process| process.0.try_wait().ok().flatten())
    }

    /// The first line of what it had to complain about.
    fn printed(&self) -> String {
        let text = std::fs::read_to_string(&self.errors).unwrap_or_default();
        match text.lines().map(str::trim).find(|line| !line.is_empty()) {
            Some(line) => format!(": {line}"),
            None => String::new(),
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Ok(None) = self.0.try_wait() {
            // It is not reaped yet, so the number is its own and that of its group.
            let group = i32::try_from(self.0.id()).ok().and_then(Pid::from_raw);
            let _ = group.map(|group| kill_process_group(group, Signal::KILL));
            let _ = self.0.wait();
        }
    }
}

/// What starts one of a contestant's processes.
fn command(
    contestant: &Contestant,
    launch: &Launch<'_>,
    port: u16,
    errors: &File,
) -> Result<Command, CompareError> {
    let errors = errors
        .try_clone()
        .map_err(CompareError::system("write to a temporary folder"))?;
    let cores = launch.placement.cores();
    let service = Service {
        application: launch.application,
        folder: launch.folder,
        port,
        cores,
    };
    let mut words = contestant.command_line(&service).into_iter();
    let mut command = Command::new(words.next().unwrap_or_default());
    command
        .args(words)
        .current_dir(launch.folder)
        .env("PORT", port.to_string())
        .env("CORES", cores.to_string())
        .env("DENO_JOBS", cores.to_string())
        .env("NO_COLOR", "1")
        .env_remove("HOST")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(errors)
        // A group of its own, which can be ended as a whole.
        .process_group(0);
    Ok(command)
}

fn free_port() -> std::io::Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    Ok(listener.local_addr()?.port())
}
