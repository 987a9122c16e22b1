//! The order of events at start, reload, restart and end, with cores that run closures instead of programs.

mod programs;

use std::net::Ipv4Addr;
use std::num::NonZeroUsize;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::layout::Layout;
use super::*;
use crate::affinity::Pinning;
use crate::error::Error;
use crate::listen::{ListenOptions, Listeners};
use crate::options::Options;
use programs::{Broken, Core, Log, Program, Programs, serving, serving_but};

/// Far longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long what is in flight may take.
const DRAIN: Duration = Duration::from_millis(50);

/// A supervisor of programs, and what happened.
struct Test {
    supervisor: Supervisor<Programs>,
    outside: Outside,
    log: Log,
}

impl Test {
    /// Must be called inside a tokio runtime.
    fn new(cores: usize, programs: impl IntoIterator<Item = Option<Program>>) -> Self {
        let options = Options {
            entry: "app.js".into(),
            listen: ListenOptions {
                port: Some(0),
                host: Some(Ipv4Addr::LOCALHOST.to_string()),
                ..ListenOptions::default()
            },
            cores: NonZeroUsize::new(cores),
            pinning: Pinning::Off,
            watch: false,
            pid_file: None,
            reload_check: None,
            drain: DRAIN,
            quiet: true,
        };
        let log = Log::default();
        let runtime = Programs::new(programs, log.clone());
        let outside = Outside::new(Mode::Serve, &options, None).expect("signals");
        let common = Rc::new(Common {
            mode: Mode::Serve,
            runtime,
            listeners: Listeners::new(options.listen.clone(), Vec::new(), false).expect("none"),
            layout: Layout::new(Mode::Serve, &options).expect("no processors"),
            options,
        });
        let program = common.find(None).expect("a program");
        let mut supervisor = Supervisor::new(common, program);
        supervisor.start_core().expect("a thread");
        Test {
            supervisor,
            outside,
            log,
        }
    }

    /// Supervises until a core has done this, in which case it gives nothing, or until the end.
    async fn until(&mut self, line: &str) -> Option<Result<Outcome, Broken>> {
        let looked_for = async {
            while !self.log.lock().expect("a list").iter().any(|found| found == line) {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        let supervised = poll_fn(|context| self.supervisor.poll(context, &mut self.outside));
        let either = async {
            tokio::select! {
                biased;
                ended = supervised => Some(ended),
                () = looked_for => None,
            }
        };
        let log = self.log.clone();
        let either = tokio::time::timeout(PATIENCE, either).await;
        either.unwrap_or_else(|_| panic!("not {line:?} but {:?}", log.lock()))
    }

    async fn end(&mut self) -> Result<Outcome, Broken> {
        self.until("never").await.expect("an end")
    }

    fn log(&self) -> Vec<String> {
        self.log.lock().expect("a list").clone()
    }

    /// When a line was written, among all.
    fn at(&self, line: &str) -> usize {
        let log = self.log();
        let found = log.iter().position(|found| found == line);
        found.unwrap_or_else(|| panic!("no {line:?} in {log:?}"))
    }
}

fn run(test: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime")
        .block_on(test);
}

fn exit_code(outcome: Result<Outcome, Broken>) -> String {
    match outcome {
        Ok(Outcome::Exit(code)) => format!("{code:?}"),
        Ok(Outcome::Restart) => "restart".to_owned(),
        Err(error) => error.to_string(),
    }
}

fn code(code: u8) -> String {
    format!("{:?}", ExitCode::from(code))
}

#[test]
fn the_first_core_starts_alone_and_all_end_together() {
    run(async {
        let mut test = Test::new(3, [Some(Arc::new(serving) as Program)]);
        assert!(test.until("1/2 listens").await.is_none());
        assert_eq!(test.at("1/0 listens"), 0);
        test.supervisor.end(false);
        assert_eq!(exit_code(test.end().await), code(0));
        for core in 0..3 {
            assert!(test.at(&format!("1/{core} drains")) < test.at(&format!("1/{core} ends")));
        }
    });
}

#[test]
fn new_code_takes_place_after_place() {
    run(async {
        let mut test = Test::new(2, [Some(Arc::new(serving) as Program), Some(Arc::new(serving))]);
        assert!(test.until("1/1 listens").await.is_none());
        while !test.supervisor.all_listen() {
            assert!(test.until("1/1 listens").await.is_none());
            tokio::task::yield_now().await;
        }
        test.supervisor.reload();
        assert!(test.until("1/1 ends").await.is_none());
        for (earlier, later) in [
            ("2/0 listens", "1/0 hands over"),
            ("2/0 listens", "2/1 listens"),
            ("2/1 listens", "1/1 hands over"),
        ] {
            assert!(test.at(earlier) < test.at(later), "{:?}", test.log());
        }
        assert!(test.until("2/1 serves").await.is_none());
        test.supervisor.end(false);
        assert_eq!(exit_code(test.end().await), code(0));
    });
}

#[test]
fn a_core_that_ends_while_another_is_to_take_its_place_leaves_it_the_socket() {
    run(async {
        let goes_on = Arc::new(AtomicBool::new(false));
        let waits = |core: &Core, goes_on: &AtomicBool| {
            while core.core_slot.index == 1 && !goes_on.load(Ordering::Relaxed) {
                std::thread::yield_now();
            }
        };
        let (ends, listens) = (goes_on.clone(), goes_on.clone());
        let old: Program = Arc::new(move |core| {
            core.listen();
            waits(core, &ends);
            match core.core_slot.index {
                0 => core.obey(),
                _ => Ok(Ended::Finished(0)),
            }
        });
        let new: Program = Arc::new(move |core| {
            core.note("starts");
            waits(core, &listens);
            core.listen();
            core.obey()
        });
        let mut test = Test::new(2, [Some(old), Some(new)]);
        while !test.supervisor.all_listen() {
            assert!(test.until("1/0 listens").await.is_none());
            tokio::task::yield_now().await;
        }
        test.supervisor.reload();
        assert!(test.until("2/1 starts").await.is_none());
        goes_on.store(true, Ordering::Relaxed);
        while !["1/1 ends", "2/1 listens"]
            .iter()
            .all(|line| test.log().iter().any(|found| found == line))
        {
            std::thread::yield_now();
        }
        assert!(test.until("2/1 serves").await.is_none());
        let sockets = test
            .supervisor
            .common
            .listeners
            .duplicates()
            .expect("descriptors");
        assert_eq!(sockets.len(), 2);
        test.supervisor.end(false);
        assert_eq!(exit_code(test.end().await), code(0));
    });
}

#[test]
fn the_old_code_serves_on_where_the_new_fails() {
    run(async {
        let fails: Program = Arc::new(|core| {
            core.note("fails");
            Err(Broken::Faulty)
        });
        let ends: Program = Arc::new(|_| Ok(Ended::Finished(0)));
        let mut test = Test::new(
            1,
            [Some(Arc::new(serving) as Program), None, Some(fails), Some(ends)],
        );
        assert!(test.until("1/0 listens").await.is_none());
        // It was written before the supervisor heard of it.
        while !test.supervisor.may_reload() {
            assert!(test.until("1/0 listens").await.is_none());
            tokio::task::yield_now().await;
        }
        // Nothing is found.
        test.supervisor.reload();
        for line in ["3/0 fails", "4/0 ends"] {
            test.supervisor.reload();
            assert!(test.until(line).await.is_none());
        }
        test.supervisor.end(false);
        assert_eq!(exit_code(test.end().await), code(0));
        assert!(test.at("1/0 drains") > test.at("4/0 ends"));
    });
}

#[test]
fn a_core_whose_heap_is_full_starts_again_if_it_has_listened() {
    run(async {
        let mut test = Test::new(
            1,
            [Some(serving_but(2, |core| {
                core.note("is full");
                Ok(Ended::HeapLimit)
            }))],
        );
        let mut seen = 0;
        while seen < 3 {
            assert!(test.until("1/0 listens").await.is_none());
            seen = test.log().iter().filter(|line| *line == "1/0 listens").count();
            tokio::task::yield_now().await;
        }
        test.supervisor.end(false);
        assert_eq!(exit_code(test.end().await), code(0));
        let mut test = Test::new(
            1,
            [Some(Arc::new(|_: &mut Core| Ok(Ended::HeapLimit)) as Program)],
        );
        let ended = test.end().await;
        assert!(matches!(
            ended,
            Err(Broken::Itself(Error::HeapLimit { core: 0, heap_mib: 8 }))
        ));
    });
}

#[test]
fn an_exception_has_a_core_start_again_where_it_says_so() {
    run(async {
        let program = serving_but(1, |core| {
            core.note("throws");
            Err(Broken::Thrown)
        });
        let mut test = Test::new(1, [Some(program)]);
        let mut seen = 0;
        while seen < 2 {
            assert!(test.until("1/0 throws").await.is_none());
            seen = test.log().iter().filter(|line| *line == "1/0 listens").count();
            tokio::task::yield_now().await;
        }
        test.supervisor.end(false);
        assert_eq!(exit_code(test.end().await), code(0));
        let mut test = Test::new(1, [Some(serving_but(1, |_| Err(Broken::Faulty)))]);
        assert!(matches!(test.end().await, Err(Broken::Faulty)));
    });
}

#[test]
fn a_core_that_ended_before_anybody_knew_that_it_listened_is_followed_at_its_port() {
    run(async {
        let ports = Arc::new(Mutex::new(Vec::new()));
        let seen = ports.clone();
        let program: Program = Arc::new(move |core| {
            let mut seen = seen.lock().expect("a list");
            seen.push(core.listen());
            if seen.len() > 1 {
                drop(seen);
                return core.obey();
            }
            core.lease = None;
            core.note("throws");
            Err(Broken::Thrown)
        });
        let mut test = Test::new(1, [Some(program)]);
        while !test.log().iter().any(|line| line == "1/0 throws") {
            std::thread::yield_now();
        }
        while ports.lock().expect("a list").len() < 2 {
            assert!(test.until("1/0 listens").await.is_none());
            tokio::task::yield_now().await;
        }
        test.supervisor.end(false);
        assert_eq!(exit_code(test.end().await), code(0));
        let ports = ports.lock().expect("a list");
        assert_eq!(ports[0], ports[1]);
    });
}

#[test]
fn panics_are_forgiven_five_times() {
    run(async {
        let mut test = Test::new(1, [Some(serving_but(usize::MAX, |_| panic!("arranged")))]);
        let ended = test.end().await;
        assert!(matches!(ended, Err(Broken::Itself(Error::Panicked { core: 0 }))));
        assert_eq!(test.log().len(), 6, "{:?}", test.log());
    });
}

#[test]
fn who_hears_no_orders_is_ended() {
    run(async {
        let unresponsive = serving_but(1, |core| {
            while !core.is_terminated.load(Ordering::Relaxed) {
                std::thread::sleep(Duration::from_millis(1));
            }
            Ok(Ended::Unresponsive)
        });
        let mut test = Test::new(1, [Some(unresponsive)]);
        assert!(test.until("1/0 listens").await.is_none());
        test.supervisor.end(false);
        assert_eq!(exit_code(test.end().await), code(0));
        assert_eq!(test.log(), ["1/0 listens", "1/0 ends"]);
    });
}

#[test]
fn the_highest_code_of_a_core_is_that_of_the_process() {
    run(async {
        let codes: Program = Arc::new(|core| {
            core.listen();
            Ok(Ended::Finished(3 - core.core_slot.index as i32))
        });
        let mut test = Test::new(2, [Some(codes)]);
        assert_eq!(exit_code(test.end().await), code(3));
    });
}
