//! The questions of a run as other machines ask them. Pure.

use super::places::{ABOVE, EXACT, PLACE, PathPlace, PortablePlaces, absolute};
use crate::inputs::look::{InputQuestion, Look, Looks};
use crate::inputs::shape::InputShape;
use crate::inputs::terms::TraceTerms;
use std::collections::BTreeMap;

/// The questions of this shape with portable paths.
///
/// Where a program went upward from the project, or looked beside it, it depends on where the project lies. `is_exact`:
/// what it read [names](super::names_places) that place, so that the same questions elsewhere would be others.
pub fn portable_shape(
    shape: &InputShape,
    terms: &TraceTerms,
    places: &PortablePlaces,
    is_exact: bool,
) -> InputShape {
    let mut portable: BTreeMap<(Vec<u8>, bool), Looks> = BTreeMap::new();
    let mut add = |path: &[u8], follow, looks: Looks| {
        let known = portable.entry((path.to_vec(), follow)).or_default();
        *known = known.union(looks);
    };
    let pseudo: Looks = Look::Access.into();
    let mut questions = shape.questions();
    while let Some(InputQuestion { path, follow, looks }) = questions.next() {
        let path = absolute(path, terms);
        let shows_names = looks.contains(Look::Listing) || looks.contains(Look::Attributes);
        match places.of(&path) {
            PathPlace::Above if !shows_names => {
                // That it is no link is known: the path of the project has none.
                if looks != Look::Link.into() {
                    add(ABOVE, false, pseudo);
                }
            }
            PathPlace::Above | PathPlace::Beside => {
                add(PLACE, false, pseudo);
                add(&places.portable(&path), follow, looks);
            }
            PathPlace::Project | PathPlace::Home | PathPlace::Elsewhere => {
                add(&places.portable(&path), follow, looks);
            }
        }
    }
    if is_exact {
        add(EXACT, false, pseudo);
    }
    InputShape::new(portable.iter().map(|((path, follow), looks)| InputQuestion {
        path,
        follow: *follow,
        looks: *looks,
    }))
}
