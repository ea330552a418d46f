;; Traps when _initialize runs twice, and in a handler when it never ran.
(module
  (global $ran (mut i32) (i32.const 0))
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
  (func (export "_initialize")
    (if (global.get $ran) (then unreachable))
    (global.set $ran (i32.const 1)))
  (func (export "airs:actor/message-handler@0.1.0#handle-message") (param i64 i32 i64 i32 i32) (result i32) (if (i32.eqz (global.get $ran)) (then unreachable)) (i32.const 0)))
