// Package generic asks from a method whose name has another package in it.
package generic

import "syscall"

type Asker[T any] struct{ value T }

//go:noinline
func (asker *Asker[T]) Ask() {
	syscall.Getpriority(0, 0)
}
