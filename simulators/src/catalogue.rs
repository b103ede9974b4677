//! Kinds of faults and the words in which people are told of them, in one table: what the comment of a kind says is
//! what lists of faults say. PURE.

/// One kind of fault in the words of people.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Words {
    /// The name people use.
    pub name: &'static str,
    /// The comment of its kind.
    pub comment: &'static str,
    /// For each of what its rate is drawn once.
    pub per: &'static str,
    /// What must be there for it to strike, or to matter; empty when nothing more.
    pub needs: &'static str,
    /// The greatest rate that a swarm gives it.
    pub most: f64,
}

impl Words {
    /// What happens.
    #[must_use]
    pub fn what(&self) -> &'static str {
        self.comment.trim_start()
    }
}

/// Makes an enum of kinds and the table of their [`Words`], in the order of the kinds. The comment of each kind is what
/// people read of it.
#[macro_export]
macro_rules! faults {
    (
        $(#[$about:meta])*
        $kinds:ident, $table:ident {
            $(
                $(#[doc = $what:literal])+
                $kind:ident = $name:literal, per $per:literal, at most $most:literal $(, needs $needs:literal)?;
            )+
        }
    ) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $kinds {
            $(
                $(#[doc = $what])+
                $kind,
            )+
        }

        /// Every kind with its words, in the order of the kinds.
        pub const $table: &[($kinds, $crate::catalogue::Words)] = &[
            $(
                (
                    $kinds::$kind,
                    $crate::catalogue::Words {
                        name: $name,
                        comment: concat!($($what),+),
                        per: $per,
                        needs: concat!($($needs)?),
                        most: $most,
                    },
                ),
            )+
        ];
    };
}
