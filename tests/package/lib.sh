# shellcheck shell=bash
# lib.sh - what the tests of packages share.

scratch=$(mktemp -d) || exit
trap 'rm -rf "$scratch"' EXIT
chmod 755 "$scratch"

skip()
{
    echo "skipped: $*"
    exit 77
}

# need TOOL... - Skips the test where one is missing.
need()
{
    local tool
    for tool; do
        command -v "$tool" >/dev/null || skip "no $tool: apt-get install $tool"
    done
}

# logged FILE COMMAND... - Its output, into the file; to stderr if it fails.
logged()
{
    "${@:2}" >"$1" 2>&1 && return
    cat "$1" >&2
    return 1
}

# make_deb BUILD DIRECTORY - Makes the package of a build there; prints its path.
make_deb()
{
    mkdir -p "$2"
    (cd "$2" && logged log cpack --config "$1/CPackConfig.cmake") && echo "$2"/*.deb
}
