//! The client as we use it: no redirects, no retries, no cookies, nothing unpacked, each step limited.

use super::proxy::proxy;
use crate::remote::engine::access::TransferLimits;
use crate::remote::engine::fault::RemoteFault;
use crate::remote::engine::trusted_roots::certificates_of;
use std::path::Path;
use std::time::Duration;
use ureq::Agent;
use ureq::tls::{Certificate, RootCerts, TlsConfig};

/// Bytes of the longest head of an answer.
const LONGEST_HEAD: usize = 32 << 10;

/// Bytes that are moved at a time.
const CHUNK: usize = 64 << 10;

/// A client for one transfer.
pub fn agent(
    is_encrypted: bool,
    ca: Option<&Path>,
    limits: TransferLimits,
) -> Result<Agent, RemoteFault> {
    let root_certs = match ca {
        Some(file) if is_encrypted => {
            let certificates = certificates_of(file)?;
            let certificates = certificates.iter().map(|der| Certificate::from_der(der).to_owned());
            RootCerts::new_with_certs(&certificates.collect::<Vec<_>>())
        }
        _ => RootCerts::WebPki,
    };
    let connect = if is_encrypted { limits.connect_encrypted() } else { limits.connect };
    let config = Agent::config_builder()
        .tls_config(TlsConfig::builder().root_certs(root_certs).build())
        .proxy(proxy(is_encrypted)?)
        .user_agent(concat!("cachex/", env!("CARGO_PKG_VERSION")))
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .max_response_header_size(LONGEST_HEAD)
        .input_buffer_size(CHUNK)
        .output_buffer_size(CHUNK)
        .timeout_global(Some(limits.left(Duration::MAX)?))
        .timeout_connect(Some(connect))
        .timeout_per_read(Some(limits.stall))
        .timeout_per_write(Some(limits.stall))
        .build();
    Ok(config.into())
}
