//! Messages to programs, signed as <https://www.standardwebhooks.com> says.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use ring::hmac;

use super::post::Sealed;
use crate::domain::channel::signing_key;
use crate::domain::message::Request;
use crate::domain::outgoing::Method;

/// The request of one attempt. Its id stays the same over all attempts; the time does not.
pub(super) fn sealed(url: &str, body: &str, secret: &str, id: i64, now_ms: i64) -> Sealed {
    let (id, seconds) = (id.to_string(), (now_ms / 1_000).to_string());
    // Whatever was stored was checked when it was sent.
    let key = signing_key(secret).unwrap_or_default();
    let signed = signature(&key, &format!("{id}.{seconds}.{body}"));
    let headers = [
        ("Content-Type", "application/json".to_owned()),
        ("webhook-id", id),
        ("webhook-timestamp", seconds),
        ("webhook-signature", signed),
    ];
    Sealed {
        request: Request {
            method: Method::Post,
            url: url.to_owned(),
            headers: headers.map(|(name, value)| (name.to_owned(), value)).into(),
            body: body.to_owned(),
            ..Request::default()
        },
        secret: secret.to_owned(),
    }
}

fn signature(key: &[u8], content: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key);
    let tag = hmac::sign(&key, content.as_bytes());
    format!("v1,{}", BASE64_STANDARD.encode(tag))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_specification_is_signed_as_it_says() {
        // The test vector of the reference libraries,
        // https://github.com/standard-webhooks/standard-webhooks/tree/main/libraries
        let sealed = sealed(
            "https://x.example/",
            r#"{"test": 2432232314}"#,
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            0,
            1_614_265_330_000,
        );
        assert_eq!(sealed.request.headers[2].1, "1614265330");

        let key = signing_key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let content = r#"msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330.{"test": 2432232314}"#;

        assert_eq!(
            signature(&key, content),
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
        );
    }
}
