import { readdir, readFile, writeFile } from 'node:fs/promises';
import t from 'tap';
import type { Test } from 'tap';
import { Parser } from 'tap-parser';
import type { Event } from '../../harness/domain/event.ts';
import { eventSchema } from '../../harness/domain/event.ts';
import type { Reporter, ReporterOptions } from '../reporter.ts';
import { hostileRun } from './hostile.ts';

/** `HOSTPROOF_GOLDEN=write node --import tsx reports/test/reporters.test.ts` writes the golden files anew. */
const rewrite = process.env['HOSTPROOF_GOLDEN'] === 'write';

const here = new URL('.', import.meta.url);

async function allReporters(): Promise<Reporter[]> {
  const files = (await readdir(new URL('..', here))).filter((file) => file.endsWith('.ts'));
  const modules = await Promise.all(
    files.map(
      async (file) => (await import(new URL(`../${file}`, here).href)) as { default?: Reporter },
    ),
  );
  return modules.flatMap((module) => (module.default ? [module.default] : []));
}

const reporters = new Map((await allReporters()).map((reporter) => [reporter.name, reporter]));

function render(name: string, events: readonly Event[], options: Partial<ReporterOptions> = {}) {
  const reporter = reporters.get(name);
  if (!reporter) throw new Error(`no reporter ${name}`);
  let text = '';
  const write = (more: string) => {
    text += more;
  };
  const dir = '.hostproof/runs/20260102-030405-abcd';
  const running = reporter.create({
    write,
    isTTY: false,
    color: false,
    columns: 100,
    dir,
    ...options,
  });
  for (const event of events) running.onEvent(event);
  running.end();
  return text;
}

async function golden(test: Test, name: string, text: string) {
  const file = new URL(`golden/${name}`, here);
  if (rewrite) await writeFile(file, text);
  test.equal(text, await readFile(file, 'utf8'), `golden/${name}`);
}

/** What a terminal would obey, or a reader by lines would take for a line end. */
const HARMFUL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\u202e]/;

t.test('every report is one file with one default export', (t) => {
  t.same([...reporters.keys()].sort(), ['jsonl', 'junit', 'summary', 'tap', 'terminal']);
  for (const { name, title } of reporters.values()) t.match(title, /^\S.{5,}/, name);
  t.end();
});

t.test('what a hostile guest says does no harm in any report', async (t) => {
  for (const [name, extension] of [
    ['tap', 'tap'],
    ['junit', 'xml'],
    ['terminal', 'txt'],
    ['summary', 'txt'],
  ] as const) {
    const text = render(name, hostileRun);
    await golden(t, `${name}.${extension}`, text);
    t.notMatch(text, HARMFUL, `${name} has no control characters`);
    const longest = Math.max(...text.split('\n').map((line) => line.length));
    t.ok(longest < 20_000, `${name} has no endless line (${String(longest)})`);
  }
});

interface Parsed {
  readonly ok: boolean;
  readonly complaints: readonly unknown[];
  readonly points: readonly {
    readonly ok: boolean;
    readonly name: string;
    readonly diag: unknown;
  }[];
  readonly subtests: readonly string[];
}

function parseStrictly(text: string): Parsed {
  const complaints: unknown[] = [];
  const points: Parsed['points'][number][] = [];
  const subtests: string[] = [];
  const parser = new Parser({ strict: true });
  const watch = (one: Parser) => {
    one.on('extra', (extra: unknown) => complaints.push(extra));
    one.on('complete', (results: { failures: { tapError?: unknown }[] }) => {
      complaints.push(...results.failures.filter((failure) => failure.tapError));
    });
    one.on('child', (child: Parser) => {
      subtests.push(child.name);
      watch(child);
    });
  };
  watch(parser);
  parser.on('assert', (point: Parsed['points'][number]) => points.push(point));
  parser.end(text);
  return { ok: parser.ok, complaints, points, subtests };
}

t.test('TAP is what tap-parser takes in strict mode, and nothing can be injected', (t) => {
  const { ok, complaints, points, subtests } = parseStrictly(render('tap', hostileRun));
  t.same(complaints, []);
  t.notOk(ok);
  t.equal(points.length, 7);
  t.same(
    points.map((point) => point.ok),
    [false, true, false, false, false, false, false],
  );
  t.equal(subtests.length, 7);
  t.match(points[0]?.name, 'An upgrade pass # SKIP everything # TODO later \\# {', 'in full');
  t.match(points[0]?.diag, {
    invariant: 'fstab-names-itself',
    verdict: 'failed',
    blame: 'the host',
    evidence: [/console\.log$|events\.jsonl$/, /console\.log$/],
    reproduce: /^npx hostproof run/,
  });
  t.match(points[2]?.diag, { verdict: 'unfit', blame: /environment, not the host/ });
  t.end();
});

t.test('TAP of a run where everything passed is ok', (t) => {
  const [started, ...rest] = hostileRun;
  if (started?.body.type !== 'run.started') throw new Error('the run does not start');
  const good = 'smoke/install@thin-uefi';
  const events = [
    {
      ...started,
      body: { ...started.body, jobs: started.body.jobs.filter(({ id }) => id === good) },
    },
    ...rest.filter(({ body }) => !('job' in body) || body.job === good),
  ];
  const { ok, complaints, points } = parseStrictly(render('tap', events));
  t.same(complaints, []);
  t.ok(ok);
  t.match(points, [{ ok: true, time: 69_991 }]);
  t.end();
});

t.test('a stream that stops anywhere still makes a report that can be read', (t) => {
  for (let length = 0; length <= hostileRun.length; length += 1) {
    const events = hostileRun.slice(0, length);
    const { ok, complaints } = parseStrictly(render('tap', events));
    t.same(complaints, [], `TAP of the first ${String(length)} events`);
    t.notOk(ok, 'and it is not ok');
    t.doesNotThrow(() => {
      wellFormed(render('junit', events));
    }, 'JUnit');
    t.doesNotThrow(() => render('terminal', events, { isTTY: true }), 'terminal');
  }
  t.end();
});

t.test('on a terminal a job is told by its whole name, whatever is planted in it', (t) => {
  const id = `upgrade/keeps-what-the-administrator-changed@thin-uefi+${'defect-'.repeat(6)}end`;
  const said = render('terminal', [
    { v: 1, seq: 0, atMs: 0, body: { type: 'job.started', job: id, dir: 'jobs/one' } },
  ]);
  t.ok(said.includes(`${id}: begins`), said);
  t.end();
});

t.test('a run without jobs is a valid TAP of nothing', (t) => {
  const [started] = hostileRun;
  if (started?.body.type !== 'run.started') throw new Error('the run does not start');
  const text = render('tap', [{ ...started, body: { ...started.body, jobs: [] } }]);
  t.same(parseStrictly(text).complaints, []);
  t.match(text, /^1\.\.0 # SKIP/m);
  t.end();
});

/** @throws Error unless the text is well-formed XML of the kind that the report writes */
function wellFormed(xml: string): void {
  const open: string[] = [];
  const token =
    /<\?xml[^<>]*\?>|<(\/?)([a-z-]+)((?: [a-z]+="(?:[^<>&"]|&(?:amp|lt|gt|quot|apos);)*")*)(\/?)>|(?:[^<>&]|&(?:amp|lt|gt|quot|apos);)+/gy;
  while (token.lastIndex < xml.length) {
    const at = token.lastIndex;
    const match = token.exec(xml);
    if (!match) throw new Error(`not XML: ${xml.slice(at, at + 80)}`);
    const [, slash, tag, , empty] = match;
    if (tag === undefined || empty === '/') continue;
    if (slash !== '/') open.push(tag);
    else if (open.pop() !== tag) throw new Error(`</${tag}> closes nothing`);
  }
  if (open.length > 0) throw new Error(`not closed: ${open.join(', ')}`);
}

t.test('JUnit is well-formed, counts right, and tells failures from errors', (t) => {
  const xml = render('junit', hostileRun);
  wellFormed(xml);
  t.match(xml, '<testsuites name="hostproof" tests="7" failures="1" errors="5" skipped="0"');
  t.equal(xml.match(/<failure /g)?.length, 1);
  t.equal(xml.match(/<error /g)?.length, 5);
  t.notMatch(xml, '<script>');
  t.throws(() => {
    wellFormed('<a b="<"></a>');
  }, 'the checker is not blind');
  t.end();
});

t.test('jsonl is the stream again', (t) => {
  const text = render('jsonl', hostileRun);
  const again = text
    .trimEnd()
    .split('\n')
    .map((line) => eventSchema.parse(JSON.parse(line)));
  t.same(again, hostileRun);
  t.notMatch(text, HARMFUL);
  t.end();
});

t.test(
  'on a terminal there is a line per running job, redrawn at most four times a second',
  (t) => {
    const writes: { atMs: number; text: string }[] = [];
    let atMs = 0;
    const write = (text: string) => writes.push({ atMs, text });
    const running = reporters
      .get('terminal')
      ?.create({ write, isTTY: true, color: true, columns: 60 });
    if (!running?.tick) throw new Error('the terminal report wants ticks');
    const begun = hostileRun.slice(0, 7);
    for (const event of begun) running.onEvent(event);
    writes.length = 0;
    for (atMs = 1000; atMs < 2000; atMs += 10) running.tick(atMs);
    t.equal(writes.length, 4);
    const last = writes.at(-1)?.text ?? '';
    t.match(
      last,
      /^\u001b\[2A\u001b\[0J\u001b\[\?7l/,
      'it erases its two lines and draws them anew',
    );
    t.match(last, /smoke\/install@thin-uefi {2}1\. install image=1\.0/);
    for (const line of last.split('\n'))
      t.ok(line.length < 90, 'no line is longer than the terminal');
    running.end();
    t.match(writes.at(-1)?.text, /^\u001b\[2A\u001b\[0J\n/, 'the summary replaces them');
    t.end();
  },
);
