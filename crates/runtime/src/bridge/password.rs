//! Hashes of passwords, as `Bun.password` makes and knows them: Argon2 (RFC 9106) as a PHC string, bcrypt in crypt's form.
//!
//! Owns the choice by what a hash looks like, and the bounds of what one may cost. The libraries compute. Called by: the ops
//! (`password_ops.rs`), on threads that may wait.

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{self, PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use deno_node_crypto::digest::Hasher;

/// Memory that one hash may take, in KiB: 4 GiB. A hash that asks for more is refused instead of ending the process.
const MEMORY_MAX: u32 = 4 * 1024 * 1024;
/// Bytes of a password that bcrypt looks at; of a longer one it is given the SHA-512, as by Bun.
const BCRYPT_BYTES_MAX: usize = 72;
/// As long as the salts that Bun writes.
const SALT_BYTES: usize = 32;

/// How a password is hashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Recipe {
    /// Argon2 with so much memory, in KiB, and so many passes.
    Argon2 {
        algorithm: Algorithm,
        memory: u32,
        passes: u32,
    },
    /// bcrypt with two to the power of `cost` rounds.
    Bcrypt { cost: u32 },
}

/// Why there is no hash, or no verdict.
#[derive(Debug, thiserror::Error, deno_error::JsError)]
#[class(generic)]
pub(super) enum PasswordError {
    /// Neither name nor hash are known.
    #[error("the algorithm of the password's hash is not known; bcrypt, argon2id, argon2i and argon2d are")]
    #[property("code" = "PASSWORD_UNSUPPORTED_ALGORITHM")]
    Algorithm,
    /// What should be a hash is none.
    #[error("the password's hash is malformed")]
    #[property("code" = "PASSWORD_INVALID_ENCODING")]
    Malformed,
    /// A cost is out of its bounds.
    #[error("a password's hash cannot be computed: {0}")]
    #[property("code" = "PASSWORD_COST")]
    Cost(String),
}

impl Recipe {
    /// `first`: KiB, or the cost of bcrypt. `passes` counts for Argon2 alone.
    pub(super) fn named(name: &str, first: u32, passes: u32) -> Result<Self, PasswordError> {
        if name == "bcrypt" {
            return Ok(Recipe::Bcrypt { cost: first });
        }
        Ok(Recipe::Argon2 {
            algorithm: Algorithm::new(name).map_err(|_| PasswordError::Algorithm)?,
            memory: first,
            passes,
        })
    }

    pub(super) fn hash(self, password: &[u8]) -> Result<String, PasswordError> {
        match self {
            Recipe::Argon2 {
                algorithm,
                memory,
                passes,
            } => {
                let params = Params::new(bounded(memory)?, passes, 1, None).map_err(cost)?;
                let mut salt = [0; SALT_BYTES];
                getrandom::fill(&mut salt).map_err(cost)?;
                let hasher = Argon2::new(algorithm, Version::V0x13, params);
                let hash = hasher.hash_password_with_salt(password, &salt).map_err(cost)?;
                Ok(hash.to_string())
            }
            Recipe::Bcrypt { cost: rounds } => {
                with_bcrypts_bytes(password, |bytes| bcrypt::hash(bytes, rounds).map_err(cost))
            }
        }
    }
}

/// Whether it is the hash of the password.
pub(super) fn verify(password: &[u8], hash: &str) -> Result<bool, PasswordError> {
    if hash.starts_with("$2") {
        return with_bcrypts_bytes(password, |bytes| {
            bcrypt::verify(bytes, hash).map_err(|_| PasswordError::Malformed)
        });
    }
    if !hash.starts_with("$argon2") {
        return Err(PasswordError::Algorithm);
    }
    let hash = PasswordHash::new(hash).map_err(|_| PasswordError::Malformed)?;
    if hash.salt.is_none() || hash.hash.is_none() {
        return Err(PasswordError::Malformed);
    }
    let params = Params::try_from(&hash).map_err(|_| PasswordError::Malformed)?;
    bounded(params.m_cost())?;
    match Argon2::default().verify_password(password, &hash) {
        Ok(()) => Ok(true),
        Err(password_hash::Error::PasswordInvalid) => Ok(false),
        Err(_) => Err(PasswordError::Malformed),
    }
}

fn with_bcrypts_bytes<R>(password: &[u8], use_bytes: impl FnOnce(&[u8]) -> R) -> R {
    if password.len() <= BCRYPT_BYTES_MAX {
        return use_bytes(password);
    }
    let digest = Hasher::new("sha512", None).ok().and_then(|hasher| {
        hasher.update(password);
        hasher.digest()
    });
    use_bytes(&digest.expect("SHA-512 is there"))
}

fn bounded(memory: u32) -> Result<u32, PasswordError> {
    if memory > MEMORY_MAX {
        return Err(PasswordError::Cost(format!(
            "{memory} KiB of memory are more than {MEMORY_MAX}"
        )));
    }
    Ok(memory)
}

fn cost(error: impl std::fmt::Display) -> PasswordError {
    PasswordError::Cost(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quick(name: &str) -> Recipe {
        let first = if name == "bcrypt" { 4 } else { 8 };
        Recipe::named(name, first, 1).expect("a recipe")
    }

    #[test]
    fn what_was_hashed_is_known_again() {
        for name in ["argon2id", "argon2i", "argon2d", "bcrypt"] {
            let hash = quick(name).hash(b"secret").expect("a hash");
            assert!(verify(b"secret", &hash).expect("a verdict"), "{hash}");
            assert!(!verify(b"Secret", &hash).expect("a verdict"), "{hash}");
            assert_ne!(hash, quick(name).hash(b"secret").expect("a hash"));
        }
    }

    /// Made by other programs: the reference implementation of Argon2 (`echo -n password | argon2 somesalt …`), and
    /// crypt_blowfish's.
    #[test]
    fn hashes_of_other_programs_are_known() {
        let known: [(&[u8], &str); 2] = [
            (
                b"password",
                "$argon2i$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$wWKIMhR9lyDFvRz9YTZweHKfbftvj+qf+YFY4NeBbtA",
            ),
            (
                b"U*U",
                "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
            ),
        ];
        for (password, hash) in known {
            assert!(verify(password, hash).expect("a verdict"), "{hash}");
        }
    }

    #[test]
    fn a_long_password_counts_to_its_end() {
        let long = [b'a'; 100];
        // Made by Bun 1.4.5.
        let known = "$2b$04$tNBAkgeYYy4dUtH8Fq2fXOpGoiVZkac7i2gsA7h/vEcwwpELf7ixi";
        assert!(verify(&long, known).expect("a verdict"));
        let hash = quick("bcrypt").hash(&long).expect("a hash");
        assert!(verify(&long, &hash).expect("a verdict"));
        assert!(!verify(&long[..99], &hash).expect("a verdict"));
    }

    #[test]
    fn what_is_no_hash_is_an_error() {
        for hash in ["", "secret", "$1$abc$def"] {
            assert!(
                matches!(verify(b"secret", hash), Err(PasswordError::Algorithm)),
                "{hash}"
            );
        }
        for hash in [
            "$2b$",
            "$2b$10$short",
            "$argon2id$v=19$m=8",
            "$argon2x$v=19$m=8,t=1,p=1$c29tZXNhbHQ$AAAA",
        ] {
            assert!(
                matches!(verify(b"secret", hash), Err(PasswordError::Malformed)),
                "{hash}"
            );
        }
    }

    #[test]
    fn nothing_costs_beyond_its_bound() {
        let costly = [
            Recipe::named("argon2id", MEMORY_MAX + 1, 1),
            Recipe::named("argon2id", 8, 0),
            Recipe::named("argon2id", 0, 1),
            Recipe::named("bcrypt", 3, 0),
            Recipe::named("bcrypt", 32, 0),
        ];
        for recipe in costly {
            let recipe = recipe.expect("a recipe");
            assert!(
                matches!(recipe.hash(b"secret"), Err(PasswordError::Cost(_))),
                "{recipe:?}"
            );
        }
        let hash =
            "$argon2id$v=19$m=4294967295,t=1,p=1$c29tZXNhbHQ$wWKIMhR9lyDFvRz9YTZweHKfbftvj+qf+YFY4NeBbtA";
        assert!(matches!(verify(b"secret", hash), Err(PasswordError::Cost(_))));
    }
}
