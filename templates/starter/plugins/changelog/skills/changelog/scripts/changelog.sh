#!/bin/sh
# Writes CHANGELOG.md from the Conventional Commits up to the base commit, one section a version tag.
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
    git -c log.showSignature=false log --no-merges --format='%H%x01%P%x01%T%x01%(trailers:key=Orchestrate-Execution,valueonly,separator=%x20)%x01%s%x01%b%x02' "$@" --
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

# Turns `commits` into the groups of one version; counts to $work/counts.
sections() {
    awk -v empty="$empty" -v counts="$work/counts" '
        BEGIN {
            RS = "\002"; FS = "\001"
            split("Added Changed Deprecated Removed Fixed Security", order, " ")
            into["feat"] = into["feature"] = "Added"
            into["fix"] = into["bugfix"] = into["hotfix"] = "Fixed"
            into["perf"] = into["refactor"] = "Changed"
            into["deprecate"] = into["deprecated"] = "Deprecated"
            into["remove"] = into["removed"] = into["revert"] = "Removed"
            into["security"] = into["sec"] = "Security"
        }
        # First letter large, unless the first word looks like a name in code.
        function sentence(text, first) {
            first = text
            sub(/[ ,].*/, "", first)
            if (first ~ /^[a-z]+(-[a-z]+)*$/) text = toupper(substr(text, 1, 1)) substr(text, 2)
            return text
        }
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
            hash[++n] = $1; subject[n] = $5; body[n] = $6; number[$1] = n
        }
        END {
            # Newest first: what a commit takes back, and the commit itself, are no news of this version.
            for (i = 1; i <= n; i++) {
                if (i in gone || !match(body[i], /This reverts commit [0-9a-f]+/)) continue
                oid = substr(body[i], RSTART + 20, RLENGTH - 20)
                for (h in number) if (index(h, oid) == 1) { gone[i]; gone[number[h]] }
            }
            for (i = 1; i <= n; i++) {
                text = subject[i]
                gsub(/[\001-\037\177]/, " ", text)
                if (text ~ /^(fixup|squash|amend)! /) continue
                total++
                breaking = body[i] ~ /(^|\n)BREAKING[ -]CHANGE: /
                if (text ~ /^(Revert|Reapply) "/) {
                    # These are the words of git revert itself, about what an earlier version held.
                    conventional++
                    if (i in gone) continue
                    group = text ~ /^Revert/ ? "Removed" : "Added"
                    sub(/^(Revert|Reapply) "/, "", text); sub(/"$/, "", text)
                    if (match(text, /^[A-Za-z]+(\([^)]*\))?!?: +/)) text = substr(text, RLENGTH + 1)
                    scope = ""
                } else if (match(text, /^[A-Za-z]+(\([^)]*\))?!?: +/)) {
                    conventional++
                    if (i in gone) continue
                    head = substr(text, 1, RLENGTH)
                    text = substr(text, RLENGTH + 1)
                    if (head ~ /!: +$/) breaking = 1
                    scope = head
                    if (sub(/^[A-Za-z]+\(/, "", scope)) sub(/\)!?: +$/, "", scope); else scope = ""
                    type = tolower(head)
                    sub(/[^a-z].*/, "", type)
                    group = into[type]
                    if (scope == "security" && group != "") { group = "Security"; scope = "" }
                } else {
                    stranger = subject[i]
                    continue
                }
                if (breaking) group = "Changed"
                if (group == "") continue
                line = "- " (breaking ? "**breaking** " : "") (scope == "" ? "" : scope ": ") \
                    markdown(scope == "" ? sentence(text) : text)
                if (breaking && match(body[i], /(^|\n)BREAKING[ -]CHANGE: /)) {
                    note = substr(body[i], RSTART + RLENGTH)
                    sub(/\n(\n|[A-Za-z][A-Za-z-]*(: | #)).*/, "", note)
                    gsub(/[\001-\040\177]+/, " ", note)
                    sub(/ $/, "", note)
                    if (note != "" && note != text) line = line "\n  " markdown(note)
                }
                if (!((group, line) in seen)) { seen[group, line]; lines[group] = lines[group] line "\n" }
            }
            for (i = 1; i in order; i++)
                if (order[i] in lines) printf "\n### %s\n\n%s", order[i], lines[order[i]]
            gsub(/[\001-\037\177]/, " ", stranger)
            printf "%d %d %s\n", total, conventional, stranger >> counts
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
: >"$work/counts"
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

awk '{ total += $1; conventional += $2; if (NF > 2) { $1 = $2 = ""; sub(/^ +/, ""); stranger = $0 } }
    END { print total + 0, conventional + 0; print stranger }' "$work/counts" >"$work/sum"
read -r total conventional <"$work/sum"
if [ $((conventional * 3)) -lt "$total" ]; then
    case $conventional/$total in
    0/1) what="the one commit does not follow" ;;
    0/*) what="none of the $total commits follow" ;;
    *) what="only $conventional of the $total commits follow" ;;
    esac
    fail "$what Conventional Commits (first: \"$(sed -n 2p "$work/sum" | cut -c1-72)\")" \
        "use changelog-plain, which lists subjects as they are; or write commits as \`feat: …\`, \`fix: …\`"
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
echo "$file: written, with $conventional conventional commits of $total"
