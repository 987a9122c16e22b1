//! `Howth.query`: what it says is what `URLSearchParams` says.

use crate::support::{Engine, Launch, printed};

on_both_engines![queries_are_read_from_what_is_served];

#[test]
fn a_query_reads_as_url_search_params_do() {
    let program = r##"
        // A generator with a seed, so that a failure comes again.
        let state = 1;
        const random = (max) => (state = (state * 48271) % 2147483647) % max;
        const pick = (list) => list[random(list.length)];
        const pieces = ["a", "b", "ab", "&", "&", "=", "=", "a=", "%20", "%", "+", "é", "?", "/", "aa", "%C3%A9", "%3D", ""];
        const names = ["a", "b", "ab", "aa", "", "a=b", "a&b", "é", "=", " ", "?", "c"];
        for (let round = 0; round < 20000; round++) {
            // Half of them with nothing encoded, which is read another way.
            const plain = pieces.filter((piece) => round % 2 === 0 || !/[%+é]/.test(piece));
            const text = Array.from({ length: random(8) }, () => pick(plain)).join("");
            const request = new Request(`http://h/path?${text}${round % 3 === 0 ? "#a=f" : ""}`);
            const expected = new URL(request.url).searchParams;
            const query = Howth.query(request);
            for (const name of names) {
                const found = JSON.stringify([query.get(name), query.getAll(name), query.has(name), query.has(name, "b")]);
                const wanted = JSON.stringify([expected.get(name), expected.getAll(name), expected.has(name), expected.has(name, "b")]);
                if (found !== wanted) throw new Error(`${text}: ${name}: ${found}, not ${wanted}`);
            }
            if (JSON.stringify([...query]) !== JSON.stringify([...expected])) throw new Error(text);
        }
        const none = Howth.query(new Request("http://h/#a?b=c"));
        console.log(none.get("b"), `"${none}"`, Howth.query(new Request("http://h/?x=1&x=2")).getAll("x").join());
        try {
            Howth.query("/?a");
        } catch (error) {
            console.log(error.message);
        }
    "##;
    let finished = Launch::bare("run").file("app.ts", program).finish();
    printed(&finished, "null \"\" 1,2\nHowth.query takes a Request");
}

fn queries_are_read_from_what_is_served(engine: Engine) {
    let application = r#"
        export default (request) => {
            const query = Howth.query(request);
            return Response.json([query.get("a"), query.getAll("b"), query.has("c"), String(query), [...query].length]);
        };
    "#;
    let server = Launch::serve(engine, application).start();
    for (target, expected) in [
        ("/", r#"[null,[],false,"",0]"#),
        ("/?", r#"[null,[],false,"",0]"#),
        ("/x?a=1&b=2&b=3&c", r#"["1",["2","3"],true,"a=1&b=2&b=3&c",4]"#),
        ("/a?a=%41+b&b=%", r#"["A b",["%"],false,"a=%41+b&b=%",2]"#),
        ("/?a=x?a=y", r#"["x?a=y",[],false,"a=x?a=y",1]"#),
    ] {
        let response = server.get(target);
        assert_eq!(response.text(), expected, "{target}");
    }
}
