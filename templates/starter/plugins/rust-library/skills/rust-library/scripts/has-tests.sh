#!/bin/sh
# Green when the library has tests.
# SPDX-License-Identifier: Apache-2.0
set -eu

if ! git -c submodule.recurse=false grep --untracked -qE '#\[(tokio::)?test' -- 'src/*.rs' 'tests/*.rs'; then
    echo "neither src nor tests holds a #[test]"
    exit 1
fi
