#!/bin/sh
# Writes README.md from what is in the work tree: name, purpose, commands, layout, licence.
# SPDX-License-Identifier: Apache-2.0
set -eu
LC_ALL=C
export LC_ALL

fail() {
    printf 'error: %s\nhint: %s\n' "$1" "$2" >&2
    exit 1
}

# A string of a table of a TOML file ($1), by table and key.
toml() {
    [ -f "$1" ] || return 0
    awk -v table="[$2]" -v key="$3" '
        /^[ \t]*\[/ { sub(/[ \t]*(#.*)?\r?$/, ""); sub(/^[ \t]*/, ""); inside = $0 == table }
        inside && $0 ~ "^[ \t]*" key "[ \t]*=[ \t]*\"[^\"]" {
            sub(/^[^=]*=[ \t]*"/, "")
            for (i = 1; i <= length($0); i++) {
                c = substr($0, i, 1)
                if (c == "\\") { out = out substr($0, ++i, 1); continue }
                if (c == "\"") break
                out = out c
            }
            print out; exit
        }
        inside && $0 ~ "^[ \t]*" key "[ \t]*=[ \t]*\047[^\047]" {
            sub(/^[^=]*=[ \t]*\047/, ""); sub(/\047.*/, ""); print; exit
        }' "$1"
}

# The strings of package.json, two levels deep: "key<tab>value" and "object.key<tab>value".
json() {
    [ -f package.json ] || return 0
    awk '{ text = text $0 "\n" } END {
        n = length(text)
        for (i = 1; i <= n; i++) {
            c = substr(text, i, 1)
            if (c == "\"") {
                token = ""
                for (i++; i <= n && (c = substr(text, i, 1)) != "\""; i++) {
                    if (c == "\\") { c = substr(text, ++i, 1); if (c ~ /[nrt]/) c = " " }
                    token = token c
                }
                if (!value) name[depth] = token
                else {
                    if (depth == 1) print name[1] "\t" token
                    if (depth == 2) print name[1] "." name[2] "\t" token
                    value = 0
                }
            }
            else if (c == ":") value = 1
            else if (c == ",") value = depth >= 90
            else if (c == "{") { depth++; value = 0; if (depth == 2) print name[1] "\t" }
            else if (c == "}") { depth--; value = 0 }
            else if (c == "[") { depth += 90; value = 1 }
            else if (c == "]") { depth -= 90; value = 0 }
        }
    }' package.json >"$work/json"
}

package() {
    [ -f "$work/json" ] || return 0
    awk -F '\t' -v key="$1" '$1 == key { print $2; exit }' "$work/json"
}

has_script() {
    [ -f "$work/json" ] && grep "^scripts\.$1$tab" "$work/json" | grep -qv 'no test specified'
}

present() {
    grep -qE "$1" "$work/files"
}

# What the project is for, in the words of the request: "a Rust library for parsing dates, with …".
purpose_in_request() {
    printf '%s\n' "${ORCHESTRATE_NEED:-}. ${ORCHESTRATE_REQUEST:-}" | tr '\n' ' ' | awk '{
        if (!match($0, /(library|crate|package|tool|cli|CLI|command|app|application|service|server|program|website|game|plugin|framework|client|parser|module) (called [^ ]+ |named [^ ]+ )?(that|which|for|to) /)) exit
        before = substr($0, 1, RSTART - 1); text = substr($0, RSTART)
        sub(/(called|named) [^ ]+ /, "", text)
        sub(/[,;:!?]( .*)?$/, "", text); sub(/\.( .*)?$/, "", text)
        sub(/ (with|including|plus) .*/, "", text)
        sub(/ +$/, "", text)
        sub(/ and (add|set|include|create|write|give|make|also) .*/, "", text)
        if (text ~ /^[A-Za-z]+ (for|to) (a|an|the|this|that|my|our|me|us|it|its)( |$)/) exit
        if (text !~ /^[A-Za-z0-9 ,\/+-]+$/ || length(text) > 120 || split(text, words, " ") < 3) exit
        n = split(before, words, " ")
        for (i = n; i > n - 3 && i > 0; i--) {
            low = tolower(words[i])
            if (low ~ /^(a|an|the|my|our|new)$/) { article = 1; break }
            if (low !~ /^[a-z+#-]+$/) break
            lead = words[i] (lead == "" ? "" : " ") lead
        }
        if (!article) lead = ""
        text = lead (lead == "" ? "" : " ") text
        print (text ~ /^[aeiouAEIOU]/ ? "An " : "A ") text "."
    }'
}

# Without any of that: what the files say, and no more.
purpose_in_files() {
    case $kinds in
    '') echo "The $project project." ;;
    Rust) if [ -f src/lib.rs ]; then echo 'A Rust library.'; else echo 'A Rust program.'; fi ;;
    *) echo "A project in $(printf '%s' "$kinds" | paste -sd, - | sed -e 's/,\([^,]*\)$/ and \1/' -e 's/,/, /g')." ;;
    esac
}

# Markdown that a plain text must not turn into.
plain() {
    sed -e 's/</\\</g' -e 's/\*/\\*/g' -e 's/\[/\\[/g' | tr -d '\000-\010\013-\037\177' | tr '\n' ' ' | sed 's/ *$//'
}

web() {
    git config --get remote.origin.url 2>/dev/null | sed -n \
        -e 's|^[A-Za-z0-9._-]*@\([^:/]*\):\(.*\)$|https://\1/\2|' \
        -e 's|^ssh://\([^@/]*@\)\{0,1\}\([^:/]*\)\(:[0-9]*\)\{0,1\}/|https://\2/|' \
        -e 's|^https\{0,1\}://\([^@/]*@\)\{0,1\}|https://|' \
        -e 's|/$||' -e 's|\.git$||' \
        -e '/^https:\/\/[^/]*\(github\|gitlab\|codeberg\|gitea\|forgejo\)[^/]*\/[A-Za-z0-9._\/~-]*$/p' | sed -n 1p
}

# The first example in the documentation of a crate, without its hidden lines.
rust_example() {
    awk '
        !/^[ \t]*\/\/!/ { if (started) exit; next }
        { started = 1; line = $0; sub(/^[ \t]*\/\/! ?/, "", line) }
        !inside && line ~ /^```/ { inside = line ~ /^```(rust)?[ \t]*$/; skip = !inside; if (skip) inside = 1; next }
        inside && line ~ /^```/ { if (!skip) exit; inside = 0; next }
        inside && !skip && line !~ /^#( |$)/ { print line }' src/lib.rs
}

block() {
    printf '\n```%s\n' "$1"
    cat
    echo '```'
}

usage() {
    if [ -f Cargo.toml ] && [ -f src/lib.rs ]; then
        printf '\n## Use\n'
        if [ -n "$url" ]; then
            echo "cargo add --git $url $crate" | block sh
        else
            echo "cargo add --path path/to/$crate" | block sh
        fi
        rust_example >"$work/example"
        if [ -s "$work/example" ]; then block rust <"$work/example"; fi
    elif [ -f Cargo.toml ] && [ -f src/main.rs ]; then
        printf '\n## Install\n'
        if [ -n "$url" ]; then echo "cargo install --git $url"; else echo "cargo install --path ."; fi | block sh
    fi
}

# Commands for building and testing, one block a language.
commands() {
    if [ -f Cargo.toml ]; then
        printf 'Rust|cargo build\nRust|cargo test\n'
    fi
    if [ -f package.json ]; then
        if [ -f pnpm-lock.yaml ]; then
            npm=pnpm
        elif [ -f yarn.lock ]; then
            npm=yarn
        else
            npm=npm
        fi
        if [ -f package-lock.json ]; then echo 'Node.js|npm ci'; else echo "Node.js|$npm install"; fi
        if has_script build; then echo "Node.js|$npm run build"; fi
        if has_script test; then echo "Node.js|$npm test"; fi
        if has_script start; then echo "Node.js|$npm start"; fi
    fi
    if [ -f pyproject.toml ] || [ -f setup.py ] || [ -f requirements.txt ]; then
        if [ -f uv.lock ]; then
            echo 'Python|uv sync'
            if present '(^|/)(test_[^/]*|[^/]*_test)\.py$'; then echo 'Python|uv run pytest'; fi
        else
            printf 'Python|python3 -m venv .venv\nPython|. .venv/bin/activate\n'
            if [ -f requirements.txt ]; then echo 'Python|pip install -r requirements.txt'; fi
            if [ -f setup.py ] || { [ -f pyproject.toml ] && grep -qE '^\[(project|build-system|tool\.poetry)\]' pyproject.toml; }; then
                echo 'Python|pip install -e .'
            fi
            if present '(^|/)(test_[^/]*|[^/]*_test)\.py$'; then echo 'Python|python -m pytest'; fi
        fi
    fi
    if [ -f go.mod ]; then
        printf 'Go|go build ./...\nGo|go test ./...\n'
    fi
    if [ -f CMakeLists.txt ]; then
        printf 'CMake|cmake -B build\nCMake|cmake --build build\n'
        if grep -qi 'enable_testing\|include(CTest)' CMakeLists.txt; then echo 'CMake|ctest --test-dir build'; fi
    fi
    if [ -f pom.xml ]; then echo 'Maven|mvn verify'; fi
    if [ -f gradlew ]; then
        echo 'Gradle|./gradlew build'
    elif present '^build\.gradle(\.kts)?$'; then
        echo 'Gradle|gradle build'
    fi
    for file in Makefile makefile GNUmakefile; do
        if present "^$file\$"; then
            echo 'make|make'
            for target in test check; do
                if grep -q "^$target:" "$file"; then echo "make|make $target"; fi
            done
            break
        fi
    done
}

build_and_test() {
    commands >"$work/commands"
    [ -s "$work/commands" ] || return 0
    printf '\n## Build and test\n'
    cut -d'|' -f1 "$work/commands" | uniq >"$work/tools"
    tools=$(awk 'END { print NR }' "$work/tools")
    while IFS= read -r tool; do
        [ "$tools" -eq 1 ] || printf '\n%s:\n' "$tool"
        sed -n "s/^$tool|//p" "$work/commands" | block sh
    done <"$work/tools"
    for workflow in .github/workflows/*.yml .github/workflows/*.yaml; do
        if [ -f "$workflow" ] && grep -q 'pull_request' "$workflow"; then
            echo
            echo "Every pull request is checked by [${workflow##*/}]($workflow)."
            break
        fi
    done
}

# Folders at the top and what is in them: their own readme's title, else what such a folder holds by custom,
# else what most of its files are.
layout() {
    awk '
        /\// && !/^\./ && !/^(node_modules|target|dist|build|vendor)\// {
            dir = file = $0
            sub(/\/.*/, "", dir); sub(/.*\//, "", file)
            if (!(dir in count)) order[++n] = dir
            count[dir]++
            kind = file
            if (!sub(/.*\./, ".", kind) || kind == file) kind = ""
            if (++kinds[dir, kind] > most[dir]) { most[dir] = kinds[dir, kind]; main[dir] = kind }
        }
        END { for (i = 1; i <= n; i++) print order[i] "\t" main[order[i]] }' "$work/files" | sort >"$work/folders"
    [ -s "$work/folders" ] || return 0
    printf '\n## Layout\n\n| path | holds |\n|---|---|\n'
    while IFS="$tab" read -r folder kind; do
        case $folder in
        *\?*) continue ;;
        src | lib | source) holds='the source code' ;;
        test | tests | spec | __tests__) holds='tests' ;;
        doc | docs) holds='documentation' ;;
        example | examples) holds='examples' ;;
        bench | benches | benchmarks) holds='benchmarks' ;;
        script | scripts | tools) holds='scripts for development' ;;
        bin) holds='programs' ;;
        cmd) holds='entry points of the programs' ;;
        pkg | internal | packages | crates) holds='the parts of the project' ;;
        app | apps) holds='applications' ;;
        assets | static | public) holds='static files' ;;
        config | conf) holds='configuration' ;;
        migrations) holds='database migrations' ;;
        templates) holds='templates' ;;
        include) holds='headers' ;;
        *)
            holds=files
            [ -z "$kind" ] || holds="\`$kind\` files"
            if [ -f "$folder/README.md" ]; then
                title=$(sed -n 's/^# *//p' "$folder/README.md" | sed -n 1p | plain | sed 's/|/\\|/g')
                [ -z "$title" ] || holds=$title
            fi
            ;;
        esac
        # shellcheck disable=SC2016 # these are Markdown's
        printf '| `%s/` | %s |\n' "$(printf '%s' "$folder" | sed 's/|/\\|/g')" "$holds"
    done <"$work/folders"
}

licence_name() {
    if grep -q 'Apache License' "$1"; then
        echo 'Apache License 2.0'
    elif grep -q 'Permission is hereby granted, free of charge' "$1"; then
        echo 'MIT License'
    elif grep -q 'Neither the name' "$1"; then
        echo 'BSD 3-Clause License'
    elif grep -q 'Redistributions in binary form' "$1"; then
        echo 'BSD 2-Clause License'
    elif grep -q 'free and unencumbered software' "$1"; then
        echo 'Unlicense'
    elif grep -q 'purpose with or without fee is hereby granted\.' "$1"; then
        echo 'BSD Zero Clause License'
    elif grep -q 'purpose with or without fee is hereby granted' "$1"; then
        echo 'ISC License'
    elif grep -q 'Mozilla Public License Version 2.0' "$1"; then
        echo 'Mozilla Public License 2.0'
    elif grep -q 'GNU AFFERO GENERAL PUBLIC LICENSE' "$1"; then
        echo 'GNU Affero General Public License'
    elif grep -q 'GNU LESSER GENERAL PUBLIC LICENSE' "$1"; then
        echo 'GNU Lesser General Public License'
    elif grep -q 'GNU GENERAL PUBLIC LICENSE' "$1"; then
        echo 'GNU General Public License'
    fi
}

licence() {
    if [ -f LICENSE-MIT ] && [ -f LICENSE-APACHE ]; then
        printf '\n## License\n\nUnder the [Apache License 2.0](LICENSE-APACHE) or the [MIT License](LICENSE-MIT), whichever you prefer.\n'
        return
    fi
    for file in LICENSE LICENSE.md LICENSE.txt LICENCE LICENCE.md LICENCE.txt COPYING UNLICENSE; do
        [ -s "$file" ] || continue
        terms=$(licence_name "$file")
        if [ -n "$terms" ]; then
            printf '\n## License\n\nUnder the [%s](%s).\n' "$terms" "$file"
        else
            printf '\n## License\n\nThe terms are in [%s](%s).\n' "$file" "$file"
        fi
        return
    done
}

body() {
    usage
    build_and_test
    layout
    if [ -s CHANGELOG.md ]; then
        printf '\n## Changes\n\nWhat changed from version to version is in [CHANGELOG.md](CHANGELOG.md).\n'
    fi
    licence
}

top=$(git rev-parse --show-toplevel 2>/dev/null) ||
    fail "$(pwd) is not inside a git work tree" "run this from a clone, or run \`git init\` first"
cd "$top"
tab=$(printf '\t')
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 129' HUP INT TERM
git ls-files -co --exclude-standard -z | tr '\0\n' '\n?' >"$work/files"

other=$(grep -iE '^readme(\.[a-z]+)?$' "$work/files" | grep -vx 'README\.md' | sed -n 1p || :)
if [ -n "$other" ] && [ -s "$other" ]; then
    fail "$other is this project's readme already" "rename it to README.md to have it extended"
fi
if [ -s README.md ] && grep -qE '^(## |<h2|-{3,}[[:space:]]*$|={3,}[[:space:]]*$)' README.md; then
    echo "README.md has sections of its own: left as it is"
    exit 0
fi

json
crate=$(toml Cargo.toml package name)
project=${ORCHESTRATE_PROJECT:-$(basename -- "$top")}
url=$(web)
kinds=$(
    if [ -f Cargo.toml ]; then echo Rust; fi
    if present '\.tsx?$'; then echo TypeScript; elif [ -f package.json ]; then echo JavaScript; fi
    if present '\.py$'; then echo Python; fi
    if [ -f go.mod ]; then echo Go; fi
    if present '\.(cc|cpp|cxx|hpp)$'; then echo C++; elif present '\.c$'; then echo C; fi
    if present '\.java$'; then echo Java; fi
    if present '\.kt$'; then echo Kotlin; fi
)
name=$crate
[ -n "$name" ] || name=$(package name)
[ -n "$name" ] || name=$(toml pyproject.toml project name)
[ -n "$name" ] || name=$(toml pyproject.toml tool.poetry name)
[ -n "$name" ] || name=$project
purpose=$(toml Cargo.toml package description)
[ -n "$purpose" ] || purpose=$(toml Cargo.toml workspace.package description)
[ -n "$purpose" ] || purpose=$(package description)
[ -n "$purpose" ] || purpose=$(toml pyproject.toml project description)
[ -n "$purpose" ] || purpose=$(toml pyproject.toml tool.poetry description)
[ -n "$purpose" ] || purpose=$(purpose_in_request)
[ -n "$purpose" ] || purpose=$(purpose_in_files)

body >"$work/body"
[ -s "$work/body" ] || printf '\n## Status\n\nJust started: there is no code here yet.\n' >"$work/body"

{
    if [ -s README.md ]; then
        # Someone's title and words stay on top.
        cat README.md
        [ -z "$(tail -c 1 README.md)" ] || echo
        [ "$(grep -c '[^[:space:]]' README.md)" -gt 1 ] || printf '\n%s\n' "$(printf '%s' "$purpose" | plain | sed 's/\([^.!?]\)$/\1./')"
    else
        printf '# %s\n' "$(printf '%s' "$name" | plain)"
        workflow=$(grep -E '^\.github/workflows/ci\.ya?ml$' "$work/files" | sed -n 1p || :)
        case $url in
        https://github.com/*)
            [ -z "$workflow" ] ||
                printf '\n[![CI](%s/actions/workflows/%s/badge.svg)](%s/actions/workflows/%s)\n' "$url" "${workflow##*/}" "$url" "${workflow##*/}"
            ;;
        esac
        printf '\n%s\n' "$(printf '%s' "$purpose" | plain | sed 's/\([^.!?]\)$/\1./')"
    fi
    cat "$work/body"
} >"$work/new"
cat "$work/new" >README.md
echo "README.md: written, sections: $(sed -n 's/^## //p' README.md | paste -sd, - | sed 's/,/, /g')"
