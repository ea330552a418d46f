;; An atomic instruction.
(module
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
  (func (export "airs:actor/message-handler@0.1.0#handle-message") (param i64 i32 i64 i32 i32) (result i32) (i32.const 0))
  (func (drop (i32.atomic.rmw.add (i32.const 0) (i32.const 1)))))
