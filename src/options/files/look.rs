//! Finds the files, reads them, and puts those that count into one layer.

use super::file::ConfigFile;
use super::findings::{Findings, Untrusted};
use super::places::{self, FoundFile};
use super::trust::{self, TrustState};
use crate::options::layer::Layer;
use crate::options::source::FileOwner;
use std::ffi::OsString;

/// The layer that these files give for a command, and what was found out about them. The layer is empty if one of them
/// cannot be understood. The farthest file comes first.
pub(in crate::options) fn look(owners: &[FileOwner], words: &[OsString]) -> (Layer, Findings) {
    let mut findings = Findings::default();
    let layer = layers(owners, words, &mut findings).unwrap_or_else(|fault| {
        findings.fault = Some(fault);
        Layer::default()
    });
    (layer, findings)
}

fn layers(
    owners: &[FileOwner],
    words: &[OsString],
    findings: &mut Findings,
) -> Result<Layer, String> {
    let mut layer = Layer::default();
    for &owner in owners {
        let Some(found) = places::find(owner, &mut findings.ignored)? else { continue };
        let file = ConfigFile::read(&found, owner);
        let FoundFile { path, bytes, .. } = found;
        let file = file.inspect_err(|_| {
            findings.files.push(path.clone());
        })?;
        let state = match owner {
            FileOwner::User => TrustState::Trusted,
            FileOwner::Project => trust::state_of(&path, &bytes),
        };
        if state != TrustState::Trusted {
            let layer = file.layer_for(words);
            findings.untrusted = Some(Untrusted { path, state, layer });
            continue;
        }
        findings.files.push(path);
        findings.refused.extend(file.refused.clone());
        layer = file.layer_for(words).over(layer);
    }
    Ok(layer)
}
