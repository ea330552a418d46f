;; Calls proc_exit with the first byte of its payload, or 0 without one.
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
  (func (export "airs:actor/message-handler@0.1.0#handle-message") (param i64 i32 i64 i32 i32) (result i32)
    (call $exit (if (result i32) (local.get 4) (then (i32.load8_u (local.get 3))) (else (i32.const 0))))
    unreachable))
