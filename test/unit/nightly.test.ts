import { describe, expect, it } from 'vitest';
import {
  type NightlyRefreshInput,
  nightlyRefreshStage,
  type NightState,
  type NightStep,
  type NightStepResult,
} from '../../schemas/nightly-refresh';
import { bindInput, bindRollout } from '../../workflows/nightly/bind';
import { rolloutStrategyStage } from '../../schemas/rollout-strategy';
import { obstacle as obstacleOf, stepsOf } from '../../workflows/nightly/order';
import { nightPage } from '../../workflows/nightly/page';
import { againOf, carried, NOTHING_PENDING, pendingOf } from '../../workflows/nightly/pending';

const input = (more: object = {}): NightlyRefreshInput =>
  nightlyRefreshStage.input.parse({ clean: { source: 'docs' }, index: { dataset: 'documents' }, ...more });
/** Why a step of a night is left out that names no strategy. */
const obstacle = (step: NightStep, states: ReturnType<typeof known>) => obstacleOf(step, states, input());
const known = (states: Partial<Record<NightStep, NightState>>) =>
  new Map(Object.entries(states).map(([step, state]) => [step as NightStep, { state }]));

describe('the order of a night', () => {
  it('is that of the stages, whatever order the input names them in', () => {
    expect(stepsOf(input({ promote: { name: 'm' }, features: { dataset: 'documents', ngrams: {} } }))).toEqual([
      ...['clean', 'features', 'index', 'promote'],
    ]);
  });

  it('leaves out what needs a failure, also by way of others, and nothing else', () => {
    const failed = known({ clean: 'done', features: 'failed', index: 'done' });
    expect(obstacle('train', failed)).toEqual({ state: 'left out', says: 'needs features' });
    expect(obstacle('distill', known({ clean: 'done', train: 'left out' }))?.state).toBe('left out');
    expect(obstacle('index', failed)).toBeNull();
  });

  it('promotes only what the night has made, and distils a new teacher alone', () => {
    expect(obstacle('promote', known({ clean: 'done', train: 'not due', distill: 'not due' }))).toEqual({
      ...{ state: 'not due', says: 'train and distill made nothing new' },
    });
    expect(obstacle('promote', known({ train: 'not due', distill: 'done' }))).toBeNull();
    expect(obstacle('distill', known({ clean: 'done', train: 'unchanged' }))?.state).toBe('not due');
    expect(obstacle('distill', known({ clean: 'unchanged' }))).toBeNull();
    expect(obstacle('evaluate', known({ index: 'unchanged', train: 'not due' }))?.state).toBe('not due');
    expect(obstacle('evaluate', known({ index: 'done', train: 'not due' }))).toBeNull();
    expect(obstacle('promote', known({ train: 'done', evaluate: 'failed' }))?.state).toBe('left out');
  });
});

describe('the rollout of a night', () => {
  const train = { recipe: 'sft', name: 'support', base: 'base@1', data: { dataset: 'documents' } };
  const rollout = (strategy: object) => input({ train, rollout: { strategy } });
  const why = (strategy: object, states: Parameters<typeof known>[0], verdict?: 'promote' | 'reject' | 'hold') =>
    obstacleOf(
      'rollout',
      new Map([...known(states)].map(([step, of]) => [step, step === 'evaluate' && verdict ? { ...of, verdict } : of])),
      rollout(strategy),
    );

  it('is due once a model was made that its strategy names, at any depth', () => {
    const deep = { ranking: [{ by: 'support' }] };
    expect(why(deep, { train: 'done' })).toBeNull();
    expect(why(deep, { train: 'not due' })).toEqual({ state: 'not due', says: 'train made nothing new' });
  });

  it('is due every night where its strategy names no model of the night', () => {
    for (const model of ['support@3', 'the support', 'documents']) {
      expect(why({ model }, { clean: 'unchanged', train: 'not due' })).toBeNull();
    }
  });

  it('waits for all that the night has measured, and for the gate of what it made', () => {
    const named = { model: 'support' };
    expect(why(named, { train: 'done', promote: 'failed' })).toEqual({ state: 'left out', says: 'needs promote' });
    expect(why(named, { train: 'done', evaluate: 'done' }, 'promote')).toBeNull();
    expect(why(named, { train: 'done', evaluate: 'done' }, 'hold')).toEqual({
      ...{ state: 'not due', says: 'evaluate did not let it through' },
    });
    // Whoever promoted it was asked about that.
    expect(why(named, { train: 'done', evaluate: 'done', promote: 'done' }, 'hold')).toBeNull();
  });
});

describe('the strategy of a rollout', () => {
  const made = [
    { step: 'clean' as const, state: 'done' as const, says: '', made: 'documents@7' },
    { step: 'index' as const, state: 'done' as const, says: '', made: 'documents@1' },
    { step: 'train' as const, state: 'done' as const, says: '', made: 'support@3' },
    { step: 'distill' as const, state: 'unchanged' as const, says: '', made: 'small@9' },
  ];
  const bound = (strategy: Record<string, unknown>) =>
    bindRollout(rolloutStrategyStage.input.parse({ name: 'support', strategy }), '2026-02-03', made);

  it('takes the versions of models for texts that are nothing but their names, whatever the key', () => {
    expect(bound({ a: { b: ['support', 'small'] }, support: 'support', weight: 0.3 })).toMatchObject({
      ...{ name: 'support', strategy: { a: { b: ['support@3', 'small@9'] }, support: 'support@3', weight: 0.3 } },
    });
  });

  it('leaves names of datasets and indexes, versions and longer texts as they are, and puts in the date', () => {
    const strategy = { dataset: 'documents', model: 'support@2', prompt: 'You are support', small: 'smaller' };
    expect(bound({ ...strategy, since: 'of {night}' }).strategy).toEqual({ ...strategy, since: 'of 2026-02-03' });
  });
});

describe('the input of a step', () => {
  const made = [
    { step: 'clean' as const, state: 'done' as const, says: '', made: 'documents@7' },
    { step: 'train' as const, state: 'done' as const, says: '', made: 'support@3' },
  ];

  it('takes the versions of this night for names without one, where a dataset or a model is named', () => {
    const distill = { teacher: 'support', data: { dataset: 'documents' }, name: 'documents', texts: ['documents'] };
    expect(bindInput(distill, '2026-02-03', made)).toEqual({
      ...{ teacher: 'support@3', data: { dataset: 'documents@7' }, name: 'documents', texts: ['documents'] },
    });
  });

  it('leaves versions that are named, and the versions of others, as they are', () => {
    const index = { dataset: 'documents@2', base: 'documents', nothing: null, many: 4 };
    expect(bindInput(index, '2026-02-03', made)).toEqual(index);
  });

  it('puts the date into texts at every depth', () => {
    const query = { source: 'in/{night}', parts: [{ query: "day = '{night}' or day is '{night}'" }] };
    expect(bindInput(query, '2026-02-03', [])).toEqual({
      ...{ source: 'in/2026-02-03', parts: [{ query: "day = '2026-02-03' or day is '2026-02-03'" }] },
    });
  });
});

describe('what a night leaves to the next one', () => {
  const train = { recipe: 'sft', name: 'support', base: 'base@1', data: { dataset: 'documents' } };
  const night = input({ train, promote: { name: 'support' }, rollout: { strategy: { model: 'support' } } });
  const result = (step: NightStep, state: NightState, more: Partial<NightStepResult> = {}): NightStepResult => ({
    ...{ step, state, says: '' },
    ...more,
  });
  const trained = result('train', 'done', { made: 'support@7' });
  const unjudged = [trained, result('evaluate', 'failed', { code: 'Unavailable' }), result('promote', 'left out')];

  it('is what was due and the version that it is for, night after night until it is done', () => {
    const first = pendingOf(night, unjudged, NOTHING_PENDING);
    expect(first).toEqual({ steps: ['evaluate', 'promote'], made: { train: 'support@7' } });
    expect(obstacleOf('evaluate', known({ train: 'not due' }), night, first.steps)).toBeNull();
    const waits = carried('train', first, { state: 'not due', says: '3 new documents of 1000' });
    expect(waits).toEqual({
      ...{
        state: 'not due',
        says: '3 new documents of 1000; support@7 waits for evaluate, promote',
        made: 'support@7',
      },
    });
    const again = [{ step: 'train' as const, ...waits }, ...unjudged.slice(1)];
    expect(pendingOf(night, again, first)).toEqual(first);
    const through = [again[0] ?? trained, result('evaluate', 'done'), result('promote', 'done')];
    expect(pendingOf(night, [...through, result('rollout', 'failed')], first)).toEqual(NOTHING_PENDING);
  });

  it('outlives a night on which nothing could be done', () => {
    const first = pendingOf(night, unjudged, NOTHING_PENDING);
    const left = { state: 'left out', says: 'needs clean' } as const;
    const second = [
      result('clean', 'failed'),
      ...(['train', 'evaluate', 'promote'] as const).map((step) => ({ step, ...carried(step, first, left) })),
    ];
    expect(pendingOf(night, second, first)).toEqual(first);
    expect(
      pendingOf(
        night,
        second.map(({ made: _none, ...rest }) => rest),
        NOTHING_PENDING,
      ),
    ).toEqual(NOTHING_PENDING);
  });

  it('is nothing that a person or a gate has refused, nor what needs that', () => {
    for (const code of ['Rejected', 'GateRefused']) {
      const refused = [trained, result('promote', 'failed', { code }), result('rollout', 'left out')];
      expect(againOf(refused)).toEqual([]);
      expect(pendingOf(night, refused, NOTHING_PENDING)).toEqual(NOTHING_PENDING);
      const page = nightPage(
        '2026-02-03',
        refused.map((one) => ({ ...one, seconds: 1 })),
      );
      expect(page).toContain('What is live stays as it was.');
      expect(page).not.toContain('does again');
    }
  });
});

describe('the page of a night', () => {
  it('adds up what it cost, and says what the next night does again', () => {
    const page = nightPage('2026-02-03', [
      { step: 'clean', state: 'done', says: 'a | b\nc', made: 'documents@7', seconds: 3 },
      { step: 'train', state: 'failed', says: 'CheckpointCorrupt: no', seconds: 600, cost: 1.5 },
      { step: 'promote', state: 'left out', says: 'needs train', seconds: 0, cost: 0.25 },
    ]);
    expect(page).toContain('| clean | done | a \\| b c | documents@7 | 3 s |  |');
    expect(page).toContain('| train | failed | CheckpointCorrupt: no |  | 10 min | 1.50 |');
    expect(page).toContain('Cost: **1.75**.');
    expect(page).toContain('What is live stays as it was. The next night does again: **train, promote**.');
  });

  it('says what is under way', () => {
    expect(nightPage('2026-02-03', [], 'index (night-index)')).toContain('Under way: **index (night-index)**.');
  });
});
