;; cabi_realloc grows the memory and gives the new page; handle-message answers with its payload.
(module
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.mul (memory.grow (i32.const 1)) (i32.const 65536)))
  (func (export "airs:actor/message-handler@0.1.0#handle-message") (param i64 i32 i64 i32 i32) (result i32)
    (i32.store8 (i32.const 4) (i32.const 1))
    (i32.store (i32.const 8) (local.get 3))
    (i32.store (i32.const 12) (local.get 4))
    (i32.const 0)))
