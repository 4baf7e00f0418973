import { failureMarkdown, progressMarkdown } from '../../workflows/kit/progress-text';
import { describe, expect, it } from 'vitest';
import type { StageProgress } from '../../schemas/common';
import { runAgentStage } from '../../schemas/run-agent';
import { printAgentAnswer } from '../../workers/cli/agent-answer';
import { snippet } from '../../workers/cli/hits';
import { runLink, startFormLink } from '../../workers/cli/links';
import { verdictCells } from '../../workers/cli/commands/history';
import { createStyle, Output, table } from '../../workers/cli/output';
import { ProgressLine, progressText } from '../../workers/cli/progress-line';

const ESCAPE = '\x1b';

function buffer(extra: { isTTY?: true; columns?: number } = {}) {
  const lines: string[] = [];
  return { lines, write: (text: string) => lines.push(text) > 0, ...extra };
}

describe('output', () => {
  it('with --json puts the value on stdout and nothing else there', () => {
    const [stdout, stderr] = [buffer(), buffer()];
    const out = new Output(true, stdout, stderr, {});
    out.print('for people');
    out.note('chatter');
    out.data({ hits: 1 });
    expect(JSON.parse(stdout.lines.join(''))).toEqual({ hits: 1 });
    expect(stderr.lines).toEqual(['chatter\n']);
  });

  it('without it prints the text and no JSON', () => {
    const stdout = buffer();
    const out = new Output(false, stdout, buffer(), {});
    out.print('for people');
    out.data({ hits: 1 });
    expect(stdout.lines).toEqual(['for people\n']);
  });

  it('is styled on a terminal only, and not where NO_COLOR is set', () => {
    expect(createStyle(buffer({ isTTY: true }), {}).bold('x')).toBe(`${ESCAPE}[1mx${ESCAPE}[22m`);
    expect(createStyle(buffer({ isTTY: true }), { NO_COLOR: '1' }).bold('x')).toBe('x');
    expect(createStyle(buffer(), {}).bold('x')).toBe('x');
  });

  it('aligns columns by what is seen, whatever marks the cells hold', () => {
    const { good, dim } = createStyle(buffer({ isTTY: true }), {});
    const lines = table([
      [good('ok'), 'temporal', 'x'],
      [dim('idle'), 'pg', 'y'],
    ]).split('\n');
    const seen = lines.map((line) =>
      line
        .split(ESCAPE)
        .map((part, at) => (at === 0 ? part : part.replace(/^\[\d+m/, '')))
        .join(''),
    );
    expect(seen).toEqual(['ok    temporal  x', 'idle  pg        y']);
  });
});

describe('progress line', () => {
  it('redraws one line on a terminal, cut to its width', () => {
    const terminal = buffer({ isTTY: true, columns: 10 });
    const line = new ProgressLine(terminal);
    line.show('0123456789abc');
    line.show('second');
    line.end('last');
    expect(terminal.lines).toEqual([`\r${ESCAPE}[2K012345678`, `\r${ESCAPE}[2Ksecond`, `\r${ESCAPE}[2K`, 'last\n']);
  });

  it('elsewhere writes a line every four seconds, when it has changed', () => {
    let now = 0;
    const pipe = buffer();
    const line = new ProgressLine(pipe, () => now);
    for (const [at, text] of [
      [0, 'a'],
      [1, 'b'],
      [4, 'c'],
      [9, 'c'],
      [10, 'd'],
    ] as const) {
      now = at * 1000;
      line.show(text);
    }
    expect(pipe.lines).toEqual(['a\n', 'c\n', 'd\n']);
  });
});

describe('progress of a run', () => {
  const progress: StageProgress = {
    stage: 'cleanDataset',
    subject: 'demo',
    status: 'running',
    phases: [
      { name: 'plan', done: 1, total: 1 },
      { name: 'filter', done: 3, total: 12 },
    ],
    counts: { files: 40, read: 1234, kept: 1000, too_short: 3 },
    unitsPerSecond: 1,
    etaSeconds: 9,
    concurrency: 4,
    hold: null,
    warnings: [],
    links: [],
    findings: [],
  };

  it('is its phase with a bar, the first counts and the time left', () => {
    expect(progressText(progress)).toBe(
      'cleanDataset demo  ████░░░░░░░░░░░░ 2/2 filter 3/12 · 40 files · 1,234 read · 1,000 kept · 9 s left',
    );
  });

  it('says that it is paused, and why it holds', () => {
    expect(progressText({ ...progress, status: 'paused' })).toContain('(paused)');
    expect(progressText({ ...progress, status: 'holding', hold: 'the gate failed' })).toContain(
      'waits for a person: the gate failed',
    );
  });
});

describe('details of a run', () => {
  const progress: StageProgress = {
    ...{ stage: 'cleanDataset', subject: 'demo', status: 'running', counts: {}, unitsPerSecond: 0, etaSeconds: null },
    ...{ concurrency: 1, hold: null, warnings: [], links: [], findings: [] },
    phases: [
      { name: 'plan', done: 1, total: 1 },
      { name: 'spans', done: 0, total: 0 },
    ],
  };

  it('show what is to come with an empty bar, and what has nothing to do without one', () => {
    expect(progressMarkdown(progress)).toContain('| spans | `░');
    expect(progressMarkdown({ ...progress, status: 'done' })).toContain('| spans | nothing to do | | |');
    expect(progressMarkdown({ ...progress, status: 'failed' })).toContain('| spans | `░');
  });

  it('say why a run failed line for line, with an example that can be copied', () => {
    expect(failureMarkdown('Two problems:\n- name: is missing\nExample: {"name":"a"}')).toBe(
      '**Failed.**\n\nTwo problems:\n\n- name: is missing\n\nExample: `{"name":"a"}`',
    );
  });
});

describe('snippets', () => {
  it('mark what was found and are one short line', () => {
    const text = snippet({ highlights: ['To <em>cancel</em> a\n task,\tabort it.'], text: '' }, (word) => `[${word}]`);
    expect(text).toBe('To [cancel] a task, abort it.');
  });

  it('cut a long passage at a blank, never inside a mark', () => {
    const long = `${'word '.repeat(40)}<em>found</em>`;
    const text = snippet({ highlights: [long], text: '' }, (word) => word);
    expect(text.length).toBeLessThan(170);
    expect(text).toMatch(/word …$/);
    expect(snippet({ highlights: [`${'x'.repeat(157)} <em>found</em>`], text: '' }, (word) => word)).not.toContain('<');
  });

  it('are the text itself where only the meaning was found', () => {
    expect(snippet({ highlights: [], text: 'plain' }, (word) => `[${word}]`)).toBe('plain');
  });
});

describe('links', () => {
  const place = { uiUrl: 'http://localhost:8233/', namespace: 'team a' };

  it('lead to the run and to the start form', () => {
    expect(runLink(place, { workflowId: 'a/b', runId: 'r' })).toBe(
      'http://localhost:8233/namespaces/team%20a/workflows/a%2Fb/r/history',
    );
    expect(startFormLink(place, 'cleanDataset')).toBe(
      'http://localhost:8233/namespaces/team%20a/workflows/start-workflow?taskQueue=llm&workflowType=cleanDataset',
    );
  });

  it('are none where no UI is known', () => expect(startFormLink({ ...place, uiUrl: null }, 'x')).toBeNull());
});

describe('the answer of an agent', () => {
  const output = runAgentStage.output.parse({
    ...{ outcome: 'answered', answer: 'Send pause. It waits. All is kept.', answeredBy: 'small', steps: 2 },
    citations: [
      { sentence: { from: 0, to: 11 }, document: 'runs.md', title: 'Runs', from: 40, to: 60 },
      { sentence: { from: 22, to: 34 }, document: 'runs.md', title: 'Runs', from: 40, to: 60 },
    ],
    grounding: { sentences: 3, unsupported: 1 },
    evidence: { rule: 'answered', words: 'Answered in step 2.', turns: [1] },
    usage: {
      ...{ inputTokens: 200, outputTokens: 40, usd: 0.002, modelCalls: 2, minutes: 0.1 },
      toolCalls: { search: 1 },
    },
    repairs: { syntax: 1 },
    transcript: { uri: 'artifact:transcript/x', sha256: 'a'.repeat(64), bytes: 1, rows: 5, kind: 'transcript' },
  });
  const printed = (shown: typeof output): string => {
    const stdout = buffer();
    printAgentAnswer(new Output(false, stdout, buffer(), {}), shown);
    return stdout.lines.join('');
  };

  it('is its text with the numbers of its sources, why it ended, and what it cost', () => {
    expect(printed(output)).toBe(
      [
        'Send pause. [1] It waits. All is kept. [1]',
        '',
        '[1] Runs (runs.md) characters 40 to 60',
        '',
        'answered by the rule answered: Answered in step 2. (steps 2)',
        'steps        2, 2 model calls, search 1',
        'tokens       200 in, 40 out',
        'cost         0.0020, 0.1 minutes',
        'checked      3 sentences, 1 unsupported',
        'repaired     syntax 1',
        'answered by  small',
        'transcript   artifact:transcript/x',
        '',
      ].join('\n'),
    );
  });

  it('is only why it ended where there is none', () => {
    const none = { ...output, outcome: 'budget' as const, answer: null, citations: [], grounding: null, repairs: {} };
    expect(printed(none)).toMatch(/^budget by the rule/);
  });
});

it('a verdict is told with all of its reasons, and who decided', () => {
  const decision = {
    ...{ id: 1, kind: 'model' as const, name: 'bot', version: 3, reference: 2, verdict: 'hold' as const },
    ...{ reasons: ['f1: unclear, -0.02 to 0.03', 'few cases of "refunds"'], gate: 'f1 no worse', intervals: {} },
    ...{ inputs: [], at: '2026-11-26T04:00:00.000Z', workflowId: 'w', approval: null },
  };
  expect(verdictCells(decision)).toEqual([
    ...['model bot', '3', 'against 2', 'hold', '2026-11-26T04:00', 'by itself'],
    'f1: unclear, -0.02 to 0.03; few cases of "refunds"',
  ]);
  const approval = { approved: false, by: 'ada', note: 'not yet' };
  expect(verdictCells({ ...decision, reference: null, approval })).toEqual(
    expect.arrayContaining(['', 'rejected by ada']),
  );
});
