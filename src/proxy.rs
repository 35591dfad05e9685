//! The proxy of outgoing HTTP requests, as the key `proxy` sets it.
//!
//! Proxy variables of the environment (`HTTPS_PROXY` and its kind) are ignored. They are often set for a whole machine,
//! and a proxy that nobody chose for the bot would see its requests and fail its checks.

use reqwest::{ClientBuilder, NoProxy, Url};

/// Addresses that bypass the proxy.
const LOOPBACK: &str = "localhost,127.0.0.0/8,::1";

/// How outgoing requests leave: directly, or through one proxy.
#[derive(Clone, Debug, Default)]
pub struct Proxy(Option<reqwest::Proxy>);

impl Proxy {
    /// Reads an address such as `http://proxy.example:3128`; an empty one means no proxy. The error says what is wrong,
    /// without the address.
    pub fn read(address: &str) -> Result<Self, &'static str> {
        if address.is_empty() {
            return Ok(Self::default());
        }
        let url = Url::parse(address).map_err(|_| "is not an address")?;
        if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none_or(str::is_empty) {
            return Err("is not the address of an HTTP proxy");
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err("contains a user or a password: use a proxy that needs none");
        }
        let proxy = reqwest::Proxy::all(url).map_err(|_| "is not the address of an HTTP proxy")?;
        Ok(Self(Some(proxy.no_proxy(NoProxy::from_string(LOOPBACK)))))
    }

    /// Configures a client to use this proxy and no other.
    pub fn apply(&self, client: ClientBuilder) -> ClientBuilder {
        let client = client.no_proxy();
        match &self.0 {
            Some(proxy) => client.proxy(proxy.clone()),
            None => client,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_address_of_a_proxy_without_secrets_is_taken() {
        assert!(Proxy::read("").expect("none").0.is_none());
        for fine in ["http://proxy.example:3128", "https://10.0.0.1/", "http://[::1]:8080"] {
            assert!(Proxy::read(fine).expect(fine).0.is_some());
        }
        for wrong in
            ["proxy.example:3128", "socks5://proxy.example", "http://", "planted", "http://planted:x@proxy"]
        {
            let why = Proxy::read(wrong).expect_err(wrong);
            assert!(!why.contains("planted"), "{why}");
        }
    }
}
