// Package inlined is put into main by the compiler, with what it calls.
package inlined

import "example.org/truth/inlined/deeper"

func Ask() {
	deeper.Ask()
}
