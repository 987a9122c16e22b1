//! A small command line, to try the generator out.
//!
//! `cargo run --release -p howth-load --example load -- URL [connections=50] [pipelining=1] [seconds=5] [rate=N]
//! [threads=1] [warm_up=1] [close] [insecure] [json]`

#[cfg(target_os = "linux")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    use std::time::Duration;

    use howth_load::{Options, Pace, Stop, run_with_progress};

    let mut arguments = std::env::args().skip(1);
    let mut options = Options::new(arguments.next().ok_or("a URL is missing")?);
    options.warm_up = Duration::from_secs(1);
    options.stop = Stop::After(Duration::from_secs(5));
    let mut is_json = false;
    for argument in arguments {
        let (name, value) = argument.split_once('=').unwrap_or((&argument, ""));
        match name {
            "connections" => options.connections = value.parse()?,
            "pipelining" => options.pipelining = value.parse()?,
            "threads" => options.threads = value.parse()?,
            "seconds" => options.stop = Stop::After(Duration::from_secs_f64(value.parse()?)),
            "requests" => options.stop = Stop::Requests(value.parse()?),
            "warm_up" => options.warm_up = Duration::from_secs_f64(value.parse()?),
            "timeout" => options.timeout = Duration::from_secs_f64(value.parse()?),
            "rate" => options.pace = Pace::Rate(value.parse()?),
            "length" => options.expect.body_bytes = Some(value.parse()?),
            "body" => options.body = value.as_bytes().to_vec(),
            "method" => options.method = value.to_owned(),
            "close" => options.keep_alive = false,
            "insecure" => options.accept_any_certificate = true,
            "json" => is_json = true,
            other => return Err(format!("{other} is not known").into()),
        }
    }
    let report = run_with_progress(&options, |second| {
        eprintln!(
            "{:>4} s  {:>9} requests  {:>6} errors  p99 {:.0} us",
            second.second + 1,
            second.requests,
            second.errors,
            second.p99_us
        );
    })?;
    println!(
        "{}",
        if is_json {
            report.to_json()
        } else {
            report.to_text()
        }
    );
    Ok(())
}

#[cfg(not(target_os = "linux"))]
fn main() {
    eprintln!("the generator needs io_uring, a Linux interface");
}
