//! Tells Tauri where this project keeps its capabilities, permissions and icons.

use tauri_build::{AppManifest, Attributes, WindowsAttributes};

fn main() {
    // Without these a newer build of the UI, or a changed right, stays out of the program.
    for watched in ["src-tauri/capabilities", "src-tauri/permissions", "ui/dist"] {
        println!("cargo:rerun-if-changed={watched}");
    }
    let attributes = Attributes::new()
        .capabilities_path_pattern("src-tauri/capabilities/**/*")
        .app_manifest(AppManifest::new().permissions_path_pattern("src-tauri/permissions/**/*"))
        .windows_attributes(WindowsAttributes::new().window_icon_path("assets/icons/icon.ico"));
    if let Err(error) = tauri_build::try_build(attributes) {
        println!("cargo:warning={error:#}");
        std::process::exit(1);
    }
}
