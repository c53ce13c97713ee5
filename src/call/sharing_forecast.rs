//! What a call would share with other machines, for `explain`.

use std::ffi::OsString;
use std::time::Duration;

/// Whether a call shares its result.
#[derive(Debug)]
pub enum SharingForecast {
    /// It does not, for this reason.
    No(String),
    /// It does.
    #[cfg_attr(
        not(feature = "remote"),
        allow(dead_code, reason = "a build without remotes shares nothing")
    )]
    Yes(Box<ForeseenSharing>),
}

/// How a call shares its result.
#[derive(Debug)]
pub struct ForeseenSharing {
    /// The address of the remote, without user and password.
    pub remote: String,
    /// Where results are given, and looked for first, and where they are looked for next.
    pub namespaces: Vec<String>,
    /// Why the remote is not asked after a local miss; `None` if it is.
    pub not_asked: Option<String>,
    /// How long it may take to answer.
    pub timeout: Duration,
    /// Why it is not given the result of a run; `None` if it is.
    pub not_given: Option<String>,
    /// Why results that are given wait, if they do.
    pub waits: Option<String>,
    /// How long a run has to take for its result to be given.
    pub min_time: Duration,
    /// Whether nothing but the words and the code decides: no option names another input.
    pub is_bare: bool,
    /// The name of the object.
    pub name: String,
    /// What the name is made of, without the place of the project.
    pub parts: Vec<ForeseenPart>,
}

/// A part of the name of an object.
#[derive(Debug)]
pub struct ForeseenPart {
    /// Its name.
    pub name: OsString,
    /// A digest of it, the same on each machine of the team.
    pub digest: [u8; 8],
    /// Its value, where that may be shown.
    pub value: Option<OsString>,
}
