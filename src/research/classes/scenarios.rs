//! Classes, sentence by sentence.

use proptest::prelude::*;

use super::super::samples::{classes_of, component, components};
use super::profile::Profile;
use super::{NEARLY, profile};
use crate::model::component::{Component, Contract, RunnerKind};
use crate::model::id::ComponentId;

/// The classes of more than one, each on a line: who speaks for it, then the others.
fn shown(components: &[Component]) -> String {
    let several = classes_of(components).into_iter().filter(|class| !class.twins.is_empty());
    let class = |class: super::Class| {
        let twins = class.twins.iter().map(|twin| format!(" = {} {:.2}", twin.component, twin.likeness));
        format!("{}{}", class.first, twins.collect::<String>())
    };
    several.map(class).collect::<Vec<_>>().join("\n")
}

/// Sixty words about `subject`, of which one in ten is it.
fn text(subject: &str) -> String {
    (0..60).map(|n| if n % 10 == 3 { format!("{subject} ") } else { format!("word{n} ") }).collect()
}

#[test]
fn equal_texts_of_one_name_are_one_thing_whatever_plugin_they_are_in() {
    let same = "Looks at every line.";
    let all =
        components([("a/agent/audit", "", same), ("b/agent/b-audit", "", same), ("c/agent/other", "", "")]);
    insta::assert_snapshot!(shown(&all), @"m/a/agent/audit = m/b/agent/b-audit 1.00");
}

#[test]
fn one_text_under_two_names_is_one_thing_if_it_says_both() {
    let says = "Reviews code: every review ends with a verdict on the pull request.";
    let all = components([("a/skill/code-review", "", says), ("b/skill/pull-request-reviewer", "", says)]);
    insta::assert_snapshot!(shown(&all), @"m/a/skill/code-review = m/b/skill/pull-request-reviewer 1.00");
    let template = "You are a specialist. Analyze the context, then do the task.";
    let all =
        components([("a/command/detect-anomaly", "", template), ("b/command/split-data", "", template)]);
    assert_eq!(shown(&all), "", "what they are for is in their names only");
}

#[test]
fn a_text_with_a_word_changed_is_nearly_the_same() {
    let (one, other) = (text("schema"), text("schema").replace("word55", "word99"));
    let all = components([("a/agent/a-pro", "", &one), ("b/agent/b-pro", "", &other)]);
    insta::assert_snapshot!(shown(&all), @"m/a/agent/a-pro = m/b/agent/b-pro 0.80");
    let far = text("schema").replace("word5", "term5").replace("word2", "term2");
    assert_eq!(shown(&components([("a/agent/a-pro", "", &one), ("b/agent/b-pro", "", &far)])), "");
}

#[test]
fn a_renamed_copy_is_nearly_the_same_where_the_text_does_not_take_part() {
    let (one, other) = (text("python"), text("python").replace("word55", "word99"));
    let all = components([("a/agent/python-pro", "", &one), ("b/agent/python-expert", "", &other)]);
    insta::assert_snapshot!(shown(&all), @"m/a/agent/python-pro = m/b/agent/python-expert 0.80");
}

#[test]
fn texts_of_one_template_are_about_what_their_names_say() {
    let (one, other) = (text("").replacen("word0", "mempool", 1), text("").replacen("word0", "sentiment", 1));
    let all = components([("a/skill/analyze-mempool", "", &one), ("b/skill/analyze-sentiment", "", &other)]);
    assert_eq!(shown(&all), "");
    let all =
        components([("redis/skill/setup", "", &text("redis")), ("kafka/skill/setup", "", &text("kafka"))]);
    assert_eq!(shown(&all), "");
}

#[test]
fn a_large_family_is_compared_by_name_only() {
    let member = |n: usize, name: &str| {
        component(&format!("p{n:03}/skill/{name}"), "", &text("").replacen("word0", &format!("number{n}"), 1))
    };
    let mut all: Vec<Component> = (0..200).map(|n| member(n, &format!("thing{n}"))).collect();
    all.extend([member(300, "copy"), member(301, "copy")]);
    insta::assert_snapshot!(shown(&all), @"m/p300/skill/copy = m/p301/skill/copy 0.92");
}

fn scripted(id: &str, body: &str, content: &str, outputs: &[&str]) -> Component {
    let contract = Contract {
        runner: RunnerKind::Shell,
        script: "run.sh".into(),
        inputs: Vec::new(),
        outputs: outputs.iter().map(|it| (*it).to_owned()).collect(),
        gates: Vec::new(),
        fallback: None,
        timeout: None,
    };
    let mut component = component(id, "", body);
    (component.card.contract, component.card.content) = (Some(contract), content.to_owned());
    component
}

#[test]
fn who_has_a_contract_is_one_with_those_that_write_the_same() {
    let words = text("poem");
    let classes = |outputs: &[&str], content| {
        let all = [
            scripted("a/skill/poet", &words, "1", &["a.md"]),
            scripted("b/skill/poet", &words, content, outputs),
        ];
        shown(&all)
    };
    insta::assert_snapshot!(classes(&["a.md"], "2"), @"m/a/skill/poet = m/b/skill/poet 1.00");
    assert_eq!(classes(&["b.md"], "2"), "");
    assert_eq!(classes(&[], "2"), "", "a check is what its script looks at");
    insta::assert_snapshot!(classes(&["b.md"], "1"), @"m/a/skill/poet = m/b/skill/poet 1.00");
    let agent = component("b/skill/poet", "", &words);
    let both = [scripted("a/skill/poet", &words, "1", &["a.md"]), agent];
    assert_eq!(shown(&both), "", "an agent promises no files");
}

#[test]
fn every_member_sees_the_others_from_where_it_is() {
    let (one, near) = (text("schema"), text("schema").replace("word55", "word99"));
    let all = components([("a/agent/pro", "", &one), ("b/agent/pro", "", &one), ("c/agent/pro", "", &near)]);
    let class = classes_of(&all).remove(0);
    let seen = |id: &str| {
        let twins = class.twins(&id.parse().expect("an id"));
        twins.iter().map(|it| format!("{} {}", it.component, it.is_equal())).collect::<Vec<_>>().join(", ")
    };
    insta::assert_snapshot!(["m/a/agent/pro", "m/b/agent/pro", "m/c/agent/pro"].map(seen).join("\n"), @"
    m/b/agent/pro true, m/c/agent/pro false
    m/a/agent/pro true, m/c/agent/pro false
    m/a/agent/pro false, m/b/agent/pro false
    ");
}

/// Components of few plugins and names, with texts that are equal, alike, or neither.
fn some() -> impl Strategy<Value = Vec<Component>> {
    let one =
        ("[ab](-c)?", prop::sample::select(vec!["schema", "poem", "a-poem"]), 0..3_usize, "[ ab-]{0,12}");
    let written = |(n, (plugin, name, start, end)): (usize, (String, &str, usize, String))| {
        let mut all = component(&format!("{plugin}{n}/skill/{name}"), "", &text(name)[start * 6..]);
        all.body += &end;
        all
    };
    prop::collection::vec(one, 0..12).prop_map(move |all| all.into_iter().enumerate().map(written).collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_component_is_in_one_class_and_nearly_its_first(all in some()) {
        let classes = classes_of(&all);
        let mut members: Vec<ComponentId> = classes.iter().flat_map(super::Class::ids).cloned().collect();
        prop_assert!(classes.is_sorted_by_key(|class| class.first.clone()));
        members.sort();
        let mut ids: Vec<ComponentId> = all.iter().map(|it| it.id.clone()).collect();
        ids.sort();
        prop_assert_eq!(members, ids);
        for class in &classes {
            prop_assert!(class.twins.iter().all(|it| it.likeness >= NEARLY && it.component > class.first));
        }
    }

    #[test]
    fn twins_are_told_of_each_other_alike(all in some()) {
        for class in classes_of(&all) {
            for one in class.ids() {
                for twin in class.twins(one) {
                    let back = class.twins(&twin.component);
                    prop_assert!(back.iter().any(|it| it.component == *one && it.likeness == twin.likeness));
                }
            }
        }
    }

    #[test]
    fn classes_do_not_depend_on_the_order_in_which_components_come(all in some()) {
        let back: Vec<Component> = all.iter().rev().cloned().collect();
        prop_assert_eq!(classes_of(&back), classes_of(&all));
    }

    #[test]
    fn a_profile_reads_back_and_nonsense_is_none(all in some(), bytes: Vec<u8>) {
        for component in &all {
            let kept = profile(component);
            prop_assert_eq!(Profile::decode(&kept).expect("ours").encode(), kept);
        }
        Profile::decode(&bytes);
    }
}
