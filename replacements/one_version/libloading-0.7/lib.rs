//! libloading 0.8 under the version that deno_napi asks for, with one thing otherwise: a library is opened only if every
//! symbol that it needs is there.
//!
//! deno_napi asks the system to look functions up when they are first called. One that is not there ends the process
//! then, where a program could have caught the error and done without the native add-on.

use std::fmt;

/// Why a library cannot be opened, or does not have a symbol: in the words of the system, which name the file and the
/// symbol, and what it means.
#[derive(Debug)]
pub struct Error(String);

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Error {}

impl From<current::Error> for Error {
    fn from(error: current::Error) -> Self {
        let said = error.to_string();
        let missing = said.split_once("undefined symbol: ").map(|(_, symbol)| symbol);
        let meaning = missing.map_or("", meaning);
        Self(said + meaning)
    }
}

/// Why a symbol is not there.
fn meaning(symbol: &str) -> &'static str {
    // Itanium's mangling of the namespaces `v8`, `node` and `cppgc`, and of constant methods there.
    let namespaces = ["2v8", "4node", "5cppgc"];
    let mangled = symbol
        .trim_start_matches("_ZT")
        .trim_start_matches(['V', 'I', 'S', 'T'])
        .trim_start_matches("_ZNK")
        .trim_start_matches("_ZN")
        .trim_start_matches('N');
    if symbol == "node_module_register" || namespaces.iter().any(|name| mangled.starts_with(name)) {
        " (the native add-on was built for the C++ interface of Node and V8, as with NODE_MODULE or nan; howth has \
         Node-API)"
    } else if symbol.starts_with("napi_") || symbol.starts_with("node_api_") {
        " (the native add-on needs a newer Node-API than howth has)"
    } else if symbol.starts_with("uv_") {
        " (the native add-on needs a function of libuv that howth does not have)"
    } else {
        ""
    }
}

/// Systems.
pub mod os {
    /// Unix.
    pub mod unix {
        use std::ffi::OsStr;

        pub use current::os::unix::{RTLD_GLOBAL, RTLD_LAZY, RTLD_LOCAL, RTLD_NOW, Symbol};

        use crate::Error;

        /// An open library.
        #[derive(Debug)]
        pub struct Library(current::os::unix::Library);

        impl Library {
            /// Opens a library, whatever is asked for with all its symbols.
            ///
            /// # Safety
            /// The library's initialisers are run.
            ///
            /// # Errors
            /// If it cannot be opened, or needs a symbol that is not there.
            pub unsafe fn open<P: AsRef<OsStr>>(path: Option<P>, flags: i32) -> Result<Self, Error> {
                let flags = flags & !RTLD_LAZY | RTLD_NOW;
                // SAFETY: the caller answers for the initialisers.
                let library = unsafe { current::os::unix::Library::open(path, flags) }?;
                Ok(Self(library))
            }

            /// A symbol of the library.
            ///
            /// # Safety
            /// `T` is what the symbol is.
            ///
            /// # Errors
            /// If there is none of that name.
            pub unsafe fn get<T>(&self, name: &[u8]) -> Result<Symbol<T>, Error> {
                // SAFETY: the caller answers for the type.
                Ok(unsafe { self.0.get(name) }?)
            }
        }
    }
}
