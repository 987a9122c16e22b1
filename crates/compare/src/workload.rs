//! What one workload is: an application, what is asked of it, and what is read off.

use crate::figure::Figure;
use crate::request::Request;

/// One row of the comparison.
#[derive(Clone, Debug)]
pub(crate) struct Workload {
    /// As it is typed.
    pub(crate) name: &'static str,
    /// As it is read.
    pub(crate) title: String,
    /// The file in `applications/`, without its extension.
    pub(crate) application: &'static str,
    pub(crate) kind: Kind,
}

/// How it is measured.
#[derive(Clone, Debug)]
pub(crate) enum Kind {
    /// Closed loop for some seconds.
    Load(Load),
    /// Open loop, at a share of what the best of the others reaches in a closed one.
    Latency(Load),
    /// So many requests whose bodies are what counts.
    Transfer(Transfer),
    /// The process is started and asked once.
    Start,
    /// Connections that asked once and stay.
    Idle,
}

/// A closed or open loop.
#[derive(Clone, Debug)]
pub(crate) struct Load {
    pub(crate) request: Request,
    pub(crate) connections: usize,
    pub(crate) pipelining: usize,
    pub(crate) keep_alive: bool,
    /// Whether connections take up TLS sessions of those before.
    pub(crate) resume_sessions: bool,
    /// The figure that the workload is about.
    pub(crate) primary: Figure,
}

/// Large bodies, one after the other on each connection.
#[derive(Clone, Debug)]
pub(crate) struct Transfer {
    pub(crate) request: Request,
    pub(crate) requests: u64,
    pub(crate) connections: usize,
    /// Bytes of each body, in whichever direction.
    pub(crate) bytes: u64,
}

impl Load {
    /// Keep-alive connections, one request at a time.
    pub(crate) fn of(request: Request, connections: usize) -> Self {
        Load {
            request,
            connections,
            pipelining: 1,
            keep_alive: true,
            resume_sessions: true,
            primary: Figure::CpuUs,
        }
    }
}

impl Workload {
    /// Whether both are measured on the same running servers. Other numbers of connections leave memory behind.
    pub(crate) fn shares_servers_with(&self, other: &Workload) -> bool {
        match (&self.kind, &other.kind) {
            (Kind::Load(own), Kind::Load(others)) => {
                self.application == other.application && own.connections == others.connections
            }
            _ => false,
        }
    }

    /// The figure that the workload is about.
    pub(crate) fn primary(&self) -> Figure {
        match &self.kind {
            Kind::Load(load) | Kind::Latency(load) => load.primary,
            Kind::Transfer(_) => Figure::BytesPerCpuSecond,
            Kind::Start => Figure::StartMs,
            Kind::Idle => Figure::IdleBytes,
        }
    }

    /// The columns of its table.
    pub(crate) fn figures(&self) -> &'static [Figure] {
        use Figure::*;
        match &self.kind {
            Kind::Load(_) | Kind::Latency(_) => &[
                CpuUs,
                UserUs,
                SystemUs,
                RequestsPerSecond,
                P50Us,
                P99Us,
                P999Us,
                ResidentBytes,
            ],
            Kind::Transfer(_) => &[BytesPerCpuSecond, BytesPerSecond, ResidentBytes],
            Kind::Start => &[StartMs, ResidentBytes],
            Kind::Idle => &[IdleBytes],
        }
    }
}
