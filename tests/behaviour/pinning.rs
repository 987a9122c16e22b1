//! Which processors the threads of a server run on, and what it starts: `--pin`.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::support::{Engine, Launch, Server, eventually};

/// Answers with the processors of everything a program may start, as Linux lists them. The core's own thread reads its own.
const PROGRAM: &str = r#"
    import { Worker as NodeWorker } from 'node:worker_threads';
    import { exec, execFileSync, spawn } from 'node:child_process';
    import { readFileSync } from 'node:fs';
    import { readFile } from 'node:fs/promises';
    import os from 'node:os';

    const processors = (status: string) => /^Cpus_allowed_list:\s*(\S+)/m.exec(status)![1];
    const own = '/proc/thread-self/status';
    const reads = `require('node:fs').readFileSync('${own}', 'utf8')`;
    const told = (worker: Worker) => new Promise((resolve) => worker.onmessage = ({ data }) => resolve(data));
    const output = async (child: any) => {
        let text = '';
        for await (const chunk of child.stdout) text += chunk;
        return text;
    };
    const command = (args: string[]) => new Deno.Command('cat', { args, stdout: 'piped' });
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    const web = new Worker(URL.createObjectURL(new Blob([`self.onmessage = async () => {
        const { readFileSync } = await import('node:fs');
        const { execFileSync } = await import('node:child_process');
        self.postMessage([readFileSync('${own}', 'utf8'), execFileSync('cat', ['${own}'], { encoding: 'utf8' })]);
    }`])), { type: 'module' });

    async function made() {
        web.postMessage('');
        const node = new NodeWorker(`require('node:worker_threads').parentPort.postMessage(${reads})`, { eval: true });
        // Listened for before anything is waited for: it may come first.
        const fromNode = new Promise((resolve) => node.once('message', resolve));
        return {
            web: (await told(web) as string[]).map(processors),
            node: processors(await fromNode),
            exec: processors(await new Promise((resolve) => exec(`cat ${own}`, (_, text) => resolve(text)))),
            detached: processors(await output(spawn('cat', [own], { detached: true }))),
            sync: processors(execFileSync('cat', [own], { encoding: 'utf8' })),
            command: processors(text((await command([own]).output()).stdout)),
            commandSync: processors(text(command([own]).outputSync().stdout)),
        };
    }

    export default async (request: Request) => {
        if (request.url.endsWith('/core')) return new Response(processors(readFileSync(own, 'utf8')));
        // A thread of the blocking pool, which stays for a while.
        await readFile(own);
        return Response.json({
            core: processors(readFileSync(own, 'utf8')),
            made: await made(),
            after: processors(readFileSync(own, 'utf8')),
            counts: [navigator.hardwareConcurrency, os.availableParallelism()],
        });
    };
"#;

on_both_engines![
    what_a_pinned_core_starts_is_not_pinned,
    nothing_is_pinned_without_being_asked_for,
    a_new_core_takes_the_processor_of_the_old_one,
    another_process_pins_anew,
    a_list_that_cannot_be_used,
];

/// The processors this test may use. With one there is nothing to tell apart.
fn allowed() -> Vec<usize> {
    let set = all_processors();
    let mut processors = Vec::new();
    for part in set.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let number = |text: &str| text.parse::<usize>().expect("a number");
        processors.extend(number(first)..=number(last));
    }
    processors
}

/// `Cpus_allowed_list` of this thread.
fn all_processors() -> String {
    list_in(&std::fs::read_to_string("/proc/thread-self/status").expect("a thread's status"))
}

fn list_in(status: &str) -> String {
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("Cpus_allowed_list:"));
    line.expect("a list of processors").trim().to_owned()
}

/// The first two processors, as `--pin` takes them.
fn two() -> Option<([usize; 2], String)> {
    match allowed()[..] {
        [first, second, ..] => Some(([first, second], format!("{first},{second}"))),
        _ => {
            eprintln!("skipped: there is one processor");
            None
        }
    }
}

/// Name and processors of each thread of a process.
fn threads(process: u32) -> Vec<(String, String)> {
    let tasks = std::fs::read_dir(format!("/proc/{process}/task")).expect("threads");
    let read = |task: std::io::Result<std::fs::DirEntry>| {
        let path = task.ok()?.path();
        // A thread may end at any time.
        let name = std::fs::read_to_string(path.join("comm")).ok()?;
        let status = std::fs::read_to_string(path.join("status")).ok()?;
        Some((name.trim().to_owned(), list_in(&status)))
    };
    tasks.filter_map(read).collect()
}

/// What each core says of itself; asks until two have answered differently.
fn cores_of(server: &Server) -> BTreeSet<String> {
    let mut seen = BTreeSet::new();
    eventually("an answer of each core", || {
        seen.insert(server.get("/core").text().to_owned());
        seen.len() == 2
    });
    seen
}

fn expected(processors: [usize; 2]) -> BTreeSet<String> {
    processors.iter().map(usize::to_string).collect()
}

fn what_a_pinned_core_starts_is_not_pinned(engine: Engine) {
    let Some((processors, list)) = two() else { return };
    let all = all_processors();
    let server = Launch::serve(engine, PROGRAM)
        .options(["--cores", "2", "--pin", &list])
        .start();
    assert_eq!(cores_of(&server), expected(processors));
    let seen: Value = server.get("/").json();
    let core = seen["core"].as_str().expect("a list");
    assert!(expected(processors).contains(core), "{seen}");
    assert_eq!(seen["after"], seen["core"], "{seen}");
    for (name, made) in seen["made"].as_object().expect("what was made") {
        let lists = match made {
            Value::Array(lists) => lists.clone(),
            list => vec![list.clone()],
        };
        assert!(lists.iter().all(|list| *list == all.as_str()), "{name}: {seen}");
    }
    let parallelism = std::thread::available_parallelism().expect("a number").get();
    assert_eq!(seen["counts"], serde_json::json!([parallelism, parallelism]));
    for (name, list) in threads(server.id()) {
        match name.strip_prefix("core-") {
            Some(_) => assert!(expected(processors).contains(&list), "{name} runs on {list}"),
            None => assert_eq!(list, all, "{name}"),
        }
    }
}

fn nothing_is_pinned_without_being_asked_for(engine: Engine) {
    let all = all_processors();
    let online = std::fs::read_to_string("/sys/devices/system/cpu/online").unwrap_or_default();
    // Where this test has exactly two of more processors, `auto` would pin.
    let pin = match online.trim() == all {
        true => "auto",
        false => "off",
    };
    let server = Launch::serve(engine, PROGRAM)
        .options(["--cores", "2", "--pin", pin])
        .start();
    server.get("/");
    for (name, list) in threads(server.id()) {
        assert_eq!(list, all, "{name}");
    }
}

fn a_new_core_takes_the_processor_of_the_old_one(engine: Engine) {
    let Some((processors, list)) = two() else { return };
    let server = Launch::serve(engine, PROGRAM)
        .options(["--cores", "2", "--pin", &list])
        .start();
    let pinned = || -> Vec<String> {
        let cores = threads(server.id()).into_iter();
        let cores = cores.filter(|(name, _)| name.starts_with("core-"));
        let mut lists: Vec<_> = cores.map(|(_, list)| list).collect();
        lists.sort();
        lists
    };
    let wanted: Vec<String> = expected(processors).into_iter().collect();
    eventually("two cores", || pinned() == wanted);
    server.signal(libc::SIGHUP);
    server.wait_for_output("the new code serves on");
    eventually("the end of the old cores", || pinned() == wanted);
    let seen: Value = server.get("/").json();
    assert_eq!(seen["made"]["sync"], all_processors(), "{seen}");
}

fn another_process_pins_anew(engine: Engine) {
    let Some((processors, list)) = two() else { return };
    let mut server = Launch::serve(engine, PROGRAM)
        .options(["--cores", "2", "--pin", &list, "--pid-file", "howth.pid"])
        .start();
    let pid_file = server.folder().join("howth.pid");
    let current = || -> Option<u32> { std::fs::read_to_string(&pid_file).ok()?.trim().parse().ok() };
    eventually("a process id", || current().is_some());
    server.signal(libc::SIGUSR2);
    server.wait();
    let successor = current().expect("the id of the process that serves now");
    let successor_threads = threads(successor);
    let (seen, cores) = (server.get("/").json(), cores_of(&server));
    // SAFETY: kill takes two integers; the process has just answered, and nobody else ends it.
    assert_eq!(unsafe { libc::kill(successor as libc::pid_t, libc::SIGKILL) }, 0);
    assert_eq!(cores, expected(processors));
    assert_eq!(seen["made"]["sync"], all_processors(), "{seen}");
    let is_core = |name: &str| name.starts_with("core-");
    for (name, list) in successor_threads {
        assert_eq!(list == all_processors(), !is_core(&name), "{name} runs on {list}");
    }
}

fn a_list_that_cannot_be_used(engine: Engine) {
    for (list, cause) in [
        ("", "--pin"),
        ("all", "give auto, off, or processors such as 0-3,6, each once"),
        ("0-", "give auto, off, or processors"),
        ("1-0", "give auto, off, or processors"),
        ("0,0", "each once"),
        ("99999", "give auto, off, or processors"),
        ("1023", "processor 1023 is not among those this process may use ("),
    ] {
        let finished = Launch::serve(engine, "export default () => new Response('hi');")
            .options([format!("--pin={list}")])
            .finish();
        let complaint = finished.complaint();
        assert!(
            complaint.contains("--pin") && complaint.contains(cause),
            "{complaint}"
        );
        assert_eq!(finished.code, Some(2), "{list:?}");
    }
}
