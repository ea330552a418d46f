;; handle-callback fails with what it was told: the reason's number as a letter from 'a' on, then the detail. A reply is taken, unless it is
;; empty: then it traps.
(module
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1025))
  (func (export "airs:actor/message-handler@0.1.0#handle-message") (param i64 i32 i64 i32 i32) (result i32) (i32.const 0))
  (func $nothing_to_take (unreachable))
  (func (export "airs:actor/reply-handler@0.1.0#handle-callback") (param $request i64) (param $failed i32) (param i32 i32 i32) (result i32)
    (if (i32.eqz (local.get $failed))
      (then (if (i32.eqz (local.get 3)) (then (call $nothing_to_take))) (return (i32.const 0))))
    (i32.store8 (i32.const 1024) (i32.add (local.get 2) (i32.const 97)))
    (i32.store8 (i32.const 64) (i32.const 1))
    (i32.store (i32.const 68) (i32.const 1024))
    (i32.store (i32.const 72) (i32.add (local.get 4) (i32.const 1)))
    (i32.const 64)))
