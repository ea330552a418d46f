;; A start section that writes a line to stdout, which it may.
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 64) "\50\00\00\00\06\00\00\00")
  (data (i32.const 80) "hello\n")
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
  (func (export "airs:actor/message-handler@0.1.0#handle-message") (param i64 i32 i64 i32 i32) (result i32) (i32.const 0))
  (func $begin (if (call $write (i32.const 1) (i32.const 64) (i32.const 1) (i32.const 96)) (then unreachable)))
  (start $begin))
