//! Finds the files, reads them, and makes one layer of those that count.

use super::file::ConfigFile;
use super::findings::{Findings, Untrusted};
use super::places::{self, FoundFile};
use super::refused::RefusedKeys;
use super::trust::{self, TrustState};
use crate::options::layer::Layer;
use crate::options::source::FileOwner;
use std::ffi::OsString;

/// What these files give for a command, the farthest file first: nothing if one cannot be understood.
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
    let mut found = Vec::new();
    for owner in owners {
        found.extend(places::find(*owner, &mut findings.ignored)?);
    }
    let mut layer = Layer::default();
    for FoundFile { owner, path, bytes } in found {
        let file = ConfigFile::read(&bytes, owner, &path).inspect_err(|_| {
            findings.files.push(path.clone());
        })?;
        let standing = match owner {
            FileOwner::User => TrustState::Trusted,
            FileOwner::Project => trust::standing(&path, &bytes),
        };
        if standing != TrustState::Trusted {
            let layer = file.layer_for(words);
            findings.untrusted = Some(Untrusted { path, standing, layer });
            continue;
        }
        if !file.refused.is_empty() {
            let (path, keys) = (path.clone(), file.refused.clone());
            findings.refused.push(RefusedKeys { owner, path, keys });
        }
        findings.files.push(path);
        layer = file.layer_for(words).over(layer);
    }
    Ok(layer)
}
