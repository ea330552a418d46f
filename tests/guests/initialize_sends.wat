;; An _initialize that sends a message.
(module
  (import "airs:actor/messaging@0.1.0" "send-message" (func $send (param i64 i32 i32 i32)))
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
  (func (export "airs:actor/message-handler@0.1.0#handle-message") (param i64 i32 i64 i32 i32) (result i32) (i32.const 0))
  (func (export "_initialize") (call $send (i64.const 1) (i32.const 0) (i32.const 0) (i32.const 64))))
