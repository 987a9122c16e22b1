//! Where redirects lead.

use proptest::prelude::*;

use super::*;

fn redirect(path: &str, to: &str) -> Result<Redirect, RedirectError> {
    Redirect::read(to, 302, true, &Pattern::read(path).expect(path))
}

fn location(path: &str, to: &str, asked: &str) -> String {
    let pattern = Pattern::read(path).expect(path);
    let mut places = Places::default();
    let end = asked.find('?').unwrap_or(asked.len());
    pattern.find_places(&asked.as_bytes()[..end], &mut places);
    let location = redirect(path, to).expect(to).location(asked.as_bytes(), &places);
    String::from_utf8(location).expect("ASCII")
}

#[test]
fn parameters_stand_as_they_came() {
    for (path, to, asked, expected) in [
        ("/old", "/new", "/old", "/new"),
        ("/old", "/new", "/old?a=1&b", "/new?a=1&b"),
        ("/old", "/new?c", "/old?a=1", "/new?c"),
        ("/old", "/new#part", "/old?a=1", "/new?a=1#part"),
        ("/old", "/caf\u{e9} x", "/old", "/caf%C3%A9%20x"),
        ("/u/:id", "/users/:id", "/u/a%2Fb", "/users/a%2Fb"),
        (
            "/u/:id",
            "/users?id=:id",
            "/u/1&admin=1",
            "/users?id=1%26admin%3D1",
        ),
        ("/u/:id", "/users/x-:id.html", "/u/7", "/users/x-7.html"),
        ("/u/:id", "/#/users/:id", "/u/7?a", "/?a#/users/7"),
        ("/:a/:b", "/:b/:a", "/1/2", "/2/1"),
        ("/:id/:idea", "/:idea/:id", "/1/2", "/2/1"),
        ("/old/*", "/new/*", "/old/a/b?c", "/new/a/b?c"),
        ("/old/*", "/new/*", "/old/", "/new/"),
        ("/*", "https://example.com/*", "/a//b", "https://example.com/a//b"),
        (
            "/*",
            "https://example.com:8443/x/*",
            "/a",
            "https://example.com:8443/x/a",
        ),
        ("/a", "https://example.com", "/a?b", "https://example.com?b"),
        ("/a", "//cdn.example.com/a", "/a", "//cdn.example.com/a"),
        ("/a", "/at/12:30", "/a", "/at/12:30"),
        ("/a", "/b?t=12:30:x", "/a", "/b?t=12:30:x"),
    ] {
        assert_eq!(location(path, to, asked), expected, "{path} to {to} for {asked}");
    }
}

#[test]
fn a_path_of_this_server_stays_one() {
    for (path, to, asked, expected) in [
        ("/old/*", "/*", "/old//evil.example", "/evil.example"),
        ("/old/*", "/*", "/old///evil.example?a", "/evil.example?a"),
        ("/old/*", "/*", "/old/\\evil.example", "/evil.example"),
        ("/old/*", "/*", "/old//\\/evil.example", "/evil.example"),
        ("/:a", "/:a", "/\\evil.example", "/evil.example"),
        ("/old/*", "/*", "/old/%2Fevil.example", "/%2Fevil.example"),
        ("/old/*", "/x*", "/old//evil.example", "/x/evil.example"),
        (
            "/old/*",
            "/*",
            "/old/https://evil.example",
            "/https://evil.example",
        ),
    ] {
        assert_eq!(location(path, to, asked), expected, "{path} to {to} for {asked}");
    }
}

#[test]
fn what_leads_nowhere_is_refused() {
    for (path, to, complaint) in [
        ("/a", "", "leads to a path"),
        ("/a", "b", "leads to a path"),
        ("/a", "/\\evil.example", "leads to a path"),
        ("/a", "javascript:alert(1)", "leads to a path"),
        ("/a", "/b\r\nx: y", "leads to a path"),
        ("/a", "https://", "leads to a path"),
        ("/*", "*", "leads to a path"),
        ("/*", "https://*", "the host must be written out"),
        ("/*", "https://example.com*", "the host must be written out"),
        ("/*", "//*", "the host must be written out"),
        ("/:t", "https://:t.example.com/", "the host must be written out"),
        ("/:t", "https://x:t@example.com/", "the host must be written out"),
        ("/:id", "/:name", "has :name, which is no parameter"),
        ("/:id", "/x?a=:name", "has :name, which is no parameter"),
        ("/:id", "/*", "has a \"*\""),
    ] {
        let error = redirect(path, to).expect_err(to).to_string();
        assert!(error.contains(complaint), "{to}: {error}");
    }
    let pattern = Pattern::read("/").expect("a path");
    for status in [200, 300, 304, 305, 306, 404] {
        assert_eq!(
            Redirect::read("/a", status, true, &pattern).err(),
            Some(RedirectError::Status(status))
        );
    }
}

#[test]
fn what_no_request_changes_is_made_once() {
    assert!(redirect("/a", "/b").expect("a redirect").ready.is_some());
    assert!(redirect("/:a", "/b/:a").expect("a redirect").ready.is_none());
}

proptest! {
    /// Whatever stands in a request's path, nobody is led to another host.
    #[test]
    fn no_request_chooses_the_host(rest in "[/\\\\a-z.%0-9:@]{0,12}", to in "/[*a/]{0,4}") {
        prop_assume!(!to.starts_with("//"));
        let location = location("/o/*", &to, &format!("/o/{rest}"));
        prop_assert!(location.starts_with('/'));
        prop_assert!(!location[1..].starts_with(['/', '\\']), "{location}");
    }
}
