#!/bin/bash
# git: commits, merges, rebases, clones by path, file:// and git daemon, packs, worktrees, submodules, bisecting, hooks.
# packages: git
# program: git
# limit: 90
. "$(dirname "$0")/lib/workload.sh"

export commits port
commits=$(amount 5 40 700)
take_ports port
cp "$lib/gitconfig" .gitconfig
drive <<'END'
export GIT_CONFIG_NOSYSTEM=1 GIT_EDITOR=true GIT_PAGER=cat
export GIT_AUTHOR_DATE='2000-01-01T00:00:00Z' GIT_COMMITTER_DATE='2000-01-01T00:00:00Z'
commit() { echo "$1" >"$1" && git add "$1" && git commit -qm "$1"; }

git init -q repository; cd repository
echo 'exit 0' >.git/hooks/pre-commit; chmod +x .git/hooks/pre-commit
for ((i = 1; i <= commits; i++)); do
    mkdir -p "d$((i % 5))"; seq "$i" 400 >"d$((i % 5))/f$i"
    git add -A; git commit -qm "c$i"
done
git branch side; commit on_main; git checkout -q side; commit on_side; git merge -q -m merged main
git checkout -q -b rebased HEAD~2; commit rebase_me; git rebase -q main; git checkout -q main
git checkout -q -b conflict HEAD~1; echo other >on_main; git add on_main; git commit -qm other
fails_with 1 git merge main
git merge --abort; fails_with 1 git rebase main; git rebase --abort; git checkout -q main
echo dirty >>on_main; git stash -q; git stash pop -q; git diff --stat; git checkout -q on_main
git mv on_main moved; git commit -qm moved; git log --follow --oneline moved; git reset -q --hard HEAD~1
git tag -a v1 -m tagged; git describe; git notes add -m noted; git revert --no-edit HEAD >/dev/null
git log --stat -p --graph >log; git blame d1/f1 >blame; git grep --threads=2 -c 77 | tail -n 1
git shortlog -s HEAD
git archive --format=tar.gz -o ../archive.tgz HEAD; git format-patch -q -1 -o ../patches
git reset -q --hard HEAD~1
git am -q ../patches/*.patch; git cherry-pick side~1 >/dev/null
git worktree add -q ../worktree side; git worktree remove ../worktree
echo junk >junk; git clean -fdxq; [ ! -e junk ]; git update-index --refresh; git status --short

git gc -q --aggressive --prune=now; git repack -adfq --window=20; git fsck --full --strict
git commit-graph write --reachable; git multi-pack-index write; git multi-pack-index verify
git maintenance run --quiet
git reflog >reflog; git bundle create -q ../all.bundle --all; git bundle verify -q ../all.bundle
git rev-list --objects --no-object-names --all | git cat-file --batch-check='%(objecttype)' --buffer | sort | uniq -c
git fast-export --all >../exported; git init -q ../imported; git -C ../imported fast-import --quiet <../exported
git bisect start HEAD HEAD~3 >/dev/null; git bisect run test ! -e on_main >/dev/null
git bisect reset >/dev/null 2>&1
fails_with 1 git bisect log
cd ..

git clone -q repository copy; git clone -q --no-local --depth 3 "file://$PWD/repository" shallow
git clone -q --bare repository bare.git; git clone -q --shared repository shared
git clone -q all.bundle unbundled
touch bare.git/git-daemon-export-ok
git daemon --listen=127.0.0.1 --port="$port" --base-path="$PWD" --enable=receive-pack --reuseaddr --verbose &
daemon=$!
trap 'kill "$daemon" && wait "$daemon" || :' EXIT
await 30 listening "$port"
remote=git://127.0.0.1:$port
git clone -q "$remote/bare.git" fetched
git clone -q --filter=blob:none --sparse "$remote/bare.git" partial 2>/dev/null
cd fetched; commit pushed; git push -q origin HEAD:main; git fetch -q --prune --tags
git ls-remote -q origin main
fails_with 128 git ls-remote "$remote/none.git"
cd ..
[ "$(git -C bare.git rev-parse main)" = "$(git -C fetched rev-parse HEAD)" ]
git -C copy submodule --quiet add "$PWD/bare.git" sub; git -C copy commit -qm sub
git -C copy submodule --quiet update --init --remote; git -C copy submodule status | wc -l
git -C fetched rev-parse HEAD
git -C copy pull -q --no-rebase && git -C copy fetch -q --unshallow 2>/dev/null || git -C shallow fetch -q --unshallow
for clone in copy shallow shared unbundled imported fetched; do
    git -C "$clone" fsck --no-progress 2>/dev/null
    git -C "$clone" rev-list --count --all
done
END
