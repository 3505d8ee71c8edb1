#!/bin/sh
# Writes .github/workflows/ci.yml with a job for each language that no workflow tests yet. With --check: only looks.
# SPDX-License-Identifier: Apache-2.0
set -eu
LC_ALL=C
export LC_ALL

fail() {
    printf 'error: %s\nhint: %s\n' "$1" "$2" >&2
    exit 1
}

# "language folder" for every manifest that lies under no other of its language; without any, what the request names.
projects() {
    found=$(awk '
        { name = $0; sub(/.*\//, "", name); dir = $0 }
        !sub(/\/[^\/]*$/, "", dir) { dir = "." }
        /(^|\/)(node_modules|vendor|testdata|fixtures|third_party|docs?)\// { next }
        dir !~ /^[A-Za-z0-9._\/ -]+$/ { next }
        name == "Cargo.toml" { print "rust", dir }
        name == "package.json" { print "node", dir }
        name ~ /^(pyproject\.toml|setup\.py|requirements\.txt)$/ { print "python", dir }
        name == "go.mod" { print "go", dir }
    ' "$work/files" | sort -u | awk '
        { language = $1; dir = substr($0, length($1) + 2); all[language, dir]; line[++n] = $0 }
        END {
            for (i = 1; i <= n; i++) {
                language = line[i]; sub(/ .*/, "", language)
                dir = substr(line[i], length(language) + 2)
                top = dir == "." || !((language, ".") in all)
                up = dir
                while (top && sub(/\/[^\/]*$/, "", up)) if ((language, up) in all) top = 0
                if (top) print line[i]
            }
        }')
    if [ -n "$found" ]; then
        printf '%s\n' "$found"
        return
    fi
    said=" $(printf '%s' "${ORCHESTRATE_REQUEST:-} ${ORCHESTRATE_NEED:-}" | tr '[:upper:]' '[:lower:]' |
        tr -c 'a-z0-9+' ' ' | tr -s ' ') "
    case $said in *' rust '* | *' crate '* | *' cargo '*) echo 'rust .' ;; esac
    case $said in *' node '* | *' nodejs '* | *' npm '* | *' javascript '* | *' typescript '*) echo 'node .' ;; esac
    case $said in *' python '* | *' pip '* | *' pytest '*) echo 'python .' ;; esac
    case $said in *' golang '* | *' go module '* | *' go library '* | *' go project '* | *' go service '* | *' in go '*) echo 'go .' ;; esac
}

workflows() {
    grep -E '^\.github/workflows/[^/]*\.ya?ml$' "$work/files" || :
}

# Whether a workflow runs the tests of a language.
tested() {
    case $1 in
    rust) words='cargo (test|nextest|llvm-cov|hack|t )|command: *test' ;;
    node) words='(npm|pnpm|yarn|bun)( run)? test|node --(test|check)|vitest|jest' ;;
    python) words='pytest|tox|nox|unittest|hatch|compileall|manage.py test' ;;
    go) words='(^|[^a-z])go test|gotestsum' ;;
    esac
    workflows | while IFS= read -r file; do cat "./$file"; done | grep -qE "$words|make (test|check)"
}

# The branch that others build on.
default_branch() {
    name=$(git symbolic-ref -q --short refs/remotes/origin/HEAD 2>/dev/null || :)
    name=${name#origin/}
    for candidate in main master trunk; do
        [ -z "$name" ] || break
        if git show-ref -q --verify "refs/heads/$candidate"; then name=$candidate; fi
    done
    [ -n "$name" ] || name=$(git worktree list --porcelain | sed -n 's|^branch refs/heads/||p' | sed -n 1p)
    case ${name:-main} in
    *[!A-Za-z0-9._/-]*) echo main ;;
    *) echo "${name:-main}" ;;
    esac
}

# The opening of a job: id, title, folder.
job() {
    id=$1
    [ "$3" = . ] || id=$1-$(printf '%s' "$3" | tr -c 'A-Za-z0-9_-' '-')
    cat <<TEXT

  $id:
    name: $2$([ "$3" = . ] || printf ' (%s)' "$3")
    runs-on: ubuntu-latest
    timeout-minutes: 15
TEXT
    [ "$3" = . ] || printf '    defaults:\n      run:\n        working-directory: "%s"\n' "$3"
    cat <<'TEXT'
    steps:
      - uses: actions/checkout@v6
        with:
          persist-credentials: false
TEXT
}

rust_job() {
    job rust Rust "$1"
    if [ -f "$1/rust-toolchain.toml" ] || [ -f "$1/rust-toolchain" ]; then
        install='rustup toolchain install && rustup component add clippy rustfmt'
    else
        install='rustup toolchain install stable --profile minimal --component clippy,rustfmt && rustup default stable'
    fi
    locked=
    if git ls-files --error-unmatch "$1/Cargo.lock" >/dev/null 2>&1; then locked=' --locked'; fi
    cat <<TEXT
      - name: Toolchain
        run: $install
      - name: Format
        run: cargo fmt --all --check
      - name: Lint
        run: cargo clippy --workspace --all-targets$locked -- -D warnings
      - name: Test
        run: cargo test --workspace$locked
TEXT
}

node_job() {
    job node Node.js "$1"
    package=$1/package.json
    version='node-version: lts/*'
    for file in .nvmrc .node-version; do
        if [ -f "$1/$file" ]; then version="node-version-file: \"${prefix}$file\""; fi
    done
    runner=npm lock='' install='npm install'
    if [ -f "$1/package-lock.json" ]; then
        lock=package-lock.json install='npm ci'
    elif [ -f "$1/pnpm-lock.yaml" ]; then
        runner=pnpm install='npm install --global corepack && corepack enable && pnpm install --frozen-lockfile'
    elif [ -f "$1/yarn.lock" ]; then
        runner=yarn install='npm install --global corepack && corepack enable && yarn install --immutable'
        if grep -q '^# yarn lockfile v1' "$1/yarn.lock"; then
            install='npm install --global corepack && corepack enable && yarn install --frozen-lockfile'
        fi
    fi
    cat <<TEXT
      - uses: actions/setup-node@v6
        with:
          $version
TEXT
    [ -z "$lock" ] || printf '          cache: npm\n          cache-dependency-path: "%s"\n' "$prefix$lock"
    printf '      - name: Install\n        run: %s\n' "$install"
    for script in lint build test; do
        if [ -f "$package" ] && grep -E "\"$script\"[[:space:]]*:" "$package" | grep -qv 'no test specified'; then
            name=$(printf '%s' "$script" | awk '{ print toupper(substr($0, 1, 1)) substr($0, 2) }')
            printf '      - name: %s\n        run: %s run %s\n' "$name" "$runner" "$script"
        elif [ "$script" = test ]; then
            # npm's own stand-in for a test always fails.
            printf '      - name: Syntax\n        run: git ls-files -z "*.js" "*.mjs" "*.cjs" | xargs -0 -r -n 1 node --check\n'
        fi
    done
}

python_job() {
    job python Python "$1"
    version='python-version: "3.x"'
    if [ -f "$1/.python-version" ]; then version="python-version-file: \"$prefix.python-version\""; fi
    run='python -m'
    cat <<TEXT
      - uses: actions/setup-python@v6
        with:
          $version
TEXT
    echo '      - name: Install'
    if [ -f "$1/uv.lock" ]; then
        printf '        run: python -m pip install uv && uv sync --locked\n'
        run='uv run --with pytest python -m'
    else
        echo '        run: |'
        for file in requirements.txt requirements-dev.txt dev-requirements.txt; do
            if [ -f "$1/$file" ]; then echo "          python -m pip install -r $file"; fi
        done
        if [ -f "$1/setup.py" ]; then
            echo '          python -m pip install .'
        elif [ -f "$1/pyproject.toml" ] && grep -qE '^\[(project|build-system|tool\.poetry)\]' "$1/pyproject.toml"; then
            extra=$(awk '/^\[/ { extras = /^\[project\.optional-dependencies\]/ }
                extras && /^(test|tests|dev)[ \t]*=/ { sub(/[ \t]*=.*/, ""); print; exit }' "$1/pyproject.toml")
            echo "          python -m pip install \".${extra:+[$extra]}\""
        fi
        echo '          python -m pip install pytest'
    fi
    # pytest fails where there is no test at all.
    if grep -qE '(^|/)(test_[^/]*|[^/]*_test)\.py$' "$work/files"; then
        printf '      - name: Test\n        run: %s pytest\n' "$run"
    else
        printf '      - name: Compile\n        run: python -m compileall -q .\n'
    fi
}

go_job() {
    job go Go "$1"
    if [ -f "$1/go.mod" ]; then
        version="go-version-file: \"${prefix}go.mod\""
    else
        version='go-version: stable'
    fi
    # setup-go warns at each run about a go.sum that is not there.
    cache='cache: false'
    if [ -f "$1/go.sum" ]; then cache="cache-dependency-path: \"${prefix}go.sum\""; fi
    cat <<TEXT
      - uses: actions/setup-go@v6
        with:
          $version
          $cache
      - name: Format
        run: test -z "\$(gofmt -l . | tee /dev/stderr)"
      - name: Vet
        run: go vet ./...
      - name: Test
        run: go test -race ./...
TEXT
}

plain_job() {
    cat <<'TEXT'

  text:
    name: Text
    runs-on: ubuntu-latest
    timeout-minutes: 15
    steps:
      - uses: actions/checkout@v6
        with:
          fetch-depth: 0
          persist-credentials: false
      - name: Look for blanks at line ends and for conflict markers
        env:
          BASE: ${{ github.event.pull_request.base.sha || github.event.before }}
        run: |
          git cat-file -e "$BASE^{commit}" 2>/dev/null || BASE=$(git hash-object -t tree /dev/null)
          git diff --check "$BASE" HEAD
TEXT
}

jobs() {
    [ -n "$missing" ] || plain_job
    printf '%s\n' "$missing" | while read -r language dir; do
        prefix=
        [ "$dir" = . ] || prefix=$dir/
        case $language in
        rust) rust_job "$dir" ;;
        node) node_job "$dir" ;;
        python) python_job "$dir" ;;
        go) go_job "$dir" ;;
        esac
    done
}

job_names() {
    sed -n 's/^  \([a-z][^ ]*\):$/\1/p' "$work/jobs" | paste -sd' ' -
}

check() {
    status=1
    say="no workflow in .github/workflows"
    workflows >"$work/workflows"
    while IFS= read -r file; do
        if grep -q "^ *$tab" "./$file"; then
            echo "$file is indented with tabs"
            exit 1
        fi
        if grep -qE "^[\"']?on[\"']?:" "./$file" && grep -q '^jobs:' "./$file"; then
            status=0
        else
            say="$file has no \`on\` and \`jobs\` at its top"
        fi
    done <"$work/workflows"
    [ "$status" -eq 0 ] || echo "$say"
    printf '%s\n' "$projects" | cut -d' ' -f1 | sort -u >"$work/languages"
    while IFS= read -r language; do
        if [ -n "$language" ] && ! tested "$language"; then
            echo "no workflow tests $language"
            status=1
        fi
    done <"$work/languages"
    exit "$status"
}

top=$(git rev-parse --show-toplevel 2>/dev/null) ||
    fail "$(pwd) is not inside a git work tree" "run this from a clone, or run \`git init\` first"
cd "$top"
tab=$(printf '\t')
file=.github/workflows/ci.yml
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 129' HUP INT TERM
git ls-files -co --exclude-standard -z | tr '\0\n' '\n?' | while IFS= read -r path; do
    if [ -f "./$path" ]; then printf '%s\n' "$path"; fi
done >"$work/files"
projects=$(projects)
[ "${1:-}" != --check ] || check

missing=$(printf '%s\n' "$projects" | while read -r language dir; do
    if [ -n "$language" ] && ! tested "$language"; then printf '%s %s\n' "$language" "$dir"; fi
done)
if [ -z "$missing" ] && [ -n "$(workflows)" ]; then
    echo "the workflows that are there test everything found: left as they are"
    exit 0
fi

jobs >"$work/jobs"
mkdir -p .github/workflows
if [ -s "$file" ]; then
    # A job can only be put at the end, so `jobs` has to be the last key, with its jobs two blanks in.
    awk '/^[^ #\t\r\n]/ { key = $0 } key ~ /^jobs:/ && /^ +[^ #]/ && !indent { match($0, /^ +/); indent = RLENGTH }
        END { exit !(key ~ /^jobs:/ && indent == 2) }' "$file" ||
        fail "$file does not end with its jobs, two blanks in, and has none for $(printf '%s' "$missing" | cut -d' ' -f1 | sort -u | paste -sd' ' -)" \
            "add that job by hand, or move \`jobs:\` to the end of the file"
    if [ -n "$(tail -c 1 "$file")" ]; then echo >>"$file"; fi
    cat "$work/jobs" >>"$file"
    echo "$file: added jobs: $(job_names)"
    exit 0
fi
{
    cat <<TEXT
name: CI

on:
  push:
    branches: [$(default_branch)]
  pull_request:

permissions:
  contents: read

concurrency:
  group: \${{ github.workflow }}-\${{ github.ref }}
  cancel-in-progress: \${{ github.event_name == 'pull_request' }}

jobs:
TEXT
    sed 1d "$work/jobs"
} >"$work/new"
cat "$work/new" >"$file"
echo "$file: written, jobs: $(job_names)"
