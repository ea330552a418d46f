;; Asks whoever its payload names (a handle, 8 bytes) for nothing, and exports no reply-handler.
(module
  (import "airs:actor/messaging@0.1.0" "send-request" (func $ask (param i64 i32 i32 i32 i32)))
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
  (func (export "airs:actor/message-handler@0.1.0#handle-message") (param i64 i32 i64 i32 i32) (result i32)
    (call $ask (i64.load (local.get 3)) (i32.const 0) (i32.const 0) (i32.const 1000) (i32.const 64))
    (i32.const 0)))
