//! Signatures of requests to AWS, version 4: pure.
//!
//! The body is not part of them. It has a seal of its own, and to digest it would mean to read it twice.

use crate::hex::Hex;
use crate::time::Timestamp;
use ring::{digest, hmac};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Credentials of AWS. They are never shown.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AwsCredentials {
    /// The name of the key.
    pub access_key: String,
    /// The key.
    pub secret_key: String,
    /// What short-lived credentials come with.
    pub session_token: Option<String>,
}

impl fmt::Debug for AwsCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AwsCredentials")
    }
}

/// What a request is signed for.
pub struct AwsScope<'s> {
    /// Of the service: `eu-west-1`.
    pub region: &'s str,
    /// `s3`
    pub service: &'s str,
}

/// A request as it is sent.
pub struct SignedParts<'r> {
    /// `GET`
    pub method: &'r str,
    /// The path, encoded.
    pub path: &'r str,
    /// The query, encoded and in order.
    pub query: &'r str,
    /// The headers that count, with names in lower case and in order.
    pub headers: &'r [(&'r str, &'r str)],
    /// The digest of the body, or that it is not signed.
    pub payload: &'r str,
}

impl AwsCredentials {
    /// The value of `Authorization` for a request at this time: as in [`amz_date`].
    pub fn authorization(
        &self,
        scope: &AwsScope<'_>,
        parts: &SignedParts<'_>,
        amz_date: &str,
    ) -> String {
        let SignedParts { method, path, query, headers, payload } = parts;
        let AwsScope { region, service } = scope;
        let date = amz_date.get(..8).unwrap_or_default();
        let names: Vec<&str> = headers.iter().map(|(name, _)| *name).collect();
        let names = names.join(";");
        let lines: Vec<String> =
            headers.iter().map(|(name, value)| format!("{name}:{}\n", value.trim())).collect();
        let lines = lines.concat();
        let request = format!("{method}\n{path}\n{query}\n{lines}\n{names}\n{payload}");
        let request = Hex(digest::digest(&digest::SHA256, request.as_bytes()).as_ref()).to_string();
        let place = format!("{date}/{region}/{service}/aws4_request");
        let to_sign = format!("AWS4-HMAC-SHA256\n{amz_date}\n{place}\n{request}");
        let key = format!("AWS4{}", self.secret_key);
        let words = [date, region, service, "aws4_request", &to_sign];
        let signature = words.iter().fold(key.into_bytes(), |key, word| keyed_digest(&key, word));
        format!(
            "AWS4-HMAC-SHA256 Credential={}/{place}, SignedHeaders={names}, Signature={}",
            self.access_key,
            Hex(&signature)
        )
    }
}

fn keyed_digest(key: &[u8], text: &str) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text.as_bytes()).as_ref().to_vec()
}

/// A moment as AWS writes it: `20130524T000000Z`.
pub fn amz_date(now: Timestamp) -> String {
    let since = std::time::Duration::from_millis(now.as_millis().try_into().unwrap_or(0));
    let text = humantime::format_rfc3339_seconds(std::time::UNIX_EPOCH + since).to_string();
    text.replace(['-', ':'], "")
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    fn signature(service: &str, key: (&str, &str), date: &str, parts: &SignedParts<'_>) -> String {
        let credentials = AwsCredentials {
            access_key: key.0.to_owned(),
            secret_key: key.1.to_owned(),
            session_token: None,
        };
        let scope = AwsScope { region: "us-east-1", service };
        let value = credentials.authorization(&scope, parts, date);
        value.rsplit_once("Signature=").expect("a signature").1.to_owned()
    }

    #[test]
    fn the_examples_of_the_documentation_of_s3_have_their_signatures() {
        let of = |method, path, query, payload, extra: &[(&'static str, &'static str)]| {
            let mut headers = vec![
                ("host", "examplebucket.s3.amazonaws.com"),
                ("x-amz-content-sha256", payload),
                ("x-amz-date", "20130524T000000Z"),
            ];
            headers.extend(extra);
            headers.sort_unstable();
            let parts = SignedParts { method, path, query, headers: &headers, payload };
            let key = ("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
            signature("s3", key, "20130524T000000Z", &parts)
        };
        assert_eq!(
            of("GET", "/test.txt", "", EMPTY, &[("range", "bytes=0-9")]),
            "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"
        );
        assert_eq!(
            of(
                "PUT",
                "/test%24file.text",
                "",
                "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072",
                &[
                    ("date", "Fri, 24 May 2013 00:00:00 GMT"),
                    ("x-amz-storage-class", "REDUCED_REDUNDANCY")
                ]
            ),
            "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"
        );
        assert_eq!(
            of("GET", "/", "lifecycle=", EMPTY, &[]),
            "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"
        );
        assert_eq!(
            of("GET", "/", "max-keys=2&prefix=J", EMPTY, &[]),
            "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"
        );
    }

    #[test]
    fn the_simplest_request_of_the_test_suite_has_its_signature() {
        let headers = [("host", "example.amazonaws.com"), ("x-amz-date", "20150830T123600Z")];
        let parts =
            SignedParts { method: "GET", path: "/", query: "", headers: &headers, payload: EMPTY };
        let key = ("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
        assert_eq!(
            signature("service", key, "20150830T123600Z", &parts),
            "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"
        );
    }

    #[test]
    fn a_moment_is_written_as_aws_does() {
        assert_eq!(amz_date(Timestamp::from_millis(1_369_353_600_999)), "20130524T000000Z");
    }
}
