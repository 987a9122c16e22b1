//! brotli 9, which async-compression uses, under the version that Deno's crates ask for.
//!
//! What Deno calls of it is the same in both, but for the place of one type and the type of one argument, so that it is
//! compiled once instead of twice.

pub use current::*;

/// Writers, and where they get memory.
pub mod writer {
    pub use current::enc::StandardAlloc;
}

/// What C would call.
pub mod ffi {
    pub use current::ffi::*;

    /// Decompression.
    pub mod decompressor {
        pub use current::ffi::decompressor::*;

        /// Its functions.
        pub mod ffi {
            pub use current::ffi::decompressor::ffi::*;

            /// Does nothing, as in brotli 6: Deno sets every parameter, to -1 where the program sets none.
            ///
            /// # Safety
            /// It is always safe.
            #[allow(non_snake_case)]
            pub unsafe extern "C" fn BrotliDecoderSetParameter(
                _state: *mut BrotliDecoderState,
                _parameter: interface::BrotliDecoderParameter,
                _value: u32,
            ) {
            }
        }
    }
}
