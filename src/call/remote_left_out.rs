//! In a build without remotes a call asks nobody and gives nothing away.

use super::context::Call;
use super::prepare::Prepared;
use super::sharing_forecast::SharingForecast;
use crate::entry::NewEntry;
use crate::options::Sharing;
use crate::store::Store;
use std::io;

#[allow(clippy::unused_self, reason = "these stand for methods that use a remote")]
impl Call<'_> {
    #[allow(clippy::unnecessary_wraps, reason = "that method may fail")]
    pub(super) fn fetch_shared(&self, _: &mut Prepared) -> io::Result<bool> {
        Ok(false)
    }

    pub(super) fn prepare_to_share(&self, _: &Prepared) {}

    /// What this call would share: nothing.
    pub fn forecast_sharing(&self, _: &Sharing, _: &Prepared) -> SharingForecast {
        SharingForecast::No("this cachex was built without remotes".to_owned())
    }

    pub(super) fn tell_not_asked(&self, _: &str) {}

    pub(super) fn share(&self, _: &NewEntry<'_>) {}

    pub(super) fn push_shared(&self, _: &Store) {}
}
