//go:build cgo

package viac

import "C"
import "syscall"

var room []byte

//export answer
func answer() {
	room = make([]byte, 256<<20) // the runtime asks for it on another stack than this
	syscall.RawSyscall(syscall.SYS_SCHED_GET_PRIORITY_MAX, 0, 0, 0)
	syscall.RawSyscall(syscall.SYS_SCHED_GET_PRIORITY_MAX, 0, 0, 0)
}
