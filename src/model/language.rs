//! What a file is, by its path alone: its language, and whether it is a test.

/// Languages by the extensions of their files, lower case.
const LANGUAGES: &[(&str, &[&str])] = &[
    ("c", &["c", "h"]),
    ("cpp", &["cc", "cpp", "cxx", "hh", "hpp", "hxx"]),
    ("csharp", &["cs"]),
    ("css", &["css", "less", "sass", "scss"]),
    ("dart", &["dart"]),
    ("elixir", &["ex", "exs"]),
    ("go", &["go"]),
    ("haskell", &["hs"]),
    ("html", &["htm", "html"]),
    ("java", &["java"]),
    ("javascript", &["cjs", "js", "jsx", "mjs"]),
    ("json", &["json", "jsonl"]),
    ("kotlin", &["kt", "kts"]),
    ("lua", &["lua"]),
    ("markdown", &["markdown", "md"]),
    ("nix", &["nix"]),
    ("ocaml", &["ml", "mli"]),
    ("perl", &["pl", "pm"]),
    ("php", &["php"]),
    ("python", &["py", "pyi"]),
    ("r", &["r"]),
    ("ruby", &["rb"]),
    ("rust", &["rs"]),
    ("scala", &["scala"]),
    ("shell", &["bash", "fish", "sh", "zsh"]),
    ("sql", &["sql"]),
    ("swift", &["swift"]),
    ("terraform", &["tf"]),
    ("toml", &["toml"]),
    ("typescript", &["cts", "mts", "ts", "tsx"]),
    ("xml", &["xml"]),
    ("yaml", &["yaml", "yml"]),
    ("zig", &["zig"]),
];

/// Folders that hold tests.
const TEST_FOLDERS: &[&str] = &["test", "tests", "spec", "specs", "__tests__", "e2e"];

/// The language of a file.
pub(crate) fn language(path: &str) -> Option<&'static str> {
    let extension = name(path).rsplit_once('.')?.1.to_ascii_lowercase();
    let found = LANGUAGES.iter().find(|(_, extensions)| extensions.contains(&extension.as_str()));
    found.map(|(language, _)| *language)
}

/// Whether a file is a test by the customs of its language.
pub(crate) fn is_test(path: &str) -> bool {
    let mut folders = path.split('/').rev().skip(1);
    if folders.any(|folder| TEST_FOLDERS.contains(&folder)) {
        return true;
    }
    let stem = name(path).rsplit_once('.').map_or(name(path), |(stem, _)| stem);
    let lower = stem.to_ascii_lowercase();
    lower.starts_with("test_")
        || ["_test", "_tests", "_spec", ".test", ".spec"].iter().any(|ending| lower.ends_with(ending))
        || (stem.ends_with("Test") || stem.ends_with("Tests"))
}

fn name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_extension_tells_the_language() {
        assert_eq!(language("src/Main.RS"), Some("rust"));
        assert_eq!(language("a.b/Makefile"), None);
        assert_eq!(language("notes.xyz"), None);
    }

    #[test]
    fn tests_are_known_by_folder_and_name() {
        for path in
            ["tests/a.rs", "pkg/a_test.go", "a.spec.ts", "x/test_a.py", "AppTest.java", "a/__tests__/b"]
        {
            assert!(is_test(path), "{path}");
        }
        for path in ["src/contest.rs", "latest.py", "test", "attestation.go"] {
            assert!(!is_test(path), "{path}");
        }
    }
}
