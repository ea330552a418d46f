//! Tokio tasks with mpsc channels, and oneshot channels for replies. See ../README.md for the workloads.
//!
//! `tokio-peer CASE WORKERS` prints one JSON line; WORKERS 1: the current-thread runtime, 2: the multi-thread one with two.

use std::process::exit;
use std::time::{Duration, Instant};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{mpsc, oneshot};

const WORDS: usize = 8;
const BOUND: usize = 1024;
const WINDOW: u64 = 1000;
const ENOUGH: Duration = Duration::from_millis(300);

type Payload = [u64; WORDS];

struct Request {
    payload: Payload,
    reply: oneshot::Sender<Payload>,
}

/// What a receiver took: messages, and all their words.
#[derive(Default)]
struct Taken {
    messages: u64,
    sum: u64,
}

impl Taken {
    fn read(&mut self, payload: &Payload) {
        self.messages += 1;
        self.sum = payload.iter().fold(self.sum, |sum, word| sum.wrapping_add(*word));
    }

    fn and(self, other: Taken) -> Taken {
        Taken { messages: self.messages + other.messages, sum: self.sum.wrapping_add(other.sum) }
    }
}

fn payload(number: u64) -> Payload {
    std::array::from_fn(|i| number + i as u64)
}

async fn route(n: u64) -> Taken {
    let (sender, mut receiver) = mpsc::channel(BOUND);
    let mut taken = Taken::default();
    for i in 0..n {
        sender.send(payload(i)).await.unwrap();
        taken.read(&receiver.recv().await.unwrap());
    }
    taken
}

/// After each window the receiver says that it has taken all of it.
async fn send_drain(n: u64) -> Taken {
    let (sender, mut receiver) = mpsc::channel(BOUND);
    let (go_on, mut taken_all) = mpsc::channel(BOUND);
    let drain = tokio::spawn(async move {
        let mut taken = Taken::default();
        while let Some(payload) = receiver.recv().await {
            taken.read(&payload);
            if taken.messages % WINDOW == 0 && taken.messages < n {
                go_on.send(Payload::default()).await.unwrap();
            }
        }
        taken
    });
    tokio::spawn(async move {
        for i in 0..n {
            sender.send(payload(i)).await.unwrap();
            if (i + 1) % WINDOW == 0 && i + 1 < n {
                taken_all.recv().await.unwrap();
            }
        }
    });
    drain.await.unwrap()
}

/// The ball carries the number of the hit: ping sends the even ones, pong the odd ones.
async fn ping_pong(n: u64) -> Taken {
    let (to_pong, mut at_pong) = mpsc::channel(BOUND);
    let (to_ping, mut at_ping) = mpsc::channel(BOUND);
    let ping = tokio::spawn(async move {
        let mut taken = Taken::default();
        for i in (0..n).step_by(2) {
            to_pong.send(payload(i)).await.unwrap();
            taken.read(&at_ping.recv().await.unwrap());
        }
        taken
    });
    let pong = tokio::spawn(async move {
        let mut taken = Taken::default();
        for i in (1..n).step_by(2) {
            taken.read(&at_pong.recv().await.unwrap());
            to_ping.send(payload(i)).await.unwrap();
        }
        taken
    });
    ping.await.unwrap().and(pong.await.unwrap())
}

async fn request(n: u64) -> Taken {
    let (to_server, mut at_server) = mpsc::channel::<Request>(BOUND);
    let server = tokio::spawn(async move {
        let mut taken = Taken::default();
        while let Some(request) = at_server.recv().await {
            taken.read(&request.payload);
            request.reply.send(request.payload).unwrap();
        }
        taken
    });
    let client = tokio::spawn(async move {
        let mut taken = Taken::default();
        for i in 0..n {
            let (reply, end) = oneshot::channel();
            let asked = to_server.send(Request { payload: payload(i), reply }).await;
            assert!(asked.is_ok());
            taken.read(&end.await.unwrap());
        }
        taken
    });
    client.await.unwrap().and(server.await.unwrap())
}

/// Runs a workload with n operations; how long it took.
fn run(runtime: &Runtime, case: &str, n: u64) -> Duration {
    let began = Instant::now();
    // On the multi-thread runtime block_on's own thread is none of the workers: what is measured runs in spawned tasks.
    let taken = match case {
        "route" => runtime.block_on(route(n)),
        "send-drain" => runtime.block_on(send_drain(n)),
        "ping-pong" => runtime.block_on(ping_pong(n)),
        "request" => runtime.block_on(request(n)),
        _ => usage(),
    };
    let took = began.elapsed();
    let words = WORDS as u64;
    let each = if case == "request" { 2 } else { 1 };
    let expected = (n * (n - 1) / 2 * words + n * words * (words - 1) / 2) * each;
    assert!(taken.messages == n * each && taken.sum == expected, "messages are missing");
    took
}

fn usage() -> ! {
    eprintln!("usage: tokio-peer route|send-drain|ping-pong|request 1|2");
    exit(64)
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if arguments.len() != 3 {
        usage();
    }
    let runtime = match arguments[2].as_str() {
        "1" => Builder::new_current_thread().build(),
        "2" => Builder::new_multi_thread().worker_threads(2).build(),
        _ => usage(),
    }
    .expect("a runtime");
    let mut n = 1000;
    let mut took = run(&runtime, &arguments[1], n);
    while took < ENOUGH {
        n *= 2;
        took = run(&runtime, &arguments[1], n);
    }
    let ns = took.as_nanos() as f64 / n as f64;
    println!(
        "{{\"case\":\"{}\",\"peer\":\"tokio\",\"n\":{n},\"workers\":{},\"payload\":{},\"ns_per_op\":{ns:.1},\"ops_per_s\":{:.0}}}",
        arguments[1],
        arguments[2],
        WORDS * 8,
        1e9 / ns
    );
}
