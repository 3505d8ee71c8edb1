#!/bin/sh
# Starts a Rust library: Cargo.toml, src/lib.rs with docs and unit tests, tests/public_api.rs.
# SPDX-License-Identifier: Apache-2.0
set -eu
LC_ALL=C
export LC_ALL

fail() {
    printf 'error: %s\nhint: %s\n' "$1" "$2" >&2
    exit 1
}

# A crate name out of any text: ASCII letters, digits, - and _, a letter first, no word of the language.
crate_name() {
    name=$(printf '%s' "$1" | tr '[:upper:]' '[:lower:]' | tr -c 'a-z0-9_-' '-' | tr -s '-' |
        sed -e 's/^[-_]*//' -e 's/[-_]*$//' | cut -c1-56 | sed 's/[-_]*$//')
    case $name in
    '') name=library ;;
    [0-9]*) name=crate-$name ;;
    esac
    case $name in
    as | async | await | break | const | continue | crate | dyn | else | enum | extern | false | fn | for | gen | if | \
        impl | in | let | loop | match | mod | move | mut | pub | ref | return | self | static | struct | super | \
        trait | true | type | unsafe | use | where | while | abstract | become | box | do | final | macro | \
        override | priv | try | typeof | unsized | virtual | yield | \
        test | core | std | alloc | proc_macro | proc-macro | build | deps | examples | incremental | \
        con | prn | aux | nul | com[0-9] | lpt[0-9])
        name=$name-lib
        ;;
    esac
    printf '%s' "$name"
}

# A name that the request gives on purpose: "called x", "named x", or in quotes.
name_in_request() {
    printf '%s\n' "$request" | tr '\n' ' ' |
        sed -n 's/.*[[:space:]]\(called\|named\)[[:space:]]\{1,\}["`'\'']\{0,1\}\([A-Za-z][A-Za-z0-9_-]*\).*/\2/p'
}

# What the library is for, if the request says so: "a Rust library for parsing dates, with tests" and the like.
purpose() {
    printf '%s\n' "$request" | tr '\n' ' ' | awk '{
        if (!match($0, /(library|crate) (called [^ ]+ |named [^ ]+ )?(that|which|for|to) /)) exit
        text = substr($0, RSTART)
        sub(/(called|named) [^ ]+ /, "", text)
        sub(/[,;:!?]( .*)?$/, "", text); sub(/\.( .*)?$/, "", text)
        sub(/ (with|including|plus) .*/, "", text)
        sub(/ +$/, "", text)
        sub(/ and (add|set|include|create|write|give|make|also) .*/, "", text)
        if (text ~ /^[a-z]+ (for|to) (a|an|the|this|that|my|our|me|us|it|its)( |$)/) exit
        if (text !~ /^[A-Za-z0-9 ,\/+-]+$/ || length(text) > 100 || split(text, words, " ") < 3) exit
        sub(/^crate/, "library", text)
        print "A " text
    }'
}

# The SPDX expression of the licence files here.
spdx() {
    if [ -f LICENSE-MIT ] && [ -f LICENSE-APACHE ]; then
        echo 'MIT OR Apache-2.0'
    elif [ ! -f LICENSE ]; then
        :
    elif grep -q 'Apache License' LICENSE && grep -q 'Version 2.0' LICENSE; then
        echo Apache-2.0
    elif grep -q 'Permission is hereby granted, free of charge' LICENSE; then
        echo MIT
    elif grep -q 'Neither the name' LICENSE; then
        echo BSD-3-Clause
    elif grep -q 'free and unencumbered software' LICENSE; then
        echo Unlicense
    elif grep -q 'Mozilla Public License Version 2.0' LICENSE; then
        echo MPL-2.0
    elif grep -q 'purpose with or without fee is hereby granted\.' LICENSE; then
        echo 0BSD
    elif grep -q 'purpose with or without fee is hereby granted' LICENSE; then
        echo ISC
    fi
}

# Without a licence file: what the request names, where that is one licence or the usual pair.
spdx_in_request() {
    [ ! -f LICENSE ] || return 0
    mit='' apache=''
    case $request in *MIT*) mit=MIT ;; esac
    if printf '%s' "$request" | grep -qiE 'apache([ -]?(licen[cs]e|v?2)|[.,;]|$| or| and)'; then apache=Apache-2.0; fi
    case $mit$apache in
    MITApache-2.0) echo 'MIT OR Apache-2.0' ;;
    *) printf '%s' "$mit$apache" ;;
    esac
}

# The https address of the remote, without credentials, for a forge that shows one.
repository() {
    git config --get remote.origin.url 2>/dev/null | sed -n \
        -e 's|^[A-Za-z0-9._-]*@\([^:/]*\):\(.*\)$|https://\1/\2|' \
        -e 's|^ssh://\([^@/]*@\)\{0,1\}\([^:/]*\)\(:[0-9]*\)\{0,1\}/|https://\2/|' \
        -e 's|^https\{0,1\}://\([^@/]*@\)\{0,1\}|https://|' \
        -e 's|/$||' -e 's|\.git$||' \
        -e '/^https:\/\/[^/]*\(github\|gitlab\|codeberg\)[^/]*\/[A-Za-z0-9._\/-]*$/p' | sed -n 1p
}

# A string of a table of Cargo.toml.
manifest() {
    awk -v table="[$1]" -v key="$2" '
        /^[ \t]*\[/ { sub(/[ \t]*(#.*)?\r?$/, ""); sub(/^[ \t]*/, ""); inside = $0 == table }
        inside && $0 ~ "^[ \t]*" key "[ \t]*=[ \t]*[\"\047]" {
            sub(/^[^=]*=[ \t]*["\047]/, ""); sub(/["\047].*/, ""); print; exit
        }' Cargo.toml
}

manifest_text() {
    printf '[package]\nname = "%s"\nversion = "0.1.0"\nedition = "2021"\n' "$name"
    [ -z "$purpose" ] || printf 'description = "%s"\n' "$purpose"
    [ -z "$license" ] || printf 'license = "%s"\n' "$license"
    [ -z "$repository" ] || printf 'repository = "%s"\n' "$repository"
    cat <<'TEXT'

[dependencies]

[lints.rust]
unsafe_code = "forbid"
missing_docs = "warn"
TEXT
}

library_text() {
    [ -z "$purpose" ] || printf '//! %s.\n//!\n' "$purpose"
    sed "s/KRATE/$ident/g" <<'TEXT'
//! [`Name`] is checked once, when it is made, so that the code behind it never has to check again.
//!
//! ```
//! use KRATE::Name;
//!
//! let name: Name = "first-release".parse()?;
//! assert_eq!(name.as_str(), "first-release");
//! # Ok::<(), KRATE::Error>(())
//! ```

use std::{error, fmt, str::FromStr};

/// What can go wrong in this crate.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// The name has no characters.
    EmptyName,
    /// The name has a character that names do not have.
    UnexpectedCharacter {
        /// The character.
        character: char,
        /// Where it stands, in bytes from the start.
        position: usize,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::EmptyName => f.write_str("name is empty"),
            Error::UnexpectedCharacter {
                character,
                position,
            } => write!(f, "name has {character:?} at byte {position}"),
        }
    }
}

impl error::Error for Error {}

/// A name of ASCII letters, digits, `-` and `_`; never empty.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(String);

impl Name {
    /// Checks `text` and keeps it.
    ///
    /// # Errors
    ///
    /// [`Error::EmptyName`] for no text at all, [`Error::UnexpectedCharacter`] for the first
    /// character that a name does not have.
    pub fn new(text: impl Into<String>) -> Result<Self, Error> {
        let text = text.into();
        if text.is_empty() {
            return Err(Error::EmptyName);
        }
        let belongs = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        match text.char_indices().find(|&(_, c)| !belongs(c)) {
            Some((position, character)) => Err(Error::UnexpectedCharacter {
                character,
                position,
            }),
            None => Ok(Self(text)),
        }
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl FromStr for Name {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::new(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_digits_and_dashes_make_a_name() {
        let name = Name::new("release_2-beta").expect("every character belongs in a name");
        assert_eq!(name.as_str(), "release_2-beta");
    }

    #[test]
    fn an_empty_name_is_refused() {
        assert_eq!(Name::new(""), Err(Error::EmptyName));
    }

    #[test]
    fn the_first_stranger_is_named_with_its_place() {
        assert_eq!(
            Name::new("né?"),
            Err(Error::UnexpectedCharacter {
                character: 'é',
                position: 1,
            })
        );
    }
}
TEXT
}

test_text() {
    sed "s/KRATE/$ident/g" <<'TEXT'
//! The crate as its users see it.

use KRATE::{Error, Name};

#[test]
fn a_name_reads_back_as_it_was_written() -> Result<(), Error> {
    let name: Name = "first-release".parse()?;
    assert_eq!(name.to_string(), "first-release");
    Ok(())
}

#[test]
fn an_error_says_what_is_wrong_and_where() {
    let error = "first release".parse::<Name>().unwrap_err();
    assert_eq!(error.to_string(), "name has ' ' at byte 5");
}
TEXT
}

top=$(git rev-parse --show-toplevel 2>/dev/null) ||
    fail "$(pwd) is not inside a git work tree" "run this from a clone, or run \`git init\` first"
cd "$top"
request="${ORCHESTRATE_NEED:-} ${ORCHESTRATE_REQUEST:-}"
project=${ORCHESTRATE_PROJECT:-$(basename -- "$top")}

if [ -f Cargo.toml ]; then
    name=$(manifest package name)
    [ -n "$name" ] || fail "Cargo.toml has no [package] to be a library" \
        "add the library as a member of that workspace: \`cargo new --lib <name>\`"
    ident=$(manifest lib name)
    lib=$(manifest lib path)
else
    name=$(name_in_request | sed -n 1p)
    name=$(crate_name "${name:-$project}")
    ident='' lib=''
fi
ident=${ident:-$(printf '%s' "$name" | tr - _)}
lib=${lib:-src/lib.rs}
case $ident in *[!A-Za-z0-9_]*) fail "Cargo.toml names its package \`$name\`" "give it a name of letters, digits, - and _" ;; esac

purpose=$(purpose)
license=$(spdx)
[ -n "$license" ] || license=$(spdx_in_request)
repository=$(repository)
has_tests=no
if git -c submodule.recurse=false grep --untracked -qE '#\[(tokio::)?test' -- 'src/*.rs' 'tests/*.rs'; then has_tests=yes; fi
if [ -s "$lib" ] && [ "$has_tests" = no ] && ! grep -q '^pub struct Name(String);' "$lib"; then
    fail "$lib has code of its own and no test, which a script cannot write" \
        "write the tests by hand or with an agent; this skill starts libraries"
fi

if [ ! -f Cargo.toml ]; then
    manifest_text >Cargo.toml
    echo "Cargo.toml: package $name${license:+, $license}"
fi
if [ ! -s "$lib" ]; then
    mkdir -p "$(dirname -- "$lib")"
    library_text >"$lib"
    echo "$lib: written"
fi
if grep -q '^pub struct Name(String);' "$lib" && ! ls tests/*.rs >/dev/null 2>&1; then
    mkdir -p tests
    test_text >tests/public_api.rs
    echo "tests/public_api.rs: written"
fi
