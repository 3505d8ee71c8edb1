//! A graph as a diagram: DOT for Graphviz, and Mermaid for what shows Markdown. Whatever the names in it
//! are, the text is one valid diagram.

use crate::model::text::clean;

/// An arrow between two names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Arrow<'a> {
    pub(crate) from: &'a str,
    pub(crate) to: &'a str,
    pub(crate) label: String,
    pub(crate) line: Line,
}

/// How an arrow is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Line {
    /// One way.
    Arrow,
    /// One way, dashed.
    Dashed,
    /// No way: both ends are the same to it.
    Plain,
}

/// The diagram in Graphviz's language.
pub(crate) fn dot(arrows: &[Arrow<'_>]) -> String {
    let names = names(arrows);
    let mut text = "digraph compatibility {\n  rankdir=LR;\n  node [shape=box];\n".to_owned();
    for (number, name) in names.iter().enumerate() {
        text += &format!("  n{number} [label={}];\n", dot_string(name));
    }
    for arrow in arrows {
        let style = match arrow.line {
            Line::Arrow => "",
            Line::Dashed => ", style=dashed",
            Line::Plain => ", dir=none",
        };
        let (from, to) = (place(&names, arrow.from), place(&names, arrow.to));
        text += &format!("  n{from} -> n{to} [label={}{style}];\n", dot_string(&arrow.label));
    }
    text + "}\n"
}

/// The diagram in Mermaid's language.
pub(crate) fn mermaid(arrows: &[Arrow<'_>]) -> String {
    let names = names(arrows);
    let mut text = "flowchart LR\n".to_owned();
    for (number, name) in names.iter().enumerate() {
        text += &format!("  n{number}[{}]\n", mermaid_string(name));
    }
    for arrow in arrows {
        let line = match arrow.line {
            Line::Arrow => "-->",
            Line::Dashed => "-.->",
            Line::Plain => "---",
        };
        let (from, to) = (place(&names, arrow.from), place(&names, arrow.to));
        text += &format!("  n{from} {line}|{}| n{to}\n", mermaid_string(&arrow.label));
    }
    text
}

/// Every name once, sorted.
fn names<'a>(arrows: &[Arrow<'a>]) -> Vec<&'a str> {
    let mut names: Vec<&str> = arrows.iter().flat_map(|arrow| [arrow.from, arrow.to]).collect();
    names.sort_unstable();
    names.dedup();
    names
}

fn place(names: &[&str], name: &str) -> usize {
    names.binary_search(&name).expect("every end of an arrow is among the names")
}

/// A quoted string; in it only quotes and backslashes mean anything else than themselves.
fn dot_string(text: &str) -> String {
    format!("\"{}\"", clean(text).replace('\\', "\\\\").replace('"', "\\\""))
}

/// A quoted string, in which everything that may mean something is written as its number.
fn mermaid_string(text: &str) -> String {
    let mut quoted = "\"".to_owned();
    for c in clean(text).chars() {
        if c.is_alphanumeric() || matches!(c, ' ' | '-' | '_' | '.' | '/' | ':' | ',') {
            quoted.push(c);
        } else {
            quoted += &format!("#{};", u32::from(c));
        }
    }
    quoted + "\""
}

#[cfg(test)]
mod tests {
    use super::*;

    fn odd() -> Vec<Arrow<'static>> {
        let arrow = |from, to, line| Arrow { from, to, label: "x \"0.5\"".to_owned(), line };
        vec![
            arrow("a", "say \"hi\"\\", Line::Arrow),
            arrow("say \"hi\"\\", "end; <b>`#1`|]\u{1b}[31m\u{202e}\n--> c", Line::Dashed),
            arrow("a", "é % [x](y)", Line::Plain),
        ]
    }

    #[test]
    fn odd_names_stay_inside_their_quotes_in_dot() {
        insta::assert_snapshot!(dot(&odd()), @r#"
        digraph compatibility {
          rankdir=LR;
          node [shape=box];
          n0 [label="a"];
          n1 [label="end; <b>`#1`|][31m --> c"];
          n2 [label="say \"hi\"\\"];
          n3 [label="é % [x](y)"];
          n0 -> n2 [label="x \"0.5\""];
          n2 -> n1 [label="x \"0.5\"", style=dashed];
          n0 -> n3 [label="x \"0.5\"", dir=none];
        }
        "#);
    }

    #[test]
    fn odd_names_stay_inside_their_quotes_in_mermaid() {
        insta::assert_snapshot!(mermaid(&odd()), @r#"
        flowchart LR
          n0["a"]
          n1["end#59; #60;b#62;#96;#35;1#96;#124;#93;#91;31m --#62; c"]
          n2["say #34;hi#34;#92;"]
          n3["é #37; #91;x#93;#40;y#41;"]
          n0 -->|"x #34;0.5#34;"| n2
          n2 -.->|"x #34;0.5#34;"| n1
          n0 ---|"x #34;0.5#34;"| n3
        "#);
    }

    #[test]
    fn no_arrows_are_a_diagram_too() {
        assert_eq!(dot(&[]), "digraph compatibility {\n  rankdir=LR;\n  node [shape=box];\n}\n");
        assert_eq!(mermaid(&[]), "flowchart LR\n");
    }
}
