;; The other spelling of names.
(module
  (import "cm32p2|airs:actor/services@0.1" "wall-clock" (func (result i64)))
  (memory (export "cm32p2_memory") 1)
  (func (export "cm32p2_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
  (func (export "cm32p2|airs:actor/message-handler@0.1|handle-message") (param i64 i32 i64 i32 i32) (result i32) (i32.const 0)))
