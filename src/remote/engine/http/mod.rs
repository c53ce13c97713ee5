//! Stores that speak HTTP: any server with PUT, and S3.

mod agent;
mod errors;
mod proxy;
mod store;

pub use store::{HttpLogin, HttpStore};
