#!/bin/sh
# Writes the licence file that the request, else the manifests, ask for; MIT when neither says.
# SPDX-License-Identifier: Apache-2.0
set -eu
LC_ALL=C
export LC_ALL

skill=${ORCHESTRATE_SKILL:-$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)}
carried="MIT, Apache-2.0, BSD-3-Clause, ISC, 0BSD and Unlicense"

fail() {
    printf 'error: %s\nhint: %s\n' "$1" "$2" >&2
    exit 1
}

# The licences that a text names, one SPDX id a line. "Apache Kafka" names none, nor does "not MIT".
named_in() {
    printf '%s\n' "$1" | awk '
        function ends(word) {
            return word == "" || word ~ /^(licen[cs]ed?|licen[cs]es|lizenz|2|2\.0|v2|version|3|clause|or|and|for|as|please|instead)$/
        }
        { text = text " " $0 }
        END {
            gsub(/([Nn]ot|[Ii]nstead of|[Rr]ather than|[Nn]o) (an? |the )?[A-Za-z0-9.-]+/, " ", text)
            count = split(text, word, /[^A-Za-z0-9.+-]+/)
            for (i = 1; i <= count; i++) {
                sub(/[.-]+$/, "", word[i])
                low[i] = tolower(word[i])
            }
            for (i = 1; i <= count; i++) {
                w = low[i]
                if (word[i] == "MIT" || (w == "mit" && ends(low[i + 1]))) id["MIT"]
                else if (w == "apache" && ends(low[i + 1])) id["Apache-2.0"]
                else if (w ~ /^(apache-?2(\.0)?|apache-licen[cs]e(-2\.0)?|asl-?2(\.0)?)$/) id["Apache-2.0"]
                else if (w ~ /^(0bsd|bsd-0|bsd-zero-clause)$/) id["0BSD"]
                else if (w ~ /^(bsd-?3(-clause)?|new-bsd)$/ || (w == "bsd" && ends(low[i + 1]))) id["BSD-3-Clause"]
                else if (w == "isc" && ends(low[i + 1])) id["ISC"]
                else if (w ~ /^(the-)?unlicen[cs]e$/ || (w == "public" && low[i + 1] == "domain")) id["Unlicense"]
                else if (w ~ /^(a|l)?gpl(-?v?[23](\.[01])?(\+|-only|-or-later)?)?$/) id["GPL family: " word[i]]
                else if (w ~ /^(mpl|epl|eupl|cc0|bsl|wtfpl|zlib|bsd-2|bsd-2-clause)(-?v?[0-9.]+)?$/) id[word[i]]
            }
            for (name in id) print name
        }' | sort
}

# What the manifests declare. Cargo.toml is no declared input: rust-library reads LICENSE, and of two steps
# only one can wait for the other.
declared() {
    if [ -f Cargo.toml ]; then
        sed -n 's/^[[:space:]]*license[[:space:]]*=[[:space:]]*["'\'']\([^"'\'']*\)["'\''].*/\1/p' Cargo.toml
    fi
    if [ -f pyproject.toml ]; then
        sed -n -e 's/^[[:space:]]*license[[:space:]]*=[[:space:]]*["'\'']\([^"'\'']*\)["'\''].*/\1/p' \
            -e 's/^[[:space:]]*license[[:space:]]*=.*text[[:space:]]*=[[:space:]]*["'\'']\([^"'\'']*\)["'\''].*/\1/p' \
            pyproject.toml
    fi
    if [ -f package.json ]; then
        sed -n 's/.*"license"[[:space:]]*:[[:space:]]*"\([^"]*\)".*/\1/p' package.json
    fi
}

# git's user, else who wrote the base commit, else the project's authors. Machines own nothing.
holder() {
    name=$(git config user.name 2>/dev/null || :)
    if [ -z "$name" ] && [ -n "$base" ]; then
        name=$(git log -1 --format=%an "$base")
        case $name in
        *orchestrate* | *'[bot]' | root | unknown | GitHub) name= ;;
        esac
    fi
    name=$(printf '%s' "$name" | tr -d '\000-\037\177')
    printf '%s' "${name:-The $project authors}"
}

liability='THE SOFTWARE IS PROVIDED "AS IS" AND THE AUTHOR DISCLAIMS ALL WARRANTIES WITH
REGARD TO THIS SOFTWARE INCLUDING ALL IMPLIED WARRANTIES OF MERCHANTABILITY
AND FITNESS. IN NO EVENT SHALL THE AUTHOR BE LIABLE FOR ANY SPECIAL, DIRECT,
INDIRECT, OR CONSEQUENTIAL DAMAGES OR ANY DAMAGES WHATSOEVER RESULTING FROM
LOSS OF USE, DATA OR PROFITS, WHETHER IN AN ACTION OF CONTRACT, NEGLIGENCE OR
OTHER TORTIOUS ACTION, ARISING OUT OF OR IN CONNECTION WITH THE USE OR
PERFORMANCE OF THIS SOFTWARE.'

text_of() {
    case $1 in
    MIT)
        cat <<TEXT
MIT License

Copyright (c) $year $holder

Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the "Software"), to deal
in the Software without restriction, including without limitation the rights
to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
SOFTWARE.
TEXT
        ;;
    Apache-2.0) cat "$skill/data/Apache-2.0.txt" ;;
    BSD-3-Clause)
        cat <<TEXT
BSD 3-Clause License

Copyright (c) $year, $holder

Redistribution and use in source and binary forms, with or without
modification, are permitted provided that the following conditions are met:

1. Redistributions of source code must retain the above copyright notice, this
   list of conditions and the following disclaimer.

2. Redistributions in binary form must reproduce the above copyright notice,
   this list of conditions and the following disclaimer in the documentation
   and/or other materials provided with the distribution.

3. Neither the name of the copyright holder nor the names of its
   contributors may be used to endorse or promote products derived from
   this software without specific prior written permission.

THIS SOFTWARE IS PROVIDED BY THE COPYRIGHT HOLDERS AND CONTRIBUTORS "AS IS"
AND ANY EXPRESS OR IMPLIED WARRANTIES, INCLUDING, BUT NOT LIMITED TO, THE
IMPLIED WARRANTIES OF MERCHANTABILITY AND FITNESS FOR A PARTICULAR PURPOSE ARE
DISCLAIMED. IN NO EVENT SHALL THE COPYRIGHT HOLDER OR CONTRIBUTORS BE LIABLE
FOR ANY DIRECT, INDIRECT, INCIDENTAL, SPECIAL, EXEMPLARY, OR CONSEQUENTIAL
DAMAGES (INCLUDING, BUT NOT LIMITED TO, PROCUREMENT OF SUBSTITUTE GOODS OR
SERVICES; LOSS OF USE, DATA, OR PROFITS; OR BUSINESS INTERRUPTION) HOWEVER
CAUSED AND ON ANY THEORY OF LIABILITY, WHETHER IN CONTRACT, STRICT LIABILITY,
OR TORT (INCLUDING NEGLIGENCE OR OTHERWISE) ARISING IN ANY WAY OUT OF THE USE
OF THIS SOFTWARE, EVEN IF ADVISED OF THE POSSIBILITY OF SUCH DAMAGE.
TEXT
        ;;
    ISC)
        cat <<TEXT
ISC License

Copyright (c) $year $holder

Permission to use, copy, modify, and/or distribute this software for any
purpose with or without fee is hereby granted, provided that the above
copyright notice and this permission notice appear in all copies.

$liability
TEXT
        ;;
    0BSD)
        cat <<TEXT
BSD Zero Clause License

Copyright (c) $year $holder

Permission to use, copy, modify, and/or distribute this software for any
purpose with or without fee is hereby granted.

$liability
TEXT
        ;;
    Unlicense)
        cat <<TEXT
This is free and unencumbered software released into the public domain.

Anyone is free to copy, modify, publish, use, compile, sell, or
distribute this software, either in source code form or as a compiled
binary, for any purpose, commercial or non-commercial, and by any
means.

In jurisdictions that recognize copyright laws, the author or authors
of this software dedicate any and all copyright interest in the
software to the public domain. We make this dedication for the benefit
of the public at large and to the detriment of our heirs and
successors. We intend this dedication to be an overt act of
relinquishment in perpetuity of all present and future rights to this
software under copyright law.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND,
EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF
MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT.
IN NO EVENT SHALL THE AUTHORS BE LIABLE FOR ANY CLAIM, DAMAGES OR
OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE,
ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR
OTHER DEALINGS IN THE SOFTWARE.

For more information, please refer to <https://unlicense.org/>
TEXT
        ;;
    esac
}

# The SPDX id of a licence text, or nothing.
spdx_of() {
    if grep -q 'Apache License' "$1"; then
        echo Apache-2.0
    elif grep -q 'Permission is hereby granted, free of charge' "$1"; then
        echo MIT
    elif grep -q 'Neither the name' "$1"; then
        echo BSD-3-Clause
    elif grep -q 'free and unencumbered software' "$1"; then
        echo Unlicense
    elif grep -q 'purpose with or without fee is hereby granted\.' "$1"; then
        echo 0BSD
    elif grep -q 'purpose with or without fee is hereby granted' "$1"; then
        echo ISC
    fi
}

write() {
    text_of "$1" >"$work/text"
    cat "$work/text" >"$2"
    echo "$2: $1"
}

top=$(git rev-parse --show-toplevel 2>/dev/null) ||
    fail "$(pwd) is not inside a git work tree" "run this from a clone, or run \`git init\` first"
cd "$top"
base=$(git rev-parse -q --verify "${ORCHESTRATE_BASE:-HEAD}^{commit}" 2>/dev/null || :)
project=${ORCHESTRATE_PROJECT:-$(basename -- "$top")}

wanted=$(named_in "${ORCHESTRATE_NEED:-}")
[ -n "$wanted" ] || wanted=$(named_in "${ORCHESTRATE_REQUEST:-}")
source="the request"

for file in LICEN[CS]E* [Ll]icen[cs]e* COPYING* UNLICENSE*; do
    [ -f "$file" ] && [ -s "$file" ] || continue
    found=$(spdx_of "$file")
    if [ -n "$wanted" ] && ! printf '%s\n' "$wanted" | grep -qxF "${found:-none}"; then
        fail "$file holds ${found:-another licence} and the request names $(printf '%s' "$wanted" | paste -sd' ' -)" \
            "changing a licence is its owners' decision: remove $file first if it is yours to change"
    fi
    echo "$file is there (${found:-text of its own}): left as it is"
    exit 0
done

if [ -z "$wanted" ]; then
    expression=$(declared | sed -n 1p)
    wanted=$(named_in "$expression")
    source="the manifest (license = \"$expression\")"
    [ -z "$expression" ] || [ -n "$wanted" ] ||
        fail "the manifest declares \"$expression\", whose text is not carried here" \
            "put that text into LICENSE by hand; carried are $carried"
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 129' HUP INT TERM
year=
[ -z "$base" ] || year=$(git log -1 --date=format:%Y --format=%cd "$base")
[ -n "$year" ] || year=$(date +%Y)
holder=$(holder)

case $(printf '%s' "$wanted" | paste -sd' ' -) in
'') write MIT LICENSE ;;
'Apache-2.0 MIT')
    write MIT LICENSE-MIT
    write Apache-2.0 LICENSE-APACHE
    ;;
MIT | Apache-2.0 | BSD-3-Clause | ISC | 0BSD | Unlicense) write "$wanted" LICENSE ;;
*)
    fail "$source names $(printf '%s' "$wanted" | paste -sd, - | sed 's/,/, /g'), which is not one licence carried here" \
        "carried are $carried (MIT with Apache-2.0 gives both files); put any other text into LICENSE by hand"
    ;;
esac
