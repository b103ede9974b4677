//! The one table of rights: which order needs which right, and who has it. The station judges by it; help texts and
//! documents show it. PURE.

use super::alarm::is_high;
use super::{OperatorCommand, PackagingOrder, PartnerOrder, PeopleCommand};
use crate::record::{Meaning, Role, Roles, Step};
use std::fmt::Write as _;

/// What an order needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Right {
    /// Stop the line, reject the next pack.
    Stop,
    /// Get the line going again.
    Run,
    /// Shelve an alarm that is not of high priority, put back any.
    Shelve,
    /// Shelve an alarm of high priority.
    ShelveHigh,
    /// Open a batch.
    OpenBatch,
    /// Close a batch.
    CloseBatch,
    /// Confirm line clearance, order samples, link lots of components.
    Lot,
    /// Accept or refuse first articles.
    FirstArticles,
    /// Sign a record.
    Sign,
    /// Pack, take out, close, ship, hold.
    Pack,
    /// Release what is held; recall.
    Release,
    /// End the station.
    End,
    /// Choose one's own secret, open and end one's own session.
    OwnSecret,
    /// Hand numbers out, take them back, import pools.
    Numbers,
    /// Activate a label template, roll it back.
    Label,
    /// Have a device's link built again, test prints and test pictures.
    Devices,
    /// Decide about documents that a partner's repository refused.
    Capture,
    /// Enrol people and give them roles.
    People,
}

/// Who has a right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holders {
    /// Whoever stands there, enrolled or not: it only makes things safer, so it waits for no secret.
    Anybody,
    /// Everybody who is enrolled.
    Enrolled,
    /// Whoever has one of these roles.
    Roles(&'static [Role]),
}

/// One row of the table.
#[derive(Debug, Clone, Copy)]
pub struct RightRow {
    /// The right.
    pub right: Right,
    /// What it allows, to be read after "may".
    pub allows: &'static str,
    /// Who has it.
    pub holders: Holders,
}

use Role::{Administrator, Maintenance, Quality, Supervisor, Technician};

/// All rights.
pub const RIGHTS: [RightRow; 18] = [
    RightRow {
        right: Right::Stop,
        allows: "stop the line, reject the next pack",
        holders: Holders::Anybody,
    },
    RightRow {
        right: Right::Run,
        allows: "resume, resynchronise, acknowledge alarms",
        holders: Holders::Roles(&[Technician, Maintenance, Supervisor]),
    },
    RightRow {
        right: Right::Shelve,
        allows: "shelve an alarm of medium or low priority, put a shelved one back",
        holders: Holders::Roles(&[Technician, Maintenance, Supervisor, Quality]),
    },
    RightRow {
        right: Right::ShelveHigh,
        allows: "shelve an alarm of high priority",
        holders: Holders::Roles(&[Maintenance, Supervisor, Quality]),
    },
    RightRow {
        right: Right::OpenBatch,
        allows: "open a batch",
        holders: Holders::Roles(&[Technician, Supervisor]),
    },
    RightRow {
        right: Right::CloseBatch,
        allows: "close a batch",
        holders: Holders::Roles(&[Technician, Supervisor, Quality]),
    },
    RightRow {
        right: Right::Lot,
        allows: "confirm line clearance, order samples, link lots of components",
        holders: Holders::Roles(&[Technician, Supervisor, Quality]),
    },
    RightRow {
        right: Right::FirstArticles,
        allows: "accept or refuse first articles",
        holders: Holders::Roles(&[Supervisor, Quality]),
    },
    RightRow {
        right: Right::Sign,
        allows: "sign a record",
        holders: Holders::Roles(&[Technician, Maintenance, Supervisor, Quality]),
    },
    RightRow {
        right: Right::Pack,
        allows: "pack, take out, close, sample, destroy, ship, hold, import what partners say",
        holders: Holders::Roles(&[Technician, Supervisor, Quality]),
    },
    RightRow {
        right: Right::Release,
        allows: "release what is held, recall",
        holders: Holders::Roles(&[Quality]),
    },
    RightRow {
        right: Right::End,
        allows: "end the station",
        holders: Holders::Roles(&[Maintenance, Supervisor, Administrator]),
    },
    RightRow {
        right: Right::OwnSecret,
        allows: "choose an own secret, open a session",
        holders: Holders::Enrolled,
    },
    RightRow {
        right: Right::Numbers,
        allows: "import pools of numbers, hand numbers out, take them back",
        holders: Holders::Roles(&[Supervisor, Quality]),
    },
    RightRow {
        right: Right::Label,
        allows: "activate a label template, roll it back",
        holders: Holders::Roles(&[Maintenance, Supervisor, Quality]),
    },
    RightRow {
        right: Right::Devices,
        allows: "build a device's link again, order test prints and test pictures, set a camera up",
        holders: Holders::Roles(&[Maintenance, Supervisor]),
    },
    RightRow {
        right: Right::Capture,
        allows: "have a refused EPCIS document sent again, or leave it out",
        holders: Holders::Roles(&[Supervisor, Quality]),
    },
    RightRow {
        right: Right::People,
        allows: "enrol people, give roles and one-time secrets, disable and enable",
        holders: Holders::Roles(&[Administrator]),
    },
];

/// What a signature may mean, and whose. Whoever has the right to an order may sign it as performed.
pub const MEANINGS: [(Meaning, Holders); 3] = [
    (Meaning::Performed, Holders::Enrolled),
    (Meaning::Reviewed, Holders::Roles(&[Supervisor, Quality])),
    (Meaning::Approved, Holders::Roles(&[Quality])),
];

impl Holders {
    /// A person with these roles is one of them.
    pub fn include(self, roles: &Roles) -> bool {
        match self {
            Holders::Anybody | Holders::Enrolled => true,
            Holders::Roles(wanted) => roles.any_of(wanted),
        }
    }

    /// Who they are, in words.
    pub fn words(self) -> String {
        match self {
            Holders::Anybody => "anybody, without a secret".to_owned(),
            Holders::Enrolled => "everybody enrolled".to_owned(),
            Holders::Roles(roles) => {
                let names: Vec<&str> = roles.iter().map(|role| role.name()).collect();
                names.join(", ")
            }
        }
    }
}

impl Right {
    /// What an order to the line needs.
    pub fn to_order(command: &OperatorCommand) -> Right {
        match command {
            OperatorCommand::Stop | OperatorCommand::RejectNext => Right::Stop,
            OperatorCommand::Resume
            | OperatorCommand::Resynchronise
            | OperatorCommand::Acknowledge { .. } => Right::Run,
            OperatorCommand::Shelve { alarm, .. } if is_high(alarm) => Right::ShelveHigh,
            OperatorCommand::Shelve { .. } | OperatorCommand::Unshelve { .. } => Right::Shelve,
            OperatorCommand::OpenBatch { .. } => Right::OpenBatch,
            OperatorCommand::CloseBatch => Right::CloseBatch,
            OperatorCommand::Lot(command) => command.right(),
            OperatorCommand::Label(_) => Right::Label,
            OperatorCommand::Device { .. } => Right::Devices,
            OperatorCommand::Sign { .. } => Right::Sign,
            OperatorCommand::ExportNumbers { .. }
            | OperatorCommand::ReturnNumbers { .. }
            | OperatorCommand::ReturnPool { .. } => Right::Numbers,
            OperatorCommand::Shutdown => Right::End,
        }
    }

    /// What an order about containers and journeys needs.
    pub fn to_pack(order: &PackagingOrder) -> Right {
        match order {
            PackagingOrder::Travel {
                step: Step::Released | Step::Recalled | Step::RecallLifted,
                ..
            } => Right::Release,
            PackagingOrder::Partner(PartnerOrder::Capture { .. }) => Right::Capture,
            _ => Right::Pack,
        }
    }

    /// What an order about people needs.
    pub fn to_manage(command: &PeopleCommand) -> Right {
        match command {
            PeopleCommand::ChooseSecret { .. } => Right::OwnSecret,
            PeopleCommand::Add { .. }
            | PeopleCommand::SetRoles { .. }
            | PeopleCommand::ResetSecret { .. }
            | PeopleCommand::Disable { .. }
            | PeopleCommand::Enable { .. } => Right::People,
        }
    }

    /// Its row.
    pub fn row(self) -> &'static RightRow {
        let mut rows = RIGHTS.iter().filter(|row| row.right == self);
        rows.next().expect("every right has its row")
    }
}

/// Who may sign with this meaning.
pub fn signers(meaning: Meaning) -> Holders {
    let mut rows = MEANINGS.iter().filter(|(one, _)| *one == meaning);
    rows.next().expect("every meaning has its row").1
}

/// Both tables for a help text.
pub fn help() -> String {
    let mut text = "Who may what:".to_owned();
    for row in &RIGHTS {
        let _ = write!(text, "\n  {}\n      {}", row.allows, row.holders.words());
    }
    text += "\nWho may sign, and with what meaning:";
    for (meaning, holders) in MEANINGS {
        let meaning = meaning.name();
        let _ = write!(text, "\n  {meaning:<10} {}", holders.words());
    }
    text
}

#[cfg(test)]
mod test {
    use super::*;

    fn may(role: Role) -> Vec<Right> {
        let roles: Roles = [role].into_iter().collect();
        let held = RIGHTS.iter().filter(|row| row.holders.include(&roles));
        held.map(|row| row.right).collect()
    }

    /// The table by value: whoever changes it changes this, too, in sight of everybody.
    #[test]
    fn each_role_may_just_this() {
        use Right::*;
        assert_eq!(
            may(Technician),
            [
                Stop, Run, Shelve, OpenBatch, CloseBatch, Lot, Sign, Pack, OwnSecret
            ]
        );
        assert_eq!(
            may(Maintenance),
            [
                Stop, Run, Shelve, ShelveHigh, Sign, End, OwnSecret, Label, Devices
            ]
        );
        assert_eq!(
            may(Supervisor),
            [
                Stop,
                Run,
                Shelve,
                ShelveHigh,
                OpenBatch,
                CloseBatch,
                Lot,
                FirstArticles,
                Sign,
                Pack,
                End,
                OwnSecret,
                Numbers,
                Label,
                Devices,
                Capture
            ]
        );
        assert_eq!(
            may(Quality),
            [
                Stop,
                Shelve,
                ShelveHigh,
                CloseBatch,
                Lot,
                FirstArticles,
                Sign,
                Pack,
                Release,
                OwnSecret,
                Numbers,
                Label,
                Capture
            ]
        );
        assert_eq!(may(Administrator), [Stop, End, OwnSecret, People]);
    }

    #[test]
    fn every_right_has_its_own_row() {
        use Right::*;
        for right in [
            Stop,
            Run,
            Shelve,
            ShelveHigh,
            OpenBatch,
            CloseBatch,
            Lot,
            FirstArticles,
            Sign,
            Pack,
            Release,
            End,
            OwnSecret,
            Numbers,
            Label,
            Devices,
            Capture,
            People,
        ] {
            assert_eq!(right.row().right, right);
        }
    }

    #[test]
    fn only_what_makes_things_safer_needs_nobody_known() {
        let anybody = RIGHTS.iter().filter(|row| row.holders == Holders::Anybody);
        let rights: Vec<Right> = anybody.map(|row| row.right).collect();
        assert_eq!(rights, [Right::Stop]);
        assert_eq!(Right::to_order(&OperatorCommand::Stop), Right::Stop);
        assert_eq!(Right::to_order(&OperatorCommand::RejectNext), Right::Stop);
        assert_eq!(Right::to_order(&OperatorCommand::Resume), Right::Run);
    }

    #[test]
    fn an_alarm_of_high_priority_is_shelved_by_fewer_people() {
        let shelve = |alarm: &str| OperatorCommand::Shelve {
            alarm: alarm.to_owned(),
            minutes: 30,
        };
        let alarm = "wrong-bin".to_owned();
        assert_eq!(Right::to_order(&shelve(&alarm)), Right::ShelveHigh);
        assert_eq!(Right::to_order(&shelve("disk")), Right::Shelve);
        let back = OperatorCommand::Unshelve { alarm };
        assert_eq!(Right::to_order(&back), Right::Shelve);
    }

    #[test]
    fn reviews_and_approvals_are_not_everybodys() {
        let technician: Roles = [Technician].into_iter().collect();
        let quality: Roles = [Quality].into_iter().collect();
        assert!(signers(Meaning::Performed).include(&technician));
        for meaning in [Meaning::Reviewed, Meaning::Approved] {
            assert!(!signers(meaning).include(&technician));
            assert!(signers(meaning).include(&quality));
        }
    }
}
