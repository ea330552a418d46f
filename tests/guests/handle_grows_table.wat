;; Grows a table by a thousand slots as long as it may, then answers with its size (4 bytes at 24).
(module
  (table $t 1 funcref)
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
  (func (export "airs:actor/message-handler@0.1.0#handle-message") (param i64 i32 i64 i32 i32) (result i32)
    (loop $again (br_if $again (i32.ne (table.grow $t (ref.null func) (i32.const 1000)) (i32.const -1))))
    (i32.store8 (i32.const 4) (i32.const 1))
    (i32.store (i32.const 8) (i32.const 24))
    (i32.store (i32.const 12) (i32.const 4))
    (i32.store (i32.const 24) (table.size $t))
    (i32.const 0)))
