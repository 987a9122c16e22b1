//! Debuggers over `--inspect`: breakpoints in TypeScript, by the lines of its source.

use crate::support::Launch;

/// Types above the line with the breakpoint, and a type that takes lines in it: only a source map finds it.
const PROGRAM: &str = "interface Shape {
    side: number;
}

type Sides = Array<
    Shape
>;

export function area(shapes: Sides): number {
    let sum: number = 0;
    for (const shape of shapes as
        Sides) {
        sum += shape.side ** 2; // line 13
    }
    return sum;
}

const timer = setInterval(() => {
    const found: number = area([{ side: 3 }]);
    if (!Reflect.get(globalThis, 'isSeen')) return;
    clearInterval(timer);
    console.log('area', found);
}, 1);
";

/// What an editor does: finds the line of the source in the script by the script's map, has the engine stop there, and
/// finds the line of the source again where it has stopped.
const EDITOR: &str = r#"
import { spawn } from 'node:child_process';
import { pathToFileURL } from 'node:url';

const [file, lineOfSource] = [process.argv[2], Number(process.argv[3])];
const child = spawn(process.execPath, ['--inspect-brk=0', file], { stdio: ['ignore', 'inherit', 'pipe'] });
child.on('exit', (code) => { console.log('exit', code); process.exit(); });
// Read to its end: a child whose stderr nobody reads any more could not say what it says next.
let output = '';
await new Promise((resolve) => child.stderr.on('data', (part) => {
    output += part;
    if (/ws:\S+/.test(output)) resolve();
}));
const socket = new WebSocket(/ws:\S+/.exec(output)[0]);
await new Promise((resolve) => { socket.onopen = resolve; });

let id = 0;
const answers = new Map();
const events = [];
let wake = () => {};
socket.onmessage = ({ data }) => {
    const message = JSON.parse(data);
    if (message.id === undefined) { events.push(message); wake(); }
    else answers.get(message.id)(message.result ?? message.error);
};
const send = (method, params = {}) => new Promise((resolve) => {
    answers.set(++id, resolve);
    socket.send(JSON.stringify({ id, method, params }));
});
async function event(method, matches = () => true) {
    for (;;) {
        const at = events.findIndex((event) => event.method === method && matches(event.params));
        if (at >= 0) return events.splice(at, 1)[0].params;
        await new Promise((resolve) => { wake = resolve; });
    }
}

// Source map revision 3 (ECMA-426): for each line of the script, where its segments come from.
function decode(mappings) {
    const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
    let [source, line, column] = [0, 0, 0];
    return mappings.split(';').map((text) => {
        let generated = 0;
        return text.split(',').filter((segment) => segment !== '').map((segment) => {
            const values = [];
            let [value, shift] = [0, 0];
            for (const letter of segment) {
                const digit = digits.indexOf(letter);
                value += (digit & 31) << shift;
                shift += 5;
                if (digit & 32) continue;
                values.push(value & 1 ? -(value >> 1) : value >> 1);
                [value, shift] = [0, 0];
            }
            generated += values[0];
            source += values[1] ?? 0; line += values[2] ?? 0; column += values[3] ?? 0;
            return { generated, source, line, column };
        });
    });
}

await send('Debugger.enable');
await send('Runtime.enable');
await send('Runtime.runIfWaitingForDebugger');
const url = pathToFileURL(file).href;
// CommonJS is asked for by a module of the same name, which has no map.
await event('Debugger.paused');
send('Debugger.resume');
const script = await event('Debugger.scriptParsed', (script) => script.url === url && script.sourceMapURL !== '');
const map = JSON.parse(Buffer.from(script.sourceMapURL.split('base64,')[1], 'base64').toString());
const lines = decode(map.mappings);
console.log('sources', map.sources.map((source) => new URL(source, url).href === url));
const lineNumber = lines.findIndex((segments) => segments.some((segment) => segment.line === lineOfSource - 1));
const { locations } = await send('Debugger.setBreakpointByUrl', { url, lineNumber, columnNumber: 0 });
console.log('breakpoint', locations?.length > 0);
const paused = await event('Debugger.paused');
const [frame] = paused.callFrames;
const segments = lines[frame.location.lineNumber];
const segment = segments.findLast((segment) => segment.generated <= frame.location.columnNumber) ?? segments[0];
const { result } = await send('Debugger.evaluateOnCallFrame', { callFrameId: frame.callFrameId, expression: 'shape.side' });
console.log('paused', frame.functionName, segment.line + 1, result.value, paused.hitBreakpoints.length);
await send('Runtime.evaluate', { expression: 'globalThis.isSeen = true' });
send('Debugger.resume');
"#;

#[track_caller]
fn is_met(file: &str, program: &str) {
    let finished = Launch::bare("editor.mjs")
        .file("editor.mjs", EDITOR)
        .file(file, program)
        .entry(file)
        .arguments(["13"])
        .finish();
    assert_eq!(
        (finished.code, finished.stdout.as_str()),
        (
            Some(0),
            "sources [ true ]\nbreakpoint true\npaused area 13 3 1\narea 9\nexit 0\n"
        ),
        "{finished:?}"
    );
}

#[test]
fn a_breakpoint_in_typescript_is_met_at_its_line() {
    is_met("app.ts", PROGRAM);
}

#[test]
fn a_breakpoint_in_commonjs_is_met_at_its_line() {
    is_met("app.cts", &PROGRAM.replace("export function", "function"));
}
