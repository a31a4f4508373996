//! Says which folders become part of the binary: without it cargo would not notice a file that was
//! added to them. It reads nothing and needs nothing.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=src/presets/traffic_sources");
    println!("cargo::rerun-if-changed=src/presets/networks");
}
