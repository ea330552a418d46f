//! What a binary is and how much it declares, read before a compiler sees it.

use wasmparser::{Encoding, Parser, Payload, TypeRef};

/// Mirrors `airsi_wasm_scan` in `wasmtime_shim.h`.
#[repr(C)]
pub struct Scan {
    /// 0: a core module, 1: a component.
    pub component: u32,
    pub has_start: u32,
    pub imports: u32,
    pub exports: u32,
    /// Functions and globals defined, imported ones not counted.
    pub functions: u32,
    pub globals: u32,
    pub tables: u32,
    /// Memories defined, and those imported.
    pub memories: u32,
    pub imported_memories: u32,
    /// Of the first memory, defined or imported.
    pub memory_shared: u32,
    pub memory_64: u32,
    pub memory_has_maximum: u32,
    pub memory_minimum_pages: u64,
    pub memory_maximum_pages: u64,
    pub data_bytes: u64,
    pub code_bytes: u64,
    pub custom_bytes: u64,
}

/// Reads the sections of `bytes` into `ret`. It validates nothing but the shape of the sections: Wasmtime does that.
/// Returns 0, or 1 with a message (not terminated, cut at `message_cap`) and its length and the offset of what is malformed.
///
/// # Safety
/// `bytes` is valid for `len` reads, `message` for `message_cap` writes, the others for one write.
#[no_mangle]
pub unsafe extern "C" fn airsi_wasmtime_scan(
    bytes: *const u8,
    len: usize,
    ret: *mut Scan,
    message: *mut u8,
    message_cap: usize,
    message_len: *mut usize,
    offset: *mut u64,
) -> i32 {
    let bytes = unsafe { std::slice::from_raw_parts(bytes, len) };
    match scan(bytes) {
        Ok(found) => {
            unsafe { ret.write(found) };
            0
        }
        Err(error) => {
            let text = error.message().as_bytes();
            let cut = text.len().min(message_cap);
            unsafe {
                std::ptr::copy_nonoverlapping(text.as_ptr(), message, cut);
                message_len.write(cut);
                offset.write(error.offset() as u64);
            }
            1
        }
    }
}

fn scan(bytes: &[u8]) -> Result<Scan, wasmparser::BinaryReaderError> {
    let mut found = Scan {
        component: 0,
        has_start: 0,
        imports: 0,
        exports: 0,
        functions: 0,
        globals: 0,
        tables: 0,
        memories: 0,
        imported_memories: 0,
        memory_shared: 0,
        memory_64: 0,
        memory_has_maximum: 0,
        memory_minimum_pages: 0,
        memory_maximum_pages: 0,
        data_bytes: 0,
        code_bytes: 0,
        custom_bytes: 0,
    };
    for payload in Parser::new(0).parse_all(bytes) {
        match payload? {
            Payload::Version { encoding: Encoding::Component, .. } => {
                found.component = 1;
                return Ok(found);
            }
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    found.imports += 1;
                    if let TypeRef::Memory(memory) = import?.ty {
                        found.imported_memories += 1;
                        note_memory(&mut found, &memory);
                    }
                }
            }
            Payload::FunctionSection(section) => found.functions = section.count(),
            Payload::GlobalSection(section) => found.globals = section.count(),
            Payload::TableSection(section) => found.tables = section.count(),
            Payload::ExportSection(section) => found.exports = section.count(),
            Payload::MemorySection(section) => {
                for memory in section {
                    found.memories += 1;
                    note_memory(&mut found, &memory?);
                }
            }
            Payload::StartSection { .. } => found.has_start = 1,
            Payload::DataSection(section) => found.data_bytes += section.range().len() as u64,
            Payload::CodeSectionStart { size, .. } => found.code_bytes += u64::from(size),
            Payload::CustomSection(section) => found.custom_bytes += section.data().len() as u64,
            _ => {}
        }
    }
    Ok(found)
}

fn note_memory(found: &mut Scan, memory: &wasmparser::MemoryType) {
    if found.memories + found.imported_memories > 1 {
        return;
    }
    found.memory_shared = memory.shared.into();
    found.memory_64 = memory.memory64.into();
    found.memory_minimum_pages = memory.initial;
    found.memory_has_maximum = memory.maximum.is_some().into();
    found.memory_maximum_pages = memory.maximum.unwrap_or(0);
}
