//! Coverage-guided search for bytes that the request decoder reads differently when they are split, or takes
//! although the strict grammar does not.
//!
//! The same checks as `crates/http1/tests/fuzz_seeded.rs`. Run: `cargo +nightly fuzz run request_decoder`.

#![no_main]

#[path = "../../crates/http1/tests/support/mod.rs"]
mod support;

use howth_http1::Limits;
use libfuzzer_sys::fuzz_target;
use support::random::Random;
use support::{decode_both, decode_split};

// The first two bytes choose the bounds and the splits, the others are the connection.
fuzz_target!(|data: &[u8]| {
    let [bounds, splits, input @ ..] = data else {
        return;
    };
    let limits = limits(*bounds);
    let splits = Random::new(u64::from(*splits)).splits(input.len());
    assert_eq!(decode_both(input, &limits), decode_split(input, &splits, &limits));
});

/// Even: the defaults. Odd: bounds small enough to be met.
fn limits(choice: u8) -> Limits {
    if choice.is_multiple_of(2) {
        return Limits::default();
    }
    let choice = usize::from(choice);
    Limits {
        head_bytes_max: choice,
        target_bytes_max: choice / 4,
        fields_max: choice % 7,
        body_bytes_max: choice as u64 % 23,
        chunk_extension_bytes_max: choice % 19,
        trailer_bytes_max: choice % 37,
        takes_connect: choice % 4 == 1,
        requires_host: choice % 5 != 0,
        takes_expectations: false,
    }
}
