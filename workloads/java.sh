#!/bin/bash
# java (HotSpot) under its collectors: web server and client, TLS, channels, files, processes, threads, archives, locks.
# packages: openjdk-17-jdk-headless openssl
# program: java
# limit: 180
. "$(dirname "$0")/lib/workload.sh"

javac -d classes "$lib/Workload.java" >javac.log 2>&1 || fail "it is not compiled"
certificate
openssl pkcs12 -export -in both.pem -name a -passout pass:password -out keys.p12 || fail "there is no key"
chmod 644 keys.p12
export times collectors
times=$(amount 1 5 60)
collectors=G1
at_least full && collectors='Serial G1 Parallel Z Shenandoah'
drive <<'END'
for collector in $collectors; do
    mkdir "$collector"
    cd "$collector"
    java -Xmx128m "-XX:+Use${collector}GC" -XX:-UsePerfData -cp ../classes Workload "$times"
    cd ..
done
END
