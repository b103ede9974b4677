//! What can be made to go wrong with a GigE Vision camera, by name. PURE.

use crate::{trouble::Standing, troubles};

/// The troubles that stand.
pub type Troubles = Standing<Trouble>;

troubles! {
    /// What can be made to go wrong with a GigE Vision camera.
    Trouble {
        /// Packets of pictures are lost on the network.
        PacketsLost = "packets-lost", value "packets per thousand" = 10;
        /// Pictures come without their leader; asked for again, it comes.
        LeaderLost = "leader-lost";
        /// Pictures come without their trailer; asked for again, it comes.
        TrailerLost = "trailer-lost";
        /// Every packet of a picture comes twice.
        PacketsTwice = "packets-twice";
        /// Packets of a picture overtake each other.
        PacketsMixed = "packets-mixed";
        /// Pictures are announced one pixel wider than was set.
        OtherSize = "other-size";
        /// Of every picture only the trailer comes.
        TrailerAlone = "trailer-alone";
        /// A picture number is left out before every picture.
        NumberSkipped = "number-skipped";
        /// Packets asked for again are not there any more.
        ResendRefused = "resend-refused";
        /// Packets over a size do not pass the network.
        PacketsTooLarge = "packets-too-large", value "bytes" = 1500;
        /// The camera's control port answers nothing.
        ControlSilent = "control-silent";
        /// The camera gives control to nobody.
        ControlRefused = "control-refused";
        /// Power off and on: control, settings and picture numbers begin anew. Over at once.
        CameraPowerCycle = once "camera-power-cycle";
    }
}
