//! Who is granted what, and what is refused when it is read.

use super::*;

fn settings(origins: &[&str]) -> Settings {
    Settings {
        origins: origins.iter().map(|origin| (*origin).to_owned()).collect(),
        ..Settings::default()
    }
}

fn grants(origins: &[&str], origin: &str) -> bool {
    Cors::read(&settings(origins))
        .expect("origins")
        .allows(origin.as_bytes())
}

#[test]
fn origins_are_granted_as_they_are_written() {
    for (given, origin, is_granted) in [
        (&["https://a.com"][..], "https://a.com", true),
        (&["https://a.com", "https://b.com"], "https://b.com", true),
        (&["https://a.com", "https://b.com"], "https://b.com:8443", false),
        (&["https://a.com", "https://b.com"], "http://b.com", false),
        (
            &["https://a.com", "https://b.com"],
            "https://b.com.evil.com",
            false,
        ),
        (&["https://a.com", "https://b.com"], "https://B.com", false),
        (&["https://*.a.com"], "https://x.a.com", true),
        (&["https://*.a.com"], "https://x.y.a.com", true),
        (&["https://*.a.com"], "https://a.com", false),
        (&["https://*.a.com"], "https://.a.com", false),
        (&["https://*.a.com"], "https://xa.com", false),
        (&["https://*.a.com"], "https://evil.com/.a.com", false),
        (&["https://*.a.com"], "https://evil.com?.a.com", false),
        (&["https://*.a.com"], "https://evil.com:1.a.com", false),
        (&["https://*.a.com"], "https://x@y.a.com", false),
        (&["https://*.a.com"], "https://x..a.com", false),
        (&["https://*.a.com"], "https://x.a.com:8443", false),
        (&["https://*.a.com:8443"], "https://x.a.com:8443", true),
        (&["https://*.a.com:8443"], "https://x.a.com", false),
        (&["http://localhost:*"], "http://localhost:5173", true),
        (&["http://localhost:*"], "http://localhost", true),
        (&["http://localhost:*"], "http://localhost:", false),
        (&["http://localhost:*"], "http://localhost:5173.evil.com", false),
        (&["http://localhost:*"], "http://localhost.evil.com:1", false),
        (&["http://*.a.com:*"], "http://x.a.com:1", true),
        (&["http://[::1]:*"], "http://[::1]:5173", true),
        (&["http://[::1]:*"], "http://[::1]", true),
        (&["null"], "null", true),
        (&["https://a.com", "https://b.com"], "null", false),
        (&["reflect"], "https://anybody.example", true),
        (&["app://x"], "app://x", true),
        (
            &["https://a.com:80", "http://a.com:443"],
            "https://a.com:80",
            true,
        ),
    ] {
        assert_eq!(grants(given, origin), is_granted, "{given:?}: {origin}");
    }
    let any = Cors::read(&settings(&["*"])).expect("origins");
    assert_eq!(any.grant(None), Some(&b"*"[..]));
    let one = Cors::read(&settings(&["https://a.com"])).expect("origins");
    assert_eq!(one.grant(Some(b"https://evil.com")), Some(&b"https://a.com"[..]));
    assert!(one.refused.is_empty());
}

#[test]
fn so_many_origins_are_kept_and_no_more() {
    let cors = Cors::read(&settings(&["reflect"])).expect("origins");
    let origin = |number: usize| format!("https://app{number}.example.com").into_bytes();
    let first = cors.fields(Some(&origin(0)));
    assert!(Arc::ptr_eq(&first, &cors.fields(Some(&origin(0)))));
    for number in 0..10_000 {
        cors.fields(Some(&origin(number)));
        assert!(cors.known.len() <= known::ORIGINS_MAX);
    }
    let kept = cors.known.len();
    let long = vec![b'a'; known::ORIGIN_BYTES_MAX + 1];
    assert_ne!(cors.fields(Some(&long)), cors.fields(None));
    assert_eq!(cors.known.len(), kept);
    let listed = Cors::read(&settings(&["https://*.a.com"])).expect("origins");
    listed.fields(Some(b"https://evil.com"));
    assert_eq!(listed.known.len(), 0, "what is not granted is not kept");
}

#[test]
fn what_browsers_would_not_take_is_refused() {
    let wrong = |settings: &Settings| Cors::read(settings).expect_err("wrong").to_string();
    for (origins, complaint) in [
        (&[][..], "names nobody"),
        (&["*", "https://a.com"], "stands alone"),
        (&["https://a.com", "reflect"], "stands alone"),
        (&["a.com"], "is no origin"),
        (&["https://a.com/"], "is no origin"),
        (&["https://A.com"], "such as \"https://a.com\""),
        (&["https://a.com:443"], "such as \"https://a.com\""),
        (&["http://a.com:80"], "such as \"http://a.com\""),
        (&["https://*.A.com"], "such as \"https://*.a.com\""),
        (&["https://*"], "is no origin"),
        (&["https://*a.com"], "is no origin"),
        (&["https://a.*.com"], "is no origin"),
        (&["https://x@a.com"], "is no origin"),
        (&["https://\u{fc}.com"], "is no origin"),
    ] {
        let error = wrong(&settings(origins));
        assert!(error.contains(complaint), "{origins:?}: {error}");
    }
    let with_credentials = |settings: Settings| Settings {
        credentials: true,
        ..settings
    };
    assert_eq!(
        Cors::read(&with_credentials(settings(&["*"]))).err(),
        Some(CorsError::Credentials)
    );
    assert!(Cors::read(&with_credentials(settings(&["reflect"]))).is_ok());
    let starred = Settings {
        allowed_headers: Some(vec!["*".to_owned()]),
        ..settings(&["https://a.com"])
    };
    assert!(Cors::read(&starred).is_ok());
    assert_eq!(
        wrong(&with_credentials(starred)),
        CorsError::Star("allowedHeaders").to_string()
    );
    let named = Settings {
        methods: Some(vec!["GET, POST".to_owned()]),
        ..settings(&["https://a.com"])
    };
    assert_eq!(wrong(&named), "\"GET, POST\" in methods is no name");
}
