// Package goroutine asks from the bottom of stacks of their own, some of them on threads of their own.
package goroutine

import (
	"runtime"
	"sync"
	"syscall"
)

func Ask() {
	var all sync.WaitGroup
	for i := 0; i < 20; i++ {
		all.Add(1)
		go func(locked bool) {
			defer all.Done()
			if locked {
				runtime.LockOSThread()
			}
			var name syscall.Utsname
			syscall.Uname(&name)
		}(i%2 == 0)
	}
	all.Wait()
}
