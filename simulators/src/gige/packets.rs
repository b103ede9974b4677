//! A picture as stream packets. PURE.

use std::sync::Arc;

/// A picture that was sent, kept for packets that are asked for again.
#[derive(Debug)]
pub struct Sent {
    /// Its number since the stream was opened.
    pub block: u64,
    /// Numbers of 64 and 32 bits.
    pub wide: bool,
    /// Pixels across, as announced.
    pub width: u32,
    /// Pixels down, as announced.
    pub height: u32,
    /// Bytes of a packet, IP header included.
    pub packet_size: usize,
    /// The pixels.
    pub luma: Arc<Vec<u8>>,
}

/// A picture and which of its packets reach the network, in their order.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The picture.
    pub sent: Arc<Sent>,
    /// Packets by number.
    pub ids: Vec<u32>,
}

impl Sent {
    /// Picture bytes of a packet: what is left beside the headers of IP (20), UDP (8) and the packet itself.
    fn room(&self) -> usize {
        self.packet_size - 28 - if self.wide { 20 } else { 8 }
    }

    /// Packets of the picture, leader and trailer too.
    #[must_use]
    pub fn packets(&self) -> u32 {
        u32::try_from(self.luma.len().div_ceil(self.room())).unwrap_or(0) + 2
    }

    /// The number as 16 bits: after 65535 comes 1.
    #[must_use]
    pub fn short_block(&self) -> u64 {
        (self.block - 1) % 65_535 + 1
    }

    /// Writes packet `id` into `packet`, which is cleared.
    pub fn packet(&self, id: u32, again: bool, packet: &mut Vec<u8>) {
        packet.clear();
        let trailer = self.packets() - 1;
        let format = match id {
            0 => 1,
            id if id == trailer => 2,
            _ => 3,
        };
        let status = if again { 0x0100 } else { 0 };
        let number = if self.wide {
            self.block
        } else {
            self.short_block()
        };
        head(status, number, format, id, self.wide, packet);
        match format {
            1 => {
                packet.extend([0, 0, 0, 1]);
                packet.extend(self.block.to_be_bytes());
                for word in [0x0108_0001, self.width, self.height, 0, 0, 0] {
                    packet.extend(word.to_be_bytes());
                }
            }
            2 => {
                packet.extend([0, 0, 0, 1]);
                packet.extend(self.height.to_be_bytes());
            }
            _ => {
                let from = (id as usize - 1) * self.room();
                let to = (from + self.room()).min(self.luma.len());
                packet.extend_from_slice(&self.luma[from..to]);
            }
        }
    }
}

fn head(status: u16, block: u64, format: u8, id: u32, wide: bool, packet: &mut Vec<u8>) {
    packet.extend(status.to_be_bytes());
    if wide {
        packet.extend([0, 0, 0x80 | format, 0, 0, 0]);
        packet.extend(block.to_be_bytes());
        packet.extend(id.to_be_bytes());
    } else {
        packet.extend(&block.to_be_bytes()[6..]);
        packet.push(format);
        packet.extend(&id.to_be_bytes()[1..]);
    }
}

/// A packet that says that this one is not there.
#[must_use]
pub fn unavailable(status: u16, block: u64, id: u32, wide: bool) -> Vec<u8> {
    let mut packet = Vec::new();
    head(status, block, 3, id, wide, &mut packet);
    packet
}
