#!/bin/sh
# Repairs a copy of examples/broken_cart with no key and no network, and shows the tests before, the diff, the tests after.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
bin=$here/../.venv/bin
if [ -x "$bin/aion-r" ]; then
    VIRTUAL_ENV=$(cd "$bin/.." && pwd)
    PATH=$VIRTUAL_ENV/bin:$PATH
    export VIRTUAL_ENV PATH
fi

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cp -R "$here/broken_cart" "$scratch/broken_cart"
cd "$scratch/broken_cart"
export AION_R_HOME="$scratch/home" PYTHONDONTWRITEBYTECODE=1

echo "--- Before: the tests of examples/broken_cart, in a copy of it"
if python -m pytest -q --tb=short -p no:cacheprovider; then
    echo "The example is not broken: there is nothing to show." >&2
    exit 1
fi

echo
echo "--- aion-r fix . --providers offline"
aion-r fix . --providers offline

echo
echo "--- After: the same tests"
python -m pytest -q --tb=short -p no:cacheprovider
