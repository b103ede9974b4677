//! Names, secrets, sessions and rights together, as the reception asks for them.

use super::*;
use crate::wire::OperatorCommand;
use std::cell::RefCell;
use std::time::Duration;

const IDLE: Duration = Duration::from_secs(900);

fn name(text: &str) -> PersonName {
    text.parse().expect("a name")
}

fn secret(text: &str) -> Secret {
    Secret::new(text.to_owned())
}

fn by_secret(text: &str) -> Proof {
    Proof::Secret(secret(text))
}

fn signed(meaning: Meaning, text: &str) -> Proof {
    let secret = secret(text);
    Proof::Signature {
        meaning,
        secret,
        second: None,
    }
}

fn desk(sign_in: SignIn) -> Authenticator {
    let session_idle = IDLE;
    let people = People {
        sign_in,
        session_idle,
        signing: Default::default(),
    };
    let nobody = Register::default();
    Authenticator::new(people, Clock::start(), nobody, Vec::new()).expect("it begins")
}

/// The change is on record.
fn take(desk: &Authenticator, change: &Change) {
    desk.apply(&change.fact, change.secret.clone());
}

/// Enrols somebody who has chosen this secret.
fn enrolled(desk: &Authenticator, who: &str, role: Role, own: &str) {
    let roles = [role].into_iter().collect();
    let add = PeopleCommand::Add {
        name: name(who),
        roles,
    };
    let added = desk.change("admin", (None, None), add).expect("new");
    take(desk, &added);
    let old = Proof::Secret(added.one_time.expect("a one-time secret"));
    let new = secret(own);
    let chosen = desk.change(who, (Some(&old), None), PeopleCommand::ChooseSecret { new });
    take(desk, &chosen.expect("a good secret"));
}

fn admit(
    desk: &Authenticator,
    by: &str,
    proof: Option<&Proof>,
    right: Right,
) -> Result<Admitted, String> {
    desk.admit(by, proof, right, &|_| {})
}

#[test]
fn orders_need_name_secret_and_right_and_refusals_say_who_has_it() {
    let desk = desk(SignIn::Required);
    enrolled(&desk, "M.Kowal", Role::Technician, "correct horse");
    let right = by_secret("correct horse");
    let opens = admit(&desk, "m.kowal", Some(&right), Right::OpenBatch).expect("it is theirs");
    assert_eq!(opens.by, Actor::Person("M.Kowal".to_owned()), "as enrolled");
    let no = admit(&desk, "M.Kowal", None, Right::OpenBatch).expect_err("no proof");
    assert!(no.contains("give your secret"), "{no}");
    for (by, proof) in [
        ("M.Kowal", by_secret("wrong horse")),
        ("Nobody", right.clone()),
    ] {
        let no = admit(&desk, by, Some(&proof), Right::OpenBatch).expect_err("wrong");
        assert!(no.starts_with("The name or the secret is wrong"), "{no}");
    }
    let no = admit(&desk, "M.Kowal", Some(&right), Right::People).expect_err("no right");
    assert!(
        no.contains("M.Kowal (technician) may not enrol") && no.contains("one of: administrator"),
        "{no}"
    );
}

#[test]
fn stopping_waits_for_no_secret_and_a_name_that_nobody_checked_is_told_as_such() {
    let desk = desk(SignIn::Required);
    enrolled(&desk, "M.Kowal", Role::Technician, "correct horse");
    let named = Actor::Named("M.Kowal".to_owned());
    let over = Proof::Session(secret("an old token"));
    for proof in [None, Some(by_secret("wrong")), Some(over)] {
        let stops = admit(&desk, "M.Kowal", proof.as_ref(), Right::Stop).expect("anybody may");
        assert_eq!(stops.by, named, "{proof:?}");
    }
    let opened = desk.sign_in("M.Kowal", &secret("correct horse"), &|_| {});
    let session = Proof::Session(opened.expect("theirs").token);
    let stops = admit(&desk, "M.Kowal", Some(&session), Right::Stop).expect("anybody may");
    assert_eq!(stops.by, Actor::Person("M.Kowal".to_owned()));
}

#[test]
fn a_signature_takes_the_secret_again_names_the_very_order_and_has_its_own_rights() {
    let desk = desk(SignIn::Required);
    enrolled(&desk, "T", Role::Technician, "correct horse");
    enrolled(&desk, "Q", Role::Quality, "battery staple");
    let performed = signed(Meaning::Performed, "correct horse");
    let closes = admit(&desk, "T", Some(&performed), Right::CloseBatch).expect("theirs");
    let (close, stop) = (OperatorCommand::CloseBatch, OperatorCommand::Stop);
    let under = closes.signature(&close).expect("it is signed");
    assert_eq!(under.meaning, Meaning::Performed);
    let json = Sha256::digest(b"\"close_batch\"");
    assert_eq!(
        under.order,
        OrderHash(json.into()),
        "the JSON of the socket"
    );
    assert_ne!(closes.signature(&stop).expect("signed").order, under.order);
    let unsigned = admit(
        &desk,
        "T",
        Some(&by_secret("correct horse")),
        Right::CloseBatch,
    );
    assert_eq!(unsigned.expect("theirs").signature(&close), None);
    let wrong = signed(Meaning::Performed, "correct hors");
    assert!(admit(&desk, "T", Some(&wrong), Right::CloseBatch).is_err());
    let approved = signed(Meaning::Approved, "correct horse");
    let no = admit(&desk, "T", Some(&approved), Right::CloseBatch).expect_err("not theirs");
    assert!(
        no.contains("may not sign as approved") && no.contains("quality"),
        "{no}"
    );
    let approved = signed(Meaning::Approved, "battery staple");
    assert!(admit(&desk, "Q", Some(&approved), Right::Sign).is_ok());
}

#[test]
fn a_one_time_secret_is_good_for_choosing_an_own_one_and_for_nothing_twice() {
    let desk = desk(SignIn::Required);
    let first = desk.first_administrator(false).expect("nobody is there");
    let [added] = &first[..] else {
        panic!("{first:?}")
    };
    let one_time = added.one_time.clone().expect("it is told");
    take(&desk, added);
    assert_eq!(desk.first_administrator(false), Ok(Vec::new()), "once");
    let proof = Proof::Secret(one_time.clone());
    let no = admit(&desk, ADMINISTRATOR, Some(&proof), Right::People).expect_err("not yet");
    assert!(no.contains("choose your own first"), "{no}");
    assert!(desk.sign_in(ADMINISTRATOR, &one_time, &|_| {}).is_err());
    assert!(admit(&desk, ADMINISTRATOR, Some(&proof), Right::OwnSecret).is_ok());
    let choose = |new: &str| {
        let new = secret(new);
        desk.change(
            ADMINISTRATOR,
            (Some(&proof), None),
            PeopleCommand::ChooseSecret { new },
        )
    };
    assert!(choose("short").is_err());
    assert!(choose(one_time.text()).is_err(), "it is not an own one");
    take(&desk, &choose("correct horse").expect("a good secret"));
    assert!(admit(&desk, ADMINISTRATOR, Some(&proof), Right::OwnSecret).is_err());
    let own = by_secret("correct horse");
    assert!(admit(&desk, ADMINISTRATOR, Some(&own), Right::People).is_ok());
    // Lost: whoever starts the station may have another one, on record.
    let again = desk.first_administrator(true).expect("asked for");
    assert!(matches!(
        again[..],
        [Change {
            fact: PeopleFact::SecretChanged { one_time: true, .. },
            ..
        }]
    ));
    take(&desk, &again[0]);
    assert!(admit(&desk, ADMINISTRATOR, Some(&own), Right::People).is_err());
}

/// Two who know a secret give it at the same moment: both are admitted, and the change of the second one names a secret
/// that is in force no more, so that the line refuses it.
#[test]
fn a_secret_is_exchanged_once_by_whoever_is_first() {
    let desk = desk(SignIn::Required);
    enrolled(&desk, "M.Kowal", Role::Technician, "correct horse");
    let old = by_secret("correct horse");
    let admitted = || admit(&desk, "M.Kowal", Some(&old), Right::OwnSecret).expect("theirs");
    let (one, two) = (admitted(), admitted());
    let choose = |proven: &Admitted, new: &str| {
        let new = PeopleCommand::ChooseSecret { new: secret(new) };
        let chosen = desk.change("M.Kowal", (Some(&old), proven.secret), new);
        chosen.expect("a good secret")
    };
    let (first, second) = (
        choose(&one, "battery staple"),
        choose(&two, "seven penguins"),
    );
    let known = |desk: &Authenticator| {
        locked(&desk.door)
            .register()
            .find(&name("M.Kowal"))
            .map(|one| one.secret)
    };
    assert!(first.replaces.is_some() && first.replaces == known(&desk));
    take(&desk, &first);
    assert_ne!(second.replaces, known(&desk), "it was replaced meanwhile");
    assert!(
        admit(
            &desk,
            "M.Kowal",
            Some(&by_secret("battery staple")),
            Right::Run
        )
        .is_ok()
    );
}

#[test]
fn wrong_secrets_go_on_record_lock_the_name_and_even_the_right_one_waits_then() {
    let desk = desk(SignIn::Required);
    enrolled(&desk, "M.Kowal", Role::Technician, "correct horse");
    let reports = RefCell::new(Vec::new());
    let try_it = |text: &str| {
        let proof = by_secret(text);
        desk.admit("M.Kowal", Some(&proof), Right::Run, &|report| {
            reports.borrow_mut().push(report);
        })
    };
    for _ in 0..5 {
        assert!(try_it("wrong").is_err());
    }
    let no = try_it("correct horse").expect_err("locked");
    assert!(no.contains("locked") && no.contains("15 minutes"), "{no}");
    let facts: Vec<PeopleFact> = reports.take().into_iter().map(|one| one.fact).collect();
    assert_eq!(facts.len(), 6, "{facts:?}");
    assert_eq!(facts[0], PeopleFact::SignInFailed { wrong: Some(1) });
    assert!(matches!(
        facts[5],
        PeopleFact::PersonLocked { wrong: 5, .. }
    ));
    desk.apply(&facts[5], None);
    assert_eq!(desk.list()[0].standing, crate::wire::Standing::Locked);
    let enabled = desk.change(
        "admin",
        (None, None),
        PeopleCommand::Enable {
            name: name("m.kowal"),
        },
    );
    take(&desk, &enabled.expect("known"));
    assert!(try_it("correct horse").is_ok());
}

#[test]
fn where_names_are_believed_nothing_can_be_proved_or_signed() {
    let desk = desk(SignIn::NamesOnly);
    let any = admit(&desk, "anyone", None, Right::OpenBatch).expect("believed");
    assert_eq!(any.by, Actor::Named("anyone".to_owned()));
    let no = admit(&desk, "anyone", Some(&by_secret("x")), Right::OpenBatch);
    assert!(no.expect_err("no secrets here").contains("sign_in"));
    assert!(desk.sign_in("anyone", &secret("x"), &|_| {}).is_err());
    assert_eq!(desk.first_administrator(false), Ok(Vec::new()));
    assert!(desk.first_administrator(true).is_err());
}

/// A station that wants all that counts signed, and batches closed by two.
fn strict() -> Authenticator {
    let people = People {
        sign_in: SignIn::Required,
        session_idle: IDLE,
        signing: SigningRules {
            signed: "all".parse().expect("a word"),
            second_person: "close-batch".parse().expect("a word"),
        },
    };
    let nobody = Register::default();
    Authenticator::new(people, Clock::start(), nobody, Vec::new()).expect("it begins")
}

/// Signed by M.Kowal, and by another one.
fn by_two(by: &str, meaning: Meaning, text: &str) -> Proof {
    Proof::Signature {
        meaning: Meaning::Performed,
        secret: secret("correct horse"),
        second: Some(Box::new(Second {
            by: by.to_owned(),
            meaning,
            secret: secret(text),
        })),
    }
}

#[test]
fn orders_that_count_are_signed_and_by_two_where_the_station_file_says_so() {
    let desk = strict();
    enrolled(&desk, "M.Kowal", Role::Technician, "correct horse");
    enrolled(&desk, "Q.Wolf", Role::Quality, "seven penguins");
    let asks = |proof: &Proof, counts| {
        let needs = (Right::CloseBatch, counts);
        desk.admit_order("M.Kowal", Some(proof), needs, &|_| {})
    };
    let closing = Some(CountingOrder::CloseBatch);
    let own = signed(Meaning::Performed, "correct horse");
    // What does not count needs no signature; what counts needs one, and closing a second one.
    assert!(asks(&by_secret("correct horse"), None).is_ok());
    let unsigned = asks(&by_secret("correct horse"), Some(CountingOrder::EndOfLife));
    assert!(
        unsigned
            .expect_err("it counts")
            .contains("is signed at this station")
    );
    assert!(asks(&own, Some(CountingOrder::EndOfLife)).is_ok());
    let alone = asks(&own, closing).expect_err("two sign");
    assert!(
        alone.contains("two persons") && alone.contains("--second"),
        "{alone}"
    );

    let reviewed = asks(
        &by_two("Q.Wolf", Meaning::Reviewed, "seven penguins"),
        closing,
    );
    let reviewed = reviewed.expect("both are who they say");
    let second = reviewed.second.clone().expect("there is one");
    assert_eq!(second.by, Actor::Person("Q.Wolf".to_owned()));
    assert_eq!(second.meaning, Meaning::Reviewed);
    let signature = reviewed
        .signature(&OperatorCommand::CloseBatch)
        .expect("it is signed");
    assert_eq!(signature.second, Some(second));

    // Nobody signs twice, with another's secret, or with a meaning that is not theirs.
    for (by, meaning, text, why) in [
        (
            "M.Kowal",
            Meaning::Performed,
            "correct horse",
            "another person's",
        ),
        (
            "m.kowal",
            Meaning::Performed,
            "correct horse",
            "another person's",
        ),
        ("Q.Wolf", Meaning::Reviewed, "correct horse", "wrong"),
        ("X.Nobody", Meaning::Performed, "seven penguins", "wrong"),
    ] {
        let refused = asks(&by_two(by, meaning, text), closing).expect_err(by);
        assert!(refused.contains(why), "{by}: {refused}");
    }
    enrolled(&desk, "T.Tech", Role::Technician, "quiet staple");
    let approved = asks(
        &by_two("T.Tech", Meaning::Approved, "quiet staple"),
        closing,
    );
    assert!(
        approved
            .expect_err("no technician approves")
            .contains("may not sign as approved")
    );
}
