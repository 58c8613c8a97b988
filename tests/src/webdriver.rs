//! The app's real window, driven from outside by `WebKitWebDriver`.
//!
//! Each window has its own driver: the app inherits the driver's environment, and that is how it
//! learns its data folder, its hub and its camera.

use std::ffi::OsString;
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use base64::Engine as _;
use serde_json::{Value, json};

use crate::failure::Context;
use crate::group::Group;
use crate::{Failure, Result, http, wait};

/// How long an element may take to appear before the story fails.
pub const PATIENCE: Duration = Duration::from_secs(15);

/// The key under which the protocol hides an element's id.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// Keys that have no letter, for [`Window::keys`].
pub mod key {
    /// Enter.
    pub const ENTER: &str = "\u{E007}";
    /// Tab.
    pub const TAB: &str = "\u{E004}";
    /// Escape.
    pub const ESCAPE: &str = "\u{E00C}";
    /// F2.
    pub const F2: &str = "\u{E032}";
    /// F8.
    pub const F8: &str = "\u{E038}";
    /// F9.
    pub const F9: &str = "\u{E039}";
}

/// One running app with its window.
pub struct Window {
    driver: Group,
    url: String,
}

impl Window {
    /// Starts `app` with `env` and waits until its first page is there.
    ///
    /// # Errors
    /// When the driver or the app does not start.
    pub fn open(app: &Path, env: &[(&str, OsString)]) -> Result<Self> {
        let port = free_port()?;
        let mut command = Command::new("WebKitWebDriver");
        command
            .arg(format!("--port={port}"))
            .env("TAURI_WEBVIEW_AUTOMATION", "true")
            .envs(env.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null());
        let mut driver =
            Group::spawn(&mut command).context("the package webkit2gtk-driver is needed")?;
        wait::until(PATIENCE, "the driver of the window", || {
            if let Some(status) = driver.ended()? {
                return Err(Failure::new(format!("the driver ended: {status}")));
            }
            Ok(TcpStream::connect(("127.0.0.1", port)).ok())
        })?;
        let base = format!("http://127.0.0.1:{port}/session");
        let wanted = json!({"capabilities": {"alwaysMatch": {
            "webkitgtk:browserOptions": {"binary": app, "args": []}}}});
        let answer = call("POST", &base, Some(&wanted))?;
        let session = answer["sessionId"]
            .as_str()
            .ok_or_else(|| Failure::new(format!("no session: {answer}")))?;
        let window = Self {
            url: format!("{base}/{session}"),
            driver,
        };
        // The driver is content with the empty page that every window begins with.
        wait::until(PATIENCE, "the first page", || {
            let loaded =
                "return location.protocol !== 'about:' && document.readyState === 'complete'";
            let loaded = Self::unless_replaced(window.run(loaded, &[]), json!(false))?;
            Ok((loaded == json!(true)).then_some(()))
        })?;
        Ok(window)
    }

    /// Gives the page exactly this size in CSS pixels.
    ///
    /// # Errors
    /// When the window cannot be that small or large.
    pub fn resize(&self, width: u32, height: u32) -> Result {
        let size = json!({"width": width, "height": height});
        self.post("window/rect", &size)?;
        wait::until(PATIENCE, &format!("a window of {width}x{height}"), || {
            let now = self.run("return [innerWidth, innerHeight]", &[])?;
            Ok((now == json!([width, height])).then_some(()))
        })
    }

    /// Runs `script` in the page and gives back what it returns.
    ///
    /// # Errors
    /// When the script throws.
    pub fn run(&self, script: &str, args: &[Value]) -> Result<Value> {
        self.post("execute/sync", &json!({"script": script, "args": args}))
    }

    /// Runs `script` and waits for the promise that it returns.
    ///
    /// # Errors
    /// When the script throws or its promise is refused.
    pub fn run_async(&self, script: &str, args: &[Value]) -> Result<Value> {
        let wrapped = format!(
            "const done = arguments[arguments.length - 1]; const args = [...arguments].slice(0, -1);
             (async (...args) => {{ {script} }})(...args)
               .then(value => done({{ok: value ?? null}}), error => done({{err: String(error)}}))"
        );
        let answer = self.post("execute/async", &json!({"script": wrapped, "args": args}))?;
        match answer.get("err").and_then(Value::as_str) {
            Some(error) => Err(Failure::new(format!("the page refused: {error}"))),
            None => Ok(answer["ok"].clone()),
        }
    }

    /// Whether something visible matches `css` now.
    ///
    /// # Errors
    /// When the window is gone.
    pub fn sees(&self, css: &str) -> Result<bool> {
        let script = "return [...document.querySelectorAll(arguments[0])]
            .some(e => e.checkVisibility({visibilityProperty: true}))";
        Ok(self.run(script, &[json!(css)])? == json!(true))
    }

    /// Waits until something visible matches `css`.
    ///
    /// # Errors
    /// When nothing does within [`PATIENCE`].
    pub fn wait_for(&self, css: &str) -> Result {
        wait::until(PATIENCE, css, || {
            let seen = Self::unless_replaced(self.sees(css), false)?;
            Ok(seen.then_some(()))
        })
        .map_err(|error| self.explain(&error))
    }

    /// Waits until nothing visible matches `css` any more.
    ///
    /// # Errors
    /// When it stays longer than [`PATIENCE`].
    pub fn wait_gone(&self, css: &str) -> Result {
        let what = format!("the end of {css}");
        wait::until(PATIENCE, &what, || {
            let seen = Self::unless_replaced(self.sees(css), true)?;
            Ok((!seen).then_some(()))
        })
        .map_err(|error| self.explain(&error))
    }

    /// Waits until the text of `css` contains `text`.
    ///
    /// # Errors
    /// When it does not within [`PATIENCE`].
    pub fn wait_text(&self, css: &str, text: &str) -> Result {
        let what = format!("\"{text}\" in {css}");
        wait::until(PATIENCE, &what, || {
            Ok((self.sees(css)? && self.text(css)?.contains(text)).then_some(()))
        })
        .map_err(|error| self.explain(&error))
    }

    /// Waits for `css` and clicks it as a person does: it must be usable, reachable and at rest, not only present.
    ///
    /// # Errors
    /// When it is not there, cannot be used, or something lies over it.
    pub fn click(&self, css: &str) -> Result {
        self.wait_for(css)?;
        wait::until(PATIENCE, &format!("the use of {css}"), || {
            Ok(self.is_ready(css)?.then_some(()))
        })
        .map_err(|error| self.explain(&error))?;
        wait::until(PATIENCE, &format!("a click on {css}"), || {
            let id = self.element(css)?;
            match self.post(&format!("element/{id}/click"), &json!({})) {
                Ok(_) => Ok(Some(())),
                Err(error) if is_passing(&error) => Ok(None),
                Err(error) => Err(error),
            }
        })
        .map_err(|error| self.explain(&error))
    }

    /// Whether `css` is enabled and stands still. The driver clicks a disabled button without a word, and where a
    /// sheet still slides in it clicks beside the button: an animation that is over by the clock may have its last
    /// frame yet to come, so two frames must find the button in the same place.
    fn is_ready(&self, css: &str) -> Result<bool> {
        let script = "const element = document.querySelector(args[0]);
            const frame = () => new Promise(requestAnimationFrame);
            const place = () => JSON.stringify(element.getBoundingClientRect());
            const moves = () => document.getAnimations().some(a => a.playState === 'running'
              && a.effect?.getComputedTiming().endTime !== Infinity
              && a.effect?.target?.contains(element));
            if (!element || element.matches(':disabled') || moves()) return false;
            await frame();
            const before = place();
            await frame();
            return element.isConnected && !element.matches(':disabled') && !moves() && place() === before";
        Ok(self.run_async(script, &[json!(css)])? == json!(true))
    }

    /// Replaces what the field `css` holds by `text`.
    ///
    /// # Errors
    /// When there is no such field, or it cannot be edited.
    pub fn fill(&self, css: &str, text: &str) -> Result {
        self.wait_for(css)?;
        let id = self.element(css)?;
        self.post(&format!("element/{id}/clear"), &json!({}))?;
        if !text.is_empty() {
            self.post(&format!("element/{id}/value"), &json!({"text": text}))?;
        }
        Ok(())
    }

    /// Chooses `file` in the file field `css`, which may be hidden.
    ///
    /// # Errors
    /// When there is no such field.
    pub fn choose_file(&self, css: &str, file: &str) -> Result {
        let id = self.element(css)?;
        self.post(&format!("element/{id}/value"), &json!({"text": file}))?;
        Ok(())
    }

    /// Types on the keyboard, wherever the focus is. See [`key`] for keys without a letter.
    ///
    /// # Errors
    /// When the window is gone.
    pub fn keys(&self, text: &str) -> Result {
        let actions: Vec<Value> = text
            .chars()
            .flat_map(|c| {
                let c = c.to_string();
                [
                    json!({"type": "keyDown", "value": c}),
                    json!({"type": "keyUp", "value": c}),
                ]
            })
            .collect();
        let keyboard = json!({"actions": [{"type": "key", "id": "keyboard", "actions": actions}]});
        self.post("actions", &keyboard)?;
        Ok(())
    }

    /// The text that a person reads in the first element of `css`.
    ///
    /// # Errors
    /// When there is none.
    pub fn text(&self, css: &str) -> Result<String> {
        let script = "return document.querySelector(arguments[0])?.innerText ?? null";
        let text = self.run(script, &[json!(css)])?;
        text.as_str()
            .map(str::to_owned)
            .ok_or_else(|| self.explain(&Failure::new(format!("nothing matches {css}"))))
    }

    /// How many elements match `css`.
    ///
    /// # Errors
    /// When the window is gone.
    pub fn count(&self, css: &str) -> Result<u64> {
        let script = "return document.querySelectorAll(arguments[0]).length";
        Ok(self.run(script, &[json!(css)])?.as_u64().unwrap_or(0))
    }

    /// Goes to a place of the app, such as `#/sales`.
    ///
    /// # Errors
    /// When the window is gone.
    pub fn go(&self, place: &str) -> Result {
        self.run("location.hash = arguments[0]", &[json!(place)])?;
        Ok(())
    }

    /// Waits until fonts are loaded and nothing moves any more, so that a picture is repeatable.
    ///
    /// # Errors
    /// When an animation runs longer than the driver waits.
    pub fn settle(&self) -> Result {
        self.run_async(
            "await document.fonts.ready;
             const frame = () => new Promise(requestAnimationFrame);
             await frame(); await frame();
             const finite = a => a.effect?.getComputedTiming().endTime !== Infinity;
             await Promise.allSettled(document.getAnimations().filter(finite).map(a => a.finished));
             await Promise.allSettled([...document.images].filter(i => !i.complete)
               .map(i => new Promise(done => { i.onload = i.onerror = done })));
             await frame();",
            &[],
        )?;
        Ok(())
    }

    /// Scrolls what shows most of the place: back to its top, or on by nearly a screen; whether it moved.
    ///
    /// # Errors
    /// When the window is gone.
    pub fn scroll(&self, on: bool) -> Result<bool> {
        let moved = self.run(
            "const area = e => e.clientWidth * e.clientHeight;
             const longer = e => e.scrollHeight > e.clientHeight + 1
               && ['auto', 'scroll'].includes(getComputedStyle(e).overflowY);
             const page = document.scrollingElement;
             const [most] = [...document.querySelectorAll('body *')].filter(longer)
               .sort((a, b) => area(b) - area(a));
             const box = page.scrollHeight > page.clientHeight + 1 ? page : most;
             if (!box) return false;
             const before = box.scrollTop;
             const top = arguments[0] ? before + box.clientHeight * 0.9 : 0;
             box.scrollTo({ top, behavior: 'instant' });
             return Math.abs(box.scrollTop - before) > 1;",
            &[json!(on)],
        )?;
        Ok(moved == json!(true))
    }

    /// A picture of the window, as PNG.
    ///
    /// # Errors
    /// When the window is gone.
    pub fn screenshot(&self) -> Result<Vec<u8>> {
        let answer = call("GET", &format!("{}/screenshot", self.url), None)?;
        let text = answer.as_str().unwrap_or_default();
        base64::engine::general_purpose::STANDARD
            .decode(text)
            .context("the picture of the window")
    }

    /// What a script found, or `meanwhile` where its page went away under it: the next one is to be asked.
    fn unless_replaced<T>(found: Result<T>, meanwhile: T) -> Result<T> {
        match found {
            Err(error) if error.to_string().contains("Could not parse script result") => {
                Ok(meanwhile)
            }
            found => found,
        }
    }

    fn element(&self, css: &str) -> Result<String> {
        let wanted = json!({"using": "css selector", "value": css});
        let found = self.post("element", &wanted)?;
        found[ELEMENT]
            .as_str()
            .map(str::to_owned)
            .ok_or_else(|| Failure::new(format!("nothing matches {css}")))
    }

    fn post(&self, path: &str, body: &Value) -> Result<Value> {
        call("POST", &format!("{}/{path}", self.url), Some(body))
    }

    /// Adds where the app was and what it showed, which is what one asks first.
    pub(crate) fn explain(&self, error: &Failure) -> Failure {
        let script = "return location.hash + ' showing: ' +
            (document.querySelector('[role=dialog]') ?? document.body).innerText.replace(/\\s+/g, ' ').slice(0, 400)";
        let seen = self.run(script, &[]).unwrap_or_default();
        let seen = seen.as_str().unwrap_or("a window that does not answer");
        Failure::new(format!("{error}; at {seen}"))
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        // Lets the app end properly; the group's own drop takes whatever is left.
        let _ = http::request("DELETE", &self.url, None);
        let _ = self.driver.kill();
    }
}

/// Whether the element was only being redrawn or moved: then looking again is all that is needed.
fn is_passing(error: &Failure) -> bool {
    let error = error.to_string();
    ["stale element", "intercepted", "not interactable"]
        .iter()
        .any(|passing| error.contains(passing))
}

/// A loopback port on which nobody listens now.
///
/// # Errors
/// When the system has none left.
pub fn free_port() -> Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

fn call(method: &str, url: &str, body: Option<&Value>) -> Result<Value> {
    let text = body.map(Value::to_string);
    let answer = http::request(method, url, text.as_deref())?;
    let parsed: Value = serde_json::from_str(&answer.body).context(url)?;
    let value = parsed["value"].clone();
    if answer.status != 200 {
        let (error, message) = (&value["error"], &value["message"]);
        return Err(Failure::new(format!("{error}: {message}")));
    }
    Ok(value)
}
