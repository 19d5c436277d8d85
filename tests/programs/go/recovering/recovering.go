// Package recovering asks after a fault: the signal's handler makes it look like a call.
package recovering

import "syscall"

type pair struct{ a, b int }

//go:noinline
func fault(p *pair) int {
	return p.b
}

func Ask() {
	defer func() {
		if recover() != nil {
			var usage syscall.Rusage
			syscall.Getrusage(0, &usage)
		}
	}()
	fault(nil)
}
