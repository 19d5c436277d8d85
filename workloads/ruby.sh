#!/bin/bash
# ruby, alone and with its compiler: threads, fibers with a scheduler, ractors, sockets, TLS, processes, files, signals.
# packages: ruby openssl
# program: ruby
# limit: 60
. "$(dirname "$0")/lib/workload.sh"

certificate
export lib times
times=$(amount 1 10 150)
drive <<'END'
for way in '' --yjit; do
    mkdir "way$way"
    (cd "way$way" && ruby -W0 $way "$lib/ruby.rb" "$times")
done
END
