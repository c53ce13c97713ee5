//! The proxy that the environment names for an address: `https_proxy`, `http_proxy`, `all_proxy`, `no_proxy`.

use crate::remote::engine::fault::RemoteFault;
use ureq::Proxy;

/// The proxy for a connection, if there is one. `HTTP_PROXY` in capitals does not count: a web server that runs programs
/// sets it to what a visitor sent.
pub fn proxy(is_encrypted: bool) -> Result<Option<Proxy>, RemoteFault> {
    proxy_from(is_encrypted, |name| std::env::var(name).ok())
}

fn proxy_from(
    is_encrypted: bool,
    environment: impl Fn(&str) -> Option<String>,
) -> Result<Option<Proxy>, RemoteFault> {
    let names: &[&'static str] = if is_encrypted {
        &["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]
    } else {
        &["http_proxy", "all_proxy", "ALL_PROXY"]
    };
    let first = |names: &[&'static str]| {
        let values = names.iter().filter_map(|name| Some((*name, environment(name)?)));
        values.into_iter().find(|(_, value)| !value.is_empty())
    };
    let Some((variable, value)) = first(names) else {
        return Ok(None);
    };
    // The value may have a password, and is not quoted.
    let fault = |_| RemoteFault::local(format!("{variable} is not the address of a proxy"));
    let address = Proxy::new(&value).map_err(fault)?;
    let mut proxy = Proxy::builder(address.protocol()).host(address.host()).port(address.port());
    if let Some(user) = address.username() {
        proxy = proxy.username(user);
    }
    if let Some(password) = address.password() {
        proxy = proxy.password(password);
    }
    if let Some((_, exceptions)) = first(&["no_proxy", "NO_PROXY"]) {
        for exception in exceptions.split(',').map(str::trim).filter(|text| !text.is_empty()) {
            proxy = proxy.no_proxy(exception);
        }
    }
    proxy.build().map(Some).map_err(fault)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(is_encrypted: bool, variables: &[(&str, &str)]) -> Option<Proxy> {
        let variable = |name: &str| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        };
        proxy_from(is_encrypted, variable).expect("valid")
    }

    #[test]
    fn the_proxy_is_that_of_the_scheme() {
        let variables = [("https_proxy", "http://one:1"), ("http_proxy", "http://two:2")];
        assert_eq!(found(true, &variables).expect("one").host(), "one");
        assert_eq!(found(false, &variables).expect("one").port(), 2);
        assert!(found(true, &[("http_proxy", "http://two:2"), ("https_proxy", "")]).is_none());
        assert!(found(false, &[("HTTP_PROXY", "http://from-a-visitor")]).is_none());
        assert_eq!(found(false, &[("ALL_PROXY", "all:3")]).expect("one").host(), "all");
    }

    #[test]
    fn exceptions_and_a_login_are_kept() {
        let variables = [("https_proxy", "http://u:p%40@one:1"), ("NO_PROXY", "a.net, .b.net")];
        let proxy = found(true, &variables).expect("one");
        assert_eq!((proxy.username(), proxy.password()), (Some("u"), Some("p@")));
        for (host, is_excepted) in [("a.net", true), ("x.b.net", true), ("c.net", false)] {
            let uri = format!("https://{host}/").parse().expect("an address");
            assert_eq!(proxy.is_no_proxy(&uri), is_excepted, "{host}");
        }
    }
}
