// Package plain asks from a function of its own.
package plain

import "syscall"

type Value struct{ n int }

//go:noinline
func Ask() {
	syscall.Getpgid(0)
}
