// Package growing asks from the depth of a stack that was moved on the way.
package growing

import "syscall"

func Ask(depth int) int {
	var large [16]int
	large[depth%16] = depth
	if depth == 0 {
		syscall.RawSyscall(syscall.SYS_GETSID, 0, 0, 0)
		return 0
	}
	return Ask(depth-1) + large[(depth+1)%16]
}
