//! The connection type where no Connection-Type base is there to tell it: a guess.
//!
//! First a table of autonomous systems known to carry one kind of traffic nearly alone, then words
//! in the provider's name that leave little doubt. Whatever is not clear stays unknown, because a
//! flow for cellular visitors that takes fixed lines in costs money unseen, while an unknown type
//! shows in the reports as such.
//!
//! Limits, to be known by whoever filters on it:
//! - Carriers that run fixed lines and mobile in one autonomous system (Kyivstar, MTS in Russia,
//!   Deutsche Telekom, Orange, SoftBank, China Mobile, Telefónica in Spain and Germany, ...) stay
//!   unknown. The table [`MIXED`] names those whose names would mislead.
//! - "Cellular" is the carrier's network: routers with a SIM card count too, and a phone on Wi-Fi
//!   has the type of its Wi-Fi.
//! - Fixed lines are recognised only for a few large providers that have nothing else. "Corporate"
//!   and "dial-up" are never guessed.
//! - "Wireless" and "GSM" in a name say nothing: small fixed-wireless providers call themselves so.
//! - Systems change hands; the table is as of the ASN base beside it.

use crate::domain::visitor::ConnectionType::{self, Broadband, Cellular, Hosting, Satellite};

/// An autonomous system that carries one kind of traffic, nearly alone.
pub struct Known {
    pub asn: u32,
    /// What people call it; the registry's name often differs.
    pub name: &'static str,
    /// Where its users are; `-` is all over the world.
    pub country: &'static str,
    pub kind: ConnectionType,
}

/// The type of connection that an ASN or a provider's name gives away, if any.
pub fn guess(asn: Option<u32>, provider: Option<&str>) -> Option<ConnectionType> {
    if let Some(asn) = asn {
        if let Some(known) = KNOWN.iter().find(|known| known.asn == asn) {
            return Some(known.kind);
        }
        if MIXED.contains(&asn) {
            return None;
        }
    }
    by_name(provider?)
}

/// Whole words, lower case. Hosting first: "Mobile Cloud Hosting" is a data centre.
const WORDS: &[(&str, ConnectionType)] = &[
    ("hosting", Hosting),
    ("webhosting", Hosting),
    ("datacenter", Hosting),
    ("datacenters", Hosting),
    ("datacentre", Hosting),
    ("colocation", Hosting),
    ("vps", Hosting),
    ("servers", Hosting),
    ("cloud", Hosting),
    ("mobile", Cellular),
    ("cellular", Cellular),
    ("celular", Cellular),
    ("movil", Cellular),
    ("moviles", Cellular),
    ("starlink", Satellite),
];

fn by_name(provider: &str) -> Option<ConnectionType> {
    let is = |word: &str| {
        provider
            .split(|c: char| !c.is_alphanumeric())
            .any(|part| part.eq_ignore_ascii_case(word))
    };
    // "China Mobile", "T-Mobile": brands that sell fixed lines too in most of their countries,
    // seen here when an ISP base names the brand without its ASN. The table knows the others.
    if is("china") || is("t") {
        return WORDS
            .iter()
            .find(|(word, kind)| *kind == Hosting && is(word))
            .map(|(_, kind)| *kind);
    }
    WORDS
        .iter()
        .find(|(word, _)| is(word))
        .map(|(_, kind)| *kind)
}

/// Systems whose names say "mobile" (or "cloud") though they carry other traffic as well.
pub const MIXED: &[u32] = &[
    1766,   // Exxon Mobil
    8359,   // MTS, RU: mobile and home lines
    5588,   // T-Mobile, CZ
    13036,  // T-Mobile, CZ
    12912,  // T-Mobile, PL
    8412,   // T-Mobile (Magenta), AT: cable too
    15670,  // T-Mobile (Odido), NL
    9790,   // Two Degrees, NZ
    9889,   // Two Degrees, NZ
    23655,  // Two Degrees, NZ
    37069,  // Mobinil (Orange), EG: DSL too
    12252,  // America Movil (Claro), PE: cable too
    15796,  // Salt Mobile, CH: fibre too
    15895,  // Kyivstar, UA: home lines too
    35104,  // Jusan Mobile, KZ
    11992,  // Liberty Mobile, PR
    27882,  // Telefonica Celular (Tigo), BO: cable too
    52262,  // Telefonica Celular (Tigo), HN: cable too
    262175, // Telefonica Moviles, AR
    41012,  // The Cloud, GB: public Wi-Fi
    134768, // Chinanet cloud bases
];

macro_rules! known {
    ($kind:ident: $($asn:literal $country:literal $name:literal,)*) => {
        &[$(Known { asn: $asn, name: $name, country: $country, kind: $kind }),*]
    };
}

/// All rows, by kind.
pub const KNOWN: Rows = Rows([CELLULAR, HOSTING, SATELLITE, BROADBAND]);

/// The tables as one.
pub struct Rows([&'static [Known]; 4]);

impl Rows {
    pub fn iter(&self) -> impl Iterator<Item = &'static Known> {
        self.0.into_iter().flatten()
    }
}

const CELLULAR: &[Known] = known! { Cellular:
    21928 "US" "T-Mobile US",
    6167 "US" "Verizon Wireless",
    22394 "US" "Verizon Wireless",
    20057 "US" "AT&T Mobility",
    398378 "US" "Boost Mobile",
    28403 "MX" "Telcel",
    22085 "BR" "Claro (mobile)",
    26615 "BR" "TIM Brasil",
    26599 "BR" "Vivo (mobile)",
    27680 "CL" "Movistar (mobile)",
    27925 "CL" "Entel PCS",
    52341 "CL" "WOM",
    27831 "CO" "Tigo (Colombia Móvil)",
    12576 "GB" "EE",
    35228 "GB" "O2",
    25135 "GB" "Vodafone (mobile)",
    206067 "GB" "Three",
    60339 "GB" "Three",
    13280 "IE" "Three",
    51207 "FR" "Free Mobile",
    25255 "AT" "Drei",
    39603 "PL" "Play",
    35725 "RO" "Telekom Mobile",
    21497 "UA" "Vodafone Ukraine",
    34058 "UA" "lifecell",
    25106 "BY" "MTS Belarus",
    29355 "KZ" "Kcell",
    48503 "KZ" "Tele2 / Altel",
    16345 "RU" "Beeline (mobile)",
    12958 "RU" "T2 (Tele2)",
    15378 "RU" "T2 (Tele2)",
    41330 "RU" "T2 (Tele2)",
    48092 "RU" "T2 (Tele2)",
    48190 "RU" "T2 (Tele2)",
    25159 "RU" "MegaFon",
    31133 "RU" "MegaFon",
    31163 "RU" "MegaFon",
    31195 "RU" "MegaFon",
    31205 "RU" "MegaFon",
    31208 "RU" "MegaFon",
    31213 "RU" "MegaFon",
    31224 "RU" "MegaFon",
    16135 "TR" "Turkcell",
    15897 "TR" "Vodafone (mobile)",
    20978 "TR" "TT Mobil (Avea)",
    16116 "IL" "Pelephone",
    43766 "SA" "Zain",
    42961 "KW" "Zain",
    29357 "KW" "Ooredoo",
    197207 "IR" "MCI (Hamrahe Aval)",
    44244 "IR" "Irancell",
    45669 "PK" "Jazz",
    59257 "PK" "Zong",
    24499 "PK" "Telenor Pakistan",
    55836 "IN" "Jio",
    45609 "IN" "Airtel (mobile)",
    38266 "IN" "Vodafone Idea",
    45271 "IN" "Vodafone Idea",
    55410 "IN" "Vodafone Idea",
    24389 "BD" "Grameenphone",
    45245 "BD" "Banglalink",
    24432 "BD" "Robi",
    38565 "NP" "Ncell",
    131445 "TH" "AIS",
    132618 "TH" "TrueMove H",
    24378 "TH" "DTAC",
    9587 "TH" "DTAC",
    38466 "MY" "U Mobile",
    10030 "MY" "Celcom",
    4818 "MY" "Digi",
    45143 "SG" "Singtel Mobile",
    23693 "ID" "Telkomsel",
    24203 "ID" "XL Axiata",
    45727 "ID" "Three (Hutchison)",
    132199 "PH" "Globe (mobile)",
    10139 "PH" "Smart",
    24158 "TW" "Taiwan Mobile",
    17421 "TW" "Chunghwa Telecom (mobile)",
    17924 "HK" "SmarTone",
    9605 "JP" "NTT Docomo",
    138384 "JP" "Rakuten Mobile",
    9644 "KR" "SK Telecom",
    29465 "NG" "MTN Nigeria",
    36873 "NG" "Airtel Nigeria",
    33771 "KE" "Safaricom",
    36926 "KE" "Airtel Kenya",
    37075 "UG" "Airtel Uganda",
    37133 "TZ" "Airtel Tanzania",
    37140 "GH" "AirtelTigo",
    29975 "ZA" "Vodacom",
    37168 "ZA" "Cell C",
};

const HOSTING: &[Known] = known! { Hosting:
    14618 "-" "Amazon",
    16509 "-" "Amazon",
    8987 "-" "Amazon",
    15169 "-" "Google",
    396982 "-" "Google Cloud",
    8075 "-" "Microsoft Azure",
    31898 "-" "Oracle Cloud",
    36351 "-" "IBM Cloud (SoftLayer)",
    13335 "-" "Cloudflare",
    20940 "-" "Akamai",
    54113 "-" "Fastly",
    63949 "-" "Linode (Akamai)",
    14061 "-" "DigitalOcean",
    20473 "-" "Vultr (Choopa)",
    16276 "-" "OVH",
    24940 "DE" "Hetzner",
    213230 "DE" "Hetzner Cloud",
    51167 "DE" "Contabo",
    8560 "DE" "IONOS",
    197540 "DE" "netcup",
    12876 "FR" "Scaleway",
    60781 "NL" "Leaseweb",
    28753 "DE" "Leaseweb",
    30633 "US" "Leaseweb",
    49981 "NL" "WorldStream",
    43350 "NL" "NForce",
    202425 "NL" "IP Volume",
    9009 "-" "M247",
    60068 "-" "Datacamp (CDN77)",
    212238 "-" "Datacamp (CDN77)",
    199524 "-" "G-Core",
    62240 "GB" "Clouvider",
    42708 "SE" "GleSYS",
    16125 "LT" "Cherry Servers",
    47583 "-" "Hostinger",
    200019 "MD" "AlexHost",
    37963 "CN" "Alibaba Cloud",
    45102 "-" "Alibaba Cloud",
    45090 "CN" "Tencent Cloud",
    132203 "-" "Tencent Cloud",
    55990 "CN" "Huawei Cloud",
    136907 "-" "Huawei Cloud",
    9370 "JP" "Sakura Internet",
    36352 "US" "ColoCrossing (HostPapa)",
    53667 "US" "FranTech (BuyVM)",
    29802 "US" "Hivelocity",
    46606 "US" "Unified Layer",
    26496 "US" "GoDaddy",
    35916 "US" "Multacom",
    40676 "US" "Psychz",
    46562 "US" "Performive",
    54600 "US" "PEG Tech",
    8100 "US" "QuadraNet",
    14956 "US" "RouterHosting",
    55286 "US" "B2 Net (ServerMania)",
    32244 "US" "Liquid Web",
    33070 "US" "Rackspace",
    27357 "US" "Rackspace",
    19318 "US" "Interserver",
    7979 "-" "Servers.com",
    203020 "-" "HostRoyale",
    147049 "-" "PacketHub",
    25820 "-" "IT7 Networks (BandwagonHost)",
    210644 "-" "Aeza",
    9123 "RU" "Timeweb",
    197695 "RU" "Reg.ru",
    49505 "RU" "Selectel",
    200350 "RU" "Yandex Cloud",
    56630 "-" "Melbikomas",
    21100 "-" "Green Floid (ITL)",
    15626 "UA" "Green Floid (ITL)",
    200000 "UA" "Hosting Ukraine",
};

const SATELLITE: &[Known] = known! { Satellite:
    14593 "-" "Starlink",
    6621 "-" "HughesNet",
    7155 "-" "Viasat",
    40306 "-" "Viasat",
};

/// Home lines only: cable and fibre networks without a mobile carrier in the same system.
const BROADBAND: &[Known] = known! { Broadband:
    7922 "US" "Comcast",
    20115 "US" "Charter (Spectrum)",
    20001 "US" "Charter (Spectrum)",
    10796 "US" "Charter (Spectrum)",
    11351 "US" "Charter (Spectrum)",
    11426 "US" "Charter (Spectrum)",
    11427 "US" "Charter (Spectrum)",
    12271 "US" "Charter (Spectrum)",
    33363 "US" "Charter (Spectrum)",
    22773 "US" "Cox",
    11492 "US" "Cable One (Sparklight)",
    30036 "US" "Mediacom",
    6128 "US" "Optimum (Cablevision)",
    5650 "US" "Frontier",
    5089 "GB" "Virgin Media",
    5607 "GB" "Sky",
    12322 "FR" "Free",
    8881 "DE" "1&1 Versatel",
    29518 "SE" "Bredband2",
    28573 "BR" "Claro NET",
    13188 "UA" "Triolan",
};
