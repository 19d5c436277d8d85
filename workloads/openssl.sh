#!/bin/bash
# openssl: keys, certificates, revocation, signatures, CMS, encryption, digests, a TLS server and its clients, speed.
# packages: openssl
# program: openssl
# limit: 120
. "$(dirname "$0")/lib/workload.sh"

export rounds seconds port
rounds=$(amount 1 4 60)
seconds=$(amount 0 1 5)
take_ports port
yes 'a line to encrypt' | head -c 300000 >data
drive <<'END'
same() { cmp - data; }

openssl genrsa -out authority.key 2048
openssl req -x509 -new -key authority.key -days 2 -subj /CN=authority -out authority.pem
for ((round = 0; round < rounds; round++)); do
    openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out server.key
    openssl genpkey -algorithm ED25519 -aes256 -pass pass:x -out ed25519.key
    openssl pkey -in ed25519.key -passin pass:x -pubout -out ed25519.pub
    openssl req -new -key server.key -subj /CN=localhost -out server.csr
    openssl x509 -req -in server.csr -CA authority.pem -CAkey authority.key -CAcreateserial -days 1 -out server.pem
    openssl verify -CAfile authority.pem server.pem
    fails_with 2 openssl verify server.pem
    openssl pkcs12 -export -in server.pem -inkey server.key -passout pass:x -out server.p12
    openssl pkcs12 -in server.p12 -passin pass:x -nodes -out server.both
    fails_with 1 openssl pkcs12 -in server.p12 -passin pass:wrong -nodes

    for cipher in aes-256-cbc aes-128-ctr chacha20 camellia-128-cbc; do
        openssl enc "-$cipher" -pbkdf2 -k word -in data -out encrypted
        openssl enc -d "-$cipher" -pbkdf2 -k word -in encrypted | same
    done
    openssl dgst -sha512 -sign authority.key -out signature data
    openssl x509 -in authority.pem -pubkey -noout >authority.pub
    openssl dgst -sha512 -verify authority.pub -signature signature data
    openssl cms -encrypt -binary -in data -outform DER -out data.cms authority.pem
    openssl cms -decrypt -binary -inform DER -in data.cms -recip authority.pem -inkey authority.key | same
    openssl smime -sign -binary -in data -signer authority.pem -inkey authority.key -out data.smime
    openssl smime -verify -in data.smime -CAfile authority.pem -purpose any | tr -d '\r' | same
    openssl md4 -provider legacy -provider default data
    openssl dgst -sha256 -hmac key data
    openssl sha3-256 data; openssl base64 -in data | openssl base64 -d | same
    openssl rand -writerand seed -hex 16 | tr -c '\n' x; openssl prime -generate -bits 128 | wc -l
    openssl kdf -keylen 16 -kdfopt digest:SHA256 -kdfopt key:a -kdfopt salt:b HKDF
    openssl passwd -6 -salt salt word
done
openssl list -providers -provider legacy -provider default | grep -c status
openssl engine -t -c >engines; openssl version -a >version; openssl ciphers -v >ciphers
openssl dhparam -dsaparam -out dh.pem 1024

mkdir hashed; cp authority.pem hashed; openssl rehash hashed
touch index.txt; echo 01 >serial
printf '%s\n' '[ca]' default_ca=d '[d]' database=index.txt serial=serial new_certs_dir=. default_md=sha256 policy=p \
    '[p]' commonName=supplied >ca.conf
authority() { openssl ca -config ca.conf -batch -cert authority.pem -keyfile authority.key -days 1 "$@"; }
authority -in server.csr -out issued.pem -notext; authority -revoke issued.pem
authority -gencrl -crldays 1 -out list.pem
cat authority.pem list.pem >both.pem; fails_with 2 openssl verify -crl_check -CAfile both.pem issued.pem

openssl s_server -accept "127.0.0.1:$port" -cert server.pem -key server.key -WWW -quiet &
server=$!
trap 'kill "$server" && wait "$server" || :' EXIT
await 30 listening "$port"
for ((round = 0; round < rounds * 4; round++)); do
    for version in -tls1_2 -tls1_3; do
        printf 'GET /data HTTP/1.0\r\n\r\n' |
            openssl s_client -connect "127.0.0.1:$port" -CApath hashed "$version" -quiet -ign_eof | tail -c 300000 |
                same
    done
    openssl s_client -connect "127.0.0.1:$port" -tls1_2 -CAfile authority.pem -sess_out session </dev/null >client
    grep -q 'Verify return code: 0' client
    openssl s_client -connect "127.0.0.1:$port" -tls1_2 -CAfile authority.pem -sess_in session </dev/null >client
    grep -q '^Reused' client
done
fails_with 1 openssl s_client -connect "127.0.0.1:$port" -tls1_2 -cipher AES128-SHA256
if ((seconds)); then
    openssl s_time -connect "127.0.0.1:$port" -www /data -CAfile authority.pem -time "$seconds" -new >time
    openssl s_time -connect "127.0.0.1:$port" -CAfile authority.pem -time "$seconds" -reuse >time
    openssl speed -seconds "$seconds" -bytes 1024 -async_jobs 2 -evp aes-128-gcm >speed
    openssl speed -seconds "$seconds" -bytes 1024 -multi 2 -evp sha256 >speed
    openssl speed -seconds "$seconds" ed25519 >speed
fi
END
