//! From arguments and environment to [`howth_runtime::Options`].
//!
//! Owns the mapping, and the checks that need more than one argument. Never starts anything.

use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::time::Duration;

use howth_engine::{Deadlines, EngineOptions};
use howth_http1::Limits;
use howth_runtime::modules::{ProgramText, find_entry};
use howth_runtime::{
    Compatibility, EngineChoice, ListenOptions, Options, Start, UncaughtExceptions, UnhandledRejections,
};

use super::application::{ApplicationArguments, CompatibilityChoice};
use super::command_line::{self, CommandLine, Text};
use super::deadlines::DeadlineArguments;
use super::engine::{ExceptionPolicy, HEAP_BYTES_MIN, RejectionPolicy, UringChoice};
use super::failure::Failure;
use super::limits::LimitArguments;
use super::listen::ListenArguments;
use super::values::Size;
use super::{environment, folders, standard_input, tls};

/// `--handler-cpu-limit` of `serve`: no handler that anybody waits for takes so long, and nothing else runs meanwhile.
const HANDLER_CPU_LIMIT: Duration = Duration::from_secs(60);

/// The options of `howth serve`.
pub fn for_serve(arguments: &ApplicationArguments, line: CommandLine) -> Result<Options, Failure> {
    if line.text != Text::None {
        return Err(Failure::usage(
            "serve needs a FILE; a program that is given as a text is started by: howth run --eval CODE"
                .to_owned(),
        ));
    }
    fill(arguments, line, Some(HANDLER_CPU_LIMIT))
}

/// The options of `howth run`; `local` is its option of that name.
pub fn for_run(arguments: &ApplicationArguments, line: CommandLine, local: bool) -> Result<Options, Failure> {
    let options = fill(arguments, line, None)?;
    Ok(match local {
        true => Options {
            cores: Some(NonZeroUsize::MIN),
            ..options
        },
        false => options,
    })
}

fn fill(
    arguments: &ApplicationArguments,
    line: CommandLine,
    cpu_limit: Option<Duration>,
) -> Result<Options, Failure> {
    let listen = listen(&arguments.listen)?;
    if arguments.development.dev {
        environment::forbid_development_in_production()?;
    }
    let trace = environment::trace()?;
    let text = match program_text(&line)? {
        None if arguments.file().as_os_str().is_empty() => Some(folders::program()),
        text => text,
    };
    if text.is_none() {
        find_entry(arguments.file()).map_err(|error| Failure::runtime(error.to_string()))?;
    }
    let heap_mib = line
        .heap_mib
        .map(|mebibytes| Size::of(mebibytes.saturating_mul(1 << 20).max(HEAP_BYTES_MIN)));
    Ok(Options {
        entry: match arguments.file() {
            none if none.as_os_str().is_empty() => folders::NO_PROGRAM.into(),
            file => file.to_owned(),
        },
        arguments: texts(arguments.arguments())?,
        start: Start {
            text,
            compatibility: compatibility(arguments.compat),
            is_debugged: arguments.development.inspect.is_some(),
            ..line.start
        },
        cache: environment::cache_folder().filter(|_| !arguments.no_cache),
        tls: tls::options(&arguments.tls, arguments.listen.host.as_deref())?,
        redirect_http: tls::redirect(&arguments.tls, arguments.listen.host.as_deref())?,
        listen,
        engine: match arguments.engine.uring {
            UringChoice::Auto => EngineChoice::Auto,
            UringChoice::Require => EngineChoice::Require,
            UringChoice::Off => EngineChoice::Off,
        },
        cores: arguments.engine.cores.0,
        pinning: arguments.engine.pin.clone(),
        engine_options: EngineOptions {
            clients: arguments.clients.options(),
            body_decoding: arguments.compression.body_decoding(),
            response_fields: arguments.routes.response_fields(),
            ..engine_options(&arguments.limits, &arguments.deadlines)
        },
        compression: arguments.compression.policy(),
        handler_cpu_limit: arguments
            .overload
            .handler_cpu_limit
            .map_or(cpu_limit, |limit| limit.0),
        health: arguments.overload.health.clone(),
        queue_delay_max: arguments.overload.max_queue_delay.0,
        shares_work: arguments.overload.shares_work(),
        affinity: arguments.overload.affinity.clone(),
        heap_bytes_max: arguments.engine.max_heap.or(heap_mib).map(memory_bytes),
        kv_bytes_max: memory_bytes(arguments.limits.kv_bytes),
        cache_bytes_max: memory_bytes(arguments.limits.cache_bytes),
        v8_flags: arguments
            .engine
            .v8_flags
            .iter()
            .filter_map(|flag| v8_flag(flag))
            .chain(line.v8_flags)
            .collect(),
        uncaught_exceptions: arguments.engine.uncaught_exceptions.map(exceptions),
        unhandled_rejections: arguments.engine.unhandled_rejections.map(rejections),
        development: arguments.development.dev,
        logs_requests: arguments.development.dev && !arguments.quiet,
        server_timing: arguments.clients.server_timing,
        watch: arguments.development.watch || arguments.development.dev,
        pid_file: arguments.reload.pid_file.clone(),
        reload_check: arguments.reload.reload_check.clone(),
        drain: arguments.engine.drain,
        folders: arguments.folders.served(),
        redirects: arguments.routes.redirect.clone(),
        rate_limit: arguments.routes.rate_limit,
        trace,
        inspect: arguments.development.inspect,
        quiet: arguments.quiet,
    })
}

/// The program, where it is no file.
fn program_text(line: &CommandLine) -> Result<Option<ProgramText>, Failure> {
    let (name, code) = match &line.text {
        Text::None => return Ok(None),
        Text::Given(code) => (command_line::EVAL, code.clone()),
        Text::StandardInput => (command_line::STANDARD_INPUT, standard_input::read()?),
    };
    Ok(Some(ProgramText {
        name,
        code,
        kind: line.text_kind,
        prints: line.prints,
    }))
}

/// A variable that an option overrides is not even looked at, so that it cannot be wrong.
fn listen(arguments: &ListenArguments) -> Result<ListenOptions, Failure> {
    let mut options = ListenOptions {
        port: arguments.port,
        host: arguments.host.clone(),
        unix: arguments.unix.clone(),
        listen: arguments.listen.clone(),
        unix_mode: arguments.unix_mode,
        ..ListenOptions::default()
    };
    if !options.listen.is_empty() {
        return Ok(options);
    }
    if options.unix.is_none() && options.port.is_none() {
        options.port_from_environment = environment::port()?;
    }
    if options.unix.is_none() && options.host.is_none() {
        options.host_from_environment = environment::host()?;
    }
    Ok(options)
}

/// The bounds of each core's engine.
pub fn engine_options(limits: &LimitArguments, deadlines: &DeadlineArguments) -> EngineOptions {
    let defaults = EngineOptions::default();
    EngineOptions {
        limits: Limits {
            head_bytes_max: memory_bytes(limits.max_head),
            target_bytes_max: memory_bytes(limits.max_target),
            fields_max: usize::from(limits.max_fields),
            body_bytes_max: limits.max_body.bytes().unwrap_or(u64::MAX),
            trailer_bytes_max: memory_bytes(limits.max_trailers),
            ..defaults.limits
        },
        deadlines: Deadlines {
            handshake: deadlines.timeout_handshake.0,
            head: deadlines.timeout_head.0,
            body_gap: deadlines.timeout_body.0,
            body_whole: deadlines.timeout_body_whole.0,
            body_rate_min: saturated(deadlines.min_body_rate.bytes().unwrap_or(0)),
            keep_alive: deadlines.timeout_keep_alive.0,
            write_stall: deadlines.timeout_write.0,
            handler: deadlines.timeout_handler.0,
        },
        connections_max: limits.max_connections,
        pipeline_max: limits.max_pipeline,
        http2: limits.http2.limits(memory_bytes(limits.max_head)),
        ..defaults
    }
}

/// A size of something that is held in memory.
pub fn memory_bytes(size: Size) -> usize {
    usize::try_from(size.bytes().unwrap_or(u64::MAX)).unwrap_or(usize::MAX)
}

fn saturated(rate: u64) -> u32 {
    u32::try_from(rate).unwrap_or(u32::MAX)
}

/// `max-lazy` is as good as `--max-lazy`.
fn v8_flag(flag: &str) -> Option<String> {
    match flag.trim() {
        "" => None,
        flag if flag.starts_with('-') => Some(flag.to_owned()),
        flag => Some(format!("--{flag}")),
    }
}

fn compatibility(choice: Option<CompatibilityChoice>) -> Compatibility {
    match choice {
        None => Compatibility::AsNamed,
        Some(CompatibilityChoice::Bun) => Compatibility::Bun,
        Some(CompatibilityChoice::None) => Compatibility::None,
    }
}

fn exceptions(policy: ExceptionPolicy) -> UncaughtExceptions {
    match policy {
        ExceptionPolicy::Report => UncaughtExceptions::Report,
        ExceptionPolicy::Restart => UncaughtExceptions::Restart,
        ExceptionPolicy::Exit => UncaughtExceptions::Exit,
    }
}

fn rejections(policy: RejectionPolicy) -> UnhandledRejections {
    match policy {
        RejectionPolicy::Warn => UnhandledRejections::Warn,
        RejectionPolicy::Throw => UnhandledRejections::Throw,
        RejectionPolicy::None => UnhandledRejections::None,
    }
}

/// JavaScript's strings are Unicode, so the application's arguments must be.
fn texts(arguments: &[OsString]) -> Result<Vec<String>, Failure> {
    let text = |argument: &OsString| match argument.to_str() {
        Some(text) => Ok(text.to_owned()),
        None => Err(Failure::usage(format!(
            "the argument {argument:?} is not valid UTF-8; give the application's arguments in UTF-8"
        ))),
    };
    arguments.iter().map(text).collect()
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    /// The two groups on their own, so that no entry file is needed.
    #[derive(Parser)]
    struct Bounds {
        #[command(flatten)]
        limits: LimitArguments,
        #[command(flatten)]
        deadlines: DeadlineArguments,
    }

    fn parsed(arguments: &[&str]) -> EngineOptions {
        let bounds = Bounds::parse_from(["bounds"].iter().chain(arguments));
        engine_options(&bounds.limits, &bounds.deadlines)
    }

    #[test]
    fn without_options_the_engine_keeps_its_own_defaults_and_speaks_http2() {
        let expected = EngineOptions {
            http2: Some(howth_engine::Http2Limits::default()),
            ..EngineOptions::default()
        };
        assert_eq!(parsed(&[]), expected);
    }

    #[test]
    fn off_is_no_bound() {
        let options = parsed(&[
            "--max-body",
            "off",
            "--min-body-rate",
            "off",
            "--timeout-write",
            "off",
        ]);
        assert_eq!(options.limits.body_bytes_max, u64::MAX);
        assert_eq!(options.deadlines.body_rate_min, 0);
        assert_eq!(options.deadlines.write_stall, None);
    }

    #[test]
    fn v8_flags_may_lack_their_dashes() {
        assert_eq!(v8_flag("max-lazy").as_deref(), Some("--max-lazy"));
        assert_eq!(v8_flag(" --max-lazy").as_deref(), Some("--max-lazy"));
        assert_eq!(v8_flag(" "), None);
    }
}
