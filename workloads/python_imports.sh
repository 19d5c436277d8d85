#!/bin/bash
# python3 imports every module of its library: from source, from the bytecode that it writes, from a zip archive.
# packages: python3
# program: python3
# limit: 60
. "$(dirname "$0")/lib/workload.sh"

export lib times
times=$(amount 1 2 20)
drive <<'END'
for ((i = 0; i < times; i++)); do
    python3 -I -B "$lib/python_imports.py" # no bytecode
    for way in writes reads; do
        python3 -I -X pycache_prefix="cache.$i" "$lib/python_imports.py"
    done
done
mkdir package
echo 'def double(x): return 2 * x' >package/__init__.py
python3 -I -m zipfile -c package.zip package
python3 -I -m compileall -q package
python3 -s -c "import sys; sys.path = ['package.zip'] + sys.path; import package; print(package.double(21))"
! python3 -I -c 'import nothing_like_this' 2>/dev/null
END
[ "$(find cache.0 -name '*.pyc' | wc -l)" -gt 100 ] || fail "it wrote no bytecode"
