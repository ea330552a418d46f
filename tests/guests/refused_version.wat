;; Speaks a version of the contract that does not exist.
(module
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
  (func (export "airs:actor/message-handler@0.9.0#handle-message") (param i64 i32 i64 i32 i32) (result i32) (i32.const 0)))
