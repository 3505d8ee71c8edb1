#!/bin/sh
# Green when the root of the work tree holds a licence text.
# SPDX-License-Identifier: Apache-2.0
set -eu
LC_ALL=C
export LC_ALL

for file in LICEN[CS]E* [Ll]icen[cs]e* COPYING* UNLICENSE*; do
    if [ -f "$file" ] && [ -s "$file" ] &&
        grep -qiE 'permission|redistribution|licen[cs]e|public domain' "$file"; then
        exit 0
    fi
done
echo "no LICENSE, LICENSE-*, COPYING or UNLICENSE file holds a licence text"
exit 1
