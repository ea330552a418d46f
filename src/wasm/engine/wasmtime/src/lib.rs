//! Wasmtime's C API as one static library, and what airs needs beside it. The C side of every function here is declared in
//! `../wasmtime_shim.h`; nothing of this is public API of airs.

mod engine;
mod scan;

pub use wasmtime_c_api::*;
