//! Arguments as a shell reads them.
//!
//! Called by: `script`.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};

/// The argument as it must be written so that a shell takes it as it is (POSIX.1-2024, Shell Command Language, 2.2.2).
pub(super) fn quoted(argument: &OsStr) -> OsString {
    let bytes = argument.as_bytes();
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-./:=@,+%".contains(byte);
    if !bytes.is_empty() && bytes.iter().all(is_plain) {
        return argument.to_owned();
    }
    let mut quoted = vec![b'\''];
    for byte in bytes {
        match byte {
            b'\'' => quoted.extend(b"'\\''"),
            byte => quoted.push(*byte),
        }
    }
    quoted.push(b'\'');
    OsString::from_vec(quoted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_takes_arguments_as_they_are() {
        for (argument, expected) in [
            ("--port=1", "--port=1"),
            ("a b", "'a b'"),
            ("", "''"),
            ("$HOME", "'$HOME'"),
            ("it's", "'it'\\''s'"),
            ("*", "'*'"),
            ("~", "'~'"),
        ] {
            assert_eq!(quoted(OsStr::new(argument)), OsStr::new(expected));
        }
    }
}
