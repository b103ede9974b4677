//! What a camera's driver is asked before pictures come, and what its answers are worth. PURE.
//!
//! The library that speaks to the kernel (`moq-v4l` 0.1) panics where an answer holds what it does not know: a number
//! of a colour space, of a transfer function or of a field order, or a name cut within a letter. Each question is
//! therefore put so that a panic is an answer too: a camera whose name cannot be read is used, and a layout whose answer
//! cannot be read is one that the camera does not have.

use super::address::V4l2Address;
use super::pictures::{Given, Layout, Shape};
use crate::Fault;
use std::any::Any;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Letters of a panic's text that are told.
const TOLD: usize = 120;

/// Who a driver says its device is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Card {
    /// The name of the device.
    pub name: String,
    /// The name of the driver.
    pub driver: String,
    /// It gives pictures of one plane, as a stream.
    pub takes_pictures: bool,
}

/// The questions. What they are asked of is between two of them as it was, or not used any more.
pub(super) trait Driver {
    /// Who it is.
    fn card(&self) -> io::Result<Card>;
    /// Pixels of a row, and rows, as it is set now.
    fn size(&self) -> io::Result<(u32, u32)>;
    /// Sets layout and size; the driver may answer with others.
    fn set(&self, layout: Layout, size: (u32, u32)) -> io::Result<Given>;
    /// Sets pictures a second; what is answered is the time from picture to picture, as a fraction of a second.
    fn set_rate(&self, fps: u32) -> io::Result<(u32, u32)>;
}

/// The answer, or what the library said when it broke on it.
pub(super) fn asked<T>(question: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(question)).map_err(|panic| said(&*panic))
}

fn said(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    let text = text.unwrap_or("it does not say why");
    text.chars().take(TOLD).collect()
}

/// What pictures will be like, and the time from one to the next when one was asked for: the first layout that the camera
/// has, in the size that was asked for or the one it has.
pub(super) fn agree(
    driver: &impl Driver,
    address: &V4l2Address,
) -> Result<(Shape, Option<(u32, u32)>), Fault> {
    check(driver, address)?;
    let shape = shape(driver, address)?;
    let set = |fps| asked(|| driver.set_rate(fps)).ok()?.ok();
    Ok((shape, address.fps.and_then(set)))
}

/// Whether it is a camera at all.
fn check(driver: &impl Driver, address: &V4l2Address) -> Result<(), Fault> {
    let path = address.path.display();
    let found = match asked(|| driver.card()) {
        Ok(Ok(card)) if card.takes_pictures => return Ok(()),
        Ok(Ok(Card { name, driver, .. })) => {
            format!("{path}, {name} of the driver {driver}, which gives no such pictures")
        }
        Ok(Err(error)) => format!("{path}, which is no video device ({error})"),
        // Whether it gives pictures is seen when it is asked for them.
        Err(_broke) => return Ok(()),
    };
    let expected = "a camera that streams (V4L2, one plane)".to_owned();
    Err(Fault::WrongDevice { expected, found })
}

fn shape(driver: &impl Driver, address: &V4l2Address) -> Result<Shape, Fault> {
    let path = address.path.display();
    let size = match address.size {
        Some(size) => size,
        None => match asked(|| driver.size()) {
            Ok(Ok(size)) => size,
            Ok(Err(error)) => {
                let what = format!("setting the format of the camera {path}: {error}");
                return Err(Fault::LinkDown(what));
            }
            Err(broke) => {
                return Err(Fault::WrongDevice {
                    expected: "a camera that says its size, or width= and height= in its address"
                        .into(),
                    found: format!("{path}, whose answer is not understood ({broke})"),
                });
            }
        },
    };
    let (mut refused, mut odd) = (None, None);
    for layout in Layout::ALL {
        let given = match asked(|| driver.set(layout, size)) {
            Ok(Ok(given)) => given,
            // A driver may refuse a layout.
            Ok(Err(_)) => continue,
            Err(broke) => {
                let letters = layout.letters();
                let letters = letters.escape_ascii();
                odd.get_or_insert(format!("{letters} is not understood ({broke})"));
                continue;
            }
        };
        match Shape::agreed(layout, address.size, &given) {
            Ok(Some(shape)) => return Ok(shape),
            Ok(None) => {}
            Err(fault) => refused = refused.or(Some(fault)),
        }
    }
    Err(refused.unwrap_or_else(|| Fault::WrongDevice {
        expected: "a camera with GREY, YUYV, NV12 or MJPG".into(),
        found: match odd {
            Some(odd) => format!("{path}, whose answer to {odd}"),
            None => format!("{path}, which has none of them"),
        },
    }))
}

#[cfg(test)]
mod test {
    use super::*;
    use proptest::prelude::*;

    /// What a driver answers to one question.
    #[derive(Debug, Clone, Copy)]
    enum Says<T> {
        This(T),
        No,
        /// What breaks the library that asks.
        Odd(&'static str),
    }

    impl<T: Copy> Says<T> {
        fn say(self) -> io::Result<T> {
            match self {
                Says::This(answer) => Ok(answer),
                Says::No => Err(io::ErrorKind::InvalidInput.into()),
                Says::Odd(why) => panic!("{why}"),
            }
        }
    }

    struct Odd {
        takes_pictures: Says<bool>,
        size: Says<(u32, u32)>,
        /// To each of [`Layout::ALL`].
        layouts: [Says<Given>; 4],
        rate: Says<(u32, u32)>,
    }

    impl Driver for Odd {
        fn card(&self) -> io::Result<Card> {
            self.takes_pictures.say().map(|takes_pictures| Card {
                name: "Odd".into(),
                driver: "odd".into(),
                takes_pictures,
            })
        }

        fn size(&self) -> io::Result<(u32, u32)> {
            self.size.say()
        }

        fn set(&self, layout: Layout, _size: (u32, u32)) -> io::Result<Given> {
            let at = Layout::ALL.iter().position(|one| *one == layout);
            self.layouts[at.unwrap()].say()
        }

        fn set_rate(&self, _fps: u32) -> io::Result<(u32, u32)> {
            self.rate.say()
        }
    }

    const COLOR: &str = "Invalid colorspace: ()";

    fn given(letters: [u8; 4], stride: u32) -> Says<Given> {
        Says::This(Given {
            letters,
            width: 4,
            height: 2,
            stride,
            size: 2 * stride,
        })
    }

    /// A camera that has YUYV and answers to everything else with it, as drivers do.
    fn sound() -> Odd {
        Odd {
            takes_pictures: Says::This(true),
            size: Says::This((4, 2)),
            layouts: [given(*b"YUYV", 8); 4],
            rate: Says::This((1, 30)),
        }
    }

    fn agreed(driver: &Odd, text: &str) -> Result<(Shape, Option<(u32, u32)>), Fault> {
        let Ok(crate::address::Address::V4l2(address)) = text.parse() else {
            panic!("{text}");
        };
        agree(driver, &address)
    }

    const PLAIN: &str = "v4l2:///dev/video0";
    const ALL_GIVEN: &str = "v4l2:///dev/video0?width=4&height=2&fps=30";

    #[test]
    fn what_breaks_the_library_costs_no_more_than_the_answer() {
        let Says::This(yuyv) = given(*b"YUYV", 8) else {
            panic!("it is an answer");
        };
        let yuyv = Shape::agreed(Layout::Yuyv, None, &yuyv).unwrap().unwrap();
        assert_eq!(agreed(&sound(), PLAIN), Ok((yuyv, None)));
        assert_eq!(agreed(&sound(), ALL_GIVEN), Ok((yuyv, Some((1, 30)))));
        // Neither name, nor the size it has, nor its rate, nor another layout are needed.
        let mut odd = sound();
        (odd.takes_pictures, odd.rate) = (Says::Odd("Utf8Error"), Says::Odd("rate"));
        (odd.size, odd.layouts[0]) = (Says::Odd(COLOR), Says::Odd(COLOR));
        assert_eq!(agreed(&odd, ALL_GIVEN), Ok((yuyv, None)));
    }

    #[test]
    fn a_driver_that_nothing_can_be_agreed_with_is_a_wrong_device_and_says_why() {
        let broken = Odd {
            layouts: [Says::Odd(COLOR); 4],
            ..sound()
        };
        let part = Odd {
            layouts: [Says::No, Says::Odd(COLOR), Says::No, given(*b"GREY", 4)],
            ..sound()
        };
        let sizeless = Odd {
            size: Says::Odd(COLOR),
            ..sound()
        };
        let other = Odd {
            layouts: [given([0xFF, 0, b'\n', 0x80], 4); 4],
            ..sound()
        };
        let radio = Odd {
            takes_pictures: Says::This(false),
            ..sound()
        };
        let long = Odd {
            layouts: [Says::Odd(COLOR), given(*b"YUYV", 7), Says::No, Says::No],
            ..sound()
        };
        for (driver, text, wanted) in [
            (
                &broken,
                PLAIN,
                "answer to GREY is not understood (Invalid colorspace",
            ),
            (
                &part,
                PLAIN,
                "answer to YUYV is not understood (Invalid colorspace",
            ),
            (&sizeless, PLAIN, "width= and height= in its address"),
            (&other, PLAIN, "/dev/video0, which has none of them"),
            (
                &radio,
                PLAIN,
                "Odd of the driver odd, which gives no such pictures",
            ),
            (&long, PLAIN, "7 bytes a row"),
        ] {
            let fault = agreed(driver, text).unwrap_err();
            assert!(matches!(fault, Fault::WrongDevice { .. }), "{fault}");
            assert!(fault.to_string().contains(wanted), "{wanted}: {fault}");
        }
        let gone = Odd {
            size: Says::No,
            ..sound()
        };
        assert!(matches!(agreed(&gone, PLAIN), Err(Fault::LinkDown(_))));
    }

    #[test]
    fn a_panics_text_is_told_whole_or_cut_to_its_limit() {
        let long = "ä".repeat(2 * TOLD);
        assert_eq!(asked(|| panic!("{long}")), Err::<(), _>("ä".repeat(TOLD)));
        let odd = asked(|| std::panic::panic_any(7));
        assert_eq!(odd, Err::<(), _>("it does not say why".to_owned()));
    }

    fn says() -> impl Strategy<Value = Says<Given>> {
        let letters = prop_oneof![
            proptest::sample::select(Layout::ALL.map(Layout::letters).to_vec()),
            any::<[u8; 4]>(),
        ];
        let side = || prop_oneof![0_u32..40, any::<u32>()];
        let given = (letters, side(), side(), side(), side());
        prop_oneof![
            Just(Says::No),
            Just(Says::Odd("Invalid quantization: ()")),
            given.prop_map(|(letters, width, height, stride, size)| {
                Says::This(Given {
                    letters,
                    width,
                    height,
                    stride,
                    size,
                })
            }),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// Whatever a driver answers: a shape, or a fault with the device's name.
        #[test]
        fn any_answers_end_in_a_shape_or_a_named_fault(
            layouts in [says(), says(), says(), says()],
            given in any::<bool>(),
        ) {
            let driver = Odd { layouts, ..sound() };
            if let Err(fault) = agreed(&driver, if given { ALL_GIVEN } else { PLAIN }) {
                prop_assert!(matches!(fault, Fault::WrongDevice { .. }), "{fault}");
            }
        }
    }
}
