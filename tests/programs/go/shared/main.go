// A library for C programs.
package main

import "C"
import "syscall"

//export Ask
func Ask() {
	syscall.Getppid()
}

func main() {}
