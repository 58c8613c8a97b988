//! What happens to cameras, in the order in which it is made to happen.

use std::path::Path;
use std::time::{Duration, Instant};

use counterfoil_scan::{CameraEvent, NokhwaCamera, list_cameras};
use v4l::io::traits::CaptureStream as _;
use v4l::prelude::MmapStream;
use v4l::video::Capture as _;
use v4l::video::capture::Parameters;
use v4l::{Device, Format, FourCC, Fraction, buffer};

use crate::driver;
use crate::watched::Watched;
use crate::writer::{HEIGHT, Layout, WIDTH, Writer};

/// What was claimed, and a remark or why it is not so.
pub type Fact = (String, Result<String, String>);

/// A camera with one input, so that one node is all there is.
const WEBCAM: [&str; 4] = [
    "n_devs=1",
    "node_types=0x1",
    "num_inputs=1",
    "input_types=0",
];
const LOOPBACK: [&str; 3] = ["devices=1", "exclusive_caps=1", "card_label=Loopback"];

/// Everything that is to be found out.
pub fn all() -> Vec<Fact> {
    let mut facts = Vec::new();
    let mut fact = |name: &str, outcome: Result<String, String>| {
        println!("{name}: {outcome:?}");
        facts.push((name.to_owned(), outcome));
    };
    fact("a machine without a camera says so", without_a_camera());
    webcam(&mut fact);
    for layout in [Layout::Yuyv, Layout::Mjpeg, Layout::Nv12] {
        loopback(layout, &mut fact);
    }
    facts
}

fn without_a_camera() -> Result<String, String> {
    let listed = list_cameras().map_err(|err| err.to_string())?;
    let opened = NokhwaCamera::open(None).err().map(|err| err.code());
    if listed.is_empty() && opened == Some("no_camera") {
        return Ok("no_camera".to_owned());
    }
    Err(format!("{listed:?}, opened: {opened:?}"))
}

/// The webcam of the kernel, from before it is plugged in to after it is let go.
fn webcam(fact: &mut impl FnMut(&str, Result<String, String>)) {
    let mut camera = Watched::start();
    fact(
        "a camera that is not there yet is waited for",
        camera
            .hears_lost()
            .and_then(|code| expected("no_camera", code)),
    );
    let node = driver::load("vivid", &WEBCAM);
    let opened = node.clone().and_then(|_| camera.hears_opened());
    fact("it is opened once it is plugged in", opened.clone());
    fact(
        "a format with enough pictures a second is agreed on with the driver",
        node.and_then(|node| agreed(&node, &opened?)),
    );
    fact("it gives pictures", camera.gives(20).map(a_second));
    let since = Instant::now();
    let lost = driver::unplug().and_then(|()| camera.hears_lost());
    fact(
        "pulled out, it is lost within moments",
        lost.and_then(|code| expected("camera_gone", code))
            .and_then(|code| in_time(since, Duration::from_secs(15), &code)),
    );
    let back = driver::plug().and_then(|_| camera.hears_opened());
    fact("plugged in again, it is opened again", back);
    fact("and gives pictures again", camera.gives(20).map(a_second));
    fact("it stops when it is told to", stopped(&mut camera));
    fact("in use by another, it is busy; then it is opened", busy());
    fact(
        "left in a layout and at a rate that nobody else has, it is opened",
        left_behind(),
    );
    fact(
        "nothing holds its device afterwards",
        driver::unload("vivid").map(|()| "its driver was unloaded".to_owned()),
    );
}

/// What the driver itself says of the format.
fn agreed(node: &Path, opened: &str) -> Result<String, String> {
    let device = Device::with_path(node).map_err(|err| err.to_string())?;
    let format = device.format().map_err(|err| err.to_string())?;
    let interval = device.params().map_err(|err| err.to_string())?.interval;
    let rate = interval.denominator / interval.numerator.max(1);
    let size = format!("{}x{}@{rate}FPS", format.width, format.height);
    if rate >= 15 && format.width >= 640 && opened.contains(&size) {
        return Ok(format!("{size} {}", format.fourcc));
    }
    Err(format!(
        "the driver says {size} {}, the camera {opened}",
        format.fourcc
    ))
}

/// Another program holds the camera for a while.
fn busy() -> Result<String, String> {
    let text = |err: std::io::Error| err.to_string();
    let device = Device::new(0).map_err(text)?;
    let mut stream = MmapStream::new(&device, buffer::Type::VideoCapture).map_err(text)?;
    stream.next().map_err(text)?;
    let mut camera = Watched::start();
    let code = camera.hears_lost()?;
    drop(stream);
    drop(device);
    let opened = camera.hears_opened()?;
    camera.handle.stop();
    expected("camera_busy", code).map(|code| format!("{code}, then {opened}"))
}

/// Another program had it in a layout of its own, at pictures of 2/25 s.
fn left_behind() -> Result<String, String> {
    let text = |err: std::io::Error| err.to_string();
    let device = Device::new(0).map_err(text)?;
    let format = Format::new(WIDTH, HEIGHT, FourCC::new(b"GREY"));
    let format = device.set_format(&format).map_err(text)?;
    let interval = Fraction::new(2, 25);
    device
        .set_params(&Parameters::new(interval))
        .map_err(text)?;
    let left = device.params().map_err(text)?.interval;
    let is_odd = (left.numerator, left.denominator) == (2, 25);
    if format.fourcc != FourCC::new(b"GREY") || !is_odd {
        return Err(format!(
            "the driver takes {format} at {left} s in place of it"
        ));
    }
    drop(device);
    let mut camera = Watched::start();
    let opened = camera.hears_opened()?;
    let pace = camera.gives(10)?;
    camera.handle.stop();
    Ok(format!("{opened}, {}", a_second(pace)))
}

/// A code in that layout, and a program behind the camera that goes and comes.
fn loopback(layout: Layout, fact: &mut impl FnMut(&str, Result<String, String>)) {
    let name = layout.name();
    let node = match driver::load("v4l2loopback", &LOOPBACK) {
        Ok(node) => node,
        Err(why) => return fact(&format!("{name}: the loopback is there"), Err(why)),
    };
    let first = format!("CARD-{name}-1");
    let second = format!("CARD-{name}-2");
    let writer = Writer::start(&node, layout, &first);
    let mut camera = Watched::start();
    let opened = writer.as_ref().map_err(Clone::clone).and_then(|_| {
        let opened = camera.hears_opened()?;
        let wanted = format!("{WIDTH}x{HEIGHT}");
        if opened.contains(&wanted) && opened.contains(name) {
            Ok(opened)
        } else {
            Err(format!("opened as {opened}"))
        }
    });
    fact(&format!("{name}: opened as it is written"), opened);
    fact(
        &format!("{name}: a code is read off it"),
        camera.reads(&first).map(seconds),
    );
    fact(
        &format!("{name}: pictures come"),
        camera.gives(20).map(a_second),
    );
    drop(writer);
    let again = Writer::start(&node, layout, &second);
    fact(
        &format!("{name}: its source goes and comes back, and another code is read"),
        again
            .as_ref()
            .map_err(Clone::clone)
            .and_then(|_| camera.reads(&second).map(seconds)),
    );
    drop(again);
    fact(
        &format!("{name}: without any more pictures it still stops"),
        stopped(&mut camera),
    );
    // Who hangs in a driver is let go by the next picture.
    let last = Writer::start(&node, layout, &first);
    drop(camera);
    drop(last);
    fact(
        &format!("{name}: nothing holds its device afterwards"),
        unloaded(&node, layout),
    );
}

/// Unloads the loopback, with some more pictures for whoever still waits for one.
fn unloaded(node: &Path, layout: Layout) -> Result<String, String> {
    let since = Instant::now();
    loop {
        match driver::unload("v4l2loopback") {
            Ok(()) => return Ok("its driver was unloaded".to_owned()),
            Err(why) if since.elapsed() > Duration::from_secs(20) => return Err(why),
            Err(_) => drop(Writer::start(node, layout, "last")?),
        }
    }
}

fn stopped(camera: &mut Watched) -> Result<String, String> {
    let since = Instant::now();
    camera.handle.stop();
    let took = in_time(since, Duration::from_secs(5), "told")?;
    camera.hears("Stopped", |event| {
        (event == CameraEvent::Stopped).then_some(())
    })?;
    Ok(took)
}

fn expected(wanted: &str, code: &str) -> Result<String, String> {
    if code == wanted {
        Ok(code.to_owned())
    } else {
        Err(format!("{code} in place of {wanted}"))
    }
}

fn in_time(since: Instant, longest: Duration, what: &str) -> Result<String, String> {
    let took = since.elapsed();
    if took <= longest {
        Ok(format!("{what}, {:.1} s", took.as_secs_f64()))
    } else {
        Err(format!(
            "{what}, but only after {:.1} s",
            took.as_secs_f64()
        ))
    }
}

fn a_second(pictures: f64) -> String {
    format!("{pictures:.1} a second")
}

fn seconds(took: Duration) -> String {
    format!("{:.1} s", took.as_secs_f64())
}
