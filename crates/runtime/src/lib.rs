//! stub
pub mod isolate;
pub mod modules;
pub mod options;
