//! Header compression (RFC 7541).
//!
//! Owns both directions' tables. Never judges fields: `request` does. Called by: the session.

mod decoder;
mod encoder;
mod huffman;
mod integer;
mod static_table;
mod table;

pub(crate) use decoder::Decoder;
pub(crate) use encoder::Encoder;
