#!/bin/sh
# Green when the tests pass. Exits 77, which says that it can't tell, where cargo is missing.
# SPDX-License-Identifier: Apache-2.0
set -eu
LC_ALL=C
export LC_ALL

# rustup's cargo is there before any toolchain is, and then it can't even tell its version.
if ! cargo --version >/dev/null 2>&1; then
    echo "cargo is not installed: the tests did not run"
    exit 77
fi

# Nothing may stay in the work tree: build products go elsewhere, and a Cargo.lock that cargo makes here is
# dropped again. A library's users never read it, and whether to commit one is its owners' choice.
build=$(mktemp -d)
lock=present
[ -e Cargo.lock ] || lock=absent
tidy() {
    rm -rf "$build"
    if [ "$lock" = absent ]; then rm -f Cargo.lock; fi
}
trap tidy EXIT
trap 'exit 129' HUP INT TERM
CARGO_TARGET_DIR=$build cargo test --offline --quiet
