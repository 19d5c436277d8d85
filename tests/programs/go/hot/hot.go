// Package hot makes many calls, by the C library's way of it and raw, from goroutines on few threads and on threads of
// their own, while goroutines that never call are preempted by signals, stacks grow and move, and threads come and go.
package hot

import (
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"syscall"
)

// What each of Goroutines makes: so many getppid, getpriority and getpgrp.
const (
	Goroutines = 8
	Times      = 500
)

func deep(n int) int {
	var local [32]int
	local[n&31] = n
	if n == 0 {
		syscall.RawSyscall(syscall.SYS_GETPGRP, 0, 0, 0)
		return local[0]
	}
	return deep(n-1) + local[n&31]
}

func ask(locked bool) {
	if locked {
		runtime.LockOSThread() // and end with it: the thread is gone then
	}
	for i := 0; i < Times; i++ {
		syscall.Getppid()
		syscall.Syscall(syscall.SYS_GETPRIORITY, 0, 0, 0)
		deep(i % 100)
	}
}

func Run() {
	var all sync.WaitGroup
	var done atomic.Bool
	debug.SetGCPercent(10)
	for i := 0; i < 2; i++ {
		go func() {
			sum := 0
			var keep []byte
			for !done.Load() {
				for j := 0; j < 1000000; j++ {
					sum += j & i
				}
				keep = make([]byte, 1<<16)
			}
			_ = keep
		}()
	}
	for i := 0; i < Goroutines; i++ {
		all.Add(1)
		go func(locked bool) {
			defer all.Done()
			ask(locked)
		}(i%2 == 0)
	}
	all.Wait()
	askByC(Times)
	done.Store(true)
}
