;; A handler that calls an import for ever.
(module
  (import "airs:actor/services@0.1.0" "monotonic-clock" (func $clock (result i64)))
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
  (func (export "airs:actor/message-handler@0.1.0#handle-message") (param i64 i32 i64 i32 i32) (result i32) (loop $again (drop (call $clock)) (br $again)) (i32.const 0)))
