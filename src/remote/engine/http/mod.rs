//! Stores that speak HTTP: any server with PUT, and S3.

mod agent;
mod errors;
mod login;
mod proxy;
mod store;

pub use agent::agent;
pub use errors::{of_answer, of_error};
pub use login::HttpLogin;
pub use store::HttpStore;
