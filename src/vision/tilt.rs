//! A picture turned by any angle: rxing's edge follower is blind at some angles (measured: no frame
//! at 32° and 122°, nine in ten elsewhere), so what is not found is looked for once more with the
//! picture turned. PURE.

use super::picture::Picture;

/// Bits behind the point of the fixed-point coordinates.
const FRACTION_BITS: u32 = 16;

/// The picture turned about its centre by an angle in degrees, same size; what comes from outside
/// repeats the edge.
pub(super) fn tilted(picture: &Picture, degrees: f64) -> Picture {
    let (width, height) = (i64::from(picture.width()), i64::from(picture.height()));
    let one = f64::from(1 << FRACTION_BITS);
    let (sin, cos) = degrees.to_radians().sin_cos();
    let (sin, cos) = ((sin * one) as i64, (cos * one) as i64);
    let (centre_x, centre_y) = (width / 2, height / 2);
    let luma = picture.luma();
    let mut turned = Vec::with_capacity(luma.len());
    for y in 0..height {
        let dy = y - centre_y;
        let mut source_x = (centre_x << FRACTION_BITS) - centre_x * cos - dy * sin;
        let mut source_y = (centre_y << FRACTION_BITS) - centre_x * sin + dy * cos;
        for _ in 0..width {
            turned.push(between(luma, width, height, source_x, source_y));
            source_x += cos;
            source_y += sin;
        }
    }
    Picture::from_luma(picture.width(), picture.height(), turned).expect("the same size")
}

/// The grey between four pixels; coordinates in fixed point.
fn between(luma: &[u8], width: i64, height: i64, x: i64, y: i64) -> u8 {
    const WEIGHT_BITS: u32 = 8;
    let weight = |place: i64| (place >> (FRACTION_BITS - WEIGHT_BITS)) & ((1 << WEIGHT_BITS) - 1);
    let (right, down) = (weight(x), weight(y));
    let (left, up) = ((1 << WEIGHT_BITS) - right, (1 << WEIGHT_BITS) - down);
    let column = (x >> FRACTION_BITS).clamp(0, width - 2) as usize;
    let row = (y >> FRACTION_BITS).clamp(0, height - 2) as usize;
    let at = row * width as usize + column;
    let grey = |at: usize| i64::from(luma[at]);
    let upper = grey(at) * left + grey(at + 1) * right;
    let below = at + width as usize;
    let lower = grey(below) * left + grey(below + 1) * right;
    ((upper * up + lower * down) >> (2 * WEIGHT_BITS)) as u8
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn turning_moves_pixels_about_the_centre() {
        let mut luma = vec![0; 100 * 100];
        luma[20 * 100 + 50] = 255;
        let picture = Picture::from_luma(100, 100, luma).unwrap();
        assert_eq!(tilted(&picture, 0.0).luma(), picture.luma());
        let quarter = tilted(&picture, 90.0);
        let brightest = (0..10_000).max_by_key(|at| quarter.luma()[*at]).unwrap();
        assert_eq!((brightest % 100, brightest / 100), (20, 50));
    }
}
