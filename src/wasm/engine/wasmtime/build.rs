//! Gathers the C headers that belong to this build of Wasmtime.
//!
//! The C API crate generates them (conf.h says which features are on) and hands their folder on through `DEP_WASMTIME_C_API_INCLUDE`.
//! They are copied to the folder named by `AIRS_WASMTIME_INCLUDE_OUT`, when it is set, so that headers and library can't come from two builds.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    println!("cargo:rerun-if-env-changed=AIRS_WASMTIME_INCLUDE_OUT");
    println!("cargo:rerun-if-changed=build.rs");
    let source = PathBuf::from(env::var_os("DEP_WASMTIME_C_API_INCLUDE").expect("the C API crate names its headers"));
    if let Some(target) = env::var_os("AIRS_WASMTIME_INCLUDE_OUT") {
        copy_folder(&source, Path::new(&target))?;
    }
    Ok(())
}

fn copy_folder(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
