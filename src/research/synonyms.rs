//! Abbreviations and their long forms, which no stemmer brings together.

/// One line, one thing. Only names for the same thing: what is merely related is found by the texts.
const SAME: &[&[&str]] = &[
    &["a11y", "accessibility"],
    &["auth", "authentication", "authorization", "oauth"],
    &["config", "configuration"],
    &["db", "database"],
    &["deps", "dependency"],
    &["docs", "documentation"],
    &["i18n", "internationalization"],
    &["infra", "infrastructure"],
    &["js", "javascript"],
    &["k8s", "kubernetes"],
    &["perf", "performance"],
    &["postgres", "postgresql"],
    &["repo", "repository"],
    &["ts", "typescript"],
    &["vuln", "vulnerability"],
];

/// The other words for `stem`'s thing, stemmed by `stem_of`.
pub(super) fn others(stem: &str, stem_of: impl Fn(&str) -> Option<String>) -> Vec<String> {
    let stemmed = |group: &&[&str]| group.iter().filter_map(|word| stem_of(word)).collect::<Vec<_>>();
    SAME.iter()
        .map(stemmed)
        .find(|group| group.iter().any(|other| other == stem))
        .map(|group| group.into_iter().filter(|other| other != stem).collect())
        .unwrap_or_default()
}
