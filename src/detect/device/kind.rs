//! Desktop, mobile, tablet, TV, console.

use super::hints::Hints;
use super::os::{self, Os};
use super::tokens::has_word;
use crate::domain::visitor::DeviceType;

/// Signs of televisions and the boxes beside them.
const TV: &[&str] = &[
    "SMART-TV",
    "SmartTV",
    "Smart-TV",
    "Smart TV",
    "SmartCast",
    "HbbTV",
    "NetCast",
    "Web0S",
    "webOS.TV",
    "GoogleTV",
    "Google TV",
    "Android TV",
    "AndroidTV",
    "AppleTV",
    "Apple TV",
    "BRAVIA",
    "CrKey",
    "Roku",
    "Viera",
    "VIDAA",
    "AFT",
    "MiBOX",
    "MiTV",
    "MIBOX",
    "SHIELD Android",
    "Chromecast",
    "AOSP TV",
    "BeyondTV",
    "TV Safari",
    "TV Box",
    "Tizen TV",
    "Large Screen",
    "OPTV",
    "DTV",
];

const CONSOLES: &[&str] = &["PlayStation", "PLAYSTATION", "Nintendo", "Xbox"];

/// Beginnings of tablet models whose browsers may say `Mobile`, and whose apps never tell.
const TABLETS: &[&str] = &[
    "SM-T",
    "SM-X",
    "SM-P",
    "GT-P",
    "GT-N80",
    "GT-N51",
    "KF",
    "Nexus 7",
    "Nexus 9",
    "Nexus 10",
    "Pixel C",
    "Pixel Tablet",
    "TB-",
    "TB3",
    "TB1",
    "YT-",
    "Lenovo TB",
    "Lenovo YT",
    "Lenovo Tab",
    "Redmi Pad",
    "Xiaomi Pad",
    "MI PAD",
    "Mi Pad",
    "POCO Pad",
    "RMP",
    "OPD",
    "realme Pad",
    "AGS",
    "BAH",
    "SCM-",
    "MRX-",
    "DBY",
    "KOB",
    "SHT-",
    "BTV-",
    "BZT",
    "AGR-",
    "WGR-",
    "GOT-",
    "HEY",
    "moto tab",
    "Nokia T1",
    "Nokia T2",
    "VORTEX_TAB",
    "TCL TAB",
    "Blackview Tab",
    "DOOGEE T",
    "TECLAST",
    "Tab ",
];

pub(super) fn observe(ua: &str, system: &Os, model: Option<&str>, hints: &Hints<'_>) -> DeviceType {
    if CONSOLES.iter().any(|word| has_word(ua, word)) {
        return DeviceType::Console;
    }
    // `AFT` begins Amazon's models: AFTMM, AFTKA. Elsewhere a sign must be a word of its own.
    if TV.iter().any(|sign| has_word(ua, sign)) || system.is("Tizen") && has_word(ua, "TV") {
        return DeviceType::Tv;
    }
    if os::is_ios(ua) {
        return if has_word(ua, "iPad") {
            DeviceType::Tablet
        } else {
            DeviceType::Mobile
        };
    }
    match system.name.as_deref() {
        Some(os::ANDROID | "HarmonyOS") => android(ua, model, hints),
        Some(os::WINDOWS | os::MACOS | os::LINUX | os::CHROME_OS | "FreeBSD") => {
            // Linux phones and web views that hide behind it.
            if has_word(ua, "Mobile") && system.is(os::LINUX) {
                DeviceType::Mobile
            } else {
                DeviceType::Desktop
            }
        }
        Some("Windows Phone" | "KaiOS" | "BlackBerry" | "Symbian" | "Sailfish") => {
            DeviceType::Mobile
        }
        Some("Tizen" | "webOS") if has_word(ua, "Mobile") => DeviceType::Mobile,
        _ => DeviceType::Other,
    }
}

/// Google asks makers of tablets to leave `Mobile` out, and browsers follow. Programs other than browsers
/// (`Dalvik/2.1.0 (Linux; U; Android 9; SM-G960F)`) never write it.
fn android(ua: &str, model: Option<&str>, hints: &Hints<'_>) -> DeviceType {
    if model.is_some_and(|model| TABLETS.iter().any(|start| model.starts_with(start)))
        || has_word(ua, "Tablet")
    {
        return DeviceType::Tablet;
    }
    if has_word(ua, "Mobile") || hints.mobile == Some(true) {
        return DeviceType::Mobile;
    }
    let is_browser = ua.starts_with("Mozilla/") && ua.contains("AppleWebKit/");
    if is_browser && has_word(ua, "Android") {
        return DeviceType::Tablet;
    }
    DeviceType::Mobile
}
