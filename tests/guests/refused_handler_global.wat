;; Exports a global as handle-message.
(module
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
  (global (export "airs:actor/message-handler@0.1.0#handle-message") i32 (i32.const 0)))
