//! What nobody can make a folder do.

mod support;

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::time::Duration;

use howth_files::{Folder, FolderError, Settings};
use proptest::prelude::*;
use support::{Site, bytes_of, head_of, site};

#[test]
fn no_link_leads_out() {
    let site = site();
    let outside = tempfile::tempdir().expect("a folder");
    fs::write(outside.path().join("secret.txt"), "secret").expect("room for it");
    symlink(outside.path(), site.path("out")).expect("a link");
    symlink(outside.path().join("secret.txt"), site.path("secret.txt")).expect("a link");
    symlink("../../../../../../../../etc/hostname", site.path("docs/host")).expect("a link");
    for target in ["/out/secret.txt", "/secret.txt", "/docs/host", "/out/"] {
        assert_eq!(site.get(target).status, 404, "{target}");
    }
    // A file that was served does not become one outside by a link in its place.
    let mut site = site;
    assert_eq!(site.get("/app.js").status, 200);
    fs::remove_file(site.path("app.js")).expect("it is there");
    symlink(outside.path().join("secret.txt"), site.path("app.js")).expect("a link");
    site.now += Duration::from_secs(2);
    assert_eq!(site.get("/app.js").status, 404);
}

#[test]
fn no_more_is_kept_than_there_is_room_for() {
    let site = Site::new(Settings {
        cache_bytes_max: 300_000,
        ..Settings::default()
    });
    for number in 0..200 {
        fs::write(site.path(&format!("{number}.bin")), vec![b'x'; 100_000]).expect("room for it");
    }
    for _ in 0..2 {
        for number in 0..200 {
            assert_eq!(site.get(&format!("/{number}.bin")).body.len(), 100_000);
        }
    }
    let open = fs::read_dir("/proc/self/fd").map_or(0, Iterator::count);
    assert!(open < 60, "{open} descriptors are open");
}

#[test]
fn a_folder_that_is_not_there() {
    let error = Folder::open(Path::new("/nowhere/at/all"), Settings::default()).expect_err("none");
    assert!(matches!(error, FolderError::Open { .. }));
    assert_eq!(
        error.to_string(),
        "cannot serve files from /nowhere/at/all: No such file or directory (os error 2); name a folder that exists and \
         that this user may read"
    );
    let settings = Settings {
        cache_control: vec![("a[".to_owned(), "no-cache".to_owned())],
        ..Settings::default()
    };
    let root = tempfile::tempdir().expect("a folder");
    let error = Folder::open(root.path(), settings).expect_err("a malformed pattern");
    assert!(
        error.to_string().starts_with("the pattern \"a[\" is malformed"),
        "{error}"
    );
}

proptest! {
    /// Whatever a client asks for, it gets what is in the folder, and no more of it than there is.
    #[test]
    fn no_path_leads_to_a_secret(
        path in r"(/|\.\.|\.|%2e|%2E%2e|%2f|%5c|\\|%00|%c0%ae|docs|out|secret\.txt|\.env|app\.js|%25|[a-z]|/){0,10}"
    ) {
        thread_local! {
            static SITE: Site = site();
        }
        SITE.with(|site| {
            let head = head_of("/", "");
            let response = site.folder.answer(&head, path.as_bytes(), site.now);
            assert!(matches!(response.status, 200 | 301 | 404), "{path}: {}", response.status);
            assert!(!bytes_of(&response).starts_with(b"secret"), "{path}");
        });
    }

    #[test]
    fn any_fields_are_borne(
        range in r"(bytes=)?[0-9,\- ]{0,20}",
        tags in r#"(W/)?["a-z,\* ]{0,12}"#,
        accept in r"[a-z;=0-9.,\* ]{0,30}",
    ) {
        thread_local! {
            static SITE: Site = site();
        }
        SITE.with(|site| {
            let fields = format!(
                "range: {range}\r\nif-none-match: {tags}\r\nif-range: {tags}\r\naccept-encoding: {accept}\r\n"
            );
            let response = site.get_with("/app.js", &fields);
            assert!(matches!(response.status, 200 | 206 | 304 | 416), "{}", response.status);
            assert!(bytes_of(&response).len() <= 10 + 16 * 200);
        });
    }
}
