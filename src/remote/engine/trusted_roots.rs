//! Whose certificates are believed: Mozilla's list as compiled in, or the file that the user names instead.
//!
//! The list of the system is not read: it may be missing, as in most containers, and it takes longer to read than a small
//! object to fetch. Whoever trusts it more names its file.

use super::fault::RemoteFault;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use std::path::Path;

/// The certificates of a file in PEM.
pub fn certificates_of(file: &Path) -> Result<Vec<CertificateDer<'static>>, RemoteFault> {
    let fault = |reason: &dyn std::fmt::Display| {
        RemoteFault::local(format!("CACHEX_REMOTE_CA: {}: {reason}", file.display()))
    };
    let text = std::fs::read(file).map_err(|error| fault(&error))?;
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
    match certificates {
        Ok(certificates) if certificates.is_empty() => Err(fault(&"no certificate in PEM")),
        Ok(certificates) => Ok(certificates),
        Err(error) => Err(fault(&error)),
    }
}

/// The roots for a connection by TLS.
pub fn roots(file: Option<&Path>) -> Result<RootCertStore, RemoteFault> {
    let Some(file) = file else {
        return Ok(RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() });
    };
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(certificates_of(file)?);
    Ok(roots)
}
