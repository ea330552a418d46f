;; A recursion without end that makes the host enter cabi_realloc at every depth.
(module
  (import "airs:actor/messaging@0.1.0" "self-handle" (func $self (result i64)))
  (import "airs:actor/messaging@0.1.0" "component-id-of" (func $id_of (param i64 i32)))
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
  (func $deeper (call $id_of (call $self) (i32.const 64)) (call $deeper))
  (func (export "airs:actor/message-handler@0.1.0#handle-message") (param i64 i32 i64 i32 i32) (result i32) (call $deeper) (i32.const 0)))
