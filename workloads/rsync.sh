#!/bin/bash
# rsync: local copies with links, xattrs, ACLs, deltas, batches and backups; a remote shell; a daemon with a password.
# packages: rsync attr acl
# program: rsync
# limit: 60
. "$(dirname "$0")/lib/workload.sh"

export files port
files=$(amount 12 60 600)
take_ports port
fill_in rsyncd.conf
drive <<'END'
for ((i = 1; i <= files; i++)); do
    mkdir -p "from/d$((i % 6))"; yes "$i" | head -c $((i % 100 * 3000)) >"from/d$((i % 6))/f$i"
done
ln from/d1/f1 from/hard; ln -s hard from/soft; mkfifo from/fifo; truncate -s 1M from/sparse
setfattr -n user.a -v b from/d1/f1; setfacl -m u:nobody:r from/d2/f2; chmod 4711 from/d3/f3
same() { diff -r --no-dereference from/d1 "$1/d1" && diff -r from/d2 "$1/d2"; }

rsync -aHAXS --stats from/ all/ | grep '^Number of files'
same all; [ from/hard -ef from/d1/f1 ]; [ all/hard -ef all/d1/f1 ]; getfattr -n user.a all/d1/f1
echo more >>from/d2/f2; rm from/d3/f3
rsync -aHAXSi --delete --delete-excluded --exclude '*.o' from/ all/ | awk '$2 !~ /\/$/ { print $2 }'; same all
rsync -a --inplace --no-whole-file from/ delta/; echo more >>from/d1/f1
rsync -az --no-whole-file --checksum --partial --backup --backup-dir="$PWD/old" --bwlimit=50000 from/ delta/
same delta
rsync -a --no-whole-file --delay-updates --fuzzy --sparse --max-size=200k --chmod=D755,F600 from/d2 renamed/
rsync -a --link-dest="$PWD/all" from/ linked/; [ linked/d4/f4 -ef all/d4/f4 ]
rsync -a --preallocate --fsync --block-size=1024 --compress-choice=lz4 -z from/ forced/; same forced
head -c 100 from/d2/f2 >part; rsync --append-verify from/d2/f2 part; cmp part from/d2/f2
rsync -an --itemize-changes from/ linked/ >changes; (cd from && find . -name 'f?' | sort) >list
rsync -a --files-from=list from/ listed/; find listed -type f | wc -l
cp -a all replayed; rsync -a --only-write-batch=batch from/ all/; rsync -a --read-batch=batch replayed/; same replayed
cp -a from moved; rsync -a --remove-source-files moved/ taken/; find moved -type f | wc -l; same taken
rsync -a --iconv=utf-8,iso-8859-1 --compare-dest="$PWD/all" from/ compared/; find compared -type f | wc -l
fails_with 23 rsync -a none/ nowhere/
fails_with 1 rsync --no-such-option

printf '%s\n' '#!/bin/bash' 'shift' 'exec bash -c "$*"' >shell; chmod +x shell
rsync -a -e ./shell from/ host:shelled/; same shelled
rsync -az -s -e ./shell "host:$PWD/from/" "back/"; same back

echo user:word >secrets; echo word >password; chmod 600 secrets password
rsync --daemon --no-detach --config=rsyncd.conf &
daemon=$!
trap 'kill "$daemon" && wait "$daemon" || :' EXIT
await 30 listening "$port"
url=rsync://127.0.0.1:$port
rsync "$url/"; rsync -az "$url/module/" pulled/; same pulled
rsync -a --zc=zstd pulled/d1/ "$url/module/up/"; cmp from/up/f1 pulled/d1/f1
rsync -a --password-file=password "rsync://user@127.0.0.1:$port/private/" private/; cmp private/d4/f4 from/d4/f4
echo wrong >password
fails_with 5 rsync -a --password-file=password "rsync://user@127.0.0.1:$port/private/" private/
fails_with 5 rsync "$url/none/"
END
