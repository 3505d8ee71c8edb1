//! Components that are one thing: what `catalog show`, `catalog search` and `plan` make of it.

use insta::assert_snapshot;

use crate::market::knows;

/// Sixty words, so that one of them is little.
fn long(last: &str) -> String {
    let words: String = (0..60).map(|n| format!("word{n} ")).collect();
    format!("---\ndescription: Reviews poems\n---\n{words}{last}\n")
}

#[test]
fn copies_are_named_count_once_and_stand_in_for_each_other() {
    let (one, other) = (long("end"), long("close"));
    let repo = knows([
        ("agents/poem-reviewer.md", &one),
        ("agents/tools-poem-reviewer.md", &one),
        ("commands/poem-review.md", &other),
        ("commands/poem-writer.md", &long("write").replace("word5", "term5")),
    ]);
    assert_snapshot!(repo.orchestrate(["catalog", "show", "agent/poem-reviewer"]).code(0).screen(), @"
    market/tools/agent/poem-reviewer
    Reviews poems

    file     tools/agents/poem-reviewer.md
    context  6 tokens always, 103 on invoke
    record   no runs yet
    runs     needs an agent
    same as market/tools/agent/tools-poem-reviewer
    nearly the same as market/tools/command/poem-review (96 %)

    fact             said in    read from  sure
    complexity  low  lines 2-4  counted    92 %
    ");
    assert_snapshot!(repo.orchestrate(["catalog", "graph", "agent/poem-reviewer"]).code(0).screen(), @"
    market/tools/agent/poem-reviewer
    Reviews poems

    similar
    1.00  tools/agent/tools-poem-reviewer
            tools-poem-reviewer: has the same text (its path)
    0.97  tools/command/poem-review
            poem-review: has 96 % of the text (its path)
    ");
    let shown = repo.orchestrate(["catalog", "show", "poem-review", "--json"]).code(0).json();
    assert_snapshot!(shown["twins"].to_string(), @r#"[{"component":"market/tools/agent/poem-reviewer","likeness":0.96875},{"component":"market/tools/agent/tools-poem-reviewer","likeness":0.96875}]"#);
    let hits = repo.orchestrate(["catalog", "search", "review", "a", "poem", "--json"]).code(0).json();
    let hits = hits.as_array().expect("a list");
    assert_eq!(hits.len(), 2);
    assert_snapshot!(hits[0]["also"].to_string(), @r#"["market/tools/agent/tools-poem-reviewer","market/tools/command/poem-review"]"#);
    let plan = repo.orchestrate(["plan", "review poems", "--format", "json"]).code(0).json();
    assert_snapshot!(plan["steps"][0]["fallbacks"].to_string(), @r#"["market/tools/agent/tools-poem-reviewer","market/tools/command/poem-review"]"#);
}
