// A web server: server PORT TLS_PORT, with cert.pem and key.pem in the current directory; serves until SIGTERM.
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	_ "net/http/pprof"
	"os"
	"os/exec"
	"os/signal"
	"os/user"
	"sync"
	"syscall"
	"time"
)

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func upload(answer http.ResponseWriter, request *http.Request) {
	file, err := os.CreateTemp(".", "upload")
	check(err)
	length, err := io.Copy(file, request.Body)
	check(err)
	check(file.Sync())
	check(file.Close())
	check(os.Rename(file.Name(), "upload"))
	fmt.Fprint(answer, length)
}

func process(answer http.ResponseWriter, request *http.Request) {
	command := exec.Command("/bin/sh", "-c", "tr a-z A-Z; exit 3")
	command.Stdin = request.Body
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	output, err := command.Output()
	fmt.Fprint(answer, string(output), " ", err)
}

func names(answer http.ResponseWriter, request *http.Request) {
	root, err := user.LookupId("0")
	check(err)
	addresses, err := net.LookupHost("localhost")
	check(err)
	interfaces, err := net.Interfaces()
	check(err)
	fmt.Fprintln(answer, root.Username, len(addresses) > 0, len(interfaces) > 0)
}

func main() {
	http.HandleFunc("/", func(answer http.ResponseWriter, request *http.Request) { fmt.Fprintln(answer, "hello") })
	http.Handle("/files/", http.StripPrefix("/files/", http.FileServer(http.Dir("."))))
	http.HandleFunc("/upload", upload)
	http.HandleFunc("/process", process)
	http.HandleFunc("/names", names)
	http.HandleFunc("/panic", func(http.ResponseWriter, *http.Request) {
		var nothing *int
		*nothing = 1 // by SIGSEGV
	})
	http.HandleFunc("/slow", func(answer http.ResponseWriter, request *http.Request) {
		time.Sleep(time.Second)
		fmt.Fprint(answer, "slow")
	})

	server := &http.Server{ReadTimeout: 20 * time.Second}
	plain, err := net.Listen("tcp", "127.0.0.1:"+os.Args[1])
	check(err)
	secure, err := net.Listen("tcp", "127.0.0.1:"+os.Args[2])
	check(err)
	local, err := net.Listen("unix", "socket")
	check(err)
	var serving sync.WaitGroup
	serving.Add(3)
	serve := func(what func() error) {
		if err := what(); err != http.ErrServerClosed {
			log.Fatal(err)
		}
		serving.Done()
	}
	go serve(func() error { return server.ServeTLS(secure, "cert.pem", "key.pem") })
	go serve(func() error { return server.Serve(plain) })
	go serve(func() error { return server.Serve(local) })

	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM)
	<-signals
	limit, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	check(server.Shutdown(limit))
	serving.Wait()
	fmt.Println("end")
}
