// Package closure asks from a function that another package calls.
package closure

import "syscall"

func Make(times int) func() {
	return func() {
		for i := 0; i < times; i++ {
			var info syscall.Sysinfo_t
			syscall.Sysinfo(&info)
		}
	}
}
