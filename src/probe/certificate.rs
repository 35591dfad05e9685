//! When a certificate expires.

use jiff::Timestamp;
use x509_cert::Certificate;
use x509_cert::der::Decode;

/// Returns the certificate's `notAfter`, or `None` if the DER is invalid.
pub(super) fn expires(der: &[u8]) -> Option<Timestamp> {
    let certificate = Certificate::from_der(der).ok()?;
    let since_epoch = certificate.tbs_certificate.validity.not_after.to_unix_duration();
    Timestamp::from_second(i64::try_from(since_epoch.as_secs()).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_day_is_read_and_noise_is_no_certificate() {
        let der = include_bytes!("../../tests/data/spotify/certificate.der");
        assert_eq!(expires(der), Some("2040-07-29T14:26:08Z".parse().unwrap()));
        assert_eq!(expires(b"no healthy upstream"), None);
        assert_eq!(expires(der.get(..100).unwrap()), None);
    }
}
