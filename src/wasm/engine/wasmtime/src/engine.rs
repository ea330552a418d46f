//! Engine creation that reports errors.

use std::mem::{align_of, size_of};
use wasmtime::{Config, Engine};
use wasmtime_c_api::{wasm_config_t, wasm_engine_t, wasmtime_error_t};

// Both C types are `repr(C)` structs of exactly one field, the Rust type; a change of that would fail here, at compile time.
const _: () = assert!(size_of::<wasm_config_t>() == size_of::<Config>() && align_of::<wasm_config_t>() == align_of::<Config>());
const _: () = assert!(size_of::<wasm_engine_t>() == size_of::<Engine>() && align_of::<wasm_engine_t>() == align_of::<Engine>());

/// Makes an engine and takes `config`, whatever comes of it. Null on success; else an error, and `ret` is untouched.
/// `wasm_engine_new_with_config` ends the process where this returns.
///
/// # Safety
/// `config` comes from `wasm_config_new` and `ret` is valid for a write.
#[no_mangle]
pub unsafe extern "C" fn airsi_wasmtime_engine_new(
    config: Box<wasm_config_t>,
    ret: *mut *mut wasm_engine_t,
) -> Option<Box<wasmtime_error_t>> {
    // Layout: see the assertions above.
    let config: Box<Config> = unsafe { Box::from_raw(Box::into_raw(config).cast::<Config>()) };
    match Engine::new(&config) {
        Ok(engine) => {
            unsafe { ret.write(Box::into_raw(Box::new(engine)).cast::<wasm_engine_t>()) };
            None
        }
        Err(error) => Some(Box::new(wasmtime_error_t::from(error))),
    }
}
