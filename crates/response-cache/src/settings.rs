//! What a program says of a route whose responses are kept.
//!
//! Owns the bounds of what it may say. Called by: the runtime, which reads it; all rules.

use crate::query::Query;

/// Names of fields, names of a query's parameters, tags: of each so many.
const NAMES_MAX: usize = 64;

/// For how long a response is fresh.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lifetime {
    /// Always so many microseconds.
    Fixed(u64),
    /// As it says itself (RFC 9111 section 4.2.1); one that says nothing is not kept.
    OfResponse,
}

/// What a program says.
#[derive(Clone, Debug)]
pub struct Settings {
    /// For how long responses are fresh.
    pub lifetime: Lifetime,
    /// For so many microseconds more they are given while one is made anew.
    pub stale_while_revalidate_us: u64,
    /// For so many microseconds more they are given in the place of an error.
    pub stale_if_error_us: u64,
    /// Fields of requests for whose values responses are kept apart, in lower case.
    pub vary: Vec<String>,
    /// What counts of a query.
    pub query: Query,
    /// Bytes of an entry; `None`: [what is usual](crate::ResponseCache::entry_bytes_usual).
    pub bytes_max: Option<usize>,
    /// What all of its responses are tagged with.
    pub tags: Vec<String>,
    /// For so many microseconds a request waits for the response to another.
    pub wait_us: u64,
}

/// What is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// An entry would be larger than the cache takes.
    #[error(
        "maxBytes is {bytes}, but an entry may have {bytes_max}: a thirty-second of --cache-bytes; give less, or a larger --cache-bytes"
    )]
    Bytes {
        /// That was said.
        bytes: usize,
        /// That may be.
        bytes_max: usize,
    },
    /// A list is too long.
    #[error("{option} has {count} elements, more than {NAMES_MAX}")]
    Count {
        /// The list.
        option: &'static str,
        /// How long it is.
        count: usize,
    },
    /// A field is not one by which responses can be kept apart.
    #[error("vary: \"{0}\" is not the name of a field")]
    Field(String),
}

impl Settings {
    /// Whether responses are kept apart by a field.
    pub(crate) fn varies_by(&self, name: &str) -> bool {
        self.vary.iter().any(|own| own == name)
    }

    /// Checks it against what the cache takes.
    ///
    /// # Errors
    /// It is beyond a bound.
    pub(crate) fn check(&self, entry_bytes_max: usize) -> Result<(), SettingsError> {
        if let Some(bytes) = self.bytes_max.filter(|bytes| *bytes > entry_bytes_max) {
            return Err(SettingsError::Bytes {
                bytes,
                bytes_max: entry_bytes_max,
            });
        }
        let query = match &self.query {
            Query::Whole => 0,
            Query::Only(names) => names.len(),
        };
        for (option, count) in [
            ("vary", self.vary.len()),
            ("query", query),
            ("tags", self.tags.len()),
        ] {
            if count > NAMES_MAX {
                return Err(SettingsError::Count { option, count });
            }
        }
        let is_name = |name: &&String| howth_http1::validate_field(name.as_bytes(), b"").is_ok();
        match self.vary.iter().find(|name| !is_name(name)) {
            Some(name) => Err(SettingsError::Field(name.clone())),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(crate) fn settings() -> Settings {
        Settings {
            lifetime: Lifetime::Fixed(1_000_000),
            stale_while_revalidate_us: 0,
            stale_if_error_us: 0,
            vary: Vec::new(),
            query: Query::Whole,
            bytes_max: None,
            tags: Vec::new(),
            wait_us: 0,
        }
    }

    #[test]
    fn what_is_beyond_a_bound_is_named() {
        assert_eq!(settings().check(100), Ok(()));
        let large = Settings {
            bytes_max: Some(101),
            ..settings()
        };
        let error = large.check(100).expect_err("it is too large");
        assert!(error.to_string().contains("--cache-bytes"));
        let many = Settings {
            tags: vec!["a".to_owned(); NAMES_MAX + 1],
            ..settings()
        };
        assert_eq!(
            many.check(100).expect_err("there are too many").to_string(),
            "tags has 65 elements, more than 64"
        );
        let wrong = Settings {
            vary: vec!["accept language".to_owned()],
            ..settings()
        };
        assert_eq!(
            wrong.check(100),
            Err(SettingsError::Field("accept language".to_owned()))
        );
    }
}
