//! Nothing: the package is its test, `tests/wake_up.rs`.
