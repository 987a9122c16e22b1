//! Fields that responses get beside those of the application.
//!
//! Owns which of them a response gets, by those that it has already. Never sends anything. Called by: what is around a route and
//! says them ([`Exchanges::add_fields`](crate::Exchanges::add_fields)); the engines' connections, when a head is encoded.

use howth_http1::{Field, InvalidResponse, is_forwarded, validate_field};

/// How a field is added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Adding {
    /// Unless the response has one of that name.
    IfMissing,
    /// In the place of all that the response has of that name.
    Instead,
    /// As a further line, for a field that is a list (RFC 9110 section 5.3), unless the response has the same line.
    Beside,
    /// Nothing is added, and what the response has of that name is left out; the value is empty.
    LeftOut,
}

/// One field, and how it is added.
#[derive(Clone, Debug, PartialEq, Eq)]
struct AddedField {
    name: Box<[u8]>,
    value: Box<[u8]>,
    adding: Adding,
}

/// Why a field cannot be added.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddedFieldError {
    /// It would break the message apart.
    #[error(transparent)]
    Invalid(#[from] InvalidResponse),
    /// RFC 9110 sections 6.4, 7.6.1 and 8.6, RFC 9112 section 6: the engine decides framing, and what becomes of the connection.
    #[error("{0} is a field of the connection, which howth sets itself")]
    OfConnection(String),
}

/// Fields that a response gets beside the application's own, in this order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AddedFields(Vec<AddedField>);

impl AddedFields {
    /// Adds one behind the others.
    ///
    /// # Errors
    /// The field cannot be sent, or is not the application's to say.
    pub fn push(&mut self, name: &[u8], value: &[u8], adding: Adding) -> Result<(), AddedFieldError> {
        validate_field(name, value)?;
        if !is_forwarded(name) {
            return Err(AddedFieldError::OfConnection(
                String::from_utf8_lossy(name).into_owned(),
            ));
        }
        self.0.push(AddedField {
            name: name.into(),
            value: value.into(),
            adding,
        });
        Ok(())
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Changes the fields of a response.
    pub fn apply<'a>(&'a self, fields: &mut Vec<Field<'a>>) {
        for AddedField { name, value, adding } in &self.0 {
            let is_named = |(own, _): &Field<'_>| own.eq_ignore_ascii_case(name);
            let is_added = match adding {
                Adding::IfMissing => !fields.iter().any(is_named),
                Adding::Beside => !fields.iter().any(|field| is_named(field) && *field.1 == **value),
                Adding::Instead | Adding::LeftOut => {
                    fields.retain(|field| !is_named(field));
                    *adding == Adding::Instead
                }
            };
            if is_added {
                fields.push((name, value));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn applied(adding: Adding, name: &str, value: &str) -> Vec<(String, String)> {
        let mut added = AddedFields::default();
        let pushed = added.push(name.as_bytes(), value.as_bytes(), adding);
        pushed.expect("a field that can be added");
        let mut fields: Vec<Field<'_>> = vec![(b"Vary", b"accept"), (b"x-own", b"1"), (b"vary", b"origin")];
        added.apply(&mut fields);
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        fields
            .iter()
            .map(|(name, value)| (text(name), text(value)))
            .collect()
    }

    fn own(extra: &[(&str, &str)]) -> Vec<(String, String)> {
        let all = [("Vary", "accept"), ("x-own", "1"), ("vary", "origin")];
        let all = all.iter().chain(extra);
        all.map(|(name, value)| (name.to_string(), value.to_string()))
            .collect()
    }

    #[test]
    fn each_is_added_in_its_way() {
        assert_eq!(applied(Adding::IfMissing, "X-Own", "2"), own(&[]));
        assert_eq!(applied(Adding::IfMissing, "x-new", "2"), own(&[("x-new", "2")]));
        assert_eq!(applied(Adding::Beside, "vary", "origin"), own(&[]));
        assert_eq!(applied(Adding::Beside, "vary", "te"), own(&[("vary", "te")]));
        let others = |rest: &[(&str, &str)]| {
            let all = [("x-own", "1")];
            let all = all.iter().chain(rest);
            all.map(|(name, value)| (name.to_string(), value.to_string()))
                .collect::<Vec<_>>()
        };
        assert_eq!(applied(Adding::Instead, "vary", "te"), others(&[("vary", "te")]));
        assert_eq!(applied(Adding::LeftOut, "vary", ""), others(&[]));
    }

    #[test]
    fn what_breaks_messages_is_refused() {
        let mut added = AddedFields::default();
        for name in [
            "Content-Length",
            "transfer-encoding",
            "connection",
            "keep-alive",
            "upgrade",
        ] {
            let error = added.push(name.as_bytes(), b"1", Adding::IfMissing);
            assert_eq!(error, Err(AddedFieldError::OfConnection(name.to_owned())));
        }
        assert!(added.push(b"a b", b"1", Adding::IfMissing).is_err());
        assert!(added.push(b"a", b"1\r\nb: 2", Adding::IfMissing).is_err());
        assert!(added.is_empty());
    }
}
