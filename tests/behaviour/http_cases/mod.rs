//! Raw requests and what must come back: section by section of RFC 9112 and RFC 9110.
//!
//! Every case is sent whole and byte by byte, to both engines. What is accepted is echoed by the application,
//! and the connection must then still serve, or be closed, as the case says. What is refused is answered with
//! one response that closes the connection, and with nothing else.

mod chunked;
mod fields;
mod framing;
mod host;
mod persistence;
mod request_line;
mod smuggling;
mod urls;

use std::panic::{AssertUnwindSafe, catch_unwind};

use serde_json::Value;

use crate::support::{Connection, Engine, Launch, Response, Server, request};

const ECHO: &str = "
    export default async function (request: Request): Promise<Response> {
        const { method, url, headers } = request;
        return Response.json({ method, url, headers: [...headers], body: await request.text() });
    }
";

/// One request, or what is none.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    /// The section that decides.
    rule: &'static str,
    bytes: &'static [u8],
    verdict: Verdict,
}

#[derive(Clone, Copy, Debug)]
enum Verdict {
    Accepted(Echo),
    Refused(u16),
}

/// What the application must have seen. The empty string stands for what the case does not ask about.
#[derive(Clone, Copy, Debug)]
struct Echo {
    method: &'static str,
    url: &'static str,
    field: Option<(&'static str, &'static str)>,
    body: &'static str,
    closes: bool,
}

/// A request that reaches the application and leaves the connection open.
const fn accepted(rule: &'static str, bytes: &'static [u8], method: &'static str) -> Case {
    let echo = Echo {
        method,
        url: "",
        field: None,
        body: "",
        closes: false,
    };
    Case {
        rule,
        bytes,
        verdict: Verdict::Accepted(echo),
    }
}

/// A request that is answered with this status and a closed connection, and never reaches the application.
const fn refused(rule: &'static str, bytes: &'static [u8], status: u16) -> Case {
    Case {
        rule,
        bytes,
        verdict: Verdict::Refused(status),
    }
}

impl Case {
    const fn url(self, url: &'static str) -> Case {
        self.echo(Echo {
            url,
            ..self.expected()
        })
    }

    const fn body(self, body: &'static str) -> Case {
        self.echo(Echo {
            body,
            ..self.expected()
        })
    }

    const fn field(self, name: &'static str, value: &'static str) -> Case {
        self.echo(Echo {
            field: Some((name, value)),
            ..self.expected()
        })
    }

    /// The connection closes after the response.
    const fn closes(self) -> Case {
        self.echo(Echo {
            closes: true,
            ..self.expected()
        })
    }

    const fn expected(&self) -> Echo {
        match self.verdict {
            Verdict::Accepted(echo) => echo,
            Verdict::Refused(_) => panic!("a refused request is not echoed"),
        }
    }

    const fn echo(self, echo: Echo) -> Case {
        Case {
            verdict: Verdict::Accepted(echo),
            ..self
        }
    }
}

on_both_engines![
    request_lines,
    hosts,
    field_lines,
    framings,
    chunked_bodies,
    persistent_connections,
    smuggled_requests,
    urls_are_serialized,
];

fn request_lines(engine: Engine) {
    check_all(&Launch::serve(engine, ECHO).start(), request_line::CASES);
}
fn hosts(engine: Engine) {
    check_all(&Launch::serve(engine, ECHO).start(), host::CASES);
}
fn urls_are_serialized(engine: Engine) {
    check_all(&Launch::serve(engine, ECHO).start(), urls::CASES);
}
fn field_lines(engine: Engine) {
    check_all(&Launch::serve(engine, ECHO).start(), fields::CASES);
}
fn framings(engine: Engine) {
    check_all(&Launch::serve(engine, ECHO).start(), framing::CASES);
}
fn chunked_bodies(engine: Engine) {
    check_all(&Launch::serve(engine, ECHO).start(), chunked::CASES);
}
fn persistent_connections(engine: Engine) {
    check_all(&Launch::serve(engine, ECHO).start(), persistence::CASES);
}
fn smuggled_requests(engine: Engine) {
    check_all(&Launch::serve(engine, ECHO).start(), smuggling::CASES);
}

#[test]
fn there_are_enough_cases() {
    let groups = [
        request_line::CASES,
        host::CASES,
        fields::CASES,
        framing::CASES,
        chunked::CASES,
        persistence::CASES,
        smuggling::CASES,
    ];
    let cases: usize = groups.iter().map(|group| group.len()).sum();
    assert!(cases >= 150, "{cases}");
}

/// Checks every case, and fails with all that failed.
fn check_all(server: &Server, cases: &[Case]) {
    let mut failures = Vec::new();
    for case in cases {
        for bytewise in [false, true] {
            let result = catch_unwind(AssertUnwindSafe(|| check(server, case, bytewise)));
            if let Err(panic) = result {
                let cause = panic
                    .downcast_ref::<String>()
                    .map_or("a failed assertion", String::as_str);
                let how = if bytewise { "byte by byte" } else { "whole" };
                let bytes = case.bytes.escape_ascii();
                failures.push(format!("{} {how}: {bytes}\n    {cause}", case.rule));
            }
        }
    }
    assert!(
        failures.is_empty(),
        "{} failed:\n{}",
        failures.len(),
        failures.join("\n")
    );
}

fn check(server: &Server, case: &Case, bytewise: bool) {
    let mut connection = server.connect();
    if bytewise {
        connection.send_bytewise(case.bytes);
    } else {
        connection.send(case.bytes);
    }
    match case.verdict {
        Verdict::Accepted(expected) => check_accepted(&mut connection, &expected),
        Verdict::Refused(status) => check_refused(&mut connection, status),
    }
}

fn check_accepted(connection: &mut Connection, expected: &Echo) {
    let response = connection.response_to(expected.method);
    assert_eq!(response.status, 200, "{response:?}");
    if expected.method != "HEAD" {
        check_echo(&response, expected);
    }
    assert_eq!(response.closes(), expected.closes, "{response:?}");
    if expected.closes {
        connection.expect_closed();
    } else {
        connection.send(request("GET", "/next"));
        let next = connection.response().json();
        assert_eq!(
            (text(&next, "url"), text(&next, "body")),
            ("http://test/next", ""),
            "{next}"
        );
    }
}

fn check_echo(response: &Response, expected: &Echo) {
    let echo = response.json();
    assert_eq!(text(&echo, "method"), expected.method, "{echo}");
    assert_eq!(text(&echo, "body"), expected.body, "{echo}");
    if !expected.url.is_empty() {
        assert_eq!(text(&echo, "url"), expected.url, "{echo}");
    }
    if let Some((name, value)) = expected.field {
        let fields = echo["headers"].as_array().expect("headers");
        let found = fields.iter().find(|field| field[0] == name);
        assert_eq!(found.map(|field| &field[1]), Some(&Value::from(value)), "{echo}");
    }
}

/// A refusal's body is one line that says what was wrong.
fn check_refused(connection: &mut Connection, status: u16) {
    let response = connection.response();
    assert_eq!(response.status, status, "{response:?}");
    assert!(response.closes(), "{response:?}");
    // RFC 9110 section 15.5.6.
    assert_eq!(response.field("allow").is_some(), status == 405, "{response:?}");
    assert!(
        !response.body.is_empty() && response.text().is_ascii(),
        "{response:?}"
    );
    connection.expect_closed();
}

fn text<'a>(echo: &'a Value, name: &str) -> &'a str {
    echo[name]
        .as_str()
        .unwrap_or_else(|| panic!("no {name} in {echo}"))
}
