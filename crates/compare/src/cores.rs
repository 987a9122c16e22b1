//! howth on several cores beside the others: requests that compute, a skewed deal, overload, reloads.
//!
//! Owns four experiments and their results. Each starts a server of its own for each contestant, on several cores,
//! and nothing is pinned. Where the machine has no more processors than the server has cores, the load generator
//! shares them; so rates are low where latency is what counts. Never does: terminal output, argument parsing. Called
//! by: `howth bench cores`, through [`measure`].

mod burn;
mod contest;
mod deal;
mod experiment;
mod latencies;
mod mixed;
mod options;
mod other_load;
mod overload;
mod reload;
mod report;
mod series;
mod skew;
mod subject;

pub use contest::measure;
pub use experiment::Experiment;
pub use options::Options;
pub use report::Report;
