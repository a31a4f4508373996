//! The files of the presets, as they stand in the binary.

use rust_embed::Embed;
use serde::de::DeserializeOwned;

/// Files that are no presets: slug and why. Always empty in a release, as the tests see to.
pub(super) type Faults = Vec<(String, String)>;

#[derive(Embed)]
#[folder = "src/presets/traffic_sources"]
pub(super) struct SourceFiles;

#[derive(Embed)]
#[folder = "src/presets/networks"]
pub(super) struct NetworkFiles;

#[derive(Embed)]
#[folder = "src/presets/rules"]
pub(super) struct RuleFiles;

/// Reads every file of a folder; the presets come sorted by slug.
pub(super) fn read<E: Embed, F: DeserializeOwned, P>(
    preset: impl Fn(String, F) -> Result<P, String>,
) -> (Vec<P>, Faults) {
    let mut paths: Vec<_> = E::iter().collect();
    paths.sort();
    let mut presets = Vec::with_capacity(paths.len());
    let mut faults = Faults::new();
    for path in paths {
        let slug = path.strip_suffix(".toml").unwrap_or(&path).to_owned();
        let read = E::get(&path)
            .ok_or_else(|| "The file is gone.".to_owned())
            .and_then(|file| String::from_utf8(file.data.into()).map_err(|e| e.to_string()))
            .and_then(|text| toml::from_str::<F>(&text).map_err(|e| e.to_string()))
            .and_then(|file| preset(slug.clone(), file));
        match read {
            Ok(preset) => presets.push(preset),
            Err(why) => faults.push((slug, why)),
        }
    }
    (presets, faults)
}
