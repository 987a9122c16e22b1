//! One measurement of one running server: load from another core, figures from both sides.

use std::collections::BTreeMap;
use std::net::TcpStream;

use howth_load::{Pace, Report, Second, Stop};

use crate::asking::complaint;
use crate::core_pin::on_core;
use crate::error::CompareError;
use crate::figure::Figure;
use crate::options::Options;
use crate::processes::CpuTime;
use crate::results::Sample;
use crate::server::Server;
use crate::workload::{Load, Transfer};

/// A closed loop, or an open one at this rate, for the options' time.
pub(crate) fn load(
    server: &Server,
    load: &Load,
    rate: Option<f64>,
    options: &Options,
) -> Result<Sample, CompareError> {
    let run = howth_load::Options {
        connections: load.connections,
        pipelining: load.pipelining,
        keep_alive: load.keep_alive,
        resume_sessions: load.resume_sessions,
        pace: rate.map_or(Pace::Closed, Pace::Rate),
        stop: Stop::After(options.seconds),
        warm_up: options.warm_up,
        ..load.request.load(server.port)
    };
    let (report, used) = observed(server, &run, options.load_core)?;
    let requests = report.requests.max(1) as f64;
    let micros = |time: std::time::Duration| time.as_secs_f64() * 1e6 / requests;
    let percentile = |wanted| report.latency.percentile_us(wanted).unwrap_or(f64::NAN);
    Ok(Sample::new(
        BTreeMap::from([
            (Figure::CpuUs, micros(used.cpu.sum())),
            (Figure::UserUs, micros(used.cpu.user)),
            (Figure::SystemUs, micros(used.cpu.system)),
            (Figure::RequestsPerSecond, report.requests_per_second),
            (Figure::P50Us, percentile(50.0)),
            (Figure::P99Us, percentile(99.0)),
            (Figure::P999Us, percentile(99.9)),
            (Figure::ResidentBytes, used.resident_bytes as f64),
        ]),
        complaint(&report),
    ))
}

/// A fixed number of large bodies. The first one, which is not counted, warms up.
pub(crate) fn transfer(
    server: &Server,
    transfer: &Transfer,
    options: &Options,
) -> Result<Sample, CompareError> {
    let run = |requests| howth_load::Options {
        connections: transfer.connections,
        stop: Stop::Requests(requests),
        // A slow server is slow, not wrong.
        timeout: std::time::Duration::from_secs(120),
        ..transfer.request.load(server.port)
    };
    on_core(options.load_core, || howth_load::run(&run(1)))??;
    let (report, used) = observed(server, &run(transfer.requests), options.load_core)?;
    let bytes = (report.requests * transfer.bytes) as f64;
    let seconds = used.cpu.sum().as_secs_f64();
    Ok(Sample::new(
        BTreeMap::from([
            (Figure::BytesPerCpuSecond, bytes / seconds),
            (Figure::BytesPerSecond, bytes / report.elapsed_seconds),
            (Figure::ResidentBytes, used.resident_bytes as f64),
        ]),
        complaint(&report),
    ))
}

/// What the server used while requests were counted.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Used {
    pub(crate) cpu: CpuTime,
    pub(crate) resident_bytes: u64,
}

fn observed(
    server: &Server,
    run: &howth_load::Options,
    load_core: usize,
) -> Result<(Report, Used), CompareError> {
    // A figure takes seconds; between two the contest asks.
    on_core(load_core, || over(server, run, Vec::new(), &|| false))?
}

/// Loads a server over connections that are open already, and what is missing of the run's, unless it is interrupted.
pub(crate) fn over(
    server: &Server,
    run: &howth_load::Options,
    connections: Vec<TcpStream>,
    is_interrupted: &dyn Fn() -> bool,
) -> Result<(Report, Used), CompareError> {
    let mut meter = Meter {
        server,
        before: server.cpu_time(),
        resident_bytes: 0,
        is_interrupted,
    };
    let report = howth_load::run_over(run, connections, &mut meter)?;
    if is_interrupted() {
        return Err(CompareError::Interrupted);
    }
    let cpu = server.cpu_time() - meter.before;
    let resident_bytes = meter.resident_bytes.max(server.resident_bytes());
    Ok((report, Used { cpu, resident_bytes }))
}

/// Reads the server's figures at the right moments of a run.
struct Meter<'a> {
    server: &'a Server,
    before: CpuTime,
    resident_bytes: u64,
    is_interrupted: &'a dyn Fn() -> bool,
}

impl howth_load::Observer for Meter<'_> {
    fn counting_begins(&mut self) {
        self.before = self.server.cpu_time();
    }

    fn second(&mut self, _: &Second) {
        self.resident_bytes = self.resident_bytes.max(self.server.resident_bytes());
    }

    fn is_interrupted(&self) -> bool {
        (self.is_interrupted)()
    }
}
