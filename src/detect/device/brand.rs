//! Who made an Android model.
//!
//! Makers number their models by habits that rarely collide, so a table of beginnings covers most of the
//! traffic. What matches nothing has no brand: better than a wrong one.

/// (beginning, brand). `#` is a digit, `@` an upper-case letter, `$` the end; letter case does not matter
/// elsewhere. The first that fits counts.
const MODELS: &[(&str, &str)] = &[
    ("SM-", "Samsung"),
    ("GT-@", "Samsung"),
    ("SGH-", "Samsung"),
    ("SCH-", "Samsung"),
    ("SPH-", "Samsung"),
    ("SHV-E", "Samsung"),
    ("SHW-M", "Samsung"),
    ("SC-##@", "Samsung"),
    ("SCG##", "Samsung"),
    ("SCV##", "Samsung"),
    ("Samsung", "Samsung"),
    ("Galaxy", "Samsung"),
    ("Pixel", "Google"),
    ("Nexus", "Google"),
    ("Chromecast", "Google"),
    ("Redmi", "Xiaomi"),
    ("POCO", "Xiaomi"),
    ("Xiaomi", "Xiaomi"),
    ("Mi ", "Xiaomi"),
    ("Mi-", "Xiaomi"),
    ("MIX ", "Xiaomi"),
    ("MiBOX", "Xiaomi"),
    ("MiTV", "Xiaomi"),
    ("HM NOTE", "Xiaomi"),
    ("HM ####", "Xiaomi"),
    ("M####@", "Xiaomi"),
    ("SHARK ", "Black Shark"),
    ("SKR-", "Black Shark"),
    ("SKW-", "Black Shark"),
    ("OnePlus", "OnePlus"),
    ("GM19##", "OnePlus"),
    ("HD19##", "OnePlus"),
    ("IN20##", "OnePlus"),
    ("KB20##", "OnePlus"),
    ("BE20##", "OnePlus"),
    ("AC20##", "OnePlus"),
    ("LE21##", "OnePlus"),
    ("EB21##", "OnePlus"),
    ("DN21##", "OnePlus"),
    ("DE21##", "OnePlus"),
    ("MT21##", "OnePlus"),
    ("NE22##", "OnePlus"),
    ("GN22##", "OnePlus"),
    ("IV22##", "OnePlus"),
    ("PHB110", "OnePlus"),
    ("PJD110", "OnePlus"),
    ("PJZ110", "OnePlus"),
    ("OPD2203", "OnePlus"),
    ("OPD2304", "OnePlus"),
    ("OPD2403", "OnePlus"),
    ("CPH####", "OPPO"),
    ("OPPO", "OPPO"),
    ("OPD####", "OPPO"),
    ("P@@M##", "OPPO"),
    ("P@@T##", "OPPO"),
    ("RMX####", "realme"),
    ("RMP####", "realme"),
    ("realme", "realme"),
    ("vivo", "vivo"),
    ("V1###@", "vivo"),
    ("V2###", "vivo"),
    ("I2###", "vivo"),
    ("iQOO", "vivo"),
    ("PD2###", "vivo"),
    ("TECNO", "TECNO"),
    ("Infinix", "Infinix"),
    ("itel", "itel"),
    ("moto", "Motorola"),
    ("XT####", "Motorola"),
    ("DROID", "Motorola"),
    ("HUAWEI", "Huawei"),
    ("HONOR", "HONOR"),
    ("LM-", "LG"),
    ("LG-", "LG"),
    ("LG ", "LG"),
    ("LGM", "LG"),
    ("LGL", "LG"),
    ("LG#", "LG"),
    ("XQ-", "Sony"),
    ("Sony", "Sony"),
    ("BRAVIA", "Sony"),
    ("SO-##@", "Sony"),
    ("SOV##", "Sony"),
    ("SOG##", "Sony"),
    ("Xperia", "Sony"),
    ("Nokia", "Nokia"),
    ("TA-1###", "Nokia"),
    ("HMD ", "HMD"),
    ("Lenovo", "Lenovo"),
    ("TB-", "Lenovo"),
    ("TB###@", "Lenovo"),
    ("YT-", "Lenovo"),
    ("ZUK ", "Lenovo"),
    ("nubia", "nubia"),
    ("NX###@", "nubia"),
    ("ZTE", "ZTE"),
    ("Blade ", "ZTE"),
    ("ASUS", "ASUS"),
    ("ZenFone", "ASUS"),
    ("KF@@", "Amazon"),
    ("AFT@", "Amazon"),
    ("SD4930UR", "Amazon"),
    ("Nothing", "Nothing"),
    ("A063$", "Nothing"),
    ("A065$", "Nothing"),
    ("A142$", "Nothing"),
    ("A142P$", "Nothing"),
    ("A059$", "Nothing"),
    ("A059P$", "Nothing"),
    ("A001T$", "Nothing"),
    ("A015$", "Nothing"),
    ("Fairphone", "Fairphone"),
    ("FP#$", "Fairphone"),
    ("HTC", "HTC"),
    ("TCL", "TCL"),
    ("T###@$", "TCL"),
    ("ALCATEL", "Alcatel"),
    ("Wiko", "Wiko"),
    ("W-@###", "Wiko"),
    ("Meizu", "Meizu"),
    ("Sharp", "Sharp"),
    ("SH-##@", "Sharp"),
    ("SHG##", "Sharp"),
    ("KYV##", "Kyocera"),
    ("KYG##", "Kyocera"),
    ("Kyocera", "Kyocera"),
    ("F-##@", "Fujitsu"),
    ("Hisense", "Hisense"),
    ("CUBOT", "CUBOT"),
    ("DOOGEE", "DOOGEE"),
    ("Ulefone", "Ulefone"),
    ("Armor ", "Ulefone"),
    ("Blackview", "Blackview"),
    ("BV####", "Blackview"),
    ("OUKITEL", "OUKITEL"),
    ("UMIDIGI", "UMIDIGI"),
    ("HOTWAV", "HOTWAV"),
    ("OSCAL", "OSCAL"),
    ("CAT ", "CAT"),
    ("BLU ", "BLU"),
    ("Micromax", "Micromax"),
    ("LAVA", "Lava"),
    ("LXX###", "Lava"),
    ("Karbonn", "Karbonn"),
    ("JioPhone", "Jio"),
    ("Symphony", "Symphony"),
    ("WALTON", "Walton"),
    ("Primo ", "Walton"),
    ("Condor", "Condor"),
    ("Coolpad", "Coolpad"),
    ("Philips", "Philips"),
    ("SHIELD", "NVIDIA"),
    ("BlackBerry", "BlackBerry"),
    ("BBB###", "BlackBerry"),
    ("BBF###", "BlackBerry"),
    ("BBG###", "BlackBerry"),
    ("Prestigio", "Prestigio"),
    ("PSP####", "Prestigio"),
    ("PMT####", "Prestigio"),
    ("BQ-####", "BQ"),
    ("Highscreen", "Highscreen"),
    ("DEXP", "DEXP"),
    ("Vertex", "Vertex"),
    ("INOI", "INOI"),
    ("Digma", "Digma"),
    ("TECLAST", "Teclast"),
    ("ALLDOCUBE", "ALLDOCUBE"),
    ("Vodafone", "Vodafone"),
    ("ONYX", "Onyx"),
];

/// Models of OnePlus that are numbered like those of OPPO.
const ONEPLUS_CPH: &[&str] = &[
    "2381", "2399", "2401", "2409", "2411", "2413", "2415", "2417", "2419", "2423", "2447", "2449",
    "2451", "2465", "2467", "2469", "2487", "2491", "2493", "2499", "2513", "2515", "2551", "2569",
    "2573", "2581", "2583", "2585", "2609", "2611", "2613", "2619", "2621", "2645", "2647", "2649",
    "2653", "2655", "2661", "2663", "2691", "2707", "2709", "2717", "2719", "2723",
];

/// HONOR models that are numbered like Huawei's (the house was Huawei's until 2020).
const HONOR_SERIES: &[&str] = &[
    "HRY", "HLK", "YAL", "COL", "BKL", "LLD", "BND", "AUM", "DUA", "KSA", "JAT", "JSN", "PCT",
    "STF", "DUK", "FRD", "BLN", "MOA", "NTH", "ANY", "CMA", "TFY", "VNE", "RKY", "CRT", "REA",
    "ALI", "FNE", "LGE", "LSA", "PGT", "MAA", "BVL", "ELI", "GFY", "WDY", "RMO", "CLK", "OXF",
    "EBG", "TEL", "KJG", "DNP", "PTP", "HEY", "LLY", "ELP", "BRP",
];

/// Huawei's own models with the `NX` of later HONOR models.
const HUAWEI_NX: &[&str] = &[
    "ELS", "ANA", "NOH", "NOP", "CDY", "LIO", "TAS", "OCE", "JNY", "WLZ", "TET", "JSC",
];

/// The brand of an Android model.
pub(super) fn of_model(model: &str) -> Option<&'static str> {
    if let Some(number) = model.strip_prefix("CPH")
        && number
            .get(..4)
            .is_some_and(|number| ONEPLUS_CPH.contains(&number))
    {
        return Some("OnePlus");
    }
    MODELS
        .iter()
        .find(|(pattern, _)| begins_with(model, pattern))
        .map(|(_, brand)| *brand)
        .or_else(|| is_dated_xiaomi(model).then_some("Xiaomi"))
        .or_else(|| huawei_or_honor(model))
}

/// A maker's name as devices write it: `samsung`, `HUAWEI`, `Xiaomi/Redmi`.
pub(super) fn of_maker(maker: &str) -> Option<&'static str> {
    let maker = maker.split('/').next().unwrap_or(maker).trim();
    MODELS
        .iter()
        .map(|(_, brand)| *brand)
        .find(|brand| brand.eq_ignore_ascii_case(maker))
}

/// `2201117TG`, `23129RAA4G`: year and month of design, then a code that ends in a letter.
fn is_dated_xiaomi(model: &str) -> bool {
    let bytes = model.as_bytes();
    let number = |range: std::ops::Range<usize>| {
        let text = model.get(range)?;
        text.bytes()
            .all(|b| b.is_ascii_digit())
            .then_some(text)?
            .parse::<u8>()
            .ok()
    };
    (8..=13).contains(&bytes.len())
        && bytes
            .iter()
            .all(|b| b.is_ascii_digit() || b.is_ascii_uppercase())
        && bytes.last().is_some_and(u8::is_ascii_uppercase)
        && number(0..2).is_some_and(|year| (19..=29).contains(&year))
        && number(2..4).is_some_and(|month| (1..=12).contains(&month))
}

/// `ELE-L29`, `JAD-LX9`, `REA-NX9`: three letters, a variant of letters, a number.
fn huawei_or_honor(model: &str) -> Option<&'static str> {
    let (series, variant) = model.split_once('-')?;
    let letters = variant.bytes().take_while(u8::is_ascii_uppercase).count();
    let is_theirs = series.len() == 3
        && series
            .bytes()
            .enumerate()
            .all(|(at, b)| b.is_ascii_uppercase() || at > 0 && b.is_ascii_digit())
        && (1..=4).contains(&letters)
        && variant
            .as_bytes()
            .get(letters)
            .is_some_and(u8::is_ascii_digit)
        && variant.len() <= 8;
    if !is_theirs {
        return None;
    }
    let is_honor =
        HONOR_SERIES.contains(&series) || variant.starts_with("NX") && !HUAWEI_NX.contains(&series);
    Some(if is_honor { "HONOR" } else { "Huawei" })
}

fn begins_with(model: &str, pattern: &str) -> bool {
    let mut signs = model.bytes();
    pattern.bytes().all(|wanted| match (wanted, signs.next()) {
        (b'$', sign) => sign.is_none(),
        (_, None) => false,
        (b'#', Some(sign)) => sign.is_ascii_digit(),
        (b'@', Some(sign)) => sign.is_ascii_uppercase(),
        (wanted, Some(sign)) => wanted.eq_ignore_ascii_case(&sign),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn models_lead_to_their_makers() {
        let cases = [
            ("SM-S918B", Some("Samsung")),
            ("GT-P5210", Some("Samsung")),
            ("SC-52A", Some("Samsung")),
            ("CPH2553", Some("OPPO")),
            ("CPH2653", Some("OnePlus")),
            ("PCLM10", Some("OPPO")),
            ("ONEPLUS A6013", Some("OnePlus")),
            ("LE2115", Some("OnePlus")),
            ("M2101K6G", Some("Xiaomi")),
            ("2201117TG", Some("Xiaomi")),
            ("23129RAA4G", Some("Xiaomi")),
            ("220333QAG", Some("Xiaomi")),
            ("Redmi Note 8 Pro", Some("Xiaomi")),
            ("POCO F5", Some("Xiaomi")),
            ("MI 9", Some("Xiaomi")),
            ("Pixel 8", Some("Google")),
            ("RMX3085", Some("realme")),
            ("V2027", Some("vivo")),
            ("vivo 1906", Some("vivo")),
            ("I2217", Some("vivo")),
            ("TECNO KI5q", Some("TECNO")),
            ("Infinix X6525", Some("Infinix")),
            ("itel A667L", Some("itel")),
            ("moto g power (2022)", Some("Motorola")),
            ("XT2171-2", Some("Motorola")),
            ("LM-Q730", Some("LG")),
            ("LGL322DL", Some("LG")),
            ("ELE-L29", Some("Huawei")),
            ("MAR-LX1A", Some("Huawei")),
            ("NOH-NX9", Some("Huawei")),
            ("REA-NX9", Some("HONOR")),
            ("HRY-LX1T", Some("HONOR")),
            ("XQ-DC54", Some("Sony")),
            ("Nokia G21", Some("Nokia")),
            ("TA-1234", Some("Nokia")),
            ("Lenovo TB-X606F", Some("Lenovo")),
            ("TB350FU", Some("Lenovo")),
            ("ZTE Blade A71", Some("ZTE")),
            ("KFTUWI", Some("Amazon")),
            ("AFTMM", Some("Amazon")),
            ("A065", Some("Nothing")),
            ("Android", None),
            ("20991231", None),
            ("2213117TG", None),
            ("", None),
            ("é", None),
        ];
        for (model, brand) in cases {
            assert_eq!(of_model(model), brand, "{model}");
        }
    }

    #[test]
    fn makers_are_recognised_as_devices_write_them() {
        assert_eq!(of_maker("samsung"), Some("Samsung"));
        assert_eq!(of_maker("Xiaomi/Redmi"), Some("Xiaomi"));
        assert_eq!(of_maker("HUAWEI/HONOR"), Some("Huawei"));
        assert_eq!(of_maker("nobody"), None);
    }
}
