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
        // Whoever calls these calls `src/offspring.rs`.
        for function in ["pthread_create", "posix_spawnp", "fork"] {
            println!("cargo:rustc-link-arg-bins=-Wl,--wrap={function}");
        }
    }
}
