//! What is answered from a folder.

mod support;

use std::fs;
use std::time::Duration;

use howth_engine::Body;
use howth_files::Settings;
use howth_http1::RequestHead;
use support::{Site, field, head_of, request, site, text_of};

#[test]
fn files_with_their_fields() {
    let site = site();
    for (target, text, media_type) in [
        ("/", "<p>home", "text/html; charset=utf-8"),
        ("/docs/", "<p>docs", "text/html; charset=utf-8"),
        ("/docs/index.html", "<p>docs", "text/html; charset=utf-8"),
        ("/app.js", "let a = 1;", "text/javascript; charset=utf-8"),
        ("/a%20b.txt", "0123456789", "text/plain; charset=utf-8"),
        ("/empty/nothing.txt", "", "text/plain; charset=utf-8"),
        ("/.well-known/acme", "token", "application/octet-stream"),
    ] {
        // Twice: the second is from memory.
        for _ in 0..2 {
            let response = site.get(target);
            assert_eq!(
                (response.status, text_of(&response).as_str()),
                (200, text),
                "{target}"
            );
            assert_eq!(field(&response, "content-type"), Some(media_type));
            assert_eq!(field(&response, "accept-ranges"), Some("bytes"));
            assert!(field(&response, "etag").is_some_and(|tag| tag.starts_with('"')));
            assert!(field(&response, "last-modified").is_some_and(|date| date.ends_with("GMT")));
            assert_eq!(field(&response, "cache-control"), None);
        }
    }
    let large = site.get("/large.bin");
    assert!(matches!(large.body, Body::File(_)));
    assert_eq!(large.body.len(), 200_000);
}

#[test]
fn what_is_not_there() {
    let site = site();
    for target in [
        "/none",
        "/none/",
        "/docs/none",
        "/app.js/",
        "/app.js/x",
        "/empty/",
        "/empty",
        "/.env",
        "/..%2f..%2fetc/passwd",
        "/docs%2findex.html",
        "/docs//index.html",
        "/app.js%00",
        "/%2e%2e/%2e%2e/etc/passwd",
    ] {
        assert_eq!(site.get(target).status, 404, "{target}");
    }
}

#[test]
fn folders_are_redirected_to_their_slash() {
    let site = site();
    let response = site.get("/docs?q=1");
    assert_eq!(response.status, 301);
    assert_eq!(field(&response, "location"), Some("./docs/?q=1"));
    // All of the path may be before the folder.
    let response = site.folder.answer(&head_of("/static", ""), b"", site.now);
    assert_eq!(field(&response, "location"), Some("./static/"));
    assert_eq!(
        site.folder.answer(&head_of("/static/", ""), b"", site.now).status,
        200
    );
    // Whatever a path begins with, no other server is named.
    let head = head_of("//evil.example/docs", "");
    let response = site.folder.answer(&head, b"docs", site.now);
    assert_eq!(field(&response, "location"), Some("./docs/"));
    let without = Site::new(Settings {
        index: None,
        ..Settings::default()
    });
    assert_eq!(without.get("/docs").status, 404);
    assert_eq!(without.get("/").status, 404);
}

#[test]
fn other_methods_are_refused() {
    let site = site();
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "get"] {
        let response = site
            .folder
            .answer(&request(method, "/app.js", ""), b"/app.js", site.now);
        assert_eq!(
            (response.status, field(&response, "allow")),
            (405, Some("GET, HEAD"))
        );
    }
    let response = site.folder.answer(
        &request("HEAD", "/app.js", "range: bytes=0-1\r\n"),
        b"/app.js",
        site.now,
    );
    assert_eq!((response.status, response.body.len()), (200, 10));
}

#[test]
fn conditions_are_met_or_not() {
    let site = site();
    let first = site.get("/app.js");
    let tag = field(&first, "etag").expect("a tag").to_owned();
    let date = field(&first, "last-modified").expect("a date").to_owned();
    for (fields, status) in [
        (format!("if-none-match: {tag}\r\n"), 304),
        (format!("if-none-match: \"x\", {tag}\r\n"), 304),
        (format!("if-modified-since: {date}\r\n"), 304),
        ("if-none-match: \"x\"\r\n".to_owned(), 200),
        ("if-match: \"x\"\r\n".to_owned(), 412),
        (format!("if-match: {tag}\r\nrange: bytes=0-0\r\n"), 206),
        (format!("if-range: {tag}\r\nrange: bytes=0-0\r\n"), 206),
        ("if-range: \"x\"\r\nrange: bytes=0-0\r\n".to_owned(), 200),
        (format!("if-none-match: {tag}\r\nrange: bytes=0-0\r\n"), 304),
        ("if-match: \"x\"\r\nrange: bytes=1000-\r\n".to_owned(), 412),
    ] {
        assert_eq!(site.get_with("/app.js", &fields).status, status, "{fields}");
    }
    let unchanged = site.get_with("/app.js", &format!("if-none-match: {tag}\r\n"));
    assert_eq!(field(&unchanged, "etag"), Some(tag.as_str()));
    assert_eq!(field(&unchanged, "vary"), Some("accept-encoding"));
    assert_eq!(field(&unchanged, "content-type"), None);
    assert!(unchanged.body.is_empty());
}

#[test]
fn parts_of_files() {
    let site = site();
    for (range, content_range, text) in [
        ("0-0", "bytes 0-0/10", "0"),
        ("5-", "bytes 5-9/10", "56789"),
        ("-3", "bytes 7-9/10", "789"),
        ("0-99", "bytes 0-9/10", "0123456789"),
        ("0-3,2-5", "bytes 0-5/10", "012345"),
    ] {
        let response = site.get_with("/a%20b.txt", &format!("range: bytes={range}\r\n"));
        assert_eq!(response.status, 206, "{range}");
        assert_eq!(field(&response, "content-range"), Some(content_range));
        assert_eq!(
            field(&response, "content-type"),
            Some("text/plain; charset=utf-8")
        );
        assert_eq!(text_of(&response), text);
    }
    let response = site.get_with("/a%20b.txt", "range: bytes=10-\r\n");
    assert_eq!(
        (response.status, field(&response, "content-range")),
        (416, Some("bytes */10"))
    );
    let part = site.get_with("/large.bin", "range: bytes=199990-\r\n");
    assert!(matches!(&part.body, Body::File(part) if (part.offset, part.length) == (199_990, 10)));
}

#[test]
fn several_parts_in_one_body() {
    let site = site();
    let response = site.get_with("/a%20b.txt", "range: bytes=0-1,8-\r\n");
    assert_eq!(response.status, 206);
    let content_type = field(&response, "content-type").expect("a type");
    let boundary = content_type
        .strip_prefix("multipart/byteranges; boundary=")
        .expect("a boundary");
    assert_eq!(
        text_of(&response),
        format!(
            "--{boundary}\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-range: bytes 0-1/10\r\n\r\n01\r\n\
             --{boundary}\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-range: bytes 8-9/10\r\n\r\n89\r\n\
             --{boundary}--\r\n"
        )
    );
    assert_eq!(field(&response, "content-range"), None);
    // Of too much the first part is sent.
    fs::write(site.path("huge.bin"), vec![b'h'; 3_000_000]).expect("room for it");
    let response = site.get_with("/huge.bin", "range: bytes=0-999999,2000000-2999999\r\n");
    assert_eq!(field(&response, "content-range"), Some("bytes 0-999999/3000000"));
    assert_eq!(response.body.len(), 1_000_000);
}

#[test]
fn compressed_siblings() {
    let site = site();
    for (accept, coding, text) in [
        ("br, gzip", Some("br"), "br"),
        ("gzip", Some("gzip"), "gzipped"),
        ("zstd", None, "let a = 1;"),
        ("identity", None, "let a = 1;"),
    ] {
        let response = site.get_with("/app.js", &format!("accept-encoding: {accept}\r\n"));
        assert_eq!(field(&response, "content-encoding"), coding, "{accept}");
        assert_eq!(text_of(&response), text);
        assert_eq!(field(&response, "vary"), Some("accept-encoding"));
        assert_eq!(
            field(&response, "content-type"),
            Some("text/javascript; charset=utf-8")
        );
    }
    let plain = site.get("/app.js");
    let compressed = site.get_with("/app.js", "accept-encoding: br\r\n");
    assert_ne!(field(&plain, "etag"), field(&compressed, "etag"));
    // A file that is there in one form only is the same for all.
    assert_eq!(field(&site.get("/docs/index.html"), "vary"), None);
    let without = Site::new(Settings {
        compressed: false,
        ..Settings::default()
    });
    let response = without.get_with("/app.js", "accept-encoding: br\r\n");
    assert_eq!(field(&response, "content-encoding"), None);
}

#[test]
fn a_page_in_the_place_of_what_is_not_there() {
    let site = Site::new(Settings {
        fallback: Some("index.html".to_owned()),
        ..Settings::default()
    });
    let html = "accept: text/html,application/xhtml+xml,*/*;q=0.8\r\n";
    for target in ["/users/7", "/users/", "/empty/"] {
        let response = site.get_with(target, html);
        assert_eq!((response.status, text_of(&response).as_str()), (200, "<p>home"));
        assert_eq!(site.get_with(target, "accept: */*\r\n").status, 404);
        assert_eq!(site.get_with(target, "accept: text/html;q=0\r\n").status, 404);
        assert_eq!(site.get(target).status, 404);
    }
    assert_eq!(site.get_with("/.env", html).status, 404);
    assert_eq!(site.get_with("/app.js", html).status, 200);
}

#[test]
fn cache_control_by_pattern() {
    let site = Site::new(Settings {
        cache_control: vec![
            ("docs/**".to_owned(), "no-store".to_owned()),
            ("*.html".to_owned(), "no-cache".to_owned()),
            (
                "*.js".to_owned(),
                "public, max-age=31536000, immutable".to_owned(),
            ),
        ],
        ..Settings::default()
    });
    for (target, expected) in [
        ("/", Some("no-cache")),
        ("/docs/", Some("no-store")),
        ("/app.js", Some("public, max-age=31536000, immutable")),
        ("/a%20b.txt", None),
    ] {
        assert_eq!(field(&site.get(target), "cache-control"), expected, "{target}");
    }
}

#[test]
fn changes_show_within_a_second() {
    let mut site = site();
    let tag = |site: &Site| field(&site.get("/app.js"), "etag").map(str::to_owned);
    let before = tag(&site);
    // By another file in its place, whose time may be the same.
    fs::write(site.path("new"), "let a = 2;").expect("room for it");
    fs::rename(site.path("new"), site.path("app.js")).expect("the same disk");
    site.now += Duration::from_millis(900);
    assert_eq!(tag(&site), before);
    site.now += Duration::from_millis(200);
    assert_eq!(text_of(&site.get("/app.js")), "let a = 2;");
    assert_ne!(tag(&site), before);
    fs::write(site.path("app.js.zst"), "zst").expect("room for it");
    fs::remove_file(site.path("app.js.br")).expect("it is there");
    site.now += Duration::from_secs(2);
    let response = site.get_with("/app.js", "accept-encoding: br, zstd\r\n");
    assert_eq!(field(&response, "content-encoding"), Some("zstd"));
    fs::remove_file(site.path("app.js")).expect("it is there");
    site.now += Duration::from_secs(2);
    assert_eq!(site.get("/app.js").status, 404);
}

#[test]
fn what_is_not_there_is_left_to_others() {
    let site = site();
    let look_up = |head: &RequestHead, path: &str| site.folder.look_up(head, path.as_bytes(), site.now);
    let get = head_of("/", "");
    assert!(look_up(&get, "none").is_none());
    assert!(look_up(&get, "../app.js").is_none());
    assert!(look_up(&get, "empty/").is_none());
    assert!(look_up(&get, "app.js").is_some_and(|response| response.status == 200));
    assert!(look_up(&request("POST", "/app.js", ""), "app.js").is_none());
}

#[test]
fn one_file_by_its_name() {
    let site = site();
    let head = head_of("/anything", "range: bytes=0-2\r\n");
    let response = site.folder.answer_by(&head, ".env", site.now);
    assert_eq!((response.status, text_of(&response).as_str()), (206, "sec"));
    assert_eq!(site.folder.answer_by(&head, "none", site.now).status, 404);
    assert_eq!(site.folder.answer_by(&head, "docs", site.now).status, 404);
}
