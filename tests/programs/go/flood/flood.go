// Package flood sends the process many signals, of the kind by which Go preempts goroutines, while others change stacks
// in every way: most are found between any two instructions of the runtime.
package flood

import (
	"os"
	"runtime"
	"syscall"
	"time"
)

const signals = 1500

func deep(n int) int {
	var local [64]int
	if n == 0 {
		return local[n&63]
	}
	return deep(n-1) + local[n&63]
}

func send(done chan bool) {
	pid := os.Getpid()
	for i := 0; i < signals; i++ {
		syscall.Kill(pid, syscall.SIGURG)
		if i%50 == 0 {
			runtime.Gosched()
		}
	}
	done <- true
}

func Run() {
	values, done := make(chan int), make(chan bool)
	go send(done)
	go func() {
		for i := 0; ; i++ {
			values <- i
		}
	}()
	var keep [][]byte
	for {
		select {
		case value := <-values:
			keep = append(keep, make([]byte, 1000))
			if len(keep) > 1000 {
				keep = nil
			}
			_ = time.Now()
			if value%100 == 0 {
				go deep(1000)
			}
		case <-done:
			return
		}
	}
}
