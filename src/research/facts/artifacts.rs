//! The closed list of artifacts: what components work on and leave behind.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::verbs::third;

/// Canonical artifacts and their other names, singular. Grown from the nouns that verbs of published
/// descriptions govern and that lists under "Output" open with, from the commonest down to those that are rare.
pub(super) const ARTIFACTS: &[(&str, &[&str])] = &[
    ("access control", &["access control", "rbac", "permission", "iam policy"]),
    ("agent", &["agent", "ai agent", "subagent", "multi agent system"]),
    ("alert", &["alert", "alerting", "alert rule"]),
    ("animation", &["animation"]),
    ("api", &["api", "rest api", "graphql api", "endpoint", "api endpoint", "web api"]),
    (
        "api documentation",
        &["api documentation", "api doc", "openapi specification", "openapi spec", "api reference"],
    ),
    ("app", &["app", "application", "web app", "web application"]),
    ("architecture", &["architecture", "system architecture", "system design"]),
    ("article", &["article", "blog post", "social media post"]),
    ("assertion", &["assertion"]),
    ("audio", &["audio", "music", "voice"]),
    ("authentication", &["authentication", "auth", "login", "oauth"]),
    ("backup", &["backup"]),
    ("benchmark", &["benchmark"]),
    ("binary", &["binary", "executable"]),
    ("branch", &["branch"]),
    ("error", &["error", "bug", "defect", "issue", "exception", "failure"]),
    ("build", &["build"]),
    ("cache", &["cache", "caching", "caching layer", "caching strategy"]),
    ("certificate", &["certificate", "ssl certificate"]),
    ("changelog", &["changelog", "release note"]),
    ("chart", &["chart", "plot", "graph", "visualization", "data visualization"]),
    ("checklist", &["checklist"]),
    (
        "ci pipeline",
        &[
            "ci pipeline",
            "cd pipeline",
            "ci cd pipeline",
            "ci cd",
            "ci workflow",
            "github action",
            "deployment pipeline",
        ],
    ),
    ("cli", &["cli", "command line tool", "cli tool"]),
    ("cluster", &["cluster", "kubernetes cluster"]),
    ("code", &["code", "codebase", "source code", "code change"]),
    ("command", &["command", "slash command"]),
    ("commit", &["commit", "commit message", "git commit"]),
    ("compliance", &["compliance", "regulatory compliance"]),
    ("component", &["component", "ui component", "react component", "widget"]),
    ("configuration", &["configuration", "config", "configuration file", "setting"]),
    ("container", &["container", "container image", "docker image", "dockerfile", "docker compose"]),
    ("cost", &["cost", "cloud cost", "spending"]),
    ("coverage", &["coverage", "test coverage", "code coverage", "coverage report"]),
    ("dashboard", &["dashboard"]),
    ("data", &["data", "dataset", "data set", "test data"]),
    ("data pipeline", &["data pipeline", "etl pipeline", "etl"]),
    ("database", &["database", "data warehouse", "data store"]),
    ("dependency", &["dependency", "dependency tree", "third party dependency"]),
    ("design system", &["design system", "style guide", "design token", "component library"]),
    ("diagram", &["diagram", "architecture diagram", "mermaid diagram", "erd"]),
    (
        "documentation",
        &[
            "documentation",
            "doc",
            "technical documentation",
            "document",
            "guide",
            "tutorial",
            "user guide",
            "manual",
        ],
    ),
    ("email", &["email", "email campaign", "newsletter"]),
    ("environment", &["environment", "development environment", "dev environment"]),
    ("event", &["event"]),
    ("feature", &["feature"]),
    ("file", &["file"]),
    ("firewall", &["firewall", "firewall rule"]),
    ("form", &["form"]),
    ("function", &["function", "serverless function", "cloud function"]),
    ("game", &["game", "game mechanic"]),
    ("image", &["image", "icon", "logo", "illustration"]),
    ("incident", &["incident", "outage", "production incident"]),
    ("index", &["index", "database index"]),
    ("infrastructure", &["infrastructure", "cloud infrastructure", "infrastructure as code"]),
    ("integration test", &["integration test", "integration test suite"]),
    ("invoice", &["invoice"]),
    ("landing page", &["landing page", "website", "web page", "site"]),
    ("library", &["library", "package", "crate", "module"]),
    ("license", &["license", "licence"]),
    ("load balancer", &["load balancer"]),
    ("load test", &["load test", "performance test", "stress test"]),
    ("log", &["log", "log file", "application log", "logging"]),
    ("manifest", &["manifest", "kubernetes manifest", "helm chart"]),
    ("market data", &["market data", "price", "crypto price", "market sentiment"]),
    ("mcp server", &["mcp server"]),
    ("memory", &["memory", "memory usage", "memory leak"]),
    ("message queue", &["message queue", "queue"]),
    ("metric", &["metric", "kpi", "performance metric"]),
    ("microservice", &["microservice", "service", "backend service"]),
    ("migration", &["migration", "migration script", "database migration", "schema migration"]),
    ("mock", &["mock", "stub", "fixture", "mock server"]),
    (
        "model",
        &[
            "machine learning model",
            "ml model",
            "neural network",
            "classifier",
            "classification model",
            "regression model",
            "ai model",
            "prediction model",
            "language model",
            "deep learning model",
            "embedding model",
        ],
    ),
    ("network", &["network", "network traffic"]),
    ("notebook", &["notebook", "jupyter notebook"]),
    ("notification", &["notification", "push notification"]),
    ("payment", &["payment", "payment processing", "billing", "subscription"]),
    ("pdf", &["pdf"]),
    (
        "performance",
        &[
            "performance",
            "latency",
            "bottleneck",
            "performance bottleneck",
            "throughput",
            "performance issue",
        ],
    ),
    ("pipeline", &["pipeline", "ml pipeline"]),
    ("plan", &["plan", "implementation plan", "roadmap", "action plan", "project plan"]),
    ("plugin", &["plugin", "extension"]),
    ("policy", &["policy", "security policy", "governance policy"]),
    ("portfolio", &["portfolio"]),
    ("postmortem", &["postmortem", "incident report"]),
    ("presentation", &["presentation", "slide", "slide deck", "deck"]),
    ("project", &["project", "repository", "project structure"]),
    ("prompt", &["prompt", "system prompt"]),
    ("pull request", &["pull request", "pr", "merge request"]),
    ("query", &["query", "sql query", "slow query", "database query"]),
    ("readme", &["readme"]),
    ("recommendation", &["recommendation", "action item", "suggestion"]),
    ("refactoring", &["refactoring"]),
    ("release", &["release"]),
    ("report", &["report", "summary", "finding", "audit report", "security report"]),
    ("requirement", &["requirement", "user story", "acceptance criteria", "product requirement"]),
    ("risk", &["risk", "risk metric"]),
    ("rule", &["rule"]),
    ("runbook", &["runbook", "playbook"]),
    ("schema", &["schema", "database schema", "data model", "type definition"]),
    ("script", &["script", "shell script", "bash script"]),
    ("sdk", &["sdk", "client library", "sdk client"]),
    ("search engine optimization", &["seo", "meta tag", "keyword", "search engine optimization"]),
    ("secret", &["secret", "credential", "api key", "hardcoded secret"]),
    ("security", &["security", "security control", "security configuration", "security best practice"]),
    ("server", &["server", "web server"]),
    ("session", &["session"]),
    ("skill", &["skill", "agent skill"]),
    ("smart contract", &["smart contract", "solidity contract"]),
    ("specification", &["specification", "spec", "contract", "api contract"]),
    ("spreadsheet", &["spreadsheet", "excel file"]),
    ("storage", &["storage", "bucket"]),
    ("strategy", &["trading strategy", "marketing strategy"]),
    ("task", &["task", "ticket", "backlog"]),
    ("team", &["team", "agent team"]),
    ("technical debt", &["technical debt", "tech debt", "dead code", "code smell"]),
    ("template", &["template"]),
    (
        "test",
        &[
            "test",
            "test case",
            "test suite",
            "automated test",
            "e2e test",
            "end to end test",
            "regression test",
        ],
    ),
    ("threat model", &["threat model", "threat"]),
    ("token", &["jwt", "access token"]),
    ("trace", &["trace", "distributed trace", "stack trace", "distributed tracing"]),
    ("transaction", &["transaction", "blockchain transaction"]),
    ("type", &["typescript type"]),
    ("unit test", &["unit test"]),
    ("user interface", &["user interface", "ui", "interface", "frontend", "layout", "dark mode"]),
    ("accessibility", &["accessibility", "wcag compliance", "accessibility compliance"]),
    ("version control", &["git history", "merge conflict"]),
    ("video", &["video"]),
    (
        "vulnerability",
        &["vulnerability", "security vulnerability", "security issue", "security flaw", "injection"],
    ),
    ("webhook", &["webhook", "webhook endpoint"]),
    ("workflow", &["workflow", "multi agent workflow"]),
];

/// Nouns behind an artifact that change nothing about what it is.
const TAILS: &[&str] = &[
    "approach",
    "approaches",
    "best",
    "capabilities",
    "design",
    "development",
    "logic",
    "needs",
    "operations",
    "pattern",
    "patterns",
    "practices",
    "process",
    "processes",
    "setup",
    "solution",
    "solutions",
    "strategies",
    "strategy",
    "structure",
    "support",
    "system",
    "systems",
    "task",
    "tasks",
    "techniques",
];

/// The longest name of an artifact, in words.
const LONGEST: usize = 4;

static NAMES: LazyLock<HashMap<String, &'static str>> = LazyLock::new(|| {
    let mut names = HashMap::new();
    for (canonical, others) in ARTIFACTS {
        for name in *others {
            names.entry((*name).to_owned()).or_insert(*canonical);
            let (before, last) = name.rsplit_once(' ').map_or(("", *name), |(before, last)| (before, last));
            let many = format!("{before} {}", third(last));
            names.entry(many.trim_start().to_owned()).or_insert(*canonical);
        }
    }
    names
});

/// The artifact that a noun phrase is about: the longest name at its end. Words are lower case.
pub(in crate::research) fn head(phrase: &[&str]) -> Option<&'static str> {
    exact(phrase).or_else(|| {
        let kept = phrase.len() - phrase.iter().rev().take_while(|word| TAILS.contains(*word)).count();
        exact(&phrase[..kept])
    })
}

fn exact(phrase: &[&str]) -> Option<&'static str> {
    let longest = phrase.len().min(LONGEST);
    (1..=longest).rev().find_map(|n| NAMES.get(&phrase[phrase.len() - n..].join(" ")).copied())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_noun_of_a_phrase_is_what_it_is_about() {
        let of = |text: &str| head(&text.split(' ').collect::<Vec<_>>());
        assert_eq!(of("thorough api documentation"), Some("api documentation"));
        assert_eq!(of("rest apis"), Some("api"));
        assert_eq!(of("slow queries"), Some("query"));
        assert_eq!(of("database migration strategies"), Some("migration"));
        assert_eq!(of("trading strategy"), Some("strategy"));
        assert_eq!(of("business model"), None);
        assert_eq!(of("code of conduct poem"), None);
        assert_eq!(head(&[]), None);
    }

    #[test]
    fn no_name_stands_for_two_artifacts() {
        let mut seen = HashMap::new();
        for (canonical, names) in ARTIFACTS {
            for name in *names {
                assert!(seen.insert(name, canonical).is_none(), "{name}");
                assert!(name.split(' ').count() <= LONGEST, "{name}");
            }
        }
    }
}
