//! Real servers for tests: each is started for one test, on a port of its own, and ends with it.

pub mod certificates;
pub mod faulty;
pub mod machine;
pub mod moto;
pub mod nginx;
pub mod page;
pub mod process;
pub mod redis;
pub mod remote;
pub mod s3;
