//! The dearer tries, and in which order they take turns.

use super::bars::Care;
use super::binary::Threshold;

/// What the picture is made into before it is made black and white.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Picture {
    Full,
    Half,
    Sharp,
    Soft,
    /// Dark and light exchanged, as codes are printed on dark paper.
    Light,
    LightHalf,
    Double,
    /// The place where corners of a code were seen, and the same twice as large.
    Near,
    NearDouble,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Reader {
    Rxing,
    Rqrr,
}

/// A dearer try.
#[derive(Debug, Clone, Copy)]
pub(super) enum Try {
    Qr(Picture, Threshold, Reader),
    /// The grid laid over the grey picture, at the finder patterns that all looks have found.
    Grid,
    /// Corners that no look has found, and the grid over them.
    Corners,
    /// rqrr with its own threshold.
    Rqrr(Picture),
    /// Bars whose place is known, with that care, turned a little.
    Bars(Care, f32),
    /// Bars whose place is known, all lines across them together.
    Together,
    /// The same of all bars that noise hides.
    Faint,
    /// Rows or columns of the whole frame.
    Lines {
        upright: bool,
        care: Care,
    },
}

const SMALL_MEAN: Threshold = Threshold::Mean {
    share: 16,
    percent: 6,
};
const LARGE_MEAN: Threshold = Threshold::Mean {
    share: 5,
    percent: 10,
};

/// In the order of what they bring for their cost.
pub(super) const TRIES: [Try; 28] = [
    Try::Corners,
    Try::Corners,
    Try::Together,
    Try::Together,
    Try::Bars(Care { lines: 9, thick: 1 }, 0.0),
    Try::Qr(Picture::Half, SMALL_MEAN, Reader::Rxing),
    Try::Corners,
    Try::Grid,
    Try::Qr(Picture::Sharp, Threshold::Blocks, Reader::Rxing),
    Try::Lines {
        upright: false,
        care: Care {
            lines: 15,
            thick: 5,
        },
    },
    Try::Corners,
    Try::Grid,
    Try::Qr(Picture::Full, SMALL_MEAN, Reader::Rqrr),
    Try::Together,
    Try::Bars(Care { lines: 9, thick: 9 }, 0.0),
    Try::Qr(Picture::Full, LARGE_MEAN, Reader::Rxing),
    Try::Lines {
        upright: true,
        care: Care {
            lines: 15,
            thick: 5,
        },
    },
    Try::Qr(Picture::NearDouble, Threshold::Blocks, Reader::Rxing),
    Try::Qr(Picture::Light, SMALL_MEAN, Reader::Rxing),
    Try::Qr(Picture::Soft, LARGE_MEAN, Reader::Rxing),
    Try::Grid,
    Try::Rqrr(Picture::Near),
    Try::Qr(Picture::Full, Threshold::Otsu, Reader::Rxing),
    Try::Qr(Picture::Double, Threshold::Blocks, Reader::Rxing),
    Try::Rqrr(Picture::Full),
    Try::Faint,
    Try::Bars(Care { lines: 9, thick: 3 }, 0.05),
    Try::Bars(Care { lines: 9, thick: 3 }, -0.05),
];

impl Try {
    /// Whether it is in vain where nothing looks like bars.
    pub(super) fn needs_bars(self) -> bool {
        matches!(self, Self::Bars(..) | Self::Lines { .. })
    }

    pub(super) fn is_for_bars(self) -> bool {
        matches!(
            self,
            Self::Bars(..) | Self::Together | Self::Faint | Self::Lines { .. }
        )
    }
}
