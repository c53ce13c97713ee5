//! Inputs as other machines ask for them: paths that begin at the project or at home, and answers that count by content.
//!
//! [`portable_shape`] takes questions along, and [`observe_here`] asks them on this machine: where it gives the digest that
//! it gave where the command ran, a run here would ask the same and find the same. What cannot be told apart with
//! certainty counts as another input, so that it is at worst a miss. Nothing here knows a remote, and it takes no locks.

mod answer;
mod naming;
mod observe;
mod places;
mod travel;

pub use naming::names_places;
pub use observe::{ObservedInputs, observe_here};
pub use places::PortablePlaces;
pub use travel::portable_shape;
