//! Networks of addresses.

use std::net::IpAddr;

use ipnet::IpNet;

/// The network of an address, of so many bits: `203.0.113.0/24`, `2001:db8:7::/48`.
pub fn block(ip: IpAddr, v4: u8, v6: u8) -> String {
    let bits = match ip {
        IpAddr::V4(_) => v4,
        IpAddr::V6(_) => v6,
    };
    IpNet::new_assert(ip, bits).trunc().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_begins_at_its_first_address() {
        for (address, near, far) in [
            ("203.0.113.9", "203.0.113.0/24", "203.0.0.0/16"),
            ("10.255.255.255", "10.255.255.0/24", "10.255.0.0/16"),
            ("2001:db8:7:8::9", "2001:db8:7::/48", "2001:db8::/32"),
        ] {
            let ip = address.parse().expect("an address");
            assert_eq!(block(ip, 24, 48), near);
            assert_eq!(block(ip, 16, 32), far);
        }
    }
}
