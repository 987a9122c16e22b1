//! Which methods a target of a route answers.
//!
//! Owns the methods that routes know. Called by: whoever makes routes; the table.

/// The methods that a route may name, each a bit, in this order.
const NAMES: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"];

/// The bit of all methods that routes do not know by name.
const OTHER: u16 = 1 << NAMES.len();

/// No route knows a method by this name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} is no method that a route knows")]
pub struct UnknownMethod(pub String);

/// A set of methods.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Methods(u16);

impl Methods {
    /// Every one, also those that routes do not know by name.
    pub const ALL: Methods = Methods(OTHER | (OTHER - 1));
    /// What a ready response answers (RFC 9110 section 9.3.2: HEAD is GET without content).
    pub const GET_AND_HEAD: Methods = Methods(3);
    /// OPTIONS alone.
    pub const OPTIONS: Methods = Methods(1 << 5);

    /// The set of one method.
    ///
    /// # Errors
    /// Routes do not know it.
    pub fn named(name: &str) -> Result<Self, UnknownMethod> {
        let number = NAMES.iter().position(|known| *known == name);
        number
            .map(|number| Methods(1 << number))
            .ok_or_else(|| UnknownMethod(name.to_owned()))
    }

    /// The set of a request's method.
    #[inline]
    pub(crate) fn of_request(method: &[u8]) -> Self {
        let number = NAMES.iter().position(|known| known.as_bytes() == method);
        Methods(number.map_or(OTHER, |number| 1 << number))
    }

    /// Whether all of the others are in it.
    #[inline]
    pub fn contain(self, others: Methods) -> bool {
        self.0 & others.0 == others.0
    }

    /// Those of both.
    #[must_use]
    pub fn with(self, others: Methods) -> Self {
        Methods(self.0 | others.0)
    }

    /// The names of those that have one.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        NAMES
            .iter()
            .enumerate()
            .filter(move |(number, _)| self.0 & (1 << number) != 0)
            .map(|(_, name)| *name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn methods_are_told_apart() {
        let get = Methods::named("GET").expect("a method");
        assert!(Methods::GET_AND_HEAD.contain(get));
        assert!(!Methods::GET_AND_HEAD.contain(Methods::of_request(b"POST")));
        assert!(!Methods::GET_AND_HEAD.contain(Methods::of_request(b"get")));
        assert!(Methods::ALL.contain(Methods::of_request(b"PROPFIND")));
        assert_eq!(Methods::named("OPTIONS"), Ok(Methods::OPTIONS));
        assert_eq!(Methods::named("get"), Err(UnknownMethod("get".to_owned())));
        let both = get.with(Methods::named("PATCH").expect("a method"));
        assert_eq!(both.names().collect::<Vec<_>>(), ["GET", "PATCH"]);
    }
}
