//! Which URL a target and a host make: RFC 9112 section 3.3 and the URL standard.

use super::{Case, accepted, refused};

macro_rules! target {
    ($target:literal => $url:literal) => {
        accepted(
            "URL path state",
            concat!("GET ", $target, " HTTP/1.1\r\nhost: h\r\n\r\n").as_bytes(),
            "GET",
        )
        .url($url)
    };
}

macro_rules! host {
    ($host:literal => $url:literal) => {
        accepted(
            "URL host parser",
            concat!("GET / HTTP/1.1\r\nhost: ", $host, "\r\n\r\n").as_bytes(),
            "GET",
        )
        .url($url)
    };
}

macro_rules! no_host {
    ($host:literal) => {
        refused(
            "URL host parser",
            concat!("GET / HTTP/1.1\r\nhost: ", $host, "\r\n\r\n").as_bytes(),
            400,
        )
    };
}

pub const CASES: &[Case] = &[
    target!("/plain.txt?a=b&c=%20&d=../e" => "http://h/plain.txt?a=b&c=%20&d=../e"),
    target!("//x" => "http://h//x"),
    target!("/x?" => "http://h/x?"),
    target!("/public/../admin" => "http://h/admin"),
    target!("/public/%2e%2E/admin" => "http://h/admin"),
    target!("/public/.%2e/admin/." => "http://h/admin/"),
    target!("/./admin" => "http://h/admin"),
    target!("/../../etc/passwd" => "http://h/etc/passwd"),
    target!("/a\\..\\b" => "http://h/b"),
    target!("/\\evil.example/b" => "http://h//evil.example/b"),
    target!("/\"q\"<>`{}" => "http://h/%22q%22%3C%3E%60%7B%7D"),
    target!("/x?it's\"<>" => "http://h/x?it%27s%22%3C%3E"),
    target!("/a|b[c]^?{d}\\`" => "http://h/a|b[c]^?{d}\\`"),
    target!("/%61dmin%2Fx/%zz" => "http://h/%61dmin%2Fx/%zz"),
    target!("http://UP.example:80/a/../b?c/../d" => "http://up.example/b?c/../d"),
    target!("https://a:443" => "http://a:443/"),
    target!("http://a?b'" => "http://a/?b%27"),
    target!("http://0x7f.1/" => "http://127.0.0.1/"),
    host!("EXAMPLE.Org" => "http://example.org/"),
    host!("h:80" => "http://h/"),
    host!("h:" => "http://h/"),
    host!("h:0081" => "http://h:81/"),
    host!("h." => "http://h./"),
    host!("127.1" => "http://127.0.0.1/"),
    host!("2130706433:8080" => "http://127.0.0.1:8080/"),
    host!("[0:0::0001]:80" => "http://[::1]/"),
    host!("m%C3%BCnchen.example" => "http://xn--mnchen-3ya.example/"),
    no_host!("1.2.3.256"),
    no_host!("a.0x"),
    no_host!("xn--a"),
    no_host!("a%2Fb"),
    no_host!("a%40b"),
    no_host!("%C3"),
    refused(
        "URL host parser",
        b"GET http://1.2.3.256/ HTTP/1.1\r\nhost: h\r\n\r\n",
        400,
    ),
    refused("URL host parser", b"GET http://a%00/ HTTP/1.0\r\n\r\n", 400),
    refused("RFC 9112 3.2", b"GET /a\tb HTTP/1.1\r\nhost: h\r\n\r\n", 400),
    refused("RFC 9112 3.2", b"GET /a#b HTTP/1.1\r\nhost: h\r\n\r\n", 400),
];
