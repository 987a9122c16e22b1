//! Routes that are matched before JavaScript: what handlers are given of them, also where many come at once or routes are
//! replaced meanwhile.

use crate::support::{Engine, Launch, request};

on_both_engines![
    parameters_stand_where_they_are_read,
    more_parameters_than_one_batch_has_room_for,
    requests_that_have_come_keep_their_handlers,
    refusals_need_no_javascript,
];

fn parameters_stand_where_they_are_read(engine: Engine) {
    let server = Launch::serve(
        engine,
        "
        const show = ({ params }) => Response.json(params);
        export default {
            routes: {
                '/:a/b/:c': show,
                '/caf\u{e9}/:name': show,
                '/x/../:same/:same/end': show,
                '/rest/:a/*': show,
                '/none': show,
                '/method/:a': { PROPFIND: undefined, PATCH: show }.PATCH,
            },
        };
    ",
    )
    .start();
    for (path, text) in [
        ("/1/b/2?c=3", r#"{"a":"1","c":"2"}"#),
        ("/%C3%A4/b/%zz", r#"{"a":"ä","c":"%zz"}"#),
        ("/caf%C3%A9/b%2Fc", r#"{"name":"b/c"}"#),
        ("/1/2/end", r#"{"same":"2"}"#),
        ("/rest/1/2/3", r#"{"a":"1"}"#),
        ("/none", "{}"),
        ("http://other.example/1/b/2", r#"{"a":"1","c":"2"}"#),
        ("/x/y/../../1/b/2", r#"{"a":"1","c":"2"}"#),
    ] {
        assert_eq!(server.get(path).text(), text, "{path}");
    }
    // A method that has no number stands before the URL.
    let response = server.fetch(request("PROPFIND", "/method/1"));
    assert_eq!(response.text(), r#"{"a":"1"}"#);
}

fn more_parameters_than_one_batch_has_room_for(engine: Engine) {
    let names: Vec<String> = (0..40).map(|number| format!(":p{number}")).collect();
    let source = format!(
        "
        export default {{
            routes: {{ '/{}': ({{ params }}) => new Response(Object.values(params).join()) }},
        }};
    ",
        names.join("/")
    );
    let server = Launch::serve(engine, &source).options(["--cores", "1"]).start();
    let mut connection = server.connect();
    let values = |first: usize| (0..40).map(move |number| (first + number).to_string());
    let path = |first| values(first).fold(String::new(), |path, value| format!("{path}/{value}"));
    let all: String = (0..100).map(|first| request("GET", &path(first))).collect();
    connection.send(all);
    for first in 0..100 {
        let expected: Vec<String> = values(first).collect();
        assert_eq!(connection.response().text(), expected.join(","));
    }
}

fn requests_that_have_come_keep_their_handlers(engine: Engine) {
    let server = Launch::run(
        engine,
        "
        let version = 0;
        const routes = () => {
            const own = version++;
            return {
                '/reload': () => {
                    server.reload({ routes: routes() });
                    return new Response(`reload ${own}`);
                },
                [`/only/${own}/:id`]: ({ params }) => new Response(`${own} ${params.id}`),
                '/any/:id': ({ params }) => new Response(`${own} ${params.id}`),
            };
        };
        const server = Howth.serve({ port: 0, hostname: '127.0.0.1', routes: routes() });
    ",
    )
    .options(["--cores", "1"])
    .start();
    for round in 0..3 {
        let mut connection = server.connect();
        let own = format!("/only/{round}/x");
        // Each of them has a route when it comes.
        connection.send(
            ["/any/a", &own, "/reload", "/any/b", &own]
                .map(|path| request("GET", path))
                .concat(),
        );
        let mut texts = || connection.response().text().to_owned();
        assert_eq!(texts(), format!("{round} a"));
        assert_eq!(texts(), format!("{round} x"));
        assert_eq!(texts(), format!("reload {round}"));
        let after = texts();
        assert!(
            after == format!("{round} b") || after == format!("{} b", round + 1),
            "{after}"
        );
        let last = texts();
        assert!(last == format!("{round} x") || last == "Not Found", "{last}");
    }
    assert_eq!(server.get("/any/c").text(), "3 c");
    assert_eq!(server.get("/only/0/x").status, 404);
}

fn refusals_need_no_javascript(engine: Engine) {
    let server = Launch::serve(
        engine,
        "
        export default { routes: {
            '/loop': () => { for (;;); },
            '/users/:id': { GET: () => new Response(), PUT: () => new Response() },
        } };
    ",
    )
    .options(["--cores", "1"])
    .start();
    let mut busy = server.connect();
    busy.send(request("GET", "/loop"));
    let missing = server.get("/missing");
    assert_eq!((missing.status, missing.text()), (404, "Not Found"));
    let refused = server.fetch(request("POST", "/users/7"));
    assert_eq!(
        (refused.status, refused.text(), refused.field("allow")),
        (405, "Method Not Allowed", Some("GET, PUT, HEAD"))
    );
}
