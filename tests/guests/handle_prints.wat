;; A handler that prints a line and then goes through a loop a thousand times.
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 16) "\20\00\00\00\02\00\00\00")
  (data (i32.const 32) "x\n")
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
  (func (export "airs:actor/message-handler@0.1.0#handle-message") (param i64 i32 i64 i32 i32) (result i32)
    (local $left i32)
    (drop (call $write (i32.const 1) (i32.const 16) (i32.const 1) (i32.const 24)))
    (local.set $left (i32.const 1000))
    (loop $again (br_if $again (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
    (i32.const 0)))
