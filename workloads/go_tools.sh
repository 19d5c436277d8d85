#!/bin/bash
# go's own tools: builds a module (static, and with cgo by gcc), vets, tests with the profiler, lists, formats.
# packages: golang-go gcc libc6-dev
# program: go
# limit: 240
. "$(dirname "$0")/lib/workload.sh"

mkdir -p module/part module/c
cd module || fail "there is no module"
echo 'module module' >go.mod
cat >main.go <<'END'
package main

import (
	"module/part"
	"os"
)

func main() { os.Stdout.WriteString(part.Text()) }
END
printf 'package part\n\n// Text is what is printed.\nfunc Text() string { return "built\\n" }\n' >part/part.go
cat >part/part_test.go <<'END'
package part

import "testing"

func TestText(t *testing.T) {
	if Text() != "built\n" {
		t.Fatal(Text())
	}
}
END
cat >c/main.go <<'END'
package main

// #include <unistd.h>
import "C"
import "os"

func main() { os.Exit(int(C.getpid()) - os.Getpid()) }
END
export GOFLAGS=-mod=mod GOPROXY=off GOCACHE=$work/cache GOPATH=$work/go GOTOOLCHAIN=local CGO_ENABLED=0
export times more
times=$(amount 1 1 8)
more=$(at_least full && echo more)
drive <<'END'
for ((i = 0; i < times; i++)); do
    go build -o main .
    ./main
    go vet ./part
    go list ./...
    gofmt -l .
    [ "$more" ] || continue
    go test ./part | cut -f 1,2
    CGO_ENABLED=1 go build -o with_c ./c
    ./with_c
    go clean -cache
done
! go build ./none 2>/dev/null
END
