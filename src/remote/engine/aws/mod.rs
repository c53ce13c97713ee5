//! Where credentials of AWS come from: the environment, or a role that the identity of a CI job may take on.

mod credentials;
mod kept;
mod web_identity;

pub use credentials::{credentials, region};
