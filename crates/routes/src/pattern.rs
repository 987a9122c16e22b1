//! The path of a route, which may have parameters and a wildcard.
//!
//! Owns how it is read, and where its parameters stand in a path that it fits. Never compares paths: `tree` and `table`
//! do. Called by: whoever makes routes; the table, for the route that it has found.

use howth_http1::serialize_path;
use memchr::memchr;

use crate::places::{Place, Places};

/// Parameters of one route.
pub const PARAMETERS_MAX: usize = 64;

/// What is wrong with the path of a route.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// It does not begin with a slash.
    #[error("the route \"{0}\" must begin with \"/\"")]
    NoSlash(String),
    /// It has a query or a fragment.
    #[error(
        "the route \"{0}\" must be a path alone; its handler finds what follows \"?\" in the request's URL"
    )]
    NotAlone(String),
    /// Something follows the wildcard, or stands beside it.
    #[error("in the route \"{0}\" the \"*\" must be the last segment")]
    Wildcard(String),
    /// It has more parameters than [`PARAMETERS_MAX`].
    #[error("the route \"{0}\" has more than {PARAMETERS_MAX} parameters")]
    Parameters(String),
}

/// A segment of a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Segment {
    /// It is this.
    Exact(Box<[u8]>),
    /// It is any that is not empty, and has a name.
    Parameter(Box<str>),
}

/// A path with `:name` for a segment, or `*` for whatever follows; or one with neither.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    /// Serialised.
    path: Box<str>,
    /// Between the slashes, without the wildcard.
    pub(crate) segments: Box<[Segment]>,
    /// A wildcard follows.
    pub(crate) is_open: bool,
}

impl Pattern {
    /// Reads a path as programs write it.
    ///
    /// # Errors
    /// It is none that a route can have.
    pub fn read(given: &str) -> Result<Self, PatternError> {
        if !given.starts_with('/') {
            return Err(PatternError::NoSlash(given.to_owned()));
        }
        if given.contains(['?', '#']) {
            return Err(PatternError::NotAlone(given.to_owned()));
        }
        let path = serialize_path(given).ok_or_else(|| PatternError::NoSlash(given.to_owned()))?;
        let mut segments: Vec<&str> = path[1..].split('/').collect();
        let is_open = segments.last() == Some(&"*");
        if is_open {
            segments.pop();
        }
        if segments.iter().any(|segment| segment.contains('*')) {
            return Err(PatternError::Wildcard(path));
        }
        let segments: Box<[Segment]> = segments.iter().map(|segment| Segment::read(segment)).collect();
        let is_parameter = |segment: &&Segment| matches!(segment, Segment::Parameter(_));
        if segments.iter().filter(is_parameter).count() > PARAMETERS_MAX {
            return Err(PatternError::Parameters(path));
        }
        Ok(Pattern {
            path: path.into_boxed_str(),
            segments,
            is_open,
        })
    }

    /// The path, serialised.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Whether it fits one path alone.
    pub fn is_exact(&self) -> bool {
        !self.is_open && self.names().next().is_none()
    }

    /// Whether it ends in a wildcard.
    pub fn is_open(&self) -> bool {
        self.is_open
    }

    /// The names of its parameters, in their order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.segments.iter().filter_map(|segment| match segment {
            Segment::Parameter(name) => Some(&**name),
            Segment::Exact(_) => None,
        })
    }

    /// Where the parameters stand in a path that it fits, and what the wildcard stands for.
    pub(crate) fn find_places(&self, path: &[u8], places: &mut Places) {
        places.clear();
        let mut start = 1;
        for segment in &self.segments {
            let rest = path.get(start..).unwrap_or_default();
            let length = memchr(b'/', rest).unwrap_or(rest.len());
            if let Segment::Parameter(_) = segment {
                places.push(Place::new(start, length));
            }
            start += length + 1;
        }
        places.rest = self.is_open.then(|| {
            let start = start.min(path.len());
            Place::new(start, path.len() - start)
        });
    }
}

impl Segment {
    fn read(segment: &str) -> Self {
        match segment.strip_prefix(':') {
            Some(name) => Segment::Parameter(name.into()),
            None => Segment::Exact(segment.as_bytes().into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_every_kind() {
        for (given, path, names, is_open) in [
            ("/", "/", &[][..], false),
            ("/caf\u{e9}", "/caf%C3%A9", &[], false),
            ("/a/../b", "/b", &[], false),
            ("/users/:id", "/users/:id", &["id"], false),
            ("/:a/x/:b/*", "/:a/x/:b/*", &["a", "b"], true),
            ("/*", "/*", &[], true),
            ("/a:b", "/a:b", &[], false),
        ] {
            let pattern = Pattern::read(given).expect(given);
            assert_eq!(pattern.path(), path);
            assert_eq!(pattern.names().collect::<Vec<_>>(), names, "{given}");
            assert_eq!(pattern.is_open(), is_open, "{given}");
            assert_eq!(pattern.is_exact(), names.is_empty() && !is_open, "{given}");
        }
    }

    #[test]
    fn what_is_no_path_is_explained() {
        let many = "/:a".repeat(PARAMETERS_MAX + 1);
        for (given, complaint) in [
            ("a", "must begin with"),
            ("", "must begin with"),
            ("/a?b", "must be a path alone"),
            ("/a#b", "must be a path alone"),
            ("/a/*/b", "must be the last segment"),
            ("/a*", "must be the last segment"),
            (many.as_str(), "more than 64 parameters"),
        ] {
            let error = Pattern::read(given).expect_err(given).to_string();
            assert!(error.contains(complaint), "{given}: {error}");
        }
    }

    #[test]
    fn places_of_parameters() {
        let mut places = Places::default();
        let pattern = Pattern::read("/users/:id/posts/:post/*").expect("a pattern");
        let path = b"/users/7/posts/a%20b/c/d";
        pattern.find_places(path, &mut places);
        let found: Vec<_> = places.iter().map(|place| place.of(path)).collect();
        assert_eq!(found, [&b"7"[..], b"a%20b"]);
        assert_eq!(places.rest.map(|rest| rest.of(path)), Some(&b"c/d"[..]));
    }
}
