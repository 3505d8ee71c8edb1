#!/bin/sh
# Writes CHANGELOG.md from the subjects of the commits up to the base commit, whatever their style.
# SPDX-License-Identifier: Apache-2.0
set -eu
LC_ALL=C
export LC_ALL

fail() {
    printf 'error: %s\nhint: %s\n' "$1" "$2" >&2
    exit 1
}

# Version tags on the way to the base commit, newest first: "oid tag date", one tag a commit.
releases() {
    git -c versionsort.suffix=- for-each-ref --merged="$base" --sort=-v:refname \
        --format='%(if)%(*objectname)%(then)%(*objectname)%(else)%(objectname)%(end) %(refname:lstrip=2) %(creatordate:short)' \
        refs/tags |
        awk '$2 ~ /^v?[0-9]+\.[0-9]+(\.[0-9]+)?([-+][0-9A-Za-z.+-]*)?$/ && !seen[$1]++'
}

# The commits of a revision range, newest first. Fields end in \001, commits in \002.
commits() {
    git -c log.showSignature=false log --no-merges --format='%H%x01%P%x01%T%x01%(trailers:key=Orchestrate-Execution,valueonly,separator=%x20)%x01%s%x02' "$@" --
}

# The web address of a remote, without credentials; nothing for a remote that is no forge.
web() {
    git config --get remote.origin.url 2>/dev/null | sed -n \
        -e 's|^[A-Za-z0-9._-]*@\([^:/]*\):\(.*\)$|https://\1/\2|' \
        -e 's|^ssh://\([^@/]*@\)\{0,1\}\([^:/]*\)\(:[0-9]*\)\{0,1\}/|https://\2/|' \
        -e 's|^https\{0,1\}://\([^@/]*@\)\{0,1\}|https://|' \
        -e 's|/$||' -e 's|\.git$||' \
        -e '/^https:\/\/[^/]*\(github\|gitlab\|codeberg\|gitea\|forgejo\)[^/]*\/..*\/..*/p' | sed -n 1p
}

# The subjects of one version, newest first, each once.
sections() {
    awk -v empty="$empty" '
        BEGIN { RS = "\002"; FS = "\001" }
        # What Markdown would swallow, outside of code spans.
        function markdown(text, parts, n, i, out) {
            n = split(text, parts, "`")
            for (i = 1; i <= n; i++) {
                if (i % 2 || n % 2 == 0) gsub(/[<*]/, "\\\\&", parts[i])
                out = out (i > 1 ? "`" : "") parts[i]
            }
            return out
        }
        {
            sub(/^\n+/, "", $1)
            if ($1 == "" || $4 != "" || ($2 == "" && $3 == empty)) next
            gsub(/[\001-\037\177]/, " ", $5)
            if ($5 == "" || $5 ~ /^(fixup|squash|amend)! / || seen[$5]++) next
            if (!any++) print ""
            print "- " markdown($5)
        }'
}

# A changelog ($2) with the entries of $1 in its Unreleased section, if that is missing or has none.
merge() {
    awk -v news="$1" '
        function put(line) { print line eol }
        function fill() { for (n = 1; n <= count; n++) put(entry[n]) }
        BEGIN { while ((getline line < news) > 0) entry[++count] = line }
        NR == 1 && /\r$/ { eol = "\r" }
        { text[NR] = $0; sub(/\r$/, ""); plain[NR] = $0 }
        END {
            for (i = 1; i <= NR; i++) {
                if (!at && tolower(plain[i]) ~ /^##+ +\[?unreleased/) at = i
                if (!version && (plain[i] ~ /^## / || plain[i] ~ /^#+ +\[?v?[0-9]+\.[0-9]/)) version = i
            }
            if (at) {
                for (end = at + 1; end <= NR && plain[end] !~ /^(##? |\[[^]]*\]: )/; end++)
                    if (plain[end] !~ /^[ \t]*$/ && plain[end] !~ /^###/) kept = 1
                if (!count) kept = 1
            }
            for (i = 1; i <= NR; i++) {
                if (!at && i == version) { put("## [Unreleased]"); fill(); put("") }
                if (at && i > at && i < end && !kept) continue
                print text[i]
                if (i == at && !kept) { fill(); if (end <= NR) put("") }
            }
            if (!at && !version) { put(""); put("## [Unreleased]"); fill() }
        }' "$2"
}

top=$(git rev-parse --show-toplevel 2>/dev/null) ||
    fail "$(pwd) is not inside a git work tree" "run this from a clone, or run \`git init\` first"
cd "$top"
base=$(git rev-parse -q --verify "${ORCHESTRATE_BASE:-HEAD}^{commit}" 2>/dev/null || :)
empty=$(git hash-object -t tree --stdin </dev/null)
file=CHANGELOG.md
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 129' HUP INT TERM

# Entries that someone wrote need no history to be right.
if [ -s "$file" ]; then
    echo entry >"$work/entry"
    merge "$work/entry" "$file" >"$work/new"
    if cmp -s "$work/new" "$file"; then
        echo "$file has an Unreleased section with entries: left as it is"
        exit 0
    fi
fi

: >"$work/releases"
: >"$work/unreleased"
: >"$work/released"
if [ -n "$base" ]; then
    releases >"$work/releases"
    # shellcheck disable=SC2046 # oids have no blanks
    commits "$base" --not $(cut -d' ' -f1 "$work/releases") | sections >"$work/unreleased"
    # shellcheck disable=SC2094 # both only read the list
    while read -r oid tag date; do
        older=$(awk -v oid="$oid" 'found { print $1 } $1 == oid { found = 1 }' "$work/releases")
        printf '\n## [%s] - %s\n' "${tag#v}" "$date"
        # shellcheck disable=SC2086 # oids have no blanks
        commits "$oid" --not $older </dev/null | sections
    done <"$work/releases" >"$work/released"
fi

# A file that someone keeps stays theirs: only a missing or an empty Unreleased section is filled in.
if [ -s "$file" ]; then
    merge "$work/unreleased" "$file" >"$work/new"
    if cmp -s "$work/new" "$file"; then
        echo "$file has an Unreleased section: left as it is"
    else
        cat "$work/new" >"$file"
        echo "$file: filled in the Unreleased section"
    fi
    exit 0
fi

url=$(web)
{
    cat <<'TEXT'
# Changelog

What changed from version to version, newest first. The format is that of
[Keep a Changelog](https://keepachangelog.com/en/1.1.0/), and version numbers follow
[Semantic Versioning](https://semver.org/spec/v2.0.0.html).

## [Unreleased]
TEXT
    cat "$work/unreleased" "$work/released"
    if [ -n "$url" ] && [ -s "$work/releases" ]; then
        echo
        case $url in
        *gitlab*) first=/-/tags/ ;;
        *) first=/releases/tag/ ;;
        esac
        awk -v url="$url" -v first="$first" '
            NR == 1 { print "[Unreleased]: " url "/compare/" $2 "...HEAD" }
            NR > 1 { print "[" name "]: " url "/compare/" $2 "..." newer }
            { newer = name = $2; sub(/^v/, "", name) }
            END { print "[" name "]: " url first newer }' "$work/releases"
    fi
} >"$work/new"
cat "$work/new" >"$file"
echo "$file: written, entries: $(grep -c '^- ' "$file" || :)"
