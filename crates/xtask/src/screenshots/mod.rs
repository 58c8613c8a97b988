//! `cargo xtask screenshots`: every place, as it looks in the running app.

mod album;
mod camera;
mod sheets;
mod trouble;

use std::fs;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use counterfoil_tests::processes::{Shop, Surroundings};
use counterfoil_tests::till::{
    self, DESKTOP, PHONE, PLACES, PLACES_WITH_ITEMS, Size, Staff, TABLET,
};
use counterfoil_tests::webdriver::Window;
use counterfoil_tests::{Failure, Result};

use crate::project::{Profile, Project};
use crate::{desktop, run, shell};

/// Which pictures to take.
#[derive(Args)]
pub struct Options {
    /// Where the pictures go
    folder: PathBuf,
    /// Only this place, such as `counter` or `customers/ID`; `camera` is a card
    /// before it, `sheets` what comes up over a place, `trouble` what goes wrong
    #[arg(long, value_name = "PLACE")]
    only: Option<String>,
    /// Also what lies below the edge of the screen, in pictures of its own
    #[arg(long)]
    long: bool,
    /// Only in these colours
    #[arg(long)]
    theme: Option<Theme>,
    /// Only in this language
    #[arg(long)]
    lang: Option<Language>,
    /// Where the shop lies; set by the command itself
    #[arg(long, hide = true)]
    inside: Option<PathBuf>,
}

impl Options {
    /// Whether the stage `name` is asked for: with everything, or by its name.
    fn wants(&self, name: &str) -> bool {
        match self.only.as_deref() {
            None => self.theme.is_none() && self.lang.is_none(),
            Some(place) => place == name,
        }
    }
}

#[derive(Clone, Copy, ValueEnum)]
enum Theme {
    Light,
    Dark,
}

#[derive(Clone, Copy, ValueEnum)]
enum Language {
    En,
    Es,
}

/// One series of pictures: a look, and the sizes to take it at.
struct Series {
    theme: Theme,
    language: Language,
    sizes: &'static [Size],
}

/// So many screens of a place are enough.
const PAGES_MAX: u32 = 6;

const EVERY_SIZE: &[Size] = &[PHONE, TABLET, DESKTOP];

/// Takes the pictures.
pub fn take(project: &Project, options: &Options) -> Result {
    match &options.inside {
        Some(data) => take_inside(project, options, data),
        None => {
            run::build(project, Profile::Debug, true)?;
            desktop::again(&project.programs(Profile::Debug), "pictures")
        }
    }
}

fn take_inside(project: &Project, options: &Options, data: &Path) -> Result {
    fs::create_dir_all(&options.folder)?;
    let programs = project.programs(Profile::Debug);
    let shop = Shop::at(data);
    let hub = shop.start_hub(&programs)?;
    shell::timed("the demo shop", || {
        shop.load_demo(&programs, Some(hub.url()))
    })?;
    let surroundings = Surroundings {
        data: shop.till().to_path_buf(),
        hub: Some(hub.url().to_owned()),
        camera: None,
    };
    let window = Window::open(&programs.path("counterfoil")?, &surroundings.env())?;
    let mut missed = Vec::new();
    let mut taken = 0;
    for series in series(options) {
        taken += take_series(&window, options, &series, &mut missed)?;
    }
    drop(window);
    hub.stop()?;
    if options.wants("camera") {
        taken += camera::take(&options.folder)?;
    }
    if options.wants("sheets") {
        taken += sheets::take(&options.folder)?;
    }
    if options.wants("trouble") {
        taken += trouble::take(&options.folder)?;
    }
    println!("--> {taken} pictures in {}", options.folder.display());
    if missed.is_empty() {
        return Ok(());
    }
    Err(Failure::new(format!("not taken:\n{}", missed.join("\n"))))
}

fn series(options: &Options) -> Vec<Series> {
    let one = |theme, language, sizes| Series {
        theme,
        language,
        sizes,
    };
    if options.theme.is_some() || options.lang.is_some() {
        let theme = options.theme.unwrap_or(Theme::Light);
        return vec![one(theme, options.lang.unwrap_or(Language::En), EVERY_SIZE)];
    }
    vec![
        one(Theme::Light, Language::En, EVERY_SIZE),
        one(Theme::Dark, Language::En, &[TABLET]),
        one(Theme::Light, Language::Es, &[TABLET]),
    ]
}

fn take_series(
    window: &Window,
    options: &Options,
    series: &Series,
    missed: &mut Vec<String>,
) -> Result<usize> {
    let theme = match series.theme {
        Theme::Light => till::Theme::Light,
        Theme::Dark => till::Theme::Dark,
    };
    let language = match series.language {
        Language::En => "en",
        Language::Es => "es",
    };
    till::appearance(window, theme, language)?;
    let mut taken = 0;
    for size in series.sizes {
        window.resize(size.width, size.height)?;
        for place in wanted(options) {
            // One place that does not come is no reason to miss the others.
            let shown = match show(window, &place) {
                Ok(Some(shown)) => shown,
                Ok(None) => {
                    println!("    {place}: lists nothing to open");
                    continue;
                }
                Err(error) => {
                    missed.push(format!("{place}: {error}"));
                    continue;
                }
            };
            window.scroll(false)?;
            let (width, height) = (size.width, size.height);
            let look = format!("{width}x{height}-{}-{language}.png", theme.name());
            let pages = if options.long { PAGES_MAX } else { 1 };
            for page in 1..=pages {
                let file = match page {
                    1 => format!("{shown}-{look}"),
                    _ => format!("{shown}-{page}-{look}"),
                };
                fs::write(options.folder.join(&file), window.screenshot()?)?;
                println!("    {file}");
                taken += 1;
                if page == pages || !window.scroll(true)? {
                    break;
                }
                window.settle()?;
            }
        }
    }
    Ok(taken)
}

/// The places to take, locked first; `NAME/first` is the first item that a place lists.
fn wanted(options: &Options) -> Vec<String> {
    match options.only.as_deref() {
        Some("camera" | "sheets" | "trouble") => return Vec::new(),
        Some(place) => return vec![place.to_owned()],
        None => {}
    }
    let mut wanted = vec!["lock".to_owned()];
    for place in PLACES {
        wanted.push((*place).to_owned());
        if PLACES_WITH_ITEMS.contains(place) {
            wanted.push(format!("{place}/first"));
        }
    }
    wanted.push("pay".to_owned());
    wanted
}

/// Brings `place` onto the screen, and says how its picture is called.
fn show(window: &Window, place: &str) -> Result<Option<String>> {
    if place == "lock" {
        till::lock(window)?;
        window.settle()?;
        return Ok(Some(place.to_owned()));
    }
    if window.sees(till::LOCK)? {
        till::unlock(window, Staff::Carmen)?;
    }
    if place == "pay" {
        till::fill_cart(window)?;
        till::go(window, "pay")?;
    } else if let Some(list) = place.strip_suffix("/first") {
        till::go(window, list)?;
        let Some(address) = till::first_item(window, list)? else {
            return Ok(None);
        };
        window.go(&address)?;
        window.settle()?;
        return Ok(Some(format!("{list}-item")));
    } else if place.contains('/') {
        window.go(&format!("#/{place}"))?;
        window.settle()?;
    } else {
        till::go(window, place)?;
    }
    Ok(Some(place.replace('/', "-")))
}
