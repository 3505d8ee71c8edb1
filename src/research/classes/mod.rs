//! Components that are one thing under several ids: the same text, or nearly the same, about the same thing.
//!
//! Members of a class are each other's fallbacks, and count once where components are counted. A component
//! with a contract is in one class only with such as write the same. The classes are a pure function of
//! names, vectors and profiles, and take time in proportion to the number of components. Limits: likeness is
//! that to the first of a class by id; it is told from sketches; and in a large family of texts from one template
//! only those of one name are compared.

mod candidates;
pub(super) mod names;
mod profile;
mod sketch;

#[cfg(test)]
pub(super) mod scenarios;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::iter;

use globset::Glob;
use serde::{Deserialize, Serialize};

pub(crate) use self::profile::{profile, profile_of_content};

use self::names::{Named, own_name};
use self::profile::Profile;
use super::vector::Vector;
use super::vocabulary::Term;
use crate::model::id::ComponentId;

/// From this likeness on two texts are nearly the same. Of 1,912 documents of two published marketplaces
/// no pair that is about the same thing lies between 0.58 and 0.95; `benches/classes.tally.tsv` has the
/// verdicts on pairs above and below.
pub(crate) const NEARLY: f32 = 0.7;

/// The most that nearly the same is: punctuation, or a script, still differs.
const ALMOST: f32 = 0.999;

/// Another member of a class.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Twin {
    pub(crate) component: ComponentId,
    /// From [`NEARLY`] to 1; 1: the texts are equal.
    pub(crate) likeness: f32,
}

impl Twin {
    /// Whether the texts are equal, and not only nearly.
    pub(crate) fn is_equal(&self) -> bool {
        self.likeness >= 1.0
    }
}

/// Components that are one thing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Class {
    /// The first by id, which speaks for all.
    #[serde(rename = "component")]
    pub(crate) first: ComponentId,
    /// The others, those that are most alike first, then by id; likeness is that to the first.
    pub(crate) twins: Vec<Twin>,
}

impl Class {
    /// All of its components, the one that speaks for it first.
    pub(crate) fn ids(&self) -> impl Iterator<Item = &ComponentId> {
        iter::once(&self.first).chain(self.twins.iter().map(|twin| &twin.component))
    }

    /// The other members as seen from one: likeness is at most what both have with the first.
    pub(crate) fn twins(&self, id: &ComponentId) -> Vec<Twin> {
        let own = self.twins.iter().find(|twin| twin.component == *id).map_or(1.0, |twin| twin.likeness);
        let first = Twin { component: self.first.clone(), likeness: 1.0 };
        let others = iter::once(&first).chain(&self.twins).filter(|twin| twin.component != *id);
        let mut twins: Vec<Twin> =
            others.map(|twin| Twin { likeness: twin.likeness.min(own), ..twin.clone() }).collect();
        twins.sort_by(|a, b| b.likeness.total_cmp(&a.likeness).then_with(|| a.component.cmp(&b.component)));
        twins
    }
}

/// The places of the members of a class, the first of which speaks for it, with their likeness to that.
pub(super) type Places = Vec<(usize, f32)>;

impl Class {
    /// The class of the components at these places of `ids`.
    pub(super) fn of(places: &Places, ids: impl Fn(usize) -> ComponentId) -> Self {
        let twin = |(place, likeness): &(usize, f32)| Twin { component: ids(*place), likeness: *likeness };
        Self { first: ids(places[0].0), twins: places[1..].iter().map(twin).collect() }
    }
}

/// A component as classes see it.
struct Member<'m> {
    id: &'m ComponentId,
    vector: &'m Vector<'m>,
    profile: Profile,
}

/// The classes of these components, which come by id, with their vectors and what was kept of their profiles.
/// `None`: something is no profile.
pub(super) fn classes<'m>(
    components: impl Iterator<Item = (&'m ComponentId, &'m Vector<'m>, &'m [u8])>,
    terms: &[String],
) -> Option<Vec<Places>> {
    let member = |(id, vector, kept)| Some(Member { id, vector, profile: Profile::decode(kept)? });
    let members: Vec<Member<'_>> = components.map(member).collect::<Option<_>>()?;
    let groups = equal(&members, terms);
    let near = near(&groups, &members, terms);
    let mut classes: Vec<Places> = Vec::new();
    let mut numbers = vec![0; groups.len()];
    for (index, group) in groups.iter().enumerate() {
        let (leader, likeness) = near.get(&index).copied().unwrap_or((index, 1.0));
        if leader == index {
            numbers[index] = classes.len();
            classes.push(Vec::new());
        } else {
            numbers[index] = numbers[leader];
        }
        classes[numbers[index]].extend(group.iter().map(|place| (*place, likeness)));
    }
    for class in &mut classes {
        class[1..].sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    }
    Some(classes)
}

/// Groups of components of equal text, by their first; each group in order.
fn equal(members: &[Member<'_>], terms: &[String]) -> Vec<Vec<usize>> {
    let mut same: HashMap<[u8; 16], Vec<usize>> = HashMap::new();
    for (place, member) in members.iter().enumerate() {
        same.entry(member.profile.identity).or_default().push(place);
    }
    let mut groups: Vec<Vec<usize>> =
        same.into_values().flat_map(|same| of_one_thing(same, members, terms)).collect();
    groups.sort_unstable();
    groups
}

/// Parts components of equal text by name, where the text does not say all that a name says: published
/// commands share a template's text, placeholders and all, and differ in their names only.
fn of_one_thing(same: Vec<usize>, members: &[Member<'_>], terms: &[String]) -> Vec<Vec<usize>> {
    let name = |place: &usize| own_name(members[*place].id);
    let runs = |place: &usize| members[*place].profile.writes.is_some();
    if same.iter().all(|place| runs(place) || name(place) == name(&same[0])) {
        return vec![same];
    }
    let mut parts: BTreeMap<Option<(BTreeSet<Term>, &str)>, Vec<usize>> = BTreeMap::new();
    for place in same {
        let named = members[place].named(terms);
        // A name of stop words only is compared as it is written.
        let spelled = |words: &BTreeSet<Term>| if words.is_empty() { name(&place) } else { "" };
        let key = named.beyond_text().map(|words| (words.clone(), spelled(words)));
        parts.entry(key).or_default().push(place);
    }
    parts.into_values().collect()
}

/// By index of a group the group that speaks for it, and how alike they are: nearly, never wholly.
fn near(groups: &[Vec<usize>], members: &[Member<'_>], terms: &[String]) -> HashMap<usize, (usize, f32)> {
    let first = |index: usize| &members[groups[index][0]];
    let sketches: Vec<_> = (0..groups.len()).map(|index| first(index).profile.sketch.as_ref()).collect();
    let mut numbers: HashMap<&str, u32> = HashMap::new();
    let mut names = Vec::with_capacity(groups.len());
    for index in 0..groups.len() {
        let next = numbers.len() as u32;
        names.push(*numbers.entry(own_name(first(index).id)).or_insert(next));
    }
    let mut near: HashMap<usize, (usize, f32)> = HashMap::new();
    for of_leader in candidates::pairs(&sketches, &names, NEARLY).chunk_by(|a, b| a.0 == b.0) {
        let index = of_leader[0].0 as usize;
        // Who has a leader leads nobody.
        if near.contains_key(&index) {
            continue;
        }
        let leader = first(index);
        let named = leader.named(terms);
        for (_, other, likeness) in of_leader {
            let (place, likeness) = (*other as usize, likeness.min(ALMOST));
            let other = first(place);
            let is_nearer = near.get(&place).is_none_or(|(_, known)| likeness > *known);
            if is_nearer && leader.writes_the_same(other) && named.is_about_the_same(&other.named(terms)) {
                near.insert(place, (index, likeness));
            }
        }
    }
    near
}

impl Member<'_> {
    fn named(&self, terms: &[String]) -> Named {
        Named::of(self.id, self.vector, terms, self.profile.plugin_named)
    }

    /// Whether each may stand in for the other, by what they say that they write.
    fn writes_the_same(&self, other: &Self) -> bool {
        match (&self.profile.writes, &other.profile.writes) {
            (None, None) => true,
            (Some(one), Some(other)) => covers(one, other) && covers(other, one),
            _ => false,
        }
    }
}

/// Whether every one of `others` is one of `globs` or matched by one.
fn covers(globs: &[String], others: &[String]) -> bool {
    let matches = |glob: &String, other: &String| {
        glob == other || Glob::new(glob).is_ok_and(|glob| glob.compile_matcher().is_match(other))
    };
    others.iter().all(|other| globs.iter().any(|glob| matches(glob, other)))
}
