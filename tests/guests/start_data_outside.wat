;; Data that does not fit into its memory.
(module
  (memory (export "memory") 1)
  (data (i32.const 65530) "too long for it")
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
  (func (export "airs:actor/message-handler@0.1.0#handle-message") (param i64 i32 i64 i32 i32) (result i32) (i32.const 0)))
