//! What holds for facts of any text at all.

use proptest::prelude::*;

use super::found::cleaned;
use super::samples::component;
use super::{artifacts, domains, extract, kept, outline, programs, verbs};
use crate::model::capability::{Claim, Fact, MOST_FACTS, Method, Place};

/// Texts in which every rule has something to find.
fn text() -> impl Strategy<Value = String> {
    let line = prop_oneof![
        "[ -~]{0,40}",
        "#{1,4} (Output|Inputs?|Prerequisites|Steps|Example|Output Format|[A-Za-z ]{0,9})",
        "[-*1.]{1,2} (\\*\\*)?[A-Za-z ]{0,12}(\\*\\*)?(:|`[a-z./*<{]{0,9}`)?",
        "```(bash|python|sh|)?",
        "(git|npm|curl) (push|x) ?(>|>>|\\||<<|&&)? ?[a-z./$\"']{0,9}",
        "(Write|Read|Update|Never write|Save it to) `[a-z/.*{}<>]{0,12}`",
        "mcp__[a-z]{0,4}__[a-z]{0,3}",
        "(export )?[A-Z_]{1,9}=\\$?[A-Za-z_\"]{0,8}",
        "\\PC{0,12}",
        "<!--|-->|\\*\\*Output:\\*\\* x|For each, provide:",
    ];
    prop::collection::vec(line, 0..40).prop_map(|lines| lines.join("\n"))
}

fn texts_of(fact: &Fact) -> Vec<&str> {
    match &fact.claim {
        Claim::Purpose { text } => vec![text],
        Claim::Category { name } | Claim::Requires { name, .. } => vec![name],
        Claim::Input(thing) | Claim::Output(thing) => vec![&thing.name],
        _ => Vec::new(),
    }
}

proptest! {
    #[test]
    fn facts_of_any_text_are_bounded_clean_and_lie_in_the_file(
        body in text(),
        description in "[ -~]{0,60}",
        tools in "[A-Za-z(:*), ]{0,30}",
    ) {
        let front = format!("description: {description}\nallowed-tools: {tools}\nargument-hint: {tools}\n");
        let component = component("review-code", &front, &body);
        let last = component.declared.body_line + body.lines().count();
        let facts = extract(&component);
        prop_assert!(facts.len() <= MOST_FACTS);
        prop_assert_eq!(&facts, &extract(&component), "the same text gives the same facts");
        prop_assert_eq!(kept::decode(&kept::encode(facts.clone())), Some(facts.clone()));
        for fact in &facts {
            if let Place::Lines { first, last: end } = fact.place {
                prop_assert!(1 <= first && first <= end && end <= last, "{:?} of {}", fact, last);
            }
            prop_assert_eq!(fact.line().and_then(|line| Fact::from_line(&line)), Some(fact.clone()));
            prop_assert!((0.0..=1.0).contains(&fact.confidence()));
            for text in texts_of(fact) {
                prop_assert!(!text.is_empty() && !text.contains(char::is_control), "{:?}", text);
                prop_assert_eq!(cleaned(text), text, "cleaning what is clean changes nothing");
            }
        }
    }

    #[test]
    fn any_bytes_are_read_without_panic(bytes: Vec<u8>) {
        drop(kept::decode(&bytes));
        let body = String::from_utf8_lossy(&bytes).into_owned();
        extract(&component("a", &format!("description: {}\n", body.replace('\n', " ")), &body));
    }
}

#[test]
fn every_word_of_a_closed_list_can_be_written_down() {
    let fact = |claim| Fact { claim, place: Place::Path, method: Method::Terms };
    let lists = [domains::DOMAINS, programs::LANGUAGES, artifacts::ARTIFACTS];
    for (name, _) in lists.into_iter().flatten() {
        assert!(fact(Claim::Domain { name }).line().is_some(), "{name}");
    }
    for (verb, _) in verbs::VERBS {
        assert!(fact(Claim::Does { verb, artifact: "api" }).line().is_some(), "{verb}");
    }
}

#[test]
fn hostile_texts_are_read_in_bounded_time() {
    let texts = [
        "# x\n".repeat(100_000),
        "a".repeat(1 << 20),
        "`a.md` ".repeat(1 << 17),
        format!("```bash\n{}", "curl x > a.txt | ".repeat(1 << 16)),
        format!("```bash\n{}", "echo $A_B\ncat <<X\n".repeat(50_000)),
        "- `x.md`\n".repeat(100_000),
        "((((".repeat(1 << 18),
        "\u{1b}[31m\u{7}\u{202e}".repeat(50_000),
    ];
    for text in texts {
        let front =
            format!("description: {}\nallowed-tools: {}\n", text.replace('\n', " "), text.replace('\n', ","));
        let component = component("a", &front, &format!("## Output\n{text}"));
        assert!(extract(&component).len() <= MOST_FACTS);
        assert!(outline::lines(&component.body, 1).iter().all(|line| line.text.len() <= 2_000));
    }
}
