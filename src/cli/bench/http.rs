//! `howth bench http`: the options of one run of the load generator, and its result.
//!
//! Owns their spelling, which follows wrk, oha, hey and autocannon. Never sends a request: `howth_load` does.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use howth_load::{Expectation, LoadError, Observer, Options, Pace, Report, Second, Stop};

use super::built_in::BuiltIn;
use super::{output, progress};
use crate::cli::failure::Failure;
use crate::cli::values::parse_duration;
use howth_runtime::modules::cause_of;
use howth_runtime::tell;

#[derive(Debug, Args)]
pub struct HttpArguments {
    /// http://, https://, ws:// or wss://; other machines only with --yes-remote [default: howth's built-in server]
    #[arg(value_name = "URL")]
    url: Option<String>,

    #[command(flatten)]
    load: LoadArguments,
    #[command(flatten)]
    request: RequestArguments,
    #[command(flatten)]
    expect: ExpectArguments,
    #[command(flatten)]
    target: TargetArguments,
    #[command(flatten)]
    result: ResultArguments,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Load")]
struct LoadArguments {
    /// How long requests are sent, after the warm-up (10, 10s, 1m, 500ms)
    ///
    /// Times are numbers of seconds, or numbers with a unit.
    #[arg(short, long, value_name = "TIME", default_value = "10s", value_parser = parse_duration)]
    duration: Duration,

    /// Send exactly so many requests instead
    #[arg(short = 'n', long, value_name = "N", conflicts_with = "duration")]
    #[arg(value_parser = clap::value_parser!(u64).range(1..))]
    requests: Option<u64>,

    /// Connections that are open at once
    #[arg(short, long, value_name = "N", default_value_t = 50)]
    connections: usize,

    /// Requests a second over all connections, whether answers come or not (open loop)
    ///
    /// Latency then counts from the moment a request was due, so that a server that stalls cannot hide its
    /// delay (coordinated omission). Without it a connection sends its next request when it has its answer.
    #[arg(short = 'R', long, value_name = "N")]
    rate: Option<f64>,

    /// Requests on the way on one connection at once
    #[arg(short, long, value_name = "N", default_value_t = 1, alias = "pipelining")]
    pipeline: usize,

    /// Speak HTTP/2: by ALPN over TLS, with prior knowledge in clear text; --pipelining is streams then
    #[arg(long)]
    http2: bool,

    /// Open a new connection for each request
    #[arg(long, alias = "disable-keepalive")]
    no_keep_alive: bool,

    /// Threads of the generator, each with an io_uring of its own
    #[arg(short, long, value_name = "N", default_value_t = 1)]
    threads: usize,

    /// Send for so long before anything is counted
    #[arg(long, value_name = "TIME", default_value = "0s", value_parser = parse_duration)]
    warm_up: Duration,

    /// The longest time to connect, and from sending a request to the end of its answer
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = parse_duration)]
    timeout: Duration,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Request")]
struct RequestArguments {
    /// The method [default: GET, with a body POST]
    #[arg(short, long, value_name = "METHOD")]
    method: Option<String>,

    /// A header field, `name: value`; may be given again
    #[arg(short = 'H', long = "header", value_name = "FIELD", value_parser = parse_field)]
    headers: Vec<(String, String)>,

    /// The body, or the WebSocket message
    #[arg(short, long, value_name = "TEXT")]
    body: Option<String>,

    /// The body, or the WebSocket message, from a file
    #[arg(long, value_name = "FILE", conflicts_with = "body")]
    body_file: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Right answers")]
struct ExpectArguments {
    /// Statuses that are right, with commas between them [default: any 2xx or 3xx]
    #[arg(long, value_name = "STATUS", value_delimiter = ',')]
    #[arg(value_parser = clap::value_parser!(u16).range(200..=599))]
    expect_status: Vec<u16>,

    /// Length of the body in bytes
    #[arg(long, value_name = "BYTES")]
    expect_length: Option<u64>,

    /// SHA-256 of the body, in hexadecimal
    #[arg(long, value_name = "HASH", value_parser = parse_sha256)]
    expect_sha256: Option<[u8; 32]>,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Target")]
struct TargetArguments {
    /// Load another machine than this one, which you have to be allowed to do
    #[arg(long)]
    yes_remote: bool,

    /// Take any certificate; on loopback only
    #[arg(short = 'k', long)]
    insecure: bool,

    /// Make a whole TLS handshake for each connection, instead of taking up a session
    #[arg(long)]
    full_handshakes: bool,

    /// Certificates (PEM) of authorities to be trusted besides the public ones
    #[arg(long, value_name = "FILE", alias = "cacert")]
    ca_file: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Result")]
struct ResultArguments {
    /// Write the result as JSON; - is standard output, in place of the table
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,

    /// Write all latencies as an HdrHistogram log; - is standard output
    #[arg(long, value_name = "FILE")]
    hdr: Option<PathBuf>,

    /// Print no progress and no table
    #[arg(short, long)]
    quiet: bool,
}

/// Runs, prints, and fails where an answer was not right.
pub fn carry_out(arguments: &HttpArguments) -> Result<ExitCode, Failure> {
    let mut options = options(arguments)?;
    let built_in = match arguments.url {
        Some(_) => None,
        None => Some(BuiltIn::start()?),
    };
    if let Some(built_in) = &built_in {
        options.url = built_in.url();
        if !arguments.result.quiet {
            tell(format_args!(
                "howth: no URL was given; measuring the built-in server"
            ));
        }
    }
    let line = progress::of_load(&options, arguments.result.quiet);
    let mut watch = Watch { line, built_in };
    let report = howth_load::run_observed(&options, &mut watch);
    watch.line.clear();
    let is_interrupted = watch.is_interrupted();
    drop(watch);
    if is_interrupted {
        return Err(Failure::runtime(
            "the measurement was broken off by a signal".to_owned(),
        ));
    }
    let report = report.map_err(|error| failure(&error))?;
    publish(&arguments.result, &report)?;
    match report.errors.total() {
        0 => Ok(ExitCode::SUCCESS),
        _ => Err(Failure::runtime(wrong_answers(&report))),
    }
}

/// Shows how the run goes, and breaks it off where its server has to end with it.
struct Watch {
    line: progress::Line,
    built_in: Option<BuiltIn>,
}

impl Observer for Watch {
    fn second(&mut self, second: &Second) {
        self.line.second(second);
    }

    fn is_interrupted(&self) -> bool {
        self.built_in.as_ref().is_some_and(BuiltIn::is_interrupted)
    }
}

fn options(arguments: &HttpArguments) -> Result<Options, Failure> {
    let (load, request, target) = (&arguments.load, &arguments.request, &arguments.target);
    let body = match (&request.body, &request.body_file) {
        (Some(text), _) => Some(text.as_bytes().to_vec()),
        (None, Some(file)) => Some(read(file, "--body-file")?),
        (None, None) => None,
    };
    let default_method = if body.is_some() { "POST" } else { "GET" };
    Ok(Options {
        method: request
            .method
            .clone()
            .unwrap_or_else(|| default_method.to_owned()),
        fields: request.headers.clone(),
        body: body.unwrap_or_default(),
        connections: load.connections,
        threads: load.threads,
        pipelining: load.pipeline,
        pace: load.rate.map_or(Pace::Closed, Pace::Rate),
        stop: load.requests.map_or(Stop::After(load.duration), Stop::Requests),
        warm_up: load.warm_up,
        timeout: load.timeout,
        http2: load.http2,
        keep_alive: !load.no_keep_alive,
        expect: Expectation {
            statuses: arguments.expect.expect_status.clone(),
            body_bytes: arguments.expect.expect_length,
            body_sha256: arguments.expect.expect_sha256,
        },
        accept_any_certificate: target.insecure,
        resume_sessions: !target.full_handshakes,
        trusted_pem: target
            .ca_file
            .as_deref()
            .map(|file| read(file, "--ca-file"))
            .transpose()?,
        yes_remote: target.yes_remote,
        ..Options::new(arguments.url.as_deref().unwrap_or_default())
    })
}

fn read(file: &Path, option: &str) -> Result<Vec<u8>, Failure> {
    std::fs::read(file).map_err(|error| {
        Failure::usage(format!(
            "cannot read {} ({}); give {option} the path of a file",
            file.display(),
            cause_of(&error)
        ))
    })
}

fn publish(result: &ResultArguments, report: &Report) -> Result<(), Failure> {
    let is_printed = |file: &Option<PathBuf>| file.as_deref().is_some_and(|file| file == Path::new("-"));
    if let Some(file) = &result.json {
        output::write(file, &format!("{}\n", report.to_json()))?;
    }
    if let Some(file) = &result.hdr {
        output::write(file, &report.to_hdr_log())?;
    }
    if !result.quiet && !is_printed(&result.json) && !is_printed(&result.hdr) {
        output::print(&report.to_text());
    }
    Ok(())
}

/// `12 of 100 requests failed: 10 had another status than expected, 2 timed out`
fn wrong_answers(report: &Report) -> String {
    let failed = report.errors.total();
    let causes: Vec<String> = report
        .errors
        .classes()
        .into_iter()
        .filter(|(_, count)| *count > 0)
        .map(|(class, count)| format!("{count} {}", explained(class)))
        .collect();
    let all = report.requests + failed;
    format!("{failed} of {all} requests failed: {}", causes.join(", "))
}

fn explained(class: &str) -> &str {
    match class {
        "connect" => "could not connect",
        "read" => "lost the connection before the whole answer",
        "write" => "could not be sent",
        "timeout" => "had no whole answer within --timeout",
        "status" => "had another status than expected",
        "refused" => "were refused with status 503",
        "length" => "had another body length than expected",
        "hash" => "had another body than expected",
        "protocol" => "had an answer that breaks the protocol",
        other => other,
    }
}

/// What was typed wrong is a wrong usage; what the machine refuses is not.
fn failure(error: &LoadError) -> Failure {
    use LoadError::{AnyCertificateRemote, Conflict, InvalidRequest, OutOfBounds, Remote, Url};
    match error {
        Url { .. } | Remote { .. } | AnyCertificateRemote { .. } => Failure::usage(error.to_string()),
        OutOfBounds { .. } | Conflict(_) | InvalidRequest { .. } => Failure::usage(error.to_string()),
        _ => Failure::runtime(error.to_string()),
    }
}

fn parse_field(text: &str) -> Result<(String, String), String> {
    match text.split_once(':') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.trim().to_owned())),
        _ => Err("give a name and a value, such as 'accept: text/html'".to_owned()),
    }
}

fn parse_sha256(text: &str) -> Result<[u8; 32], String> {
    let wrong = || "give the 64 hexadecimal digits that sha256sum prints".to_owned();
    if text.len() != 64 || !text.is_ascii() {
        return Err(wrong());
    }
    let mut hash = [0; 32];
    for (byte, digits) in hash.iter_mut().zip(text.as_bytes().chunks(2)) {
        let digits = std::str::from_utf8(digits).map_err(|_| wrong())?;
        *byte = u8::from_str_radix(digits, 16).map_err(|_| wrong())?;
    }
    Ok(hash)
}

#[cfg(test)]
mod tests;
