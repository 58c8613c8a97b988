//! Grey pictures: all that decoding needs, and a quarter of the bytes.

/// The shortest side of a piece of a picture, in pixels: nothing smaller holds a code.
const PIECE_MIN: u32 = 21;

/// Why a frame could not be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// The bytes do not fill the picture that the size promises.
    #[error("a picture of {width} x {height} needs {needed} bytes, {given} were given")]
    WrongSize {
        /// Promised width in pixels.
        width: u32,
        /// Promised height in pixels.
        height: u32,
        /// Bytes that the size asks for.
        needed: usize,
        /// Bytes that came.
        given: usize,
    },
    /// No JPEG, or one that can't be read.
    #[error("the bytes are no JPEG that can be read")]
    Jpeg,
}

/// An 8-bit grey picture, rows packed without padding, 0 is black.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GreyFrame {
    width: u32,
    height: u32,
    luma: Vec<u8>,
}

impl GreyFrame {
    /// A picture from packed rows.
    ///
    /// # Errors
    /// [`FrameError::WrongSize`] unless `luma` holds exactly `width * height` bytes, at least one.
    pub fn new(width: u32, height: u32, luma: Vec<u8>) -> Result<Self, FrameError> {
        let needed = (width as usize).saturating_mul(height as usize);
        if needed == 0 || luma.len() != needed {
            return Err(FrameError::WrongSize {
                width,
                height,
                needed,
                given: luma.len(),
            });
        }
        Ok(Self {
            width,
            height,
            luma,
        })
    }

    /// A picture from rows that begin every `stride` bytes.
    ///
    /// # Errors
    /// [`FrameError::WrongSize`] where `bytes` ends before the last row does.
    pub fn from_strided(
        width: u32,
        height: u32,
        stride: usize,
        bytes: &[u8],
    ) -> Result<Self, FrameError> {
        let (w, h) = (width as usize, height as usize);
        let needed = stride.saturating_mul(h.saturating_sub(1)).saturating_add(w);
        if w == 0 || h == 0 || stride < w || bytes.len() < needed {
            return Err(FrameError::WrongSize {
                width,
                height,
                needed,
                given: bytes.len(),
            });
        }
        let luma = bytes
            .chunks(stride)
            .take(h)
            .flat_map(|row| &row[..w])
            .copied()
            .collect();
        Self::new(width, height, luma)
    }

    /// Width in pixels.
    #[must_use]
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Height in pixels.
    #[must_use]
    pub fn height(&self) -> u32 {
        self.height
    }

    /// The pixels, row by row.
    #[must_use]
    pub fn luma(&self) -> &[u8] {
        &self.luma
    }

    /// One row of pixels.
    pub(crate) fn row(&self, y: u32) -> &[u8] {
        let start = y as usize * self.width as usize;
        &self.luma[start..start + self.width as usize]
    }

    /// The same picture with dark and light exchanged.
    pub(crate) fn inverted(&self) -> Self {
        Self {
            luma: self.luma.iter().map(|v| 255 - v).collect(),
            ..*self
        }
    }

    /// The same picture with its edges steeper: each pixel is pushed away from its neighbours'
    /// mean.
    pub(crate) fn sharpened(&self) -> Self {
        self.by_crosses(|here, around| (here * 12 - around * 2) / 4)
    }

    /// The same picture with its noise smoothed.
    pub(crate) fn softened(&self) -> Self {
        self.by_crosses(|here, around| (here * 2 + around) / 6)
    }

    /// A picture from each pixel and the sum of its four neighbours.
    fn by_crosses(&self, make: impl Fn(i32, i32) -> i32) -> Self {
        let (width, height) = (self.width as usize, self.height as usize);
        let mut luma = self.luma.clone();
        for y in 1..height.saturating_sub(1) {
            let above = self.row(y as u32 - 1);
            let here = self.row(y as u32);
            let below = self.row(y as u32 + 1);
            let made = &mut luma[y * width..(y + 1) * width];
            for x in 1..width.saturating_sub(1) {
                let around = i32::from(above[x])
                    + i32::from(below[x])
                    + i32::from(here[x - 1])
                    + i32::from(here[x + 1]);
                made[x] = make(i32::from(here[x]), around).clamp(0, 255) as u8;
            }
        }
        Self { luma, ..*self }
    }

    /// Twice as wide and high, each new pixel between the old ones.
    pub(crate) fn doubled(&self) -> Self {
        let (width, height) = (self.width as usize, self.height as usize);
        let mut luma = Vec::with_capacity(width * height * 4);
        for y in 0..2 * height {
            let near = self.row((y / 2) as u32);
            let far = (y / 2 + y % 2 * 2).saturating_sub(1).min(height - 1);
            let far = self.row(far as u32);
            for x in 0..2 * width {
                let at = x / 2;
                let side = (at + x % 2 * 2).saturating_sub(1).min(width - 1);
                let mix = |row: &[u8]| u32::from(row[at]) * 3 + u32::from(row[side]);
                luma.push(((mix(near) * 3 + mix(far) + 8) / 16) as u8);
            }
        }
        Self {
            width: self.width * 2,
            height: self.height * 2,
            luma,
        }
    }

    /// The piece between two places, as far as it lies in the picture, and where it begins; `None` where little is left.
    pub(crate) fn piece(&self, from: (f32, f32), to: (f32, f32)) -> Option<(u32, u32, Self)> {
        let cut = |from: f32, to: f32, end: u32| {
            let (low, high) = (from.max(0.0) as u32, (to.max(0.0) as u32).min(end));
            (high >= low.saturating_add(PIECE_MIN)).then_some((low, high))
        };
        let (left, right) = cut(from.0, to.0, self.width)?;
        let (top, bottom) = cut(from.1, to.1, self.height)?;
        let rows = (top..bottom).flat_map(|y| &self.row(y)[left as usize..right as usize]);
        let piece = Self {
            width: right - left,
            height: bottom - top,
            luma: rows.copied().collect(),
        };
        Some((left, top, piece))
    }

    /// At most `side` pixels on the longer side, each the mean of those it stands for; `None`
    /// where the picture is no larger than that already.
    pub(crate) fn shrunk_to(&self, side: u32) -> Option<Self> {
        let longer = self.width.max(self.height);
        if side == 0 || longer <= side {
            return None;
        }
        let scale = |v: u32| {
            let scaled = u64::from(v) * u64::from(side) / u64::from(longer);
            u32::try_from(scaled.max(1)).unwrap_or(1)
        };
        Some(self.shrunk(scale(self.width), scale(self.height)))
    }

    fn shrunk(&self, width: u32, height: u32) -> Self {
        let edges = |from: u32, to: u32| -> Vec<usize> {
            (0..=u64::from(to))
                .map(|i| (i * u64::from(from) / u64::from(to)) as usize)
                .collect()
        };
        let (xs, ys) = (edges(self.width, width), edges(self.height, height));
        let mut luma = Vec::with_capacity(width as usize * height as usize);
        let mut sums = vec![0_u32; width as usize];
        for rows in ys.windows(2) {
            sums.fill(0);
            for y in rows[0]..rows[1] {
                let row = self.row(y as u32);
                for (sum, cols) in sums.iter_mut().zip(xs.windows(2)) {
                    *sum += row[cols[0]..cols[1]]
                        .iter()
                        .map(|v| u32::from(*v))
                        .sum::<u32>();
                }
            }
            let tall = (rows[1] - rows[0]) as u32;
            luma.extend(sums.iter().zip(xs.windows(2)).map(|(sum, cols)| {
                let count = (tall * (cols[1] - cols[0]) as u32).max(1);
                u8::try_from(sum / count).unwrap_or(u8::MAX)
            }));
        }
        Self {
            width,
            height,
            luma,
        }
    }
}

/// One picture of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// Counts up with each picture of its source, from 0.
    pub seq: u64,
    /// The picture.
    pub grey: GreyFrame,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_frame_of_the_wrong_size_is_refused() {
        assert!(GreyFrame::new(4, 4, vec![0; 15]).is_err());
        assert!(GreyFrame::new(0, 4, vec![]).is_err());
    }

    #[test]
    fn padding_at_the_end_of_rows_is_dropped() {
        let frame = GreyFrame::from_strided(2, 2, 3, &[1, 2, 9, 3, 4]).unwrap();
        assert_eq!(frame.luma(), [1, 2, 3, 4]);
        assert!(GreyFrame::from_strided(2, 2, 3, &[1, 2, 9, 3]).is_err());
    }

    #[test]
    fn a_piece_ends_where_the_picture_does_and_knows_where_it_began() {
        let luma: Vec<u8> = (0..60 * 40).map(|at| (at % 251) as u8).collect();
        let frame = GreyFrame::new(60, 40, luma).unwrap();
        let (left, top, piece) = frame.piece((25.0, -9.0), (99.0, 30.5)).unwrap();
        assert_eq!((left, top), (25, 0));
        assert_eq!((piece.width(), piece.height()), (35, 30));
        assert_eq!(piece.row(7), &frame.row(7)[25..]);
        assert!(frame.piece((50.0, 0.0), (90.0, 40.0)).is_none());
        assert!(frame.piece((f32::NAN, 0.0), (-5.0, 40.0)).is_none());
    }

    #[test]
    fn shrinking_takes_the_mean() {
        let frame = GreyFrame::new(4, 2, vec![0, 100, 200, 200, 100, 200, 0, 0]).unwrap();
        let half = frame.shrunk_to(2).unwrap();
        assert_eq!((half.width(), half.height()), (2, 1));
        assert_eq!(half.luma(), [100, 100]);
    }

    proptest! {
        #[test]
        fn any_shrinking_fits_its_side(w in 1_u32..300, h in 1_u32..300, side in 1_u32..300) {
            let frame = GreyFrame::new(w, h, vec![7; (w * h) as usize]).unwrap();
            if let Some(small) = frame.shrunk_to(side) {
                prop_assert!(small.width() <= side && small.height() <= side);
                prop_assert!(small.luma().iter().all(|v| *v == 7));
            }
        }
    }
}
