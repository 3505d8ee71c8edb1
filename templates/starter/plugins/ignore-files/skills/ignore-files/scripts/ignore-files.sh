#!/bin/sh
# Completes .gitignore for the languages found, and writes .editorconfig. With --check: only looks.
# SPDX-License-Identifier: Apache-2.0
set -eu
LC_ALL=C
export LC_ALL

fail() {
    printf 'error: %s\nhint: %s\n' "$1" "$2" >&2
    exit 1
}

# The languages of the files here; where there are none, those that the request names.
languages() {
    found=$(awk '
        function is(language) { if (!seen[language]++) print language }
        { name = $0; sub(/.*\//, "", name) }
        name == "Cargo.toml" || /\.rs$/ { is("rust") }
        name == "package.json" || /\.[cm]?[jt]sx?$/ { is("node") }
        name ~ /^(pyproject\.toml|setup\.py|requirements.*\.txt)$/ || /\.py$/ { is("python") }
        name == "go.mod" || /\.go$/ { is("go") }
        name == "CMakeLists.txt" || /\.(c|h|cc|cpp|cxx|hpp)$/ { is("c") }
        name ~ /^(pom\.xml|build\.gradle(\.kts)?)$/ || /\.(java|kt)$/ { is("java") }
    ' "$work/files")
    if [ -n "$found" ]; then
        printf '%s\n' "$found"
        return
    fi
    # Every word between blanks, so that "go" as a verb is told from the language by its neighbour.
    said=" $(printf '%s' "${ORCHESTRATE_REQUEST:-} ${ORCHESTRATE_NEED:-}" | tr '[:upper:]' '[:lower:]' |
        tr -c 'a-z0-9+' ' ' | tr -s ' ') "
    case $said in *' rust '* | *' crate '* | *' cargo '*) echo rust ;; esac
    case $said in *' node '* | *' nodejs '* | *' npm '* | *' javascript '* | *' typescript '* | *' react '*) echo node ;; esac
    case $said in *' python '* | *' pip '* | *' pytest '* | *' django '*) echo python ;; esac
    case $said in *' golang '* | *' go module '* | *' go library '* | *' go project '* | *' go service '* | *' go program '* | *' in go '*) echo go ;; esac
    case $said in *' c++ '* | *' cpp '* | *' cmake '* | *' c library '* | *' c project '* | *' c program '* | *' in c '*) echo c ;; esac
    case $said in *' java '* | *' kotlin '* | *' gradle '* | *' maven '*) echo java ;; esac
}

# A path that a language builds or installs, which .gitignore has to cover.
product_of() {
    case $1 in
    rust) echo target/debug/product ;;
    node) echo node_modules/product/index.js ;;
    python) echo __pycache__/product.pyc ;;
    go) echo product.test ;;
    c) echo product.o ;;
    java) echo Product.class ;;
    esac
}

# Patterns under headings. Cargo.lock is not among them: whether to commit it is the project's choice.
patterns() {
    for language in $languages; do
        case $language in
        rust)
            echo '# Rust'
            if [ -f Cargo.toml ] || ! grep -q '/Cargo\.toml$' "$work/files"; then
                echo '/target/'
            else
                sed -n 's|^\(.*\)/Cargo\.toml$|/\1/target/|p' "$work/files"
            fi
            ;;
        node)
            echo '# Node.js'
            printf '%s\n' node_modules/ /dist/ /coverage/ '*.tsbuildinfo' 'npm-debug.log*' 'yarn-error.log*'
            ;;
        python)
            echo '# Python'
            printf '%s\n' __pycache__/ '*.py[cod]' '*.egg-info/' /build/ /dist/ .venv/ venv/ .pytest_cache/ \
                .mypy_cache/ .ruff_cache/ .coverage htmlcov/
            ;;
        go)
            echo '# Go'
            printf '%s\n' '*.test' coverage.out
            ;;
        c)
            echo '# C and C++'
            printf '%s\n' '*.o' '*.obj' '*.a' '*.lib' '*.so' '*.so.*' '*.dylib' '*.dll' '*.exe' '*.dSYM/' /build/
            ;;
        java)
            echo '# Java and Kotlin'
            printf '%s\n' '*.class' .gradle/ /build/ /target/ 'hs_err_pid*.log'
            ;;
        esac
    done
    echo '# Local settings and secrets'
    printf '%s\n' .env '.env.*' '!.env.example'
    echo '# Operating systems and editors'
    printf '%s\n' .DS_Store Thumbs.db '*~' '*.swp' .idea/
}

# Patterns without those that would hide a file which git tracks.
harmless() {
    while IFS= read -r line; do
        case $line in
        '#'* | '!'*) ;;
        *)
            if hidden=$(git ls-files -ci -x "$line" -x '!.env.example' | sed -n 1p) && [ -n "$hidden" ]; then
                echo ".gitignore: $line left out, since $hidden is tracked" >&2
                continue
            fi
            ;;
        esac
        printf '%s\n' "$line"
    done
}

# .gitignore with what it lacks: no line is lost, no pattern comes twice, headings only where they head something.
merged() {
    awk '
        function key(line) {
            sub(/\r$/, "", line); sub(/[ \t]+$/, "", line)
            sub(/^\*\*\//, "", line); sub(/^\//, "", line); sub(/\/\*?\*?$/, "", line)
            return line
        }
        FILENAME == ARGV[1] {
            if (FNR == 1 && /\r$/) eol = "\r"
            print
            last = $0; sub(/\r$/, "", last)
            have[key($0)]
            any = 1
            next
        }
        /^#/ { heading = $0; next }
        !(key($0) in have) {
            have[key($0)]
            if (heading != "") {
                if (any && last != "") print eol
                print heading eol
                heading = ""
            }
            print $0 eol
            any = 1; last = $0
        }' "$1" "$2"
}

# How a language is indented here: "tab", or 2 or 4 blanks; $2 when its files do not tell.
indent_of() {
    default=$1
    shift
    lines() { git -c submodule.recurse=false grep --no-color --no-column --untracked -hIE "$@" | sed -n '1,2000p' | awk 'END { print NR }'; }
    tabs=$(lines "^$tab" -- "$@")
    two=$(lines '^  [^ *]' -- "$@")
    four=$(lines '^    [^ *]' -- "$@")
    if [ $((tabs + two + four)) -eq 0 ]; then
        echo "$default"
    elif [ "$tabs" -gt $((two + four)) ]; then
        echo tab
    elif [ $((two * 4)) -ge "$four" ]; then
        echo 2
    else
        echo 4
    fi
}

section() {
    glob=$1
    shift
    indent=$(indent_of "$@")
    [ "$indent" != 2 ] || return 0
    if [ "$indent" = tab ]; then
        printf '\n[%s]\nindent_style = tab\n' "$glob"
    else
        printf '\n[%s]\nindent_size = %s\n' "$glob" "$indent"
    fi
}

editorconfig() {
    # Line ends as git holds them, so that the first save does not rewrite every file.
    if git ls-files --eol | awk '$1 == "i/crlf" { crlf++ } $1 == "i/lf" { lf++ } END { exit !(crlf > lf) }'; then
        eol=crlf
    else
        eol=lf
    fi
    cat <<TEXT
root = true

[*]
charset = utf-8
end_of_line = $eol
insert_final_newline = true
trim_trailing_whitespace = true
indent_style = space
indent_size = 2
TEXT
    for language in $languages; do
        case $language in
        rust) section '*.rs' 4 '*.rs' ;;
        node) section '*.{js,jsx,ts,tsx,mjs,cjs}' 2 '*.js' '*.jsx' '*.ts' '*.tsx' '*.mjs' '*.cjs' ;;
        python) section '*.py' 4 '*.py' ;;
        go) printf '\n[*.go]\nindent_style = tab\n' ;;
        c) section '*.{c,h,cc,cpp,cxx,hpp}' 4 '*.c' '*.h' '*.cc' '*.cpp' '*.cxx' '*.hpp' ;;
        java) section '*.{java,kt,kts}' 4 '*.java' '*.kt' '*.kts' ;;
        esac
    done
    # Two blanks at a line's end are a line break in Markdown; make takes nothing but tabs.
    printf '\n[*.md]\ntrim_trailing_whitespace = false\n'
    printf '\n[{Makefile,*.mk}]\nindent_style = tab\n'
    if grep -qiE '\.(bat|cmd)$' "$work/files"; then
        printf '\n[*.{bat,cmd}]\nend_of_line = crlf\n'
    fi
}

top=$(git rev-parse --show-toplevel 2>/dev/null) ||
    fail "$(pwd) is not inside a git work tree" "run this from a clone, or run \`git init\` first"
cd "$top"
tab=$(printf '\t')
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 129' HUP INT TERM
git ls-files -co --exclude-standard -z | tr '\0\n' '\n?' >"$work/files"
languages=$(languages)

if [ "${1:-}" = --check ]; then
    status=0
    for language in $languages; do
        product=$(product_of "$language")
        if [ "$language" = rust ] && [ ! -f Cargo.toml ]; then
            product=$(sed -n 's|Cargo\.toml$||p' "$work/files" | sed -n 1p)$product
        fi
        if ! git check-ignore -q --no-index "$product"; then
            echo ".gitignore does not cover $product"
            status=1
        fi
    done
    exit "$status"
fi

[ -e .gitignore ] || : >.gitignore
patterns | harmless >"$work/patterns"
merged .gitignore "$work/patterns" >"$work/gitignore"
if cmp -s "$work/gitignore" .gitignore; then
    echo ".gitignore covers everything already: left as it is"
else
    cat "$work/gitignore" >.gitignore
    echo ".gitignore: completed for $(printf '%s' "${languages:-no language yet}" | paste -sd' ' -)"
fi

if [ -f .editorconfig ] && grep -q '^[[:space:]]*\[' .editorconfig; then
    echo ".editorconfig is there: left as it is"
else
    editorconfig >"$work/editorconfig"
    cat "$work/editorconfig" >>.editorconfig
    echo ".editorconfig: written"
fi
