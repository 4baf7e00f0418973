import {
  ChildWorkflowFailure,
  type ChildWorkflowHandle,
  condition,
  defineQuery,
  defineUpdate,
  isCancellation,
  patched,
  setHandler,
  startChild,
  workflowInfo,
} from '@temporalio/workflow';
import type { ArtifactRef } from '../schemas/common';
import { type ConverseInput, type ConverseOutput, converseStage, type Reply, type Said } from '../schemas/converse';
import { MESSAGES, workflowId as runId } from '../schemas/names';
import { runAgentStage, type RunAgentOutput } from '../schemas/run-agent';
import { innermost } from './agent/own-tools';
import { pauseSignal, resumeSignal, steerSignal, stopSignal } from './agent/people';
import { type StageRun, stageWorkflow } from './kit/stage';

export const sendMessageUpdate = defineUpdate<Reply, [string | { message: string }]>(MESSAGES.sendMessage);
export const transcriptQuery = defineQuery<Said[]>(MESSAGES.transcript);

/** What one run of the chain hands to the next. */
interface Talk {
  /** Messages so far: the number of the next one. */
  messages: number;
  waiting: { id: number; text: string }[];
  said: Said[];
  transcript: ArtifactRef | null;
  stopped: boolean;
}

const PHASE = 'talk';
// Before it a pause by update was not handed on, and a paused conversation took messages and could not be stopped.
const HANDS_ON = 'converse-hands-on-every-message';
// Answers go through the history whole.
const MAX_BYTES = 1_500_000;
const MAX_WAITING = 32;
const MAX_MESSAGE = 20_000;
// What the query tells, and what continue-as-new carries: a glance; the artifact holds all.
const SAID = { messages: 40, characters: 1_000 };

/** A conversation: messages come by update and are answered one after the other, each by a child of its own. */
export const converse = stageWorkflow(
  converseStage,
  { phases: [PHASE], maxBytes: MAX_BYTES },
  async (run): Promise<ConverseOutput> => {
    const talk = run.carried<Talk>(PHASE) ?? beginning(run.input);
    const handsOn = patched(HANDS_ON);
    const replies = new Map<number, Reply>();
    let child: ChildWorkflowHandle<(input: unknown) => Promise<RunAgentOutput>> | null = null;
    const tell = (signal: (to: NonNullable<typeof child>) => Promise<void>) => {
      // A message to a child that has just ended has nobody to tell.
      if (child) void signal(child).catch(() => undefined);
    };

    setHandler(transcriptQuery, () => talk.said, { description: 'The last messages, of both.' });
    setHandler(
      sendMessageUpdate,
      async (argument) => {
        const id = enqueue(talk, textOf(argument));
        await condition(() => replies.has(id));
        const reply = replies.get(id) as Reply;
        replies.delete(id);
        return reply;
      },
      {
        description: 'Say something and wait for the answer. Input: {"message": "…"}, or the text alone.',
        validator: (argument: string | { message: string }) => refuse(talk, textOf(argument)),
      },
    );
    setHandler(steerSignal, (words) => tell((to) => to.signal(steerSignal, words)), {
      description: 'Tell the agent something while it works on a message. Input: the text.',
    });
    setHandler(
      stopSignal,
      (why) => {
        talk.stopped = true;
        tell((to) => to.signal(stopSignal, why));
        if (handsOn && run.controls.paused) run.controls.setPaused(false);
      },
      { description: 'End the conversation, and the message that is worked on.' },
    );
    const tellPaused = (paused: boolean) => tell((to) => to.signal(paused ? pauseSignal : resumeSignal));
    if (handsOn) run.controls.onPaused = tellPaused;
    const setPaused = (paused: boolean) => {
      run.controls.setPaused(paused);
      if (!handsOn) tellPaused(paused);
    };
    setHandler(pauseSignal, () => setPaused(true));
    setHandler(resumeSignal, () => setPaused(false));
    const begin = (started: NonNullable<typeof child>) => {
      child = started;
      // What was said while it was being started.
      if (handsOn && run.controls.paused) tellPaused(true);
      if (handsOn && talk.stopped) tell((to) => to.signal(stopSignal, undefined));
    };

    await run.endless<Talk>(PHASE, {
      initial: talk,
      counts: ({ messages, waiting }) => ({ messages, waiting: waiting.length }),
      // Whoever waits for an answer waits in this run: it is not left before they have it.
      mayStop: () => talk.waiting.length === 0,
      next: async () => {
        run.board.showSheet('state', 'Waits for a message.');
        const mayBegin = () => talk.waiting.length > 0 && !(handsOn && run.controls.paused);
        await condition(() => mayBegin() || talk.stopped || (run.input.untilIdle && talk.waiting.length === 0));
        const [message] = talk.waiting;
        if (!message) return null;
        const workflowId = `${workflowInfo().workflowId}/message-${message.id}`;
        run.board.showSheet('state', `Works on message ${message.id + 1}: ${workflowId}`);
        const reply = talk.stopped
          ? ended(workflowId, 'The conversation has ended.')
          : await answer(run, talk, message.text, workflowId, begin);
        child = null;
        talk.waiting.shift();
        say(talk, { from: 'user', text: message.text });
        say(talk, { from: 'agent', text: reply.answer ?? reply.words, outcome: reply.outcome });
        replies.set(message.id, reply);
        return talk;
      },
    });
    run.board.showSheet('state', 'Has ended.');
    return { conversation: run.subject, messages: talk.messages, transcript: talk.transcript };
  },
);

function beginning({ message }: ConverseInput): Talk {
  const talk: Talk = { messages: 0, waiting: [], said: [], transcript: null, stopped: false };
  if (message !== undefined) enqueue(talk, message);
  return talk;
}

const textOf = (argument: string | { message: string }): string =>
  typeof argument === 'object' && argument !== null ? String(argument.message ?? '') : String(argument);

/** Throws for what can not be taken: that refuses the update and leaves no event. */
function refuse(talk: Talk, text: string): void {
  const { workflowId } = workflowInfo();
  if (talk.stopped) throw new Error(`The conversation has ended. (${workflowId})`);
  if (text.trim() === '' || text.length > MAX_MESSAGE) {
    throw new Error(`Give a message of 1 to ${MAX_MESSAGE} characters. (${workflowId})`);
  }
  if (talk.waiting.length >= MAX_WAITING) throw new Error(`${MAX_WAITING} messages wait already. (${workflowId})`);
}

function enqueue(talk: Talk, text: string): number {
  const id = talk.messages;
  talk.messages += 1;
  talk.waiting.push({ id, text });
  return id;
}

function say(talk: Talk, { text, ...more }: Said): void {
  talk.said.push({ ...more, text: text.slice(0, SAID.characters) });
  if (talk.said.length > SAID.messages) talk.said.shift();
}

const ended = (workflowId: string, words: string): Reply => ({
  ...{ outcome: 'failed', answer: null, citations: [], words, workflowId },
});

/** Has a run answer one message. What fails there is an answer too: the conversation goes on. */
async function answer(
  run: StageRun<ConverseInput>,
  talk: Talk,
  question: string,
  workflowId: string,
  onStart: (child: ChildWorkflowHandle<(input: unknown) => Promise<RunAgentOutput>>) => void,
): Promise<Reply> {
  const { name: _name, message: _message, untilIdle: _untilIdle, ...settings } = run.input;
  const input = { question, ...settings, ...(talk.transcript ? { continues: talk.transcript } : {}) };
  try {
    const child = await startChild<(input: unknown) => Promise<RunAgentOutput>>(runAgentStage.name, {
      workflowId,
      args: [input],
      staticSummary: `${runId(runAgentStage.name, run.subject)}: a message of the conversation`,
      parentClosePolicy: 'REQUEST_CANCEL',
    });
    onStart(child);
    const { outcome, answer: text, citations, evidence, transcript } = await child.result();
    talk.transcript = transcript;
    return { outcome, answer: text, citations, words: evidence.words, workflowId };
  } catch (error) {
    if (isCancellation(error) || !(error instanceof ChildWorkflowFailure)) throw error;
    return ended(workflowId, innermost(error));
  }
}
