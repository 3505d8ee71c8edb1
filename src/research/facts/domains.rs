//! The closed list of domains, and the words that belong to each.

use std::collections::{BTreeSet, HashMap};
use std::sync::LazyLock;

use super::found::Found;
use crate::model::capability::{Claim, Method, Place};
use crate::model::component::Component;
use crate::model::words::stems;

/// Domains with the labels and words that mean them, lower case. A word stands in one domain only.
pub(super) const DOMAINS: &[(&str, &[&str])] = &[
    ("accessibility", &["accessibility", "a11y", "wcag", "aria"]),
    (
        "ai",
        &[
            "ai",
            "ml",
            "ai-ml",
            "llm",
            "llms",
            "rag",
            "embedding",
            "embeddings",
            "vertex",
            "gemini",
            "langchain",
            "prompt",
            "prompts",
            "tensorflow",
            "pytorch",
            "mlops",
            "classifier",
            "neural",
            "machine-learning",
            "ml-training",
            "ml-deployment",
            "fine-tuning",
            "finetuning",
            "lora",
            "qlora",
            "ai-agency",
        ],
    ),
    (
        "api",
        &[
            "api",
            "apis",
            "rest",
            "graphql",
            "grpc",
            "openapi",
            "swagger",
            "endpoint",
            "endpoints",
            "api-development",
            "api-integration",
            "webhook",
            "webhooks",
        ],
    ),
    (
        "backend",
        &["backend", "backend-dev", "microservice", "microservices", "fastapi", "django", "express", "flask"],
    ),
    (
        "blockchain",
        &[
            "crypto",
            "blockchain",
            "defi",
            "solidity",
            "ethereum",
            "nft",
            "web3",
            "wallet",
            "mempool",
            "staking",
        ],
    ),
    (
        "business",
        &[
            "business",
            "business-tools",
            "business-automation",
            "startup",
            "sales",
            "crm",
            "hr",
            "legal",
            "invoice",
        ],
    ),
    (
        "cloud",
        &[
            "cloud",
            "aws",
            "aws-skills",
            "gcp",
            "gcp-skills",
            "azure",
            "lambda",
            "s3",
            "gke",
            "cloudformation",
            "multi-cloud",
        ],
    ),
    ("content", &["content", "blog", "seo", "copywriting", "social", "newsletter", "marketing", "tweet"]),
    (
        "data",
        &[
            "data",
            "analytics",
            "data-analytics",
            "data-pipelines",
            "etl",
            "airflow",
            "spark",
            "dbt",
            "pandas",
            "warehouse",
            "data-engineering",
        ],
    ),
    (
        "database",
        &[
            "database",
            "databases",
            "sql",
            "postgres",
            "postgresql",
            "mysql",
            "mongodb",
            "nosql",
            "schema",
            "orm",
            "supabase",
        ],
    ),
    ("debugging", &["debugging", "debug", "debugger", "troubleshoot", "root-cause", "error-debugging"]),
    ("design", &["ui", "ux", "figma", "css", "typography", "ui-design"]),
    (
        "devops",
        &[
            "devops",
            "devops-basics",
            "devops-advanced",
            "ci-cd",
            "ci",
            "docker",
            "kubernetes",
            "helm",
            "gitops",
            "terraform",
            "deployment",
            "cicd",
            "k8s",
            "container",
            "containers",
            "infrastructure",
            "ansible",
            "operations",
        ],
    ),
    ("documentation", &["documentation", "docs", "technical-docs", "changelog", "readme", "runbook"]),
    ("embedded", &["embedded", "firmware", "microcontroller", "microcontrollers", "cortex"]),
    (
        "finance",
        &[
            "finance",
            "trading",
            "portfolio",
            "payments",
            "payment",
            "stripe",
            "billing",
            "quantitative",
            "backtesting",
        ],
    ),
    ("frontend", &["frontend", "frontend-dev", "react", "vue", "svelte", "angular", "nextjs", "tailwind"]),
    ("games", &["game", "games", "gaming", "unity", "godot"]),
    ("mobile", &["mobile", "ios", "android", "flutter", "swiftui"]),
    (
        "observability",
        &[
            "observability",
            "monitoring",
            "prometheus",
            "grafana",
            "tracing",
            "metrics",
            "alerting",
            "slo",
            "telemetry",
            "sentry",
        ],
    ),
    (
        "performance",
        &[
            "performance",
            "performance-testing",
            "profiling",
            "latency",
            "throughput",
            "bottleneck",
            "bottlenecks",
            "caching",
        ],
    ),
    ("productivity", &["productivity", "workflows", "enterprise-workflows"]),
    ("quality", &["quality", "code-quality", "code-review", "refactoring", "refactor", "lint"]),
    (
        "security",
        &[
            "security",
            "security-fundamentals",
            "security-advanced",
            "vulnerability",
            "vulnerabilities",
            "owasp",
            "xss",
            "csrf",
            "compliance",
            "encryption",
            "penetration",
            "threat",
            "secrets",
            "audit",
            "governance",
            "gdpr",
            "hipaa",
        ],
    ),
    (
        "testing",
        &[
            "testing",
            "test-automation",
            "test",
            "tests",
            "unit-testing",
            "e2e",
            "pytest",
            "jest",
            "playwright",
            "tdd",
            "mock",
            "coverage",
        ],
    ),
    ("visual-content", &["visual-content", "mermaid", "diagram", "diagrams", "chart"]),
];

/// How many hits of words make a domain.
const ENOUGH: usize = 3;

/// The domain that a label means.
pub(super) fn of_label(label: &str) -> Option<&'static str> {
    let lower = label.trim().to_lowercase().replace([' ', '_'], "-");
    of_word(&lower)
}

fn of_word(word: &str) -> Option<&'static str> {
    DOMAINS.iter().find(|(_, words)| words.contains(&word)).map(|(name, _)| *name)
}

/// Domains by the stems of their words; labels of several words belong to marketplaces, not to requests.
static STEMS: LazyLock<HashMap<String, &'static str>> = LazyLock::new(|| {
    let words = DOMAINS.iter().flat_map(|(name, words)| words.iter().map(|word| (*word, *name)));
    let stem = |(word, name)| Some((<[String; 1]>::try_from(stems(word)).ok()?, name));
    words.filter_map(stem).map(|([stem], name)| (stem, name)).collect()
});

/// The domains that the keywords of a request speak of.
pub(crate) fn of_keywords(keywords: &[String]) -> BTreeSet<&'static str> {
    keywords.iter().filter_map(|word| STEMS.get(word)).copied().collect()
}

/// Whether name or description of `component` have a word of this domain.
pub(super) fn speaks_of(component: &Component, domain: &str) -> bool {
    // Some names repeat their plugin's.
    let name = component.id.name();
    let own = name.strip_prefix(component.id.plugin()).unwrap_or(name);
    [own, component.description.as_str()].iter().any(|text| {
        let lower = text.to_lowercase();
        lower.split(|c: char| !c.is_alphanumeric()).take(200).any(|word| of_word(word) == Some(domain))
    })
}

/// Reads the domain from the folders of `component`, and from the words of its names and description.
pub(super) fn read(component: &Component, found: &mut Found) {
    let folder = component.folder.strip_prefix(&component.roots.marketplace).unwrap_or(&component.folder);
    for part in folder.iter().filter_map(|part| part.to_str()) {
        let name = part.trim_start_matches(|c: char| c.is_ascii_digit() || c == '-');
        // A folder that sorts components says only that; a plugin's or component's own name is read below.
        let sorts = name != component.id.plugin() && name != component.id.name();
        if let Some(name) = of_word(&name.to_lowercase()).filter(|_| sorts) {
            found.add(Claim::Domain { name }, Place::Path, Method::Folder);
        }
    }
    if let Some(name) = by_words(component) {
        found.add(Claim::Domain { name }, Place::Path, Method::Terms);
    }
}

/// The domain that most words speak of: a word of the name counts twice, one of plugin or description once.
fn by_words(component: &Component) -> Option<&'static str> {
    let mut scores: Vec<(usize, &'static str)> = Vec::new();
    let texts = [(2, component.id.name()), (1, component.id.plugin()), (1, component.description.as_str())];
    for (weight, text) in texts {
        let lower = text.to_lowercase();
        let mut seen: Vec<&str> = Vec::new();
        for word in lower.split(|c: char| !c.is_alphanumeric()).take(200) {
            let Some(name) = of_word(word).filter(|_| !seen.contains(&word)) else { continue };
            seen.push(word);
            match scores.iter_mut().find(|(_, known)| *known == name) {
                Some((score, _)) => *score += weight,
                None => scores.push((weight, name)),
            }
        }
    }
    let (best, name) = scores.iter().copied().reduce(|a, b| if b.0 > a.0 { b } else { a })?;
    let rivals = scores.iter().filter(|(score, _)| *score == best).count();
    (best >= ENOUGH && rivals == 1).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_word_stands_in_two_domains() {
        let words: Vec<&str> = DOMAINS.iter().flat_map(|(_, words)| words.iter().copied()).collect();
        for word in &words {
            assert_eq!(words.iter().filter(|it| *it == word).count(), 1, "{word}");
        }
        assert_eq!((of_label("AI ML"), of_label("cooking")), (Some("ai"), None));
    }

    #[test]
    fn a_request_may_be_about_several_domains_or_none() {
        let about = |text: &str| Vec::from_iter(of_keywords(&crate::model::words::keywords(text)));
        assert_eq!(about("build REST endpoints and profile their latency"), ["api", "performance"]);
        assert_eq!(about("add a licence"), [""; 0]);
    }
}
