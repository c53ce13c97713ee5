//! Credentials and the region, from variables that other programs know as well.

use super::web_identity::WebIdentity;
use crate::remote::engine::access::TransferLimits;
use crate::remote::engine::fault::RemoteFault;
use crate::remote::engine::signature::AwsCredentials;
use crate::remote::url::RemoteUrl;
use std::path::Path;

/// A variable that is set and not empty.
pub fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// The credentials; `None` if there are none, which is enough for what everybody may read.
///
/// # Errors
/// When a role is named that cannot be taken on.
pub fn credentials(
    region: &str,
    directory: Option<&Path>,
    limits: TransferLimits,
) -> Result<Option<AwsCredentials>, RemoteFault> {
    if let Some(credentials) = from_variables(variable)? {
        return Ok(Some(credentials));
    }
    match WebIdentity::named(region, variable) {
        Some(identity) => identity.credentials(directory, limits).map(Some),
        None => Ok(None),
    }
}

fn from_variables(
    variable: impl Fn(&str) -> Option<String>,
) -> Result<Option<AwsCredentials>, RemoteFault> {
    match (variable("AWS_ACCESS_KEY_ID"), variable("AWS_SECRET_ACCESS_KEY")) {
        (Some(access_key), Some(secret_key)) => {
            let session_token = variable("AWS_SESSION_TOKEN");
            Ok(Some(AwsCredentials { access_key, secret_key, session_token }))
        }
        (None, None) => Ok(None),
        (Some(_), None) => Err(RemoteFault::local("AWS_SECRET_ACCESS_KEY is not set")),
        (None, Some(_)) => Err(RemoteFault::local("AWS_ACCESS_KEY_ID is not set")),
    }
}

/// The region of a store: as its address says, or the environment.
pub fn region(url: &RemoteUrl) -> String {
    region_from(url, variable)
}

fn region_from(url: &RemoteUrl, variable: impl Fn(&str) -> Option<String>) -> String {
    url.region
        .clone()
        .or_else(|| region_of_host(&url.host))
        .or_else(|| variable("AWS_REGION"))
        .or_else(|| variable("AWS_DEFAULT_REGION"))
        .unwrap_or_else(|| "us-east-1".to_owned())
}

/// `eu-west-1` of `bucket.s3.eu-west-1.amazonaws.com`.
fn region_of_host(host: &str) -> Option<String> {
    let (host, _) = host.split_once(".amazonaws.com")?;
    let (before, region) = host.rsplit_once('.')?;
    (before.rsplit('.').next() == Some("s3")).then(|| region.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_region_is_that_of_the_address_before_that_of_the_environment() {
        for (url, expected) in [
            ("s3+https://s3.eu-west-1.amazonaws.com/b", "eu-west-1"),
            ("s3+https://b.s3.eu-west-1.amazonaws.com", "eu-west-1"),
            ("s3+https://s3.cn-north-1.amazonaws.com.cn/b", "cn-north-1"),
            ("s3+https://b.s3.amazonaws.com", "from-variable"),
            ("s3+https://minio.example/b", "from-variable"),
            ("s3+https://minio.example/b?region=here", "here"),
        ] {
            let url: RemoteUrl = url.parse().expect("valid");
            let variable = |name: &str| (name == "AWS_REGION").then(|| "from-variable".to_owned());
            assert_eq!(region_from(&url, variable), expected, "{url}");
        }
    }

    #[test]
    fn a_key_without_its_secret_is_a_fault() {
        let only =
            |wanted: &'static str| move |name: &str| (name == wanted).then(|| "x".to_owned());
        assert!(from_variables(only("AWS_ACCESS_KEY_ID")).is_err());
        assert!(from_variables(only("AWS_SECRET_ACCESS_KEY")).is_err());
        assert!(from_variables(only("AWS_SESSION_TOKEN")).expect("none").is_none());
        assert!(from_variables(|_| Some("x".to_owned())).expect("some").is_some());
    }
}
