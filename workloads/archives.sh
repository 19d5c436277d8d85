#!/bin/bash
# tar, gzip, bzip2, xz, zstd, zip and cpio: links, sparse files, xattrs, increments, threads, volumes, errors.
# packages: tar gzip bzip2 xz-utils zstd zip unzip cpio attr
# program: tar
# limit: 90
. "$(dirname "$0")/lib/workload.sh"

export files copies
files=$(amount 16 80 1000)
copies=$(amount 1 3 30)
drive <<'END'
for ((i = 1; i <= files; i++)); do
    mkdir -p "tree/d$((i % 8))"; yes "$((i * i))" | head -c $((i % 100 * 700)) >"tree/d$((i % 8))/f$i"
    seq $((i % 100 * 50)) >>"tree/d$((i % 8))/f$i"
done
ln tree/d1/f1 tree/hard; ln -s hard tree/soft; mkfifo tree/fifo; truncate -s 3M tree/sparse
chmod 4755 tree/hard
setfattr -n user.a -v b tree/d1/f1
same() { diff -r --no-dereference tree/d3 "$1/d3"; }

tar -cSf all.tar --xattrs --acls --sort=name --mtime=@0 tree; tar -tf all.tar | sha256sum
for packer in gzip bzip2 xz 'xz -T2' zstd; do
    tar -c -I "$packer" -f packed.tar tree; mkdir unpacked
    tar -x --same-permissions --xattrs -C unpacked -I "$packer" -f packed.tar; same unpacked/tree
    getfattr -n user.a --only-values unpacked/tree/d1/f1 >/dev/null 2>&1 || :
    rm -r unpacked
done
tar --listed-incremental=state -cf first.tar tree
# What changes within a tick of the clock has not changed.
sleep 0.05; echo new >>tree/d1/f1
tar --listed-incremental=state -cf second.tar tree; tar -tf second.tar | grep -v /$
tar -cf edited.tar tree/d1 tree/d2; tar --delete -f edited.tar tree/d1/f1; tar -rf edited.tar tree/d2/f2
tar -uf edited.tar tree/d2; tar -tf edited.tar | wc -l; fails_with 1 tar -df first.tar
tar -cf - tree/d1 | tar -xOf - tree/d1/f9 | cmp - tree/d1/f9
volumes=(-f volume.1 -f volume.2 -f volume.3 -f volume.4 -f volume.5 -f volume.6)
tar -c -M -L 100 "${volumes[@]}" tree/d1 tree/d2 2>/dev/null || :
tar -c --remove-files --checkpoint=100 --checkpoint-action=exec=true --totals -f taken.tar -C tree d7
[ ! -e tree/d7 ]
tar -x --keep-old-files --one-top-level=taken -f taken.tar
fails_with 2 tar -x --keep-old-files -C taken -f taken.tar
tar --to-command='cat >>collected' -xf taken.tar; wc -c <collected
fails_with 2 tar -xf none.tar
fails_with 2 tar -cf /dev/full tree

for ((i = 0; i < copies; i++)); do cat all.tar; done >big
xz -T2 -1 --block-size=1MiB -k big; xz -dc -T2 big.xz | cmp - big; xz -l big.xz | wc -l
xz --memlimit=50MiB -t big.xz
zstd -q -T2 -9 big -o big.zst; zstd -q --long=24 -dc big.zst | cmp - big; zstd -q -t big.zst
zstd -q --train tree/d*/* -o dictionary --maxdict=5000 2>/dev/null; zstd -q -D dictionary tree/d1/f1 -o f1.zst
zstd -q -c -1 --adapt --rsyncable -T2 big | zstd -q -dc | cmp - big; zstd -q -r --rm tree/d1
unzstd -q --rm tree/d1/*.zst
gzip -kN9 big; gunzip -t big.gz; zcat big.gz | cmp - big; gzip -l big.gz | wc -l; zgrep -cx 49 big.gz
bzip2 -k big; bzip2 -t big.bz2; bunzip2 -c big.bz2 | cmp - big; bzip2recover big.bz2 2>/dev/null
ls rec*big.bz2 | wc -l
head -c 1000 big.xz >broken.xz; fails_with 1 xz -t broken.xz
echo no >broken.gz; fails_with 1 gunzip broken.gz; fails_with 2 bzip2 -t big.gz
fails_with 1 zstd -q -t big.gz.none
split -b 500K big part.; cat part.* | cmp - big; sha256sum big >sums; sha256sum -c --quiet sums

zip -qr all.zip tree/d1 tree/d2 tree/soft --symlinks; unzip -tq all.zip; zip -qd all.zip tree/d1/f1
zip -qu all.zip tree/d1/f1
zip -qe -P word secret.zip tree/d3/*; unzip -qP word secret.zip -d unzipped; same unzipped/tree
zip -qr -s 64k -0 parts.zip big; ls parts.z* | wc -l; zipinfo -1 all.zip | wc -l; fails_with 9 unzip none.zip
find tree/d3 | sort | cpio --quiet -oc >all.cpio; cpio --quiet -it <all.cpio | wc -l; mkdir copied
(cd copied && cpio --quiet -idm <../all.cpio); same copied/tree; find tree/d4 -depth | cpio --quiet -pdl linked
find tree/d5 | cpio --quiet -o -H ustar | tar -t | wc -l
END
