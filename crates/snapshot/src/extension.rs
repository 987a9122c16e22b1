// The ops that howth's JavaScript calls, as functions that do nothing.
//
// Included by `build.rs`, which puts them into the snapshot, and by `lib.rs`, which names them again at run time. The ops'
// Rust lives in the runtime crate: an isolate gives these functions the real code, so only a new name makes a new snapshot.

// No two may do the same: the compiler makes one function of equal ones, and V8 knows an op in the snapshot by its
// function.
macro_rules! placeholders {
    ([$($name:ident,)*] [$($async_name:ident,)*]) => {
        $(
            #[deno_core::op2]
            #[string]
            fn $name() -> String {
                stringify!($name).to_owned()
            }
        )*
        // For these the snapshot has a function around the op's that makes the promise, and passes on as many arguments as
        // this takes.
        $(
            #[deno_core::op2]
            #[string]
            async fn $async_name(_: u32, _: u32, _: u32, _: u32) -> String {
                stringify!($async_name).to_owned()
            }
        )*

        deno_core::extension!(howth_ops, ops = [$($name,)* $($async_name),*]);
    };
}

howth_javascript::ops!(placeholders);
