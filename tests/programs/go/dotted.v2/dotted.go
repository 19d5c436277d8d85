// Package dotted has a dot in its path, which the linker escapes.
package dotted

import "syscall"

//go:noinline
func Ask() {
	var times syscall.Tms
	syscall.Times(&times)
}
