//go:build !cgo

package hot

func askByC(int) {
}
