//! Macros of other macros.

use super::{Macro, Origin::Visitor};
use crate::macros::argument::{Kind, Read, Takes, function};

/// What may be worked on.
const fn of(example: &'static str, gives: &'static str, read: Read) -> Option<Takes> {
    Some(Takes {
        kind: Kind::Macro,
        required: true,
        help: "Name of a macro or of a click parameter",
        example,
        gives,
        read,
    })
}

const MD5: &str = "91cc107bd450764772fd425d695d6c95";
const SHA1: &str = "702a4f5a32a5be674e233b122ae0a7bfa67af498";
const SHA256: &str = "61959b3a303f52c5dd5ddc4cfd8c3098c3c353192da8ece706317792018f8da8";

pub(super) static TABLE: &[Macro] = &[
    Macro {
        name: "md5",
        aliases: &[],
        help: "MD5 of a value, in hexadecimal; nothing of nothing",
        example: MD5,
        origin: Visitor,
        argument: of("click_id", MD5, function::md5),
        value: |_, _| {},
    },
    Macro {
        name: "sha1",
        aliases: &[],
        help: "SHA-1 of a value, in hexadecimal; nothing of nothing",
        example: SHA1,
        origin: Visitor,
        argument: of("click_id", SHA1, function::sha1),
        value: |_, _| {},
    },
    Macro {
        name: "sha256",
        aliases: &[],
        help: "SHA-256 of a value, in hexadecimal; nothing of nothing",
        example: SHA256,
        origin: Visitor,
        argument: of("lower:keyword", SHA256, function::sha256),
        value: |_, _| {},
    },
    Macro {
        name: "base64",
        aliases: &[],
        help: "A value in Base64",
        example: "cmVkIHNob2Vz",
        origin: Visitor,
        argument: of("keyword", "cmVkIHNob2Vz", function::base64),
        value: |_, _| {},
    },
    Macro {
        name: "lower",
        aliases: &["lowercase"],
        help: "A value in small letters",
        example: "de",
        origin: Visitor,
        argument: of("country", "de", function::lower),
        value: |_, _| {},
    },
    Macro {
        name: "upper",
        aliases: &["uppercase"],
        help: "A value in capital letters",
        example: "ZONE7",
        origin: Visitor,
        argument: of("source", "ZONE7", function::upper),
        value: |_, _| {},
    },
];
