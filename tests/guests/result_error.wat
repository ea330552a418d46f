;; err of a text with a line feed and an escape sequence in it.
(module
  (memory (export "memory") 1)
  (data (i32.const 0) "\01\00\00\00\20\00\00\00\0e\00\00\00")
  (data (i32.const 32) "no\nsuch\1b[31mkey")
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
  (func (export "airs:actor/message-handler@0.1.0#handle-message") (param i64 i32 i64 i32 i32) (result i32) (i32.const 0)))
