//! Ops behind `Bun.password`: at once, or by a promise while another thread computes.
//!
//! Called by: JavaScript.

use std::sync::LazyLock;

use deno_core::{op2, unsync::spawn_blocking};
use tokio::sync::Semaphore;

use super::password::{PasswordError, Recipe, verify};

/// A hash takes memory, 64 MiB by default, and all of a processor: of those that are asked for together, as many are computed
/// as there are processors, and the others wait.
static COMPUTING: LazyLock<Semaphore> = LazyLock::new(|| {
    let processors = std::thread::available_parallelism();
    Semaphore::new(processors.map_or(1, std::num::NonZeroUsize::get))
});

/// The hash of a password. `first`: the memory of Argon2 in KiB, or the cost of bcrypt.
#[op2]
#[string]
pub(super) fn op_howth_password_hash(
    #[buffer] password: &[u8],
    #[string] algorithm: &str,
    first: u32,
    passes: u32,
) -> Result<String, PasswordError> {
    Recipe::named(algorithm, first, passes)?.hash(password)
}

/// The same later.
#[op2(async(lazy), nofast)]
#[string]
pub(super) async fn op_howth_password_hash_later(
    #[buffer(copy)] password: Vec<u8>,
    #[string] algorithm: String,
    first: u32,
    passes: u32,
) -> Result<String, PasswordError> {
    let recipe = Recipe::named(&algorithm, first, passes)?;
    computed(move || recipe.hash(&password)).await
}

/// Whether it is the hash of a password.
#[op2(fast)]
pub(super) fn op_howth_password_verify(
    #[buffer] password: &[u8],
    #[string] hash: &str,
) -> Result<bool, PasswordError> {
    verify(password, hash)
}

/// The same later.
#[op2(async(lazy), nofast)]
pub(super) async fn op_howth_password_verify_later(
    #[buffer(copy)] password: Vec<u8>,
    #[string] hash: String,
) -> Result<bool, PasswordError> {
    computed(move || verify(&password, &hash)).await
}

async fn computed<R: Send + 'static>(
    compute: impl FnOnce() -> Result<R, PasswordError> + Send + 'static,
) -> Result<R, PasswordError> {
    // Never closed.
    let _permit = COMPUTING.acquire().await;
    let finished = spawn_blocking(compute).await;
    finished.unwrap_or_else(|error| Err(PasswordError::Cost(error.to_string())))
}
