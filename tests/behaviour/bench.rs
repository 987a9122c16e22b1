//! `howth bench`: what it measures is right, what is wrong it says.

#[cfg(feature = "uring")]
mod measuring {
    use std::path::Path;

    use serde_json::Value;

    use crate::support::{Engine, Finished, Launch, Server};

    const HELLO: &str = "export default () => new Response('hi');";

    on_both_engines![
        right_answers_are_counted,
        other_protocols_are_spoken,
        wrong_answers_fail,
        an_open_loop_keeps_its_rate
    ];

    /// Runs `howth bench http` with these arguments.
    fn load<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Finished {
        let launch = Launch::bare("bench").entry("").options(["http"]);
        launch.options(arguments).finish()
    }

    fn url(server: &Server) -> String {
        format!("http://{}/", server.address())
    }

    /// The generator is made of io_uring, whatever serves.
    fn can_load() -> bool {
        Engine::io_uring().is_some()
    }

    fn right_answers_are_counted(engine: Engine) {
        if !can_load() {
            return;
        }
        let server = Launch::serve(engine, HELLO).start();
        let url = url(&server);
        let finished = load([
            "-n",
            "200",
            "-c",
            "4",
            "--expect-length",
            "2",
            "--json",
            "-",
            &url,
        ]);
        assert_eq!(finished.code, Some(0), "{finished:?}");
        let report: Value = serde_json::from_str(&finished.stdout).expect("JSON");
        assert_eq!(
            (&report["requests"], &report["connections"]),
            (&200.into(), &4.into())
        );
        let table = load(["-n", "20", "--no-keep-alive", "-c", "2", &url]);
        assert_eq!(table.code, Some(0), "{table:?}");
        assert!(
            table.stdout.contains("requests") && table.stderr.is_empty(),
            "{table:?}"
        );
    }

    /// The server tells which protocol each request came by.
    fn other_protocols_are_spoken(engine: Engine) {
        if !can_load() {
            return;
        }
        let echo = "export default {
            async fetch(request, { tls }) {
                const protocol = tls ? tls.alpnProtocol : 'clear';
                return new Response((await request.text()) + protocol);
            },
        };";
        let clear = Launch::serve(engine, echo).start();
        let secure = Launch::serve(engine, echo).options(["--tls-self-signed"]).start();
        let (clear, secure) = (url(&clear), url(&secure).replace("http:", "https:"));
        // More than a window takes at once.
        let body = "x".repeat(70_000);
        for (options, url, protocol) in [
            (&["--http2"][..], &clear, "clear"),
            (&["--http2", "-k"], &secure, "h2"),
            (&["-k"], &secure, "http/1.1"),
            (
                &["-k", "--no-keep-alive", "--full-handshakes"],
                &secure,
                "http/1.1",
            ),
        ] {
            let length = (body.len() + protocol.len()).to_string();
            let pipelining: &[&str] = match options.contains(&"--no-keep-alive") {
                true => &[],
                false => &["-p", "8"],
            };
            let rest = [
                "-n",
                "100",
                "-c",
                "2",
                "-m",
                "POST",
                "-b",
                &body,
                "--expect-length",
                &length,
                url,
            ];
            let finished = load(options.iter().chain(pipelining).copied().chain(rest));
            assert_eq!(finished.code, Some(0), "{options:?}: {finished:?}");
        }
    }

    fn wrong_answers_fail(engine: Engine) {
        if !can_load() {
            return;
        }
        let server = Launch::serve(engine, HELLO).start();
        let url = url(&server);
        let wrong_hash = "0".repeat(64);
        for (option, value, cause) in [
            ("--expect-status", "204", "100 had another status than expected"),
            (
                "--expect-length",
                "3",
                "100 had another body length than expected",
            ),
            (
                "--expect-sha256",
                &wrong_hash,
                "100 had another body than expected",
            ),
        ] {
            let finished = load(["-n", "100", "-c", "2", option, value, &url]);
            assert_eq!(finished.code, Some(1), "{finished:?}");
            let complaint = finished.complaint();
            assert!(complaint.contains("100 of 100 requests failed"), "{complaint}");
            assert!(complaint.contains(cause), "{complaint}");
        }
    }

    fn an_open_loop_keeps_its_rate(engine: Engine) {
        if !can_load() {
            return;
        }
        let server = Launch::serve(engine, HELLO).start();
        let url = url(&server);
        let finished = load([
            "-n",
            "50",
            "-R",
            "500",
            "-c",
            "2",
            "--json",
            "report.json",
            "--quiet",
            &url,
        ]);
        assert_eq!(
            (finished.code, finished.stdout.as_str()),
            (Some(0), ""),
            "{finished:?}"
        );
    }

    #[test]
    fn what_cannot_be_loaded_is_refused() {
        for (arguments, code, part) in [
            (&["http://192.0.2.1/"][..], 2, "--yes-remote"),
            (&["127.0.0.1"], 2, "no URL"),
            (
                &["-c", "0", "http://127.0.0.1:1/"],
                2,
                "connections must be from 1",
            ),
            (
                &["-p", "2", "--no-keep-alive", "http://127.0.0.1:1/"],
                2,
                "pipelining",
            ),
            (
                &["-H", "content-length: 1", "http://127.0.0.1:1/"],
                2,
                "content-length",
            ),
            (
                &["--body-file", "missing", "http://127.0.0.1:1/"],
                2,
                "--body-file",
            ),
            (&["http://127.0.0.1:1/"], 1, "cannot connect"),
        ] {
            let finished = load(arguments.iter().copied());
            assert_eq!(finished.code, Some(code), "{finished:?}");
            assert!(finished.complaint().contains(part), "{finished:?}");
        }
    }

    #[test]
    fn howth_alone_is_compared_and_the_files_are_written() {
        if !can_load() {
            return;
        }
        let folder = tempfile::tempdir().expect("a folder");
        let output = folder.path().join("results");
        let cores = format!("{0},{0}", first_core());
        let launch = Launch::bare("bench")
            .entry("")
            .options(["compare", "--runtimes", "howth"]);
        let finished = launch
            .options([
                "--only",
                "hello,post,stream,start,hono,node-http,express",
                "--quick",
                "--seconds",
                "0.2",
            ])
            .options(["--cores", &cores])
            .options([Path::new("--cache"), &folder.path().join("cache")])
            .options([Path::new("--output"), &output])
            .finish();
        assert_eq!(finished.code, Some(0), "{finished:?}");
        assert!(finished.stdout.contains("| howth |"), "{finished:?}");

        let read = |name| std::fs::read_to_string(output.join(name)).expect("a file of results");
        assert_eq!(read("results.md"), finished.stdout);
        assert!(read("results.svg").starts_with("<svg"));
        let results: Value = serde_json::from_str(&read("results.json")).expect("JSON");
        assert_eq!(results["failures"], Value::Array(Vec::new()));
        assert!(results["notes"].to_string().contains("--install"), "{results}");
        for (workload, figure) in [
            ("hello", "requests_per_second"),
            ("post", "p99_us"),
            ("node-http", "requests_per_second"),
            ("stream", "bytes_per_second"),
            ("start", "start_ms"),
        ] {
            let value = &measured(&results, workload)["spread"][figure]["median"];
            assert!(
                value.as_f64().is_some_and(|value| value > 0.0),
                "{workload}: {results}"
            );
        }
    }

    #[test]
    fn howth_alone_is_measured_on_several_cores() {
        if !can_load() {
            return;
        }
        let folder = tempfile::tempdir().expect("a folder");
        let output = folder.path().join("results");
        let launch =
            Launch::bare("bench")
                .entry("")
                .options(["cores", "--runtimes", "howth", "--only", "mixed,skew"]);
        let finished = launch
            .options(["--quick", "--seconds", "0.5"])
            .options([Path::new("--cache"), &folder.path().join("cache")])
            .options([Path::new("--output"), &output])
            .finish();
        assert_eq!(finished.code, Some(0), "{finished:?}");

        let read = |name| std::fs::read_to_string(output.join(name)).expect("a file of results");
        assert_eq!(read("cores.md"), finished.stdout);
        assert!(read("cores-mixed.svg").starts_with("<svg"));
        let results: Value = serde_json::from_str(&read("cores.json")).expect("JSON");
        let mixed = &results["mixed"][0]["rounds"][0];
        // Of 600 requests a second one in a hundred computes; a late generator may not come to the last ones.
        let count = |figure: &Value| figure.as_u64().expect("a number");
        let burning = count(&mixed["burning"]["requests"]);
        let others = count(&mixed["others"]["requests"]);
        assert_eq!(others + burning + count(&mixed["unsent"]), 300, "{mixed}");
        assert!((2..=3).contains(&burning), "{mixed}");
        let skew = &results["skew"][0]["rounds"][0];
        for figure in ["one_core", "even", "skewed"] {
            assert!(skew[figure].as_f64().is_some_and(|rate| rate > 0.0), "{skew}");
        }
    }

    /// The only contestant's results.
    fn measured<'a>(results: &'a Value, workload: &str) -> &'a Value {
        let workloads = results["workloads"].as_array().expect("workloads");
        let found = workloads.iter().find(|found| found["name"] == workload);
        &found.expect("the workload")["contestants"][0]
    }

    /// The first core that this process may use.
    fn first_core() -> u32 {
        let status = std::fs::read_to_string("/proc/self/status").expect("a status");
        let list = status
            .lines()
            .find_map(|line| line.strip_prefix("Cpus_allowed_list:"));
        let first = list.and_then(|list| list.trim().split([',', '-']).next());
        first.and_then(|first| first.parse().ok()).expect("a core")
    }

    #[test]
    fn a_comparison_that_cannot_be_made_is_refused() {
        for (arguments, part) in [
            (&["--only", "helo"][..], "hello"),
            (&["--runtimes", "howth", "--cores", "0,9999"], "9999"),
            (&["--extra", "rust"], "{port}"),
        ] {
            let launch = Launch::bare("bench").entry("").options(["compare"]);
            let finished = launch.options(arguments.iter().copied()).finish();
            assert_eq!(finished.code, Some(2), "{finished:?}");
            assert!(finished.complaint().contains(part), "{finished:?}");
        }
    }

    #[test]
    fn each_measurement_has_its_help() {
        for (measurement, option) in [
            ("http", "--expect-status"),
            ("compare", "--only"),
            ("cores", "--quick"),
        ] {
            let launch = Launch::bare("bench").entry("").options([measurement, "--help"]);
            let help = launch.finish();
            assert_eq!(help.code, Some(0), "{help:?}");
            assert!(
                help.stdout.contains(&format!("Usage: howth bench {measurement}")),
                "{help:?}"
            );
            assert!(help.stdout.contains(option), "{help:?}");
        }
    }
}

#[cfg(not(feature = "uring"))]
#[test]
fn a_build_without_io_uring_says_that_it_cannot_measure() {
    use crate::support::Launch;

    for arguments in [&["http", "-c", "5", "http://127.0.0.1/"][..], &["--help"], &[]] {
        let launch = Launch::bare("bench").entry("").options(arguments.iter().copied());
        let finished = launch.finish();
        assert_eq!(finished.code, Some(1), "{finished:?}");
        assert!(finished.complaint().contains("io_uring"), "{finished:?}");
    }
}
