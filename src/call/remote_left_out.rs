//! In a build without remotes a call asks nobody and gives nothing away.

use super::context::Call;
use super::prepare::Prepared;
use super::sharing_forecast::SharingForecast;
use crate::entry::NewEntry;
use crate::options::Sharing;
use crate::store::Store;
use std::io;

impl Call<'_> {
    #[allow(clippy::unused_self, reason = "it stands for a method that asks a remote")]
    #[allow(clippy::unnecessary_wraps, reason = "that method may fail")]
    pub(super) fn fetch_shared(&self, _: &mut Prepared) -> io::Result<bool> {
        Ok(false)
    }

    #[allow(clippy::unused_self, reason = "it stands for a method that looks at a call")]
    pub(super) fn prepare_to_share(&self, _: &Prepared) {}

    /// What this call would share: nothing.
    #[allow(clippy::unused_self, reason = "it stands for a method that looks at a call")]
    pub fn forecast_sharing(&self, _: &Sharing, _: &Prepared) -> SharingForecast {
        SharingForecast::No("this cachex was built without remotes".to_owned())
    }

    #[allow(clippy::unused_self, reason = "it stands for a method that tells of a remote")]
    pub(super) fn tell_not_asked(&self, _: &str) {}

    #[allow(clippy::unused_self, reason = "it stands for a method that gives a result away")]
    pub(super) fn share(&self, _: &NewEntry<'_>) {}

    #[allow(clippy::unused_self, reason = "it stands for a method that pushes a result")]
    pub(super) fn push_shared(&self, _: &Store) {}
}
