#!/bin/sh
# Looks for secrets in tracked and in untracked, not ignored text files; prints where, never what. Writes nothing.
# SPDX-License-Identifier: Apache-2.0
set -eu
LC_ALL=C
export LC_ALL

fail() {
    printf 'error: %s\nhint: %s\n' "$1" "$2" >&2
    exit 1
}

# The matches of an extended regex: path \001 line \001 match. No match is no error.
matches() {
    git -c submodule.recurse=false grep --untracked --full-name --no-color --no-column -InozE "$@" >"$work/raw" || {
        status=$?
        [ "$status" -eq 1 ] || fail "git grep failed with status $status" "run \`git grep --untracked -I x\` to see why"
    }
    tr '\0' '\001' <"$work/raw"
}

top=$(git rev-parse --show-toplevel 2>/dev/null) ||
    fail "$(pwd) is not inside a git work tree" "run this from a clone, or run \`git init\` first"
cd "$top"
tab=$(printf '\t')
allow=.secretscanignore
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 129' HUP INT TERM

git ls-files -co --exclude-standard -z | tr '\0\n' '\n?' >"$work/files"
: >"$work/allowed"
if [ -f "$allow" ]; then
    {
        git ls-files -ci --exclude-from="$allow" -z
        git ls-files -oi --exclude-from="$allow" -z
    } | tr '\0\n' '\n?' >"$work/allowed"
fi

# Keys with a shape of their own. The classes in these patterns keep them from matching themselves.
shapes='(AKIA|ASIA)[0-9A-Z]{16}'
shapes="$shapes|gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{60}"
shapes="$shapes|gl(pat|ptt|dt|rt)-[A-Za-z0-9_-]{20}"
shapes="$shapes|xox[abeoprs]-[A-Za-z0-9-]{10,}|hooks[.]slack[.]com/services/T[A-Za-z0-9]+/B[A-Za-z0-9]+/[A-Za-z0-9]+"
shapes="$shapes|AIza[A-Za-z0-9_-]{35}"
shapes="$shapes|[sr]k_live_[A-Za-z0-9]{16,}"
shapes="$shapes|npm_[A-Za-z0-9]{36}|pypi-[A-Za-z0-9_-]{80,}"
shapes="$shapes|sk-(ant|proj)-[A-Za-z0-9_-]{20,}|hf_[A-Za-z0-9]{34}|SG[.][A-Za-z0-9_-]{22}[.][A-Za-z0-9_-]{43}"
shapes="$shapes|eyJ[A-Za-z0-9_-]{10,}[.]eyJ[A-Za-z0-9_-]{10,}[.][A-Za-z0-9_-]{10,}"
matches -e "(^|[^A-Za-z0-9_])($shapes)" >"$work/shapes"

# A key block starts a line or a string that goes on; the bare header inside a string is a parser's.
# shellcheck disable=SC1003 # the backslash before n is meant
matches -e '(^[^A-Za-z]*|["`=])-----BEGIN ([A-Z0-9]+ )*PRIVATE KEY( BLOCK)?-----([\\]+[nr]|[[:space:]]*$)' >"$work/blocks"

# Values given to something called a password: quoted anywhere, bare in settings files, and inside addresses.
words='(password|passwd|passphrase|pwd|secret|token|credential|api[_-]?key|access[_-]?key|auth[_-]?key|private[_-]?key|secret[_-]?key|encryption[_-]?key)'
quote="[\"']"
matches -i -e "${words}${quote}?[[:space:]]*(=>|:=|=|:|:[[:space:]]*&?[A-Za-z]+[[:space:]]*=)[[:space:]]*${quote}[^\"']{8,}${quote}" >"$work/values"
matches -i -e "^[[:space:]]*(export[[:space:]]+)?[A-Za-z0-9_.-]*${words}[[:space:]]*[=:][[:space:]]*[^[:space:]\"']{8,}[[:space:]]*$" -- \
    '.env' '.env.*' '*.env' '*.properties' '*.ini' '*.cfg' '*.conf' '*.yml' '*.yaml' >>"$work/values"
matches -i -e "[a-z][a-z0-9+.-]*://[^]/[:space:]:@\"'<>{}\$]+:[^]/[:space:]@\"'<>{}\$]{6,}@[A-Za-z0-9.-]+" >"$work/addresses"

awk -F '\001' '
    # How likely two characters drawn from a text are the same: 0.125 for eight different ones, 1 for "aaaa".
    function repetition(text, n, i, c, count, sum) {
        n = length(text)
        for (i = 1; i <= n; i++) count[substr(text, i, 1)]++
        for (c in count) sum += count[c] * count[c]
        return sum / (n * n)
    }
    function placeholder(low) {
        return low ~ /example|sample|change.?me|placeholder|your|dummy|fake|mock|test|todo|redacted|replace|insert|secret|password|passwd|foobar|lorem|12345|abc123|abcdef|xxx|key_here|[a-z]123[^a-z0-9]*$|\.\.\.|\*\*\*|<|>|[$%{}()\[\]]|^(https?|file):|^[.\/~]|env\./
    }
    # The subject of the token that every introduction to JSON web tokens shows.
    function shown(text) { return text ~ /eyJzdWIiOiIxMjM0NTY3ODkw/ }
    # Made by chance rather than by a writer: no words between blanks, letters with digits, little repetition.
    function random(text, low, classes) {
        low = tolower(text)
        if (length(text) < 8 || text ~ /[ \t]/ || shown(text) || placeholder(low)) return 0
        classes = (text ~ /[a-z]/) + (text ~ /[A-Z]/) + (text ~ /[0-9]/) + (text ~ /[^A-Za-z0-9]/)
        if (text ~ /[0-9]/ ? classes < 2 : classes < 3) return 0
        if (text ~ /^[0-9.,:+-]+$/) return 0
        return repetition(text) <= 0.2
    }
    function kind_of(key) {
        if (key ~ /^A[KS]IA/) return "AWS access key"
        if (key ~ /^g(h[pousr]_|ithub_pat_)/) return "GitHub token"
        if (key ~ /^gl/) return "GitLab token"
        if (key ~ /^xox/) return "Slack token"
        if (key ~ /^hooks/) return "Slack webhook"
        if (key ~ /^AIza/) return "Google API key"
        if (key ~ /^[sr]k_/) return "Stripe live key"
        if (key ~ /^npm_/) return "npm token"
        if (key ~ /^pypi-/) return "PyPI token"
        if (key ~ /^sk-ant/) return "Anthropic key"
        if (key ~ /^sk-/) return "OpenAI key"
        if (key ~ /^hf_/) return "Hugging Face token"
        if (key ~ /^SG/) return "SendGrid key"
        return "JSON web token"
    }
    function report(kind, secret, place) {
        place = $1 "\001" $2
        if ($1 in allowed || (place in told)) return
        told[place]
        gsub(/[\001-\037\177]/, "?", $1)
        # Four characters of a short secret would be half of it.
        printf "%s\t%s\t%s (%s...)\n", $1, $2, kind, (length(secret) < 16 ? "" : substr(secret, 1, 4))
    }
    FILENAME ~ /\/allowed$/ { allowed[$0]; next }
    # A path with a line break in it arrives in two parts.
    NF < 3 { rest = rest $0 "?"; next }
    { $1 = rest $1; rest = "" }
    FILENAME ~ /\/shapes$/ {
        key = $3
        if (key !~ /^(A[KS]IA|gh|gl|github_|xox|hooks|AIza|[sr]k[_-]|npm_|pypi-|hf_|SG|eyJ)/) key = substr(key, 2)
        if (key !~ /EXAMPLE$/ && !shown(key) && repetition(key) < 0.17) report(kind_of(key), key)
        next
    }
    FILENAME ~ /\/blocks$/ { report("private key", ""); next }
    FILENAME ~ /\/values$/ {
        value = $3
        sub(/[ \t\r]+$/, "", value)
        if (value ~ /["\047]$/) { sub(/["\047]$/, "", value); sub(/.*["\047]/, "", value) }
        else { sub(/^[^=:]*[=:][ \t]*/, "", value) }
        if (random(value)) report("assigned secret", value)
        next
    }
    FILENAME ~ /\/addresses$/ {
        host = value = $3
        sub(/.*@/, "", host)
        sub(/@[^@]*$/, "", value); sub(/^[^:]*:\/\/[^:]*:/, "", value)
        if (host !~ /^(localhost|127\.|0\.0\.0\.0|host$|hostname$)|example/ && !placeholder(tolower(value)) && repetition(value) <= 0.23)
            report("password in an address", value)
    }
' "$work/allowed" "$work/shapes" "$work/blocks" "$work/values" "$work/addresses" >"$work/unsorted"
sort -t "$tab" -k1,1 -k2,2n "$work/unsorted" >"$work/found"

if [ -s "$work/found" ]; then
    awk -F '\t' '{ print $1 ":" $2 ": " $3 }' "$work/found"
    count=$(awk 'END { print NR }' "$work/found")
    files=$(cut -f1 "$work/found" | sort -u | awk 'END { print NR }')
    fail "likely secrets: $count, in files: $files" \
        "take them out and revoke them, since history keeps what was committed; list false alarms in $allow (gitignore patterns)"
fi
echo "no secrets in $(awk 'END { print NR }' "$work/files") files"
