//! The conditions with their steps: which amounts of [`Damage`] each fills in. PURE.

use super::{Damage, Subject};
use crate::random::Random;

/// Steps of every condition: 0 to 9.
pub const STEPS: u8 = 10;

/// A named kind of degradation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Condition {
    /// Nothing is wrong, square to the camera.
    Clean,
    /// Out of focus.
    Blur,
    /// Sensor noise.
    Noise,
    /// Pale ink.
    Contrast,
    /// Spots without and with ink.
    Voids,
    /// Ink edges outward or inward.
    Gain,
    /// Motion while printing, or wet ink dragged.
    Smear,
    /// One-sided light, shadow and highlight.
    Light,
    /// Single modules of the finder missing.
    FinderModules,
    /// Runs of the finder missing.
    Finder,
    /// Print in the quiet zone.
    Quiet,
    /// Tilted pack.
    Perspective,
    /// Few pixels a module.
    ModuleSize,
    /// Dead nozzles or heater elements.
    Dead,
    /// Unsteady transport.
    Jitter,
    /// Some of everything.
    Mixed,
    /// As mixed, in a frame of 1280×1024.
    Big,
    /// Light on dark.
    Inverse,
    /// Transposed.
    Mirror,
    /// Rectangles.
    Rectangle,
    /// No symbol in the frame.
    NoSymbol,
}

impl Condition {
    /// Every condition.
    pub const ALL: [Condition; 21] = [
        Condition::Clean,
        Condition::Blur,
        Condition::Noise,
        Condition::Contrast,
        Condition::Voids,
        Condition::Gain,
        Condition::Smear,
        Condition::Light,
        Condition::FinderModules,
        Condition::Finder,
        Condition::Quiet,
        Condition::Perspective,
        Condition::ModuleSize,
        Condition::Dead,
        Condition::Jitter,
        Condition::Mixed,
        Condition::Big,
        Condition::Inverse,
        Condition::Mirror,
        Condition::Rectangle,
        Condition::NoSymbol,
    ];

    /// Its name on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.row().0
    }

    /// What it does and what its steps 0 to 9 mean, in one line.
    #[must_use]
    pub const fn explanation(self) -> &'static str {
        self.row().1
    }

    /// Whether its steps differ in more than chance.
    #[must_use]
    pub const fn has_steps(self) -> bool {
        !matches!(
            self,
            Condition::Clean
                | Condition::Inverse
                | Condition::Mirror
                | Condition::Rectangle
                | Condition::NoSymbol
        )
    }

    /// The condition of this name.
    ///
    /// # Errors
    /// A sentence that names what there is.
    pub fn parse(name: &str) -> Result<Condition, String> {
        let found = Condition::ALL.into_iter().find(|c| c.name() == name);
        found.ok_or_else(|| {
            let names = Condition::ALL.map(Condition::name).join(", ");
            format!("There is no condition \"{name}\". There are: {names}.")
        })
    }

    const fn row(self) -> (&'static str, &'static str) {
        match self {
            Condition::Clean => ("clean", "nothing wrong; no steps"),
            Condition::Blur => ("blur", "Gaussian σ 0.10 + 0.07 × step module"),
            Condition::Noise => ("noise", "σ 2 + 6 × step grey levels"),
            Condition::Contrast => (
                "contrast",
                "160, 120, 90, 65, 45, 30, 20, 14, 10, 7 grey levels between label and ink",
            ),
            Condition::Voids => (
                "voids",
                "0, 1, 2, 4, 6, 8, 11, 14, 18, 22 % of the area spotted, 2/3 ink missing, 1/3 extra",
            ),
            Condition::Gain => (
                "gain",
                "bars wider (even seeds) or narrower (odd seeds) by 0.09 × step module",
            ),
            Condition::Smear => (
                "smear",
                "0.2 × step module of motion (even seeds) or dragged wet ink (odd seeds)",
            ),
            Condition::Light => (
                "light",
                "0.1 × step of the light lost across the symbol, a highlight, odd seeds a shadow",
            ),
            Condition::FinderModules => ("findern", "exactly `step` modules of the L missing"),
            Condition::Finder => ("finder", "8 × step % of the L missing in runs"),
            Condition::Quiet => (
                "quiet",
                "print at 2, 1.5, 1.2, 1, 0.8, 0.6, 0.4, 0.2, 0.1, 0 module from the symbol",
            ),
            Condition::Perspective => ("persp", "corners off by up to 3 × step % of the side"),
            Condition::ModuleSize => (
                "modsize",
                "8, 6, 5, 4, 3.5, 3, 2.5, 2, 1.75, 1.5 px a module",
            ),
            Condition::Dead => ("dead", "`step` lines without ink"),
            Condition::Jitter => (
                "jitter",
                "0.06 × step module, stretch +2 (even seeds) or −2 (odd seeds) × step %",
            ),
            Condition::Mixed => ("mixed", "some of everything, each up to step/9 of its most"),
            Condition::Big => ("big", "as mixed, 1280×1024"),
            Condition::Inverse => ("inverse", "light on dark; no steps"),
            Condition::Mirror => ("mirror", "transposed; no steps"),
            Condition::Rectangle => ("rect", "rectangular symbols; no steps"),
            Condition::NoSymbol => (
                "nosym",
                "text, linear codes and textures without a Data Matrix; no steps",
            ),
        }
    }

    /// The stream of chance of a condition and step.
    pub(super) fn stream(self, step: u8) -> u64 {
        0x00F0_0000 + self as u64 * 16 + u64::from(step.min(STEPS - 1))
    }

    /// The amounts of a step (0–9; larger ones count as 9). Signs and kinds take turns with the
    /// seed; the amounts of [`Condition::Mixed`] and [`Condition::Big`] are drawn from it.
    #[must_use]
    pub fn damage(self, step: u8, seed: u64) -> Damage {
        let step = step.min(STEPS - 1);
        let (k, n) = (f64::from(step), usize::from(step));
        let odd = seed % 2 == 1;
        let sign = if odd { -1.0 } else { 1.0 };
        let mut damage = Damage {
            smear_drag: odd,
            shadow: odd,
            ..Damage::default()
        };
        match self {
            Condition::Clean => {
                (damage.blur_modules, damage.noise, damage.corner_shift) = (0.05, 1.0, 0.0);
            }
            Condition::Blur => damage.blur_modules = 0.10 + 0.07 * k,
            Condition::Noise => damage.noise = 2.0 + 6.0 * k,
            Condition::Contrast => {
                damage.contrast = [160., 120., 90., 65., 45., 30., 20., 14., 10., 7.][n];
            }
            Condition::Voids => {
                let percent = [0., 1., 2., 4., 6., 8., 11., 14., 18., 22.][n];
                damage.voids_share = percent / 100.0;
            }
            Condition::Gain => damage.gain_modules = sign * 0.09 * k,
            Condition::Smear => damage.smear_modules = 0.2 * k,
            Condition::Light => damage.light_share = 0.1 * k,
            Condition::FinderModules => damage.finder_modules = n,
            Condition::Finder => damage.finder_share = 0.08 * k,
            Condition::Quiet => {
                damage.quiet_modules = Some([2., 1.5, 1.2, 1., 0.8, 0.6, 0.4, 0.2, 0.1, 0.][n]);
            }
            Condition::Perspective => damage.corner_shift = 0.03 * k,
            Condition::ModuleSize => {
                let px = [8., 6., 5., 4., 3.5, 3., 2.5, 2., 1.75, 1.5][n];
                damage.px_per_module = (px, px);
            }
            Condition::Dead => damage.dead_lines = n,
            Condition::Jitter => {
                (damage.jitter_modules, damage.stretch) = (0.06 * k, sign * 0.02 * k);
            }
            Condition::Mixed => self.mix(&mut damage, k / 9.0, seed, step),
            Condition::Big => {
                (damage.width, damage.height) = (1280, 1024);
                self.mix(&mut damage, k / 9.0, seed, step);
            }
            Condition::Inverse => damage.inverted = true,
            Condition::Mirror => damage.mirrored = true,
            Condition::Rectangle => damage.subject = Subject::Rectangle,
            Condition::NoSymbol => damage.subject = Subject::Nothing,
        }
        damage
    }

    /// Every amount on its own: severity × a share of 0.3 to 1 of its most.
    fn mix(self, damage: &mut Damage, severity: f64, seed: u64, step: u8) {
        let mut random = Random::stream(seed, self.stream(step) + 0x1000);
        let mut amount = |most: f64| severity * (0.3 + 0.7 * random.unit()) * most;
        damage.blur_modules = 0.10 + amount(0.28);
        damage.noise = 2.0 + amount(12.0);
        damage.contrast = 160.0 - amount(90.0);
        damage.voids_share = amount(0.035);
        damage.gain_modules = amount(0.35);
        damage.smear_modules = amount(0.45);
        damage.light_share = amount(0.35);
        damage.corner_shift = 0.012 + amount(0.05);
        damage.jitter_modules = amount(0.12);
        damage.stretch = amount(0.05);
        let finder_share = amount(0.10);
        if random.chance(0.35) {
            damage.finder_share = finder_share;
        }
        damage.dead_lines = usize::from(random.chance(0.35 * severity));
        let mut toss = || random.chance(0.5);
        if toss() {
            damage.gain_modules = -damage.gain_modules;
        }
        if toss() {
            damage.stretch = -damage.stretch;
        }
        (damage.smear_drag, damage.shadow) = (toss(), toss());
    }
}
