// Package deeper asks, from within inlined, within main.
package deeper

import "syscall"

func Ask() {
	syscall.Getppid()
}
