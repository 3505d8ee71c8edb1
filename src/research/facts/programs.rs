//! The closed lists of programs, languages and services that texts may name.

use std::collections::HashSet;

/// Programs that are not part of every system with a shell, by the name that starts them. What names a
/// word of English as well (`make`, `go`, `just`) counts in commands and grants only.
const PROGRAMS: &[&str] = &[
    "act",
    "actionlint",
    "adb",
    "aider",
    "ansible",
    "ansible-playbook",
    "argocd",
    "artillery",
    "aws",
    "az",
    "bandit",
    "bats",
    "bazel",
    "biome",
    "black",
    "brew",
    "buf",
    "bun",
    "bundle",
    "bundler",
    "cargo",
    "cdk",
    "checkov",
    "claude",
    "clang",
    "cmake",
    "codex",
    "composer",
    "conda",
    "cosign",
    "curl",
    "cypress",
    "dbt",
    "deno",
    "detox",
    "dig",
    "docker",
    "docker-compose",
    "dotnet",
    "eas",
    "eksctl",
    "esbuild",
    "eslint",
    "etherscan",
    "expo",
    "fastlane",
    "ffmpeg",
    "firebase",
    "fly",
    "flyctl",
    "flutter",
    "flux",
    "forge",
    "gcc",
    "gcloud",
    "gdb",
    "gem",
    "gemini",
    "gh",
    "git",
    "gitleaks",
    "glab",
    "go",
    "golangci-lint",
    "gradle",
    "grpcurl",
    "gsutil",
    "hadolint",
    "hardhat",
    "helm",
    "heroku",
    "http",
    "huggingface-cli",
    "hyperfine",
    "imagemagick",
    "istioctl",
    "java",
    "javac",
    "jest",
    "jq",
    "julia",
    "just",
    "k6",
    "k9s",
    "kind",
    "kubectl",
    "kubeseal",
    "kustomize",
    "lighthouse",
    "linkerd",
    "lldb",
    "locust",
    "make",
    "mkcert",
    "mocha",
    "mongodump",
    "mongosh",
    "mvn",
    "mypy",
    "mysql",
    "mysqldump",
    "ncu",
    "netlify",
    "newman",
    "ngrok",
    "nmap",
    "node",
    "nox",
    "npm",
    "npx",
    "nuclei",
    "nvidia-smi",
    "nx",
    "ollama",
    "opa",
    "openssl",
    "packer",
    "pandoc",
    "perf",
    "pg_dump",
    "pg_restore",
    "php",
    "pip",
    "pip-audit",
    "pip3",
    "pipenv",
    "playwright",
    "pm2",
    "pnpm",
    "podman",
    "poetry",
    "posthog",
    "pre-commit",
    "prettier",
    "prisma",
    "promtool",
    "protoc",
    "psql",
    "pulumi",
    "pyright",
    "pytest",
    "python",
    "python3",
    "qemu",
    "radare2",
    "rails",
    "redis-cli",
    "rsync",
    "ruby",
    "ruff",
    "rustc",
    "rustup",
    "safety",
    "sam",
    "scc",
    "semgrep",
    "sentry-cli",
    "serverless",
    "shellcheck",
    "shfmt",
    "skaffold",
    "slither",
    "snyk",
    "solc",
    "spectral",
    "sqlite3",
    "ssh",
    "stripe",
    "supabase",
    "swift",
    "tcpdump",
    "terraform",
    "terragrunt",
    "tflint",
    "tfsec",
    "tox",
    "trivy",
    "trufflehog",
    "tsc",
    "tshark",
    "tsx",
    "turbo",
    "uv",
    "uvx",
    "vagrant",
    "valgrind",
    "vault",
    "velero",
    "vercel",
    "vite",
    "vitest",
    "wasm-pack",
    "webpack",
    "wget",
    "wireshark",
    "wrangler",
    "wrk",
    "yarn",
    "yq",
    "zig",
];

/// Names that are also words of English, services or libraries: in prose they do not mean the program.
const PLAIN_WORDS: &[&str] = &[
    "act",
    "aws",
    "cdk",
    "black",
    "buf",
    "bundle",
    "claude",
    "codex",
    "composer",
    "etherscan",
    "expo",
    "firebase",
    "flux",
    "fly",
    "forge",
    "gem",
    "gemini",
    "go",
    "heroku",
    "http",
    "java",
    "julia",
    "just",
    "kind",
    "lighthouse",
    "locust",
    "make",
    "mocha",
    "netlify",
    "ngrok",
    "node",
    "perf",
    "php",
    "playwright",
    "poetry",
    "posthog",
    "prisma",
    "pulumi",
    "python",
    "rails",
    "ruby",
    "safety",
    "sam",
    "serverless",
    "snyk",
    "spectral",
    "stripe",
    "supabase",
    "swift",
    "turbo",
    "vault",
    "vercel",
    "vite",
    "webpack",
    "zig",
];

/// Other names of programs in prose, lower case.
const PROSE_NAMES: &[(&str, &str)] = &[
    ("node.js", "node"),
    ("nodejs", "node"),
    ("azure cli", "az"),
    ("aws cli", "aws"),
    ("gcloud cli", "gcloud"),
    ("google cloud sdk", "gcloud"),
    ("github cli", "gh"),
    ("docker compose", "docker"),
    ("firebase cli", "firebase"),
    ("stripe cli", "stripe"),
    ("supabase cli", "supabase"),
    ("vercel cli", "vercel"),
    ("python 3", "python"),
    ("python", "python"),
];

/// Languages by their names in prose and by the marks of fences.
pub(super) const LANGUAGES: &[(&str, &[&str])] = &[
    ("c", &["c"]),
    ("c++", &["c++", "cpp"]),
    ("c#", &["c#", "csharp"]),
    ("clojure", &["clojure"]),
    ("dart", &["dart"]),
    ("elixir", &["elixir"]),
    ("gdscript", &["gdscript"]),
    ("go", &["go", "golang"]),
    ("haskell", &["haskell"]),
    ("java", &["java"]),
    ("javascript", &["javascript", "js", "jsx"]),
    ("julia", &["julia"]),
    ("kotlin", &["kotlin"]),
    ("lua", &["lua"]),
    ("php", &["php"]),
    ("powershell", &["powershell"]),
    ("python", &["python", "py"]),
    ("ruby", &["ruby"]),
    ("rust", &["rust"]),
    ("scala", &["scala"]),
    ("solidity", &["solidity"]),
    ("sql", &["sql"]),
    ("swift", &["swift"]),
    ("terraform", &["hcl", "terraform"]),
    ("typescript", &["typescript", "ts", "tsx"]),
];

/// Languages whose name means other things in a sentence.
const WORDS: &[&str] = &["c", "go", "dart", "swift", "terraform", "sql"];

/// Services by their names in prose, lower case: what needs an account or a key.
const SERVICES: &[(&str, &str)] = &[
    ("aws account", "AWS"),
    ("azure subscription", "Azure"),
    ("google cloud project", "Google Cloud"),
    ("google cloud account", "Google Cloud"),
    ("gcp project", "Google Cloud"),
    ("github account", "GitHub"),
    ("github token", "GitHub"),
    ("openai api key", "OpenAI"),
    ("anthropic api key", "Anthropic"),
    ("stripe account", "Stripe"),
    ("vercel account", "Vercel"),
    ("supabase account", "Supabase"),
    ("supabase project", "Supabase"),
    ("sentry account", "Sentry"),
    ("kubernetes cluster", "Kubernetes"),
];

/// Whether `word` starts a program of the list.
pub(super) fn program(word: &str) -> Option<&'static str> {
    let name = PROGRAMS.iter().find(|name| **name == word)?;
    Some(match *name {
        "python3" => "python",
        "pip3" => "pip",
        "docker-compose" => "docker",
        "bundler" => "bundle",
        name => name,
    })
}

/// The programs that a sentence about requirements names.
pub(super) fn named_programs(text: &str) -> Vec<&'static str> {
    let lower = text.to_lowercase();
    let mut named: Vec<&'static str> = Vec::new();
    for (name, program) in PROSE_NAMES {
        if has_word(&lower, name) && !named.contains(program) {
            named.push(program);
        }
    }
    let words = lower.split(|c: char| !(c.is_alphanumeric() || matches!(c, '-' | '_' | '.')));
    for word in words.map(|word| word.trim_matches('.')) {
        if let Some(program) = program(word).filter(|_| !PLAIN_WORDS.contains(&word))
            && !named.contains(&program)
        {
            named.push(program);
        }
    }
    named
}

/// The services that a sentence about requirements names.
pub(super) fn services(text: &str) -> Vec<&'static str> {
    let lower = text.to_lowercase();
    SERVICES.iter().filter(|(name, _)| has_word(&lower, name)).map(|(_, service)| *service).collect()
}

/// The language that a fence is marked as.
pub(super) fn of_fence(mark: &str) -> Option<&'static str> {
    let lower = mark.to_lowercase();
    LANGUAGES.iter().find(|(_, names)| names.contains(&lower.as_str())).map(|(language, _)| *language)
}

/// The languages that a lower-case text names in full, by words that can mean nothing else.
pub(super) fn languages(lower: &str) -> Vec<&'static str> {
    let words: HashSet<&str> =
        lower.split(|c: char| !(c.is_alphanumeric() || matches!(c, '+' | '#'))).collect();
    LANGUAGES
        .iter()
        .filter(|(language, _)| !WORDS.contains(language) && words.contains(language))
        .map(|(language, _)| *language)
        .collect()
}

fn has_word(text: &str, name: &str) -> bool {
    text.match_indices(name).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + name.len()..].chars().next();
        let apart = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric());
        apart(before) && apart(after)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prose_names_programs_and_services() {
        assert_eq!(
            named_programs("Node.js 18+ with npm/pnpm, and kubectl."),
            ["node", "npm", "pnpm", "kubectl"]
        );
        assert_eq!(named_programs("Make it just so; go on"), Vec::<&str>::new());
        assert_eq!(services("A Stripe account and an OpenAI API key"), ["OpenAI", "Stripe"]);
    }

    #[test]
    fn languages_are_words_that_mean_nothing_else() {
        assert_eq!(languages("python and c++, but go on swiftly in c"), ["c++", "python"]);
        assert_eq!((of_fence("TSX"), of_fence("text")), (Some("typescript"), None));
    }
}
