//! From the path of a request to a name in a folder.
//!
//! Owns which paths name nothing, whatever is in the folder: what a careless reader could take for another path. Never looks
//! at a file. Called by: `folder`.

/// No system takes longer paths.
const NAME_BYTES_MAX: usize = 4096;

/// What a path names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Name {
    /// Segments with slashes between them, and neither before nor behind; empty: the folder itself.
    pub(crate) bytes: Vec<u8>,
    /// The path ends with a slash, or is empty.
    pub(crate) is_of_folder: bool,
}

impl Name {
    /// The name of a percent-encoded path, with or without a slash before it. `None`: it names nothing.
    ///
    /// Not named by anything are: empty segments, those that begin with a dot, but for a `.well-known` in the first place or
    /// where `dot_files` says so, and `.` and `..` in any case; slashes and backslashes that are encoded, backslashes that are
    /// not; control characters; what is not UTF-8, overlong forms included; escapes that are none. An escape is decoded once.
    pub(crate) fn of(path: &[u8], dot_files: bool) -> Option<Name> {
        let path = path.strip_prefix(b"/").unwrap_or(path);
        let (path, is_of_folder) = match path.strip_suffix(b"/") {
            Some(b"") => return None,
            Some(path) => (path, true),
            None => (path, path.is_empty()),
        };
        let bytes = decoded(path)?;
        let text = std::str::from_utf8(&bytes).ok()?;
        let mut segments = text.split('/').enumerate();
        let is_named =
            bytes.is_empty() || segments.all(|(place, segment)| is_segment(segment, place, dot_files));
        is_named.then_some(Name { bytes, is_of_folder })
    }
}

/// Decodes escapes (RFC 3986 section 2.1).
fn decoded(path: &[u8]) -> Option<Vec<u8>> {
    if path.len() > 3 * NAME_BYTES_MAX {
        return None;
    }
    let mut decoded = Vec::with_capacity(path.len());
    let mut rest = path;
    while let Some((&byte, behind)) = rest.split_first() {
        rest = behind;
        let byte = match byte {
            b'%' => {
                let (digits, behind) = behind.split_first_chunk::<2>()?;
                rest = behind;
                let byte = digit(digits[0])? << 4 | digit(digits[1])?;
                if byte == b'/' {
                    return None;
                }
                byte
            }
            byte => byte,
        };
        if byte == b'\\' || byte.is_ascii_control() {
            return None;
        }
        decoded.push(byte);
    }
    (decoded.len() < NAME_BYTES_MAX).then_some(decoded)
}

fn digit(byte: u8) -> Option<u8> {
    (byte as char).to_digit(16).map(|digit| digit as u8)
}

fn is_segment(segment: &str, place: usize, dot_files: bool) -> bool {
    match segment {
        "" | "." | ".." => false,
        ".well-known" if place == 0 => true,
        _ => dot_files || !segment.starts_with('.'),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn name(path: &str) -> Option<(String, bool)> {
        let name = Name::of(path.as_bytes(), false)?;
        Some((
            String::from_utf8(name.bytes).expect("it was judged"),
            name.is_of_folder,
        ))
    }

    #[test]
    fn names() {
        for (path, expected, is_of_folder) in [
            ("", "", true),
            ("/", "", true),
            ("/a", "a", false),
            ("a/b.txt", "a/b.txt", false),
            ("/a/", "a", true),
            ("/a%20b/%c3%a4", "a b/ä", false),
            ("/a..b/c.", "a..b/c.", false),
            ("/%252e%252e/x", "%2e%2e/x", false),
            ("/.well-known/acme", ".well-known/acme", false),
            ("/a:b", "a:b", false),
        ] {
            assert_eq!(name(path), Some((expected.to_owned(), is_of_folder)), "{path}");
        }
    }

    #[test]
    fn what_names_nothing() {
        for path in [
            "//",
            "//a",
            "/a//b",
            "/a//",
            "/.",
            "/..",
            "/../a",
            "/a/..",
            "/a/../../b",
            "/%2e%2e/a",
            "/%2E%2e/",
            "/.%2e/a",
            "/..%2fa",
            "/a%2fb",
            "/a%2Fb",
            "/a%5cb",
            "/a\\b",
            "/..\\a",
            "/a%00",
            "/a%00.txt",
            "/%0a",
            "/%7f",
            "/%c0%ae%c0%ae/a",
            "/%e0%80%ae",
            "/%ff",
            "/%",
            "/%2",
            "/%zz",
            "/%u002e",
            "/.git/config",
            "/a/.env",
            "/%2eenv",
            "/a/.well-known",
        ] {
            assert_eq!(name(path), None, "{path}");
        }
        assert_eq!(Name::of(&vec![b'a'; 5_000], false), None);
        assert_eq!(Name::of(&vec![b'%'; 50_000], false), None);
    }

    #[test]
    fn dot_files_where_they_are_wanted() {
        assert!(Name::of(b"/.env", true).is_some());
        assert!(Name::of(b"/a/.b/c", true).is_some());
        assert!(Name::of(b"/a/../c", true).is_none());
    }

    proptest! {
        #[test]
        fn no_path_leaves_the_folder(path in r"(/|\.|%2e|%2E|%2f|%5c|\\|%00|%c0|%ae|a|%61|%25|b){0,12}") {
            for dot_files in [false, true] {
                let Some(name) = Name::of(path.as_bytes(), dot_files) else { continue };
                let text = String::from_utf8(name.bytes).expect("it was judged");
                prop_assert!(!text.starts_with('/') && !text.ends_with('/'), "{}", text);
                prop_assert!(!text.contains(['\\', '\0']), "{}", text);
                if !text.is_empty() {
                    let is_out = text.split('/').any(|segment| matches!(segment, "" | "." | ".."));
                    prop_assert!(!is_out, "{}", text);
                }
            }
        }

        #[test]
        fn any_bytes_are_judged(path in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Name::of(&path, false);
        }
    }
}
