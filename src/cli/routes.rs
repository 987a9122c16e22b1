//! What is answered and added around the application: `--redirect`, `--header`, `--rate-limit`.
//!
//! Owns these options and their spelling. Never answers anything: the runtime and the engine do.

use std::sync::Arc;

use clap::Args;
use howth_engine::{AddedFields, Adding};
use howth_rate_limit::Rate;
use howth_routes::{Pattern, Redirect};

/// What a redirect answers with unless something else is said.
const STATUS: u16 = 302;

#[derive(Debug, Args)]
#[command(next_help_heading = "Routes")]
pub struct RouteArguments {
    /// Lead from one path to another, or to a URL, before anything else answers (may be repeated)
    ///
    /// `--redirect /old=/new`, `--redirect '/u/:id=/users/:id 301'`, `--redirect '/*=https://example.com/* 308'`: parameters
    /// and `*` stand in TO as they came, the query is passed on where TO has none. STATUS is 301, 302, 303, 307 or 308; without
    /// it 302.
    #[arg(long, value_name = "FROM=TO[ STATUS]", value_parser = parse_redirect)]
    pub redirect: Vec<(Pattern, Redirect)>,

    /// A field of all responses that do not have it themselves: 'x-frame-options: DENY' (may be repeated)
    ///
    /// Also of files, redirects and refusals. Not of what node:http's servers send, which encode their responses themselves.
    #[arg(long, value_name = "NAME: VALUE", value_parser = parse_header)]
    pub header: Vec<(String, String)>,

    /// How often each address may ask, on all cores together; beyond it 429: 100/s, 10/m, 1000/h,burst=50
    ///
    /// A number of requests a second, minute or hour; as many may come at once, or as burst says. All requests count but those of
    /// --health. Addresses of IPv6 count by their /64; the client is the one that --trust-proxy makes out.
    #[arg(long, value_name = "RATE[,burst=N]", value_parser = parse_rate)]
    pub rate_limit: Option<Rate>,
}

impl RouteArguments {
    /// What all responses carry; `None`: nothing.
    pub fn response_fields(&self) -> Option<Arc<AddedFields>> {
        let mut fields = AddedFields::default();
        for (name, value) in &self.header {
            // They were checked when they were read.
            let _ = fields.push(name.as_bytes(), value.as_bytes(), Adding::IfMissing);
        }
        (!fields.is_empty()).then(|| Arc::new(fields))
    }
}

fn parse_redirect(text: &str) -> Result<(Pattern, Redirect), String> {
    let usage = "give a path, where it leads and perhaps a status, such as '/old=/new 301'";
    let (from, to) = text.split_once('=').ok_or(usage)?;
    let (to, status) = match to.rsplit_once(' ') {
        Some((to, status)) => (to.trim_end(), status.parse().map_err(|_| usage)?),
        None => (to, STATUS),
    };
    let pattern = Pattern::read(from).map_err(|error| error.to_string())?;
    let redirect = Redirect::read(to, status, true, &pattern).map_err(|error| error.to_string())?;
    Ok((pattern, redirect))
}

fn parse_header(text: &str) -> Result<(String, String), String> {
    let (name, value) = text
        .split_once(':')
        .ok_or("give a name and a value with a colon between them, such as 'x-frame-options: DENY'")?;
    let (name, value) = (name.trim(), value.trim());
    AddedFields::default()
        .push(name.as_bytes(), value.as_bytes(), Adding::IfMissing)
        .map_err(|error| format!("{error}; give a name and a value, such as 'x-frame-options: DENY'"))?;
    Ok((name.to_owned(), value.to_owned()))
}

fn parse_rate(text: &str) -> Result<Rate, String> {
    let (rate, burst) = match text.split_once(',') {
        Some((rate, burst)) => (rate, Some(burst)),
        None => (text, None),
    };
    let rate: Rate = rate
        .parse()
        .map_err(|error: howth_rate_limit::InvalidRate| error.to_string())?;
    let Some(burst) = burst else {
        return Ok(rate);
    };
    let burst = burst
        .trim()
        .strip_prefix("burst=")
        .and_then(|number| number.parse().ok());
    let burst = burst.ok_or("give a burst behind the comma as a number, such as 100/s,burst=50")?;
    rate.with_burst(burst).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redirects_have_a_status_or_none() {
        for text in [
            "/old=/new",
            "/old=/new 301",
            "/u/:id=/users/:id 308",
            "/a=/b?c=d",
            "/*=https://example.com/*  307",
        ] {
            assert!(parse_redirect(text).is_ok(), "{text}");
        }
        for (text, complaint) in [
            ("/old", "give a path"),
            ("/old=/new x", "give a path"),
            ("/old=/new 200", "status 301"),
            ("old=/new", "must begin with"),
            ("/old=new", "leads to a path"),
            ("/:a=/:b", "no parameter"),
        ] {
            let error = parse_redirect(text).expect_err(text);
            assert!(error.contains(complaint), "{text}: {error}");
        }
    }

    #[test]
    fn headers_have_a_name_and_a_value() {
        let read = parse_header("X-A: b: c ");
        assert_eq!(read, Ok(("X-A".to_owned(), "b: c".to_owned())));
        for wrong in [
            "",
            "a",
            ": b",
            "a b: c",
            "a: b\nc",
            "content-length: 1",
            "connection: close",
        ] {
            assert!(parse_header(wrong).is_err(), "{wrong:?} was taken");
        }
    }

    #[test]
    fn rates_may_have_a_burst() {
        assert_eq!(parse_rate("10/m").map(Rate::burst), Ok(10));
        assert_eq!(parse_rate("10/m,burst=3").map(Rate::burst), Ok(3));
        for wrong in [
            "10",
            "10/m,",
            "10/m,3",
            "10/m,burst=0",
            "10/m,burst=x",
            "10/m,burst=3,4",
        ] {
            assert!(parse_rate(wrong).is_err(), "{wrong:?} was taken");
        }
    }
}
