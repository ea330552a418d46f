;; Calls an empty table slot.
(module
  (type $none (func))
  (table 1 funcref)
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
  (func $dispatch (export "airs:actor/message-handler@0.1.0#handle-message") (param i64 i32 i64 i32 i32) (result i32) (call_indirect (type $none) (i32.const 0)) (i32.const 0)))
