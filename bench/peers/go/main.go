// Goroutines with buffered channels. See ../README.md for the workloads.
//
// go-peer CASE WORKERS prints one JSON line; WORKERS is GOMAXPROCS.
package main

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"time"
)

const (
	words  = 8
	bound  = 1024
	window = 1000
	enough = 300 * time.Millisecond
)

type payload [words]uint64

type request struct {
	payload payload
	reply   chan payload
}

// What a receiver took: messages, and all their words.
type taken struct {
	messages, sum uint64
}

func (t *taken) read(p *payload) {
	t.messages++
	for _, word := range p {
		t.sum += word
	}
}

func (t *taken) add(other taken) {
	t.messages += other.messages
	t.sum += other.sum
}

func fill(number uint64) (p payload) {
	for i := range p {
		p[i] = number + uint64(i)
	}
	return
}

func route(n uint64) (t taken) {
	queue := make(chan payload, bound)
	for i := uint64(0); i < n; i++ {
		queue <- fill(i)
		p := <-queue
		t.read(&p)
	}
	return
}

// After each window the receiver says that it has taken all of it.
func sendDrain(n uint64) taken {
	queue, goOn := make(chan payload, bound), make(chan payload, bound)
	done := make(chan taken)
	go func() {
		var t taken
		for p := range queue {
			t.read(&p)
			if t.messages%window == 0 && t.messages < n {
				goOn <- payload{}
			}
		}
		done <- t
	}()
	go func() {
		for i := uint64(0); i < n; i++ {
			queue <- fill(i)
			if (i+1)%window == 0 && i+1 < n {
				<-goOn
			}
		}
		close(queue)
	}()
	return <-done
}

// The ball carries the number of the hit: ping sends the even ones, pong the odd ones.
func pingPong(n uint64) (t taken) {
	toPong, toPing := make(chan payload, bound), make(chan payload, bound)
	done := make(chan taken, 2)
	go func() {
		var t taken
		for i := uint64(0); i < n; i += 2 {
			toPong <- fill(i)
			p := <-toPing
			t.read(&p)
		}
		done <- t
	}()
	go func() {
		var t taken
		for i := uint64(1); i < n; i += 2 {
			p := <-toPong
			t.read(&p)
			toPing <- fill(i)
		}
		done <- t
	}()
	t.add(<-done)
	t.add(<-done)
	return
}

func ask(n uint64) (t taken) {
	requests := make(chan request, bound)
	done := make(chan taken, 2)
	go func() {
		var t taken
		for r := range requests {
			t.read(&r.payload)
			r.reply <- r.payload
		}
		done <- t
	}()
	go func() {
		var t taken
		for i := uint64(0); i < n; i++ {
			r := request{fill(i), make(chan payload, 1)}
			requests <- r
			p := <-r.reply
			t.read(&p)
		}
		close(requests)
		done <- t
	}()
	t.add(<-done)
	t.add(<-done)
	return
}

var workloads = map[string]func(uint64) taken{"route": route, "send-drain": sendDrain, "ping-pong": pingPong, "request": ask}

func run(name string, n uint64) time.Duration {
	began := time.Now()
	got := workloads[name](n)
	took := time.Since(began)
	each := uint64(1)
	if name == "request" {
		each = 2
	}
	if got.messages != n*each || got.sum != (n*(n-1)/2*words+n*words*(words-1)/2)*each {
		fmt.Fprintln(os.Stderr, "go-peer: messages are missing")
		os.Exit(70)
	}
	return took
}

func main() {
	workers := 0
	if len(os.Args) == 3 && workloads[os.Args[1]] != nil {
		workers, _ = strconv.Atoi(os.Args[2])
	}
	if workers < 1 || workers > 2 {
		fmt.Fprintln(os.Stderr, "usage: go-peer route|send-drain|ping-pong|request 1|2")
		os.Exit(64)
	}
	runtime.GOMAXPROCS(workers)
	n := uint64(1000)
	took := run(os.Args[1], n)
	for took < enough {
		n *= 2
		took = run(os.Args[1], n)
	}
	ns := float64(took.Nanoseconds()) / float64(n)
	fmt.Printf("{\"case\":%q,\"peer\":\"go\",\"n\":%d,\"workers\":%d,\"payload\":%d,\"ns_per_op\":%.1f,\"ops_per_s\":%.0f}\n",
		os.Args[1], n, workers, words*8, ns, 1e9/ns)
}
