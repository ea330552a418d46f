;; Traps three calls deep; frames have names.
(module
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
  (func $parse_line unreachable)
  (func $read_lines (call $parse_line))
  (func $handle_message (export "airs:actor/message-handler@0.1.0#handle-message") (param i64 i32 i64 i32 i32) (result i32) (call $read_lines) (i32.const 0)))
