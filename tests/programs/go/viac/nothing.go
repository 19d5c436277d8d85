//go:build !cgo

// Package viac asks by C and from C; without cgo it does not.
package viac

func Ask() {
}
