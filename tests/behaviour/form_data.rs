//! `multipart/form-data` as browsers, curl and others send it, and what is none (RFC 7578, RFC 2046 section 5.1).

use serde_json::{Value, json};

use crate::support::{Engine, Launch, Server};

const FORMS: &str = "
    async function entries(form: FormData) {
        const out = [];
        for (const [name, value] of form) {
            if (typeof value === 'string') out.push([name, value]);
            else out.push([name, value.name, value.type, await value.text()]);
        }
        return out;
    }
    export default async function (request: Request): Promise<Response> {
        const { pathname } = new URL(request.url);
        try {
            switch (pathname) {
                case '/response': {
                    const type = request.headers.get('content-type')!;
                    const response = new Response(await request.bytes(), { headers: { 'content-type': type } });
                    return Response.json(await entries(await response.formData()));
                }
                case '/round': {
                    const form = await request.formData();
                    return Response.json(await entries(await new Response(form).formData()));
                }
                default: return Response.json(await entries(await request.formData()));
            }
        } catch (error) {
            return Response.json(`${error}`, { status: 400 });
        }
    }
";

on_both_engines![
    forms_as_they_are_sent,
    what_is_no_form_is_refused,
    a_form_of_several_megabytes,
    forms_in_requests_and_responses_are_read_alike,
    a_form_that_is_url_encoded,
];

fn send(server: &Server, path: &str, content_type: &str, body: impl AsRef<[u8]>) -> Value {
    let body = body.as_ref();
    let mut connection = server.connect();
    connection.send(format!(
        "POST {path} HTTP/1.1\r\nhost: a\r\ncontent-type: {content_type}\r\ncontent-length: {}\r\n\r\n",
        body.len()
    ));
    connection.send(body);
    connection.response().json()
}

fn part(section: &str, content: &str) -> String {
    format!("--XyZ\r\n{section}\r\n\r\n{content}\r\n")
}

fn field(name: &str, content: &str) -> String {
    part(
        &format!("Content-Disposition: form-data; name=\"{name}\""),
        content,
    )
}

fn file(disposition: &str, content: &str) -> String {
    let section = format!("Content-Disposition: form-data; {disposition}\r\nContent-Type: text/x");
    part(&section, content)
}

const END: &str = "--XyZ--\r\n";
const TYPE: &str = "multipart/form-data; boundary=XyZ";

fn forms_as_they_are_sent(engine: Engine) {
    let server = Launch::serve(engine, FORMS).start();
    let read = |body: String| send(&server, "/", TYPE, body);
    let one = |section: &str, content: &str| read(part(section, content) + END);
    // Names, repeated, empty, in UTF-8, with what the HTML standard escapes.
    let body =
        field("a", "1") + &field("a", "2") + &field("", "none") + &field("\u{fc}\u{1f600}", "\u{df}") + END;
    assert_eq!(
        read(body),
        json!([
            ["a", "1"],
            ["a", "2"],
            ["", "none"],
            ["\u{fc}\u{1f600}", "\u{df}"]
        ])
    );
    assert_eq!(
        read(field("a%22b%0D%0Ac%25", "1") + END),
        json!([["a\"b\r\nc%25", "1"]])
    );
    // As curl wrote a quote before 7.81; and a name that ends in a backslash, as browsers write it.
    let quoted = file("name=\"f\"; filename=\"a\\\"b\\\".txt\"", "x") + END;
    assert_eq!(read(quoted), json!([["f", "a\"b\".txt", "text/x", "x"]]));
    let backslash = file("name=\"dir\\\"; filename=\"c:\\a.bin\"", "x") + END;
    assert_eq!(read(backslash), json!([["dir\\", "c:\\a.bin", "text/x", "x"]]));
    let semicolons = file("name=\"a;b=c\"; filename=\"x; y=z.txt\"", "x") + END;
    assert_eq!(read(semicolons), json!([["a;b=c", "x; y=z.txt", "text/x", "x"]]));
    // Without quotes, with blanks, another case, another order, unknown parameters and fields.
    assert_eq!(
        one(
            "X-Other: a:b\r\ncontent-TYPE:text/x\r\nContent-Length: 9\r\nCONTENT-disposition:  Form-Data ;filename=a.txt ; size=3;  NAME=f;",
            "x"
        ),
        json!([["f", "a.txt", "text/x", "x"]])
    );
    // RFC 8187, which RFC 7578 section 4.2 forbids and some write.
    let extended = "name=\"f\"; filename=\"_.txt\"; filename*=UTF-8''%e2%82%ac%20rates.txt";
    assert_eq!(
        read(file(extended, "x") + END),
        json!([["f", "\u{20ac} rates.txt", "text/x", "x"]])
    );
    let latin1 = "name=\"f\"; filename*=iso-8859-1'en'%A3.txt";
    assert_eq!(
        read(file(latin1, "x") + END),
        json!([["f", "\u{a3}.txt", "text/x", "x"]])
    );
    let not_extended = "name=\"f\"; filename=\"plain.txt\"; filename*=UTF-9''%zz";
    assert_eq!(
        read(file(not_extended, "x") + END),
        json!([["f", "plain.txt", "text/x", "x"]])
    );
    // A form's file field that was left empty, and a file without a type (RFC 7578 section 4.4).
    let empty =
        "Content-Disposition: form-data; name=\"f\"; filename=\"\"\r\nContent-Type: application/octet-stream";
    assert_eq!(one(empty, ""), json!([["f", "", "application/octet-stream", ""]]));
    let untyped = "Content-Disposition: form-data; name=\"f\"; filename=\"a\"";
    assert_eq!(one(untyped, "BM"), json!([["f", "a", "text/plain", "BM"]]));
    // What looks like a delimiter and stands within a line, or goes on behind the boundary, is content.
    let inner = "a--XyZ\r\n--XyZZ\r\n--XyZ-\r\n\r\n--\r\n";
    assert_eq!(read(field("a", inner) + END), json!([["a", inner]]));
    assert_eq!(read(field("a", "") + END), json!([["a", ""]]));
    assert_eq!(read(field("a", "\r\n") + END), json!([["a", "\r\n"]]));
    // A preamble, an epilogue, blanks behind the boundary, no line break at the end (RFC 2046 section 5.1.1).
    let around = "This is a preamble.\r\n--XyZ \t\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--XyZ-- \r\nThe end.\r\n--XyZ\r\n";
    assert_eq!(read(around.into()), json!([["a", "1"]]));
    assert_eq!(read(field("a", "1") + "--XyZ--"), json!([["a", "1"]]));
    assert_eq!(read(format!("\r\n{}{END}", field("a", "1"))), json!([["a", "1"]]));
    assert_eq!(read(END.into()), json!([]));
    // RFC 7578 section 4.7, as `curl -F 'f=…;encoder=base64'` does.
    let encoded = |encoding: &str, content: &str| {
        one(
            &format!("Content-Disposition: form-data; name=\"f\"\r\nContent-Transfer-Encoding: {encoding}"),
            content,
        )
    };
    assert_eq!(encoded("8bit", "\u{e9}"), json!([["f", "\u{e9}"]]));
    assert_eq!(encoded("BASE64", "aGVs\r\nbG8="), json!([["f", "hello"]]));
    assert_eq!(
        encoded("quoted-printable", "a=3Db=\r\nc=C3=A9"),
        json!([["f", "a=bc\u{e9}"]])
    );
    // The boundary in quotes, with what needs them (RFC 2046 section 5.1.1).
    let body = field("a", "1").replace("XyZ", "x y:'z'") + &END.replace("XyZ", "x y:'z'");
    let quoted = "Multipart/Form-Data; charset=utf-8; Boundary=\"x y:'z'\"";
    assert_eq!(send(&server, "/", quoted, body), json!([["a", "1"]]));
}

fn what_is_no_form_is_refused(engine: Engine) {
    let server = Launch::serve(engine, FORMS).start();
    let bad = |what: &str, why: &str, content_type: &str, body: &str| {
        let answer = send(&server, "/", content_type, body);
        let text = answer.as_str().unwrap_or_else(|| panic!("{what}: {answer}"));
        assert!(
            text.starts_with("TypeError: ") && text.contains(why),
            "{what}: {text}"
        );
    };
    let whole = field("a", "1") + &field("b", "2") + END;
    // Wherever it is cut off within.
    for length in 0..whole.len() - 2 {
        bad("cut off", "", TYPE, &whole[..length]);
    }
    bad(
        "no end",
        "its closing delimiter is missing",
        TYPE,
        &field("a", "1"),
    );
    bad("empty", "does not occur", TYPE, "");
    bad(
        "another boundary",
        "does not occur",
        "multipart/form-data; boundary=other",
        &whole,
    );
    bad("no boundary", "no boundary", "multipart/form-data", &whole);
    bad("bare line feeds", "", TYPE, &whole.replace("\r\n", "\n"));
    let section = |section: &str| part(section, "1") + END;
    bad(
        "no name",
        "no name",
        TYPE,
        &section("Content-Disposition: form-data"),
    );
    bad(
        "no disposition",
        "says form-data",
        TYPE,
        &section("Content-Type: text/plain"),
    );
    bad(
        "an attachment",
        "says form-data",
        TYPE,
        &section("Content-Disposition: attachment; name=\"a\""),
    );
    bad(
        "two names",
        "name twice",
        TYPE,
        &section("Content-Disposition: form-data; name=\"a\"; name=\"b\""),
    );
    bad(
        "two dispositions",
        "several content-disposition",
        TYPE,
        &section("Content-Disposition: form-data; name=\"a\"\r\nContent-Disposition: form-data; name=\"b\""),
    );
    bad(
        "an open quote",
        "quote",
        TYPE,
        &section("Content-Disposition: form-data; name=\"a"),
    );
    bad(
        "text behind a quote",
        "cannot be read",
        TYPE,
        &section("Content-Disposition: form-data; name=\"a\"b"),
    );
    bad(
        "no field",
        "no field",
        TYPE,
        &section("Content-Disposition: form-data; name=\"a\"\r\nhello"),
    );
    let encoding = "Content-Disposition: form-data; name=\"a\"\r\nContent-Transfer-Encoding: ";
    bad(
        "not base64",
        "is base64",
        TYPE,
        &part(&format!("{encoding}base64"), "a&b").add_end(),
    );
    bad(
        "unknown encoding",
        "unknown",
        TYPE,
        &part(&format!("{encoding}x-zip"), "a").add_end(),
    );
    let long = format!(
        "X: {}\r\nContent-Disposition: form-data; name=\"a\"",
        "x".repeat(20_000)
    );
    bad("a long header", "too long", TYPE, &section(&long));
    let many = "X: y\r\n".repeat(200) + "Content-Disposition: form-data; name=\"a\"";
    bad("many fields", "too many", TYPE, &section(&many));
    bad("another type", "", "text/plain", &whole);
}

trait AddEnd {
    fn add_end(self) -> String;
}

impl AddEnd for String {
    fn add_end(self) -> String {
        self + END
    }
}

fn a_form_of_several_megabytes(engine: Engine) {
    let server = Launch::serve(engine, FORMS).start();
    let content = "0123456789abcde\r\n-".repeat(200_000);
    let body = file("name=\"f\"; filename=\"large\"", &content) + &field("a", "1") + END;
    assert_eq!(
        send(&server, "/", TYPE, body),
        json!([["f", "large", "text/x", content], ["a", "1"]])
    );
}

fn forms_in_requests_and_responses_are_read_alike(engine: Engine) {
    let server = Launch::serve(engine, FORMS).start();
    let body = field("a%22", "1") + &file("name=\"f\"; filename=\"\u{fc}\"", "x") + END;
    let expected = json!([["a\"", "1"], ["f", "\u{fc}", "text/x", "x"]]);
    for path in ["/", "/response", "/round"] {
        assert_eq!(send(&server, path, TYPE, &body), expected, "{path}");
    }
    let cut = &body[..body.len() - END.len()];
    assert!(send(&server, "/response", TYPE, cut).is_string());
}

fn a_form_that_is_url_encoded(engine: Engine) {
    let server = Launch::serve(engine, FORMS).start();
    let read = send(
        &server,
        "/",
        "application/x-www-form-urlencoded",
        "a=1&a=%C3%BC+2&=x",
    );
    assert_eq!(read, json!([["a", "1"], ["a", "\u{fc} 2"], ["", "x"]]));
}
