//! Grids over three corners of which each says how it leans.

use super::plane::Projection;
use super::{FIT, Grid, Laid, REFINED};
use crate::decode::corners::Set;
use crate::frame::GreyFrame;

/// How well a grid over those three corners fits before it is moved.
pub(in super::super) fn fit_at_first(frame: &GreyFrame, set: &Set) -> f32 {
    let fits = versions(set).into_iter().filter_map(|version| {
        let grid = Grid::over(17 + 4 * version as usize, set)?;
        Some(grid.fit_of(frame))
    });
    fits.fold(0.0, f32::max)
}

/// How many modules there may be over those three corners, as versions, the likeliest first.
fn versions(set: &Set) -> Vec<f32> {
    let version = (set.apart - 10.0) / 4.0;
    let near = version.round();
    let next = if version > near {
        near + 1.0
    } else {
        near - 1.0
    };
    let mut versions = vec![near, next, 2.0 * near - next];
    if near > 8.0 {
        versions.extend([2.0 * next - near, 3.0 * near - 2.0 * next]);
    }
    versions.retain(|version| (1.0..=40.0).contains(version));
    versions
}

/// Lays a grid over three corners whose lean is known and reads it, where it fits.
pub(in super::super) fn read_set(frame: &GreyFrame, set: &Set) -> Laid {
    let mut grids = Vec::new();
    for version in versions(set) {
        let Some(mut grid) = Grid::over(17 + 4 * version as usize, set) else {
            continue;
        };
        grid.fit = grid.fit_of(frame);
        let before = (grid.pixels, grid.fit);
        grid.find_fourth_corner(frame, 0.04);
        grid.fit = grid.fit_of(frame);
        if grid.fit < before.1 {
            (grid.pixels, grid.fit) = before;
            grid.update();
        }
        grids.push(grid);
    }
    grids.sort_by(|a, b| b.fit.total_cmp(&a.fit));
    grids.truncate(REFINED);
    grids.iter_mut().for_each(|grid| grid.refine(frame));
    let best = grids.into_iter().max_by(|a, b| a.fit.total_cmp(&b.fit));
    best.map_or(Laid::default(), |grid| Laid {
        fit: grid.fit,
        found: (grid.fit >= FIT).then(|| grid.read(frame)).flatten(),
    })
}

impl Grid {
    /// Over three corners of which each says how it leans; nothing where they contradict each other.
    fn over(side: usize, set: &Set) -> Option<Self> {
        let far = side as f32 - 3.5;
        let middles = [(3.5, 3.5), (far, 3.5), (3.5, far)];
        let mut pairs = Vec::new();
        for (corner, (u, v)) in set.corners.iter().zip(middles) {
            for (du, dv) in [(0.0, 0.0), (3.0, 0.0), (-3.0, 0.0), (0.0, 3.0), (0.0, -3.0)] {
                pairs.push(((u + du, v + dv), corner.place(du, dv)));
            }
        }
        let projection = Projection::fitted(&pairs)?;
        let near = side as f32 - 6.5;
        let places = [middles[0], middles[1], middles[2], (near, near)];
        Some(Self::through(side, places.map(|at| projection.place(at))))
    }
}
