//! Pages of PDF: text in the bundled typeface, squares, circles and QR codes. Lengths are points (1/72 inch), measured
//! from the top left.

use pdf_writer::types::FontFlags;
use pdf_writer::{Content, Finish as _, Name, Pdf, Rect, Ref, Str, TextStr};

use crate::RenderError;
use crate::font::{Faces, REGULAR, SEMIBOLD, Weight};
use crate::qr::{Matrix, QUIET};
use crate::winansi::encode;

/// Points in a millimetre.
pub(crate) const MM: f32 = 72.0 / 25.4;
/// Where a quarter circle's control points lie, as a share of the radius.
const ARC: f32 = 0.552_284_8;

/// Where text stands on its line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Align {
    Left,
    Centre,
    Right,
}

/// How text looks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Style {
    pub(crate) weight: Weight,
    /// Points.
    pub(crate) size: f32,
    pub(crate) align: Align,
}

/// A page being drawn.
pub(crate) struct Page {
    width: f32,
    height: f32,
    content: Content,
    pub(crate) faces: Faces,
}

impl Page {
    pub(crate) fn new(width: f32, height: f32) -> Result<Self, RenderError> {
        Ok(Self {
            width,
            height,
            content: Content::new(),
            faces: Faces::load()?,
        })
    }

    /// Text whose line begins at `x`, is at most `room` wide and has its baseline at `y`; wider text is squeezed.
    pub(crate) fn text(&mut self, style: Style, (x, y): (f32, f32), room: f32, text: &str) {
        let natural = self.faces.width(style.weight, text) * style.size;
        let squeeze = if natural > room { room / natural } else { 1.0 };
        let left = match style.align {
            Align::Left => x,
            Align::Centre => x + (room - natural * squeeze) / 2.0,
            Align::Right => x + room - natural * squeeze,
        };
        let name = match style.weight {
            Weight::Regular => Name(b"R"),
            Weight::SemiBold => Name(b"B"),
        };
        self.content
            .begin_text()
            .set_font(name, style.size)
            .set_horizontal_scaling(squeeze * 100.0)
            .next_line(left, self.height - y)
            .show(Str(&encode(text)))
            .end_text();
    }

    /// Text on as many lines as fit between the baseline `y` and `lines_max` lines further; letters shrink to three fifths
    /// of their size before anything is squeezed. Returns the baseline after the last line.
    pub(crate) fn paragraph(
        &mut self,
        style: Style,
        (x, y): (f32, f32),
        room: f32,
        lines_max: usize,
        text: &str,
    ) -> f32 {
        let mut style = style;
        let smallest = style.size * 0.6;
        let lines = loop {
            let lines = self
                .faces
                .wrap(style.weight, text, room / style.size, lines_max);
            let fits = |l: &String| self.faces.width(style.weight, l) * style.size <= room;
            if lines.iter().all(fits) || style.size * 0.95 < smallest {
                break lines;
            }
            style.size *= 0.95;
        };
        let mut base = y;
        for line in &lines {
            self.text(style, (x, base), room, line);
            base += style.size * 1.2;
        }
        base
    }

    pub(crate) fn rule(&mut self, (x, y): (f32, f32), length: f32, thickness: f32) {
        self.content
            .set_line_width(thickness)
            .move_to(x, self.height - y)
            .line_to(x + length, self.height - y)
            .stroke();
    }

    /// A hairline from one place to another.
    pub(crate) fn hairline(&mut self, from: (f32, f32), to: (f32, f32)) {
        self.content
            .set_line_width(0.25)
            .move_to(from.0, self.height - from.1)
            .line_to(to.0, self.height - to.1)
            .stroke();
    }

    /// A circle's outline around a centre.
    pub(crate) fn circle(&mut self, (x, y): (f32, f32), radius: f32, thickness: f32) {
        let (y, k) = (self.height - y, radius * ARC);
        self.content
            .set_line_width(thickness)
            .move_to(x + radius, y)
            .cubic_to(x + radius, y + k, x + k, y + radius, x, y + radius)
            .cubic_to(x - k, y + radius, x - radius, y + k, x - radius, y)
            .cubic_to(x - radius, y - k, x - k, y - radius, x, y - radius)
            .cubic_to(x + k, y - radius, x + radius, y - k, x + radius, y)
            .close_path()
            .stroke();
    }

    /// A QR code with its quiet zone in a square.
    pub(crate) fn qr(
        &mut self,
        (x, y): (f32, f32),
        size: f32,
        text: &str,
    ) -> Result<(), RenderError> {
        let matrix = Matrix::of(text)?;
        let squares = |count: u32| f32::from(u16::try_from(count).unwrap_or(u16::MAX));
        let unit = size / squares(matrix.side + 2 * QUIET);
        for (row, column, length) in matrix.runs() {
            let left = x + squares(column + QUIET) * unit;
            let bottom = self.height - (y + squares(row + QUIET + 1) * unit);
            self.content
                .rect(left, bottom, squares(length) * unit, unit);
        }
        self.content.fill_nonzero();
        Ok(())
    }

    /// The finished document of this page alone.
    pub(crate) fn finish(self, title: &str) -> Result<Vec<u8>, RenderError> {
        document(title, vec![self])
    }
}

/// The ids of what every page shares; pages and their contents follow in pairs.
const CATALOG: Ref = Ref::new(1);
const TREE: Ref = Ref::new(2);
const INFO: Ref = Ref::new(3);
/// The name in a page, the typeface's own, and the first of three ids.
type Face = (Name<'static>, Name<'static>, Weight, &'static [u8], i32);
const FACES: [Face; 2] = [
    (
        Name(b"R"),
        Name(b"Inter-Regular"),
        Weight::Regular,
        REGULAR,
        4,
    ),
    (
        Name(b"B"),
        Name(b"Inter-SemiBold"),
        Weight::SemiBold,
        SEMIBOLD,
        7,
    ),
];
const FIRST_PAGE: i32 = 10;

/// A document of these pages.
pub(crate) fn document(title: &str, pages: Vec<Page>) -> Result<Vec<u8>, RenderError> {
    let count = i32::try_from(pages.len()).unwrap_or(i32::MAX);
    let ids = || (0..count).map(|at| Ref::new(FIRST_PAGE + 2 * at));
    let mut pdf = Pdf::new();
    pdf.catalog(CATALOG).pages(TREE);
    pdf.document_info(INFO)
        .title(TextStr(title))
        .producer(TextStr("Counterfoil"));
    pdf.pages(TREE).kids(ids()).count(count);
    let faces = Faces::load()?;
    for face in FACES {
        embed(&mut pdf, &faces, face);
    }
    for (id, page) in ids().zip(pages) {
        let stream = Ref::new(id.get() + 1);
        let mut sheet = pdf.page(id);
        sheet
            .parent(TREE)
            .media_box(Rect::new(0.0, 0.0, page.width, page.height))
            .contents(stream);
        let mut resources = sheet.resources();
        let mut fonts = resources.fonts();
        for (name, _, _, _, id) in &FACES {
            fonts.pair(*name, Ref::new(*id));
        }
        fonts.finish();
        resources.finish();
        sheet.finish();
        pdf.stream(stream, &page.content.finish());
    }
    Ok(pdf.finish())
}

fn embed(pdf: &mut Pdf, faces: &Faces, (_, base, weight, file, id): Face) {
    let metrics = faces.metrics(weight);
    let (font, descriptor, data) = (Ref::new(id), Ref::new(id + 1), Ref::new(id + 2));
    let mut dict = pdf.indirect(font).dict();
    dict.pair(Name(b"Type"), Name(b"Font"));
    dict.pair(Name(b"Subtype"), Name(b"TrueType"));
    dict.pair(Name(b"BaseFont"), base);
    dict.pair(Name(b"FirstChar"), 32);
    dict.pair(Name(b"LastChar"), 255);
    dict.insert(Name(b"Widths")).array().items(metrics.widths);
    dict.pair(Name(b"FontDescriptor"), descriptor);
    dict.pair(Name(b"Encoding"), Name(b"WinAnsiEncoding"));
    dict.finish();
    pdf.font_descriptor(descriptor)
        .name(base)
        .flags(FontFlags::NON_SYMBOLIC)
        .bbox(Rect::new(-200.0, -250.0, 1250.0, 1000.0))
        .italic_angle(0.0)
        .ascent(metrics.ascent)
        .descent(metrics.descent)
        .cap_height(727.0)
        .stem_v(if weight == Weight::SemiBold {
            120.0
        } else {
            80.0
        })
        .font_file2(data);
    let length = i32::try_from(file.len()).unwrap_or(i32::MAX);
    pdf.stream(data, file).pair(Name(b"Length1"), length);
}
