//! What a repository's answer means: taken, being worked on, try again, or refused. PURE.
//!
//! After EPCIS 2.0, 12.6 (capture jobs): `202` with `Location` names a job; its resource says `running`, `success` and
//! `errors`. A document that may have arrived before, because its answer was lost, and is refused as known (`409`), was
//! taken.

use serde::Deserialize;
use std::time::Duration;

/// What was answered.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reply {
    /// The status code of HTTP.
    pub status: u16,
    /// Where it leads.
    pub location: Option<String>,
    /// How long the repository asks to be left alone.
    pub retry_after: Option<Duration>,
    /// The beginning of the body.
    pub body: String,
}

/// What it means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Meaning {
    /// The repository has all of it.
    Taken(String),
    /// It works on it, and says there how far it is.
    Job(String),
    /// It still works on it.
    Running,
    /// It knows nothing of the job any more: the document is sent again.
    JobGone(String),
    /// Not now, and it was not taken.
    Later(String, Option<Duration>),
    /// Something went wrong there; nobody can say whether it was taken.
    Unsure(String, Option<Duration>),
    /// Not as it is: a person must decide.
    Refused(String),
}

/// Characters of a body that are told.
const TOLD_LEN_MAX: usize = 300;

fn told(body: &str) -> String {
    let clean: String = body
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(TOLD_LEN_MAX)
        .collect();
    clean.trim().to_owned()
}

fn said(reply: &Reply) -> String {
    match told(&reply.body) {
        body if body.is_empty() => format!("It answered {}.", reply.status),
        body => format!("It answered {}: {body}", reply.status),
    }
}

/// What the answer to a document means; `again`: it was handed over before, and nobody heard whether
/// it was taken.
pub fn to_document(reply: &Reply, url: &str, again: bool) -> Meaning {
    match reply.status {
        202 => match &reply.location {
            None => Meaning::Taken(said(reply)),
            Some(location) => match absolute(url, location) {
                Some(job) => Meaning::Job(job),
                None => Meaning::Refused(format!(
                    "It took the document and says that its job is at another place, {}, where nobody is asked. \
                     Look there whether it is captured; then leave the document out here.",
                    told(location)
                )),
            },
        },
        200..=299 => Meaning::Taken(said(reply)),
        409 if again => Meaning::Taken(format!("It had it already. {}", said(reply))),
        408 | 425 | 429 => Meaning::Later(said(reply), reply.retry_after),
        500..=599 => Meaning::Unsure(said(reply), reply.retry_after),
        300..=399 => Meaning::Refused(format!(
            "{} The address of the repository has changed: put the new one into the station file.",
            said(reply)
        )),
        _ => Meaning::Refused(said(reply)),
    }
}

/// The resource of a capture job, as far as it matters.
#[derive(Deserialize)]
struct JobResource {
    running: bool,
    success: Option<bool>,
    #[serde(default)]
    errors: Vec<serde_json::Value>,
}

/// What the answer to a question about a job means; `again`: as above.
pub fn to_job(reply: &Reply, again: bool) -> Meaning {
    match reply.status {
        200..=299 => {}
        404 | 410 => return Meaning::JobGone(said(reply)),
        408 | 425 | 429 | 500..=599 => return Meaning::Later(said(reply), reply.retry_after),
        _ => return Meaning::Refused(format!("Its job cannot be asked. {}", said(reply))),
    }
    let Ok(job) = serde_json::from_str::<JobResource>(&reply.body) else {
        let text = format!("What it says of the job is none of EPCIS. {}", said(reply));
        return Meaning::Later(text, reply.retry_after);
    };
    let known = |error: &serde_json::Value| error["status"] == 409;
    match (job.running, job.success) {
        (true, _) => Meaning::Running,
        (false, Some(true)) => Meaning::Taken("Its job succeeded.".to_owned()),
        (false, _) if again && !job.errors.is_empty() && job.errors.iter().all(known) => {
            Meaning::Taken("It had it already.".to_owned())
        }
        (false, _) => {
            let errors: Vec<String> = job.errors.iter().map(ToString::to_string).collect();
            Meaning::Refused(format!("Its job failed: {}", told(&errors.join("; "))))
        }
    }
}

/// Where `location` leads from `url`; only to the same host: what proves who we are is for nobody else.
fn absolute(url: &str, location: &str) -> Option<String> {
    let scheme = url.find("://")? + 3;
    let host_end = url[scheme..].find('/').map_or(url.len(), |at| scheme + at);
    let origin = &url[..host_end];
    if let Some(rest) = location.strip_prefix(origin) {
        return rest.starts_with('/').then(|| location.to_owned());
    }
    match location {
        _ if location.contains("://") || location.starts_with("//") => None,
        _ if location.starts_with('/') => Some(format!("{origin}{location}")),
        // Relative to the folder of the address.
        _ => {
            let path_end = url
                .rfind('/')
                .filter(|at| *at >= host_end)
                .unwrap_or(url.len());
            Some(format!("{}/{location}", &url[..path_end]))
        }
    }
}

#[cfg(test)]
mod test {
    use super::*;

    fn reply(status: u16, body: &str) -> Reply {
        Reply {
            status,
            body: body.to_owned(),
            ..Reply::default()
        }
    }

    #[test]
    fn answers_mean_what_the_standard_says() {
        let url = "https://epcis.example/v2/capture";
        let of = |status, again| to_document(&reply(status, "why"), url, again);
        for status in [200, 201, 204, 202] {
            assert!(matches!(of(status, false), Meaning::Taken(_)), "{status}");
        }
        for status in [408, 425, 429] {
            assert!(matches!(of(status, false), Meaning::Later(..)), "{status}");
        }
        for status in [500, 502, 503, 504] {
            assert!(matches!(of(status, false), Meaning::Unsure(..)), "{status}");
        }
        for status in [301, 308, 400, 401, 403, 404, 409, 413, 415, 422] {
            assert!(matches!(of(status, false), Meaning::Refused(_)), "{status}");
        }
        // Its answer was lost the first time.
        assert!(matches!(of(409, true), Meaning::Taken(_)));
        let job = |location: &str| {
            let location = Some(location.to_owned());
            let accepted = Reply {
                location,
                ..reply(202, "")
            };
            to_document(&accepted, url, false)
        };
        let there = Meaning::Job("https://epcis.example/v2/capture/7".to_owned());
        assert_eq!(job("/v2/capture/7"), there);
        assert_eq!(job("capture/7"), there);
        assert_eq!(job("https://epcis.example/v2/capture/7"), there);
        for other in [
            "https://epcis.example.evil/7",
            "//evil/7",
            "http://epcis.example/7",
        ] {
            assert!(matches!(job(other), Meaning::Refused(_)), "{other}");
        }
    }

    #[test]
    fn a_job_is_done_when_it_says_so() {
        let of = |body: &str, again| to_job(&reply(200, body), again);
        assert_eq!(
            of(r#"{"running":true,"success":true}"#, false),
            Meaning::Running
        );
        assert!(matches!(
            of(r#"{"running":false,"success":true}"#, false),
            Meaning::Taken(_)
        ));
        let failed =
            r#"{"running":false,"success":false,"errors":[{"status":409,"title":"known"}]}"#;
        assert!(matches!(of(failed, false), Meaning::Refused(text) if text.contains("known")));
        assert!(matches!(of(failed, true), Meaning::Taken(_)));
        let both = failed.replace("[{", r#"[{"status":400},{"#);
        assert!(matches!(of(&both, true), Meaning::Refused(_)));
        assert!(matches!(of("<html>", false), Meaning::Later(..)));
        assert!(matches!(
            to_job(&reply(404, ""), false),
            Meaning::JobGone(_)
        ));
        assert!(matches!(to_job(&reply(503, ""), false), Meaning::Later(..)));
        assert!(matches!(
            to_job(&reply(401, ""), false),
            Meaning::Refused(_)
        ));
    }
}
