//! How the binary is linked.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-env-changed=HOWTH_SYMBOLS");
    // At a fixed address, as Node and Bun are: a relocatable binary would have 190,000 pointers adjusted at each start,
    // which takes 2 ms and 3 MiB of memory that is no longer the file's. Heap, stack, libraries and the code that V8
    // makes are at random addresses all the same.
    if std::env::var("CARGO_CFG_TARGET_OS").is_ok_and(|system| system == "linux") {
        println!("cargo:rustc-link-arg-bins=-no-pie");
        // What native add-ons call: Node-API, and the part of libuv that deno_napi has. Not `node_module_register`, which
        // could only refuse them: an add-on that needs it cannot be opened, like one that needs anything else of Node.
        for names in ["napi_*", "node_api_*", "uv_*"] {
            println!("cargo:rustc-link-arg-bins=-Wl,--export-dynamic-symbol={names}");
        }
        // A fifth of the file, which nobody reads. `strip` in the profile would be a setting of every crate: with
        // HOWTH_SYMBOLS=1 only the link is done again.
        if std::env::var_os("HOWTH_SYMBOLS").is_none() {
            println!("cargo:rustc-link-arg-bins=-Wl,--strip-all");
        }
        if has_lld() {
            // Functions with the same machine code are one, and so is constant data with the same bytes: 8 MB
            // (docs/decisions/033-equal-functions-are-one.md). Not in the build script that makes the snapshot, and it
            // does not matter: what V8 writes there of an address of ours is its place in a list.
            println!("cargo:rustc-link-arg-bins=-Wl,--icf=all,--ignore-data-address-equality");
        }
        // Whoever calls these calls `src/offspring.rs`.
        for function in ["pthread_create", "posix_spawnp", "fork"] {
            println!("cargo:rustc-link-arg-bins=-Wl,--wrap={function}");
        }
    }
}

/// rustc links with the LLVM linker of its own, for this target and unless it is told otherwise. The GNU linker cannot fold.
fn has_lld() -> bool {
    let is_target = std::env::var("TARGET").is_ok_and(|target| target == "x86_64-unknown-linux-gnu");
    let flags = std::env::var("CARGO_ENCODED_RUSTFLAGS").unwrap_or_default();
    is_target && !flags.contains("linker-features=-lld")
}
