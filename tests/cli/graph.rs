//! `catalog graph`, and what `catalog show`, `search` and `patterns` make of it.

use insta::assert_snapshot;

use crate::market::knows;
use crate::support::TestRepo;

/// A command that starts two agents; one writes what the other reads, and a third does as the first.
pub(crate) fn shipyard() -> TestRepo {
    knows([
        (
            "commands/ship.md",
            "---\ndescription: Ships a feature\n---\n\n## Step 1\nTask:\n```\nsubagent_type: \"architect\"\n```\n\n\
             ## Step 2\nTask:\n```\nsubagent_type: \"builder\"\n```\n",
        ),
        (
            "agents/architect.md",
            "---\nname: architect\ndescription: Designs schemas\n---\n\nWrite the plan to `work/plan.md`.\nRun `git log` before.\n\n\
             ```sh\ngit log\n```\n",
        ),
        (
            "agents/builder.md",
            "---\nname: builder\ndescription: Implements schemas\n---\n\nRead `work/plan.md`.\nWrite `src/schema.sql`.\n",
        ),
        (
            "agents/mason.md",
            "---\nname: mason\ndescription: Builds walls\n---\n\nRead `work/plan.md`.\nWrite `src/schema.sql`.\n",
        ),
    ])
}

#[test]
fn the_graph_tells_what_there_is_and_shows_the_strongest_links() {
    assert_snapshot!(shipyard().orchestrate(["catalog", "graph", "-n", "1"]).code(0).screen(), @"
    4 components
    links
    can-follow      2  one takes what the other leaves behind, or comes next
    can-run-beside  0  somebody ran both at once, or says so
    needs           2  one calls or requires the other
    conflicts       1  both write the same, or one undoes the other
    similar         0  either may do for the other

    can-follow
    0.95  tools/agent/architect
          can be followed by tools/agent/builder
            ship: starts architect (line 8)
            ship: starts builder (line 14)

    needs
    0.97  tools/command/ship
          needs tools/agent/architect
            ship: names architect (line 8)

    conflicts
    0.68  tools/agent/builder
          conflicts with tools/agent/mason
            builder: writes src/schema.sql (line 7)
            mason: writes src/schema.sql (line 7)
    ! hint: `git orchestrate catalog graph COMPONENT` shows the links of one
    ");
}

#[test]
fn one_component_is_shown_with_what_it_follows_feeds_and_disturbs() {
    let repo = shipyard();
    assert_snapshot!(repo.orchestrate(["catalog", "graph", "builder"]).code(0).screen(), @"
    market/tools/agent/builder
    Implements schemas

    follows
    0.95  tools/agent/architect
            ship: starts architect (line 8)
            ship: starts builder (line 14)

    is needed by
    0.97  tools/command/ship
            ship: names builder (line 14)

    conflicts
    0.68  tools/agent/mason
            builder: writes src/schema.sql (line 7)
            mason: writes src/schema.sql (line 7)
    ");
    assert_snapshot!(repo.orchestrate(["catalog", "graph", "agent/architect"]).code(0).screen(), @"
    market/tools/agent/architect
    Designs schemas

    feeds
    0.95  tools/agent/builder
            ship: starts architect (line 8)
            ship: starts builder (line 14)
    0.63  tools/agent/mason
            architect: writes work/plan.md (line 6)
            mason: reads work/plan.md (line 6)

    is needed by
    0.97  tools/command/ship
            ship: names architect (line 8)

    requires
          program git (line 10)
    ");
    assert_snapshot!(repo.orchestrate(["catalog", "graph", "coffee"]).code(2).screen(), @"
    ! error: no component is called coffee here
    ! hint: `git orchestrate catalog search WORDS` finds components
    ");
}

#[test]
fn programs_read_the_graph_with_its_reasons() {
    let repo = shipyard();
    let json = repo.orchestrate(["catalog", "graph", "--json"]).code(0).json();
    assert_eq!((&json["v"], &json["components"], &json["distinct"]), (&1.into(), &4.into(), &4.into()));
    assert_snapshot!(json["links"].to_string(), @r#"{"can-follow":2,"can-run-beside":0,"conflicts":1,"needs":2,"similar":0}"#);
    let by_file =
        json["edges"].as_array().expect("a list").iter().find(|edge| edge["way"] == "file").expect("one");
    assert_snapshot!(by_file.to_string(), @r#"{"because":[{"component":"market/tools/agent/builder","place":"line 7","says":"writes src/schema.sql"},{"component":"market/tools/agent/mason","place":"line 7","says":"writes src/schema.sql"}],"from":"market/tools/agent/builder","kind":"conflicts","score":0.678,"to":"market/tools/agent/mason","way":"file"}"#);
    assert_snapshot!(json["proposals"].to_string(), @r#"[{"id":"architect-builder-fd13ab6cbe20","inferred":{"reason":"market/tools/command/ship starts them in this order (lines 8-14)","score":950},"phases":[["market/tools/agent/architect"],["market/tools/agent/builder"]]},{"id":"architect-mason-edf09a74ad91","inferred":{"reason":"architect writes work/plan.md (line 6), mason reads work/plan.md (line 6)","score":633},"phases":[["market/tools/agent/architect"],["market/tools/agent/mason"]]}]"#);
    let same = repo.orchestrate(["catalog", "graph", "--format", "json"]).code(0).stdout;
    assert_eq!(same, repo.orchestrate(["catalog", "graph", "--json"]).code(0).stdout);
    let one = repo.orchestrate(["catalog", "graph", "ship", "--json"]).code(0).json();
    assert_eq!(one["component"], "market/tools/command/ship");
    assert_eq!(one["edges"].as_array().map(Vec::len), Some(2));
    let architect = repo.orchestrate(["catalog", "graph", "architect", "--json"]).code(0).json();
    assert_eq!(architect["requires"][0]["name"], "git");
}

#[test]
fn diagrams_are_valid_and_bounded() {
    let repo = shipyard();
    assert_snapshot!(repo.orchestrate(["catalog", "graph", "ship", "--format", "dot"]).code(0).stdout, @r#"
    digraph compatibility {
      rankdir=LR;
      node [shape=box];
      n0 [label="market/tools/agent/architect"];
      n1 [label="market/tools/agent/builder"];
      n2 [label="market/tools/command/ship"];
      n2 -> n0 [label="needs 0.97", style=dashed];
      n2 -> n1 [label="needs 0.97", style=dashed];
    }
    "#);
    assert_snapshot!(repo.orchestrate(["catalog", "graph", "ship", "--format", "mermaid"]).code(0).stdout, @r#"
    flowchart LR
      n0["market/tools/agent/architect"]
      n1["market/tools/agent/builder"]
      n2["market/tools/command/ship"]
      n2 -.->|"needs 0.97"| n0
      n2 -.->|"needs 0.97"| n1
    "#);
    let arrows = |n: &str| {
        let text = repo.orchestrate(["catalog", "graph", "--format", "dot", "-n", n]).code(0).stdout;
        text.matches(" -> ").count()
    };
    assert_eq!((arrows("0"), arrows("1"), arrows("3")), (0, 1, 3));
    repo.orchestrate(["catalog", "graph", "--format", "png"]).code(2);
}

#[test]
fn names_and_texts_of_others_reach_no_terminal_and_break_no_diagram() {
    let repo = knows([
        ("commands/start-\"q\"; end.md", "---\ndescription: \u{202e}x\n---\nWrite `out/plan\u{202e}.md`.\n"),
        (
            "commands/stop-\"q\"; end.md",
            "---\ndescription: \"\\e[31mred\"\n---\nRead `out/plan\u{202e}.md`.\n",
        ),
    ]);
    for format in ["text", "json", "dot", "mermaid"] {
        let shown = repo.orchestrate(["catalog", "graph", "--format", format]).code(0);
        let hidden = |c: char| c == '\u{1b}' || c == '\u{202e}';
        assert!(!shown.stdout.contains(hidden) && !shown.stderr.contains(hidden), "{}", shown.stdout);
    }
    assert_snapshot!(repo.orchestrate(["catalog", "graph", "--format", "dot"]).code(0).stdout, @r#"
    digraph compatibility {
      rankdir=LR;
      node [shape=box];
      n0 [label="market/tools/command/start-\"q\"; end"];
      n1 [label="market/tools/command/stop-\"q\"; end"];
      n0 -> n1 [label="conflicts 0.75", dir=none];
    }
    "#);
    assert_snapshot!(repo.orchestrate(["catalog", "graph", "--format", "mermaid"]).code(0).stdout, @r#"
    flowchart LR
      n0["market/tools/command/start-#34;q#34;#59; end"]
      n1["market/tools/command/stop-#34;q#34;#59; end"]
      n0 ---|"conflicts 0.75"| n1
    "#);
}

#[test]
fn nothing_is_a_graph_too() {
    let repo = TestRepo::new();
    assert_snapshot!(repo.orchestrate(["catalog", "graph"]).code(0).screen(), @"
    no components yet
    ! hint: `git orchestrate marketplace add --starter` adds plugins that work without an agent
    ");
    assert_snapshot!(repo.orchestrate(["catalog", "graph", "--json"]).code(0).stdout, @r#"{"classes":[],"components":0,"distinct":0,"edges":[],"links":{"can-follow":0,"can-run-beside":0,"conflicts":0,"needs":0,"similar":0},"precision":{"artifact":0.74,"caller":0.95,"file":0.89,"name":0.97,"opposite":0.75,"runs":1.0,"text":1.0,"work":0.86},"proposals":[],"v":1}"#);
    let alone = knows([("agents/poet.md", "---\nname: poet\ndescription: Writes poems\n---\nPoems.\n")]);
    assert_snapshot!(alone.orchestrate(["catalog", "graph"]).code(0).screen(), @"
    1 component
    links
    can-follow      0  one takes what the other leaves behind, or comes next
    can-run-beside  0  somebody ran both at once, or says so
    needs           0  one calls or requires the other
    conflicts       0  both write the same, or one undoes the other
    similar         0  either may do for the other
    ! hint: `git orchestrate catalog graph COMPONENT` shows the links of one
    ");
    assert_snapshot!(alone.orchestrate(["catalog", "graph", "poet"]).code(0).screen(), @"
    market/tools/agent/poet
    Writes poems

    no links to others
    ");
}
