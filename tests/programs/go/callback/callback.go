// Package callback asks from a function that a package of the standard library calls.
package callback

import (
	"sort"
	"syscall"
)

func Ask() {
	numbers := []int{2, 1}
	sort.Slice(numbers, func(i, j int) bool {
		syscall.RawSyscall(syscall.SYS_GETPGRP, 0, 0, 0)
		return numbers[i] < numbers[j]
	})
}
