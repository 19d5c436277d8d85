// Packages that each make calls which nobody else makes. What e2e/go expects of each is said there.
package main

import (
	"os"

	"example.org/truth/callback"
	"example.org/truth/closure"
	"example.org/truth/dotted.v2"
	"example.org/truth/flood"
	"example.org/truth/generic"
	"example.org/truth/goroutine"
	"example.org/truth/growing"
	"example.org/truth/hot"
	"example.org/truth/inlined"
	"example.org/truth/plain"
	"example.org/truth/recovering"
	"example.org/truth/viac"
)

func main() {
	if len(os.Args) > 1 {
		map[string]func(){"flood": flood.Run, "hot": hot.Run}[os.Args[1]]()
		return
	}
	for i := 0; i < 3; i++ {
		inlined.Ask()
	}
	for i := 0; i < 2; i++ {
		plain.Ask()
	}
	asker := generic.Asker[plain.Value]{}
	for i := 0; i < 4; i++ {
		asker.Ask()
	}
	ask := closure.Make(5)
	ask()
	dotted.Ask()
	goroutine.Ask()
	recovering.Ask()
	growing.Ask(10000)
	callback.Ask()
	viac.Ask()
}
