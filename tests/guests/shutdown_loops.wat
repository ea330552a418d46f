;; A shutdown without an end.
(module
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
  (func $spin (loop $again (br $again)))
  (func (export "airs:actor/teardown@0.1.0#shutdown") (call $spin))
  (func (export "airs:actor/message-handler@0.1.0#handle-message") (param i64 i32 i64 i32 i32) (result i32) (i32.const 0)))
