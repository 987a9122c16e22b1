//! How the binary is linked.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    // At a fixed address, as Node and Bun are: a relocatable binary would have 190,000 pointers adjusted at each start,
    // which takes 2 ms and 3 MiB of memory that is no longer the file's. Heap, stack, libraries and the code that V8
    // makes are at random addresses all the same.
    if std::env::var("CARGO_CFG_TARGET_OS").is_ok_and(|system| system == "linux") {
        println!("cargo:rustc-link-arg-bins=-no-pie");
    }
}
