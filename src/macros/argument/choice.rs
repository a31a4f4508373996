//! Arguments that leave something to chance: `{random:1,100}`, `{sample:a,b,c}`.
//!
//! All chance of a link comes from one throw of the dice. It is mixed with the argument's text, so
//! the same macro gives the same wherever it stands, and two different ones do not go together.

use super::Ready;
use crate::macros::table::{Macro, Origin};
use crate::macros::value::Reader;

/// "lowest,highest", both included.
pub(in crate::macros) fn range(
    _: &'static Macro,
    text: &str,
    _: &mut Reader<'_>,
) -> Result<Ready, String> {
    const EXAMPLE: &str = "write the lowest and the highest number, as in {random:1,100}";
    let number = |part: &str| {
        part.trim()
            .parse::<i64>()
            .map_err(|_| format!("\"{part}\" is not a whole number; {EXAMPLE}."))
    };
    let Some((lowest, highest)) = text.split_once(',') else {
        return Err(format!("\"{text}\" is not a range; {EXAMPLE}."));
    };
    let (lowest, highest) = (number(lowest)?, number(highest)?);
    if lowest > highest {
        return Err(format!(
            "{lowest} is larger than {highest}; write {{random:{highest},{lowest}}}."
        ));
    }
    let salt = salt(text);
    let span = highest.abs_diff(lowest);
    Ok(Ready::new(Origin::Tracker, move |context, out| {
        let step = below(mixed(context.random, salt), u128::from(span) + 1);
        out.print(i128::from(lowest) + step as i128);
    }))
}

/// Words parted by commas, each as likely as the others.
pub(in crate::macros) fn sample(
    _: &'static Macro,
    text: &str,
    _: &mut Reader<'_>,
) -> Result<Ready, String> {
    let words: Box<[Box<str>]> = text.split(',').map(|word| word.trim().into()).collect();
    if words.iter().all(|word| word.is_empty()) {
        return Err("There is nothing to choose from; write {sample:a,b,c}.".to_owned());
    }
    let salt = salt(text);
    Ok(Ready::new(Origin::Tracker, move |context, out| {
        let place = below(mixed(context.random, salt), words.len() as u128);
        out.push_some(words.get(place as usize).map(|word| &**word));
    }))
}

/// From 0 up to, but not including, `limit`, which is at most 2^64.
fn below(random: u64, limit: u128) -> u64 {
    // The upper half of the product: https://arxiv.org/abs/1805.10941
    match u64::try_from(limit) {
        Ok(limit) => ((u128::from(random) * u128::from(limit)) >> 64) as u64,
        Err(_) => random,
    }
}

/// FNV-1a: <http://www.isthe.com/chongo/tech/comp/fnv/>
fn salt(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// SplitMix64: <https://prng.di.unimi.it/splitmix64.c>
fn mixed(random: u64, salt: u64) -> u64 {
    let state = (random ^ salt).wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}
