//! Pictures of one state of the window, in every size.

use std::fs;
use std::path::Path;

use counterfoil_tests::Result;
use counterfoil_tests::till::{self, DESKTOP, PHONE, Size, TABLET};
use counterfoil_tests::webdriver::Window;

/// Where they go.
pub struct Album<'a> {
    /// The folder.
    pub folder: &'a Path,
}

impl Album<'_> {
    /// One state at every size, and in the dark, in the demo shop's own language.
    pub fn take(&self, window: &Window, name: &str) -> Result<usize> {
        let looks: [(Size, till::Theme); 4] = [
            (PHONE, till::Theme::Light),
            (TABLET, till::Theme::Light),
            (DESKTOP, till::Theme::Light),
            (TABLET, till::Theme::Dark),
        ];
        for (size, theme) in looks {
            window.resize(size.width, size.height)?;
            till::paint(window, theme)?;
            window.settle()?;
            let (width, height) = (size.width, size.height);
            let file = format!("{name}-{width}x{height}-{}-es.png", theme.name());
            fs::write(self.folder.join(&file), window.screenshot()?)?;
            println!("    {file}");
        }
        till::paint(window, till::Theme::Light)?;
        Ok(looks.len())
    }
}
