import { condition, defineSignal, defineUpdate, patched, setHandler, workflowInfo } from '@temporalio/workflow';
import { MESSAGES } from '../../schemas/names';
import type { StageRun } from '../kit/stage';
import type { AgentState } from './state';
import { logLine } from './state';

/** Argument of `answer`. */
export interface PersonAnswer {
  answer: string;
  by?: string;
}

export const answerUpdate = defineUpdate<string, [PersonAnswer | string]>(MESSAGES.answer);
export const steerSignal = defineSignal<[string]>(MESSAGES.steer);
export const stopSignal = defineSignal<[string | undefined]>(MESSAGES.stop);
export const pauseSignal = defineSignal(MESSAGES.pause);
export const resumeSignal = defineSignal(MESSAGES.resume);

// A person's words go through the history.
const MAX_WORDS = 8_000;

/** What people say to a run while it goes on. */
export class People {
  private asked: string | null = null;
  private answered: PersonAnswer | null = null;

  constructor(
    private readonly run: Pick<StageRun<unknown>, 'holding' | 'controls'>,
    private readonly state: AgentState,
    /** Called when the run is to end: what is under way is given up. */
    private readonly onStop: () => void,
  ) {}

  register(): void {
    setHandler(answerUpdate, (argument) => this.takeAnswer(argument), {
      description: 'Answer what the run asks. Input: {"answer": "…", "by": "your name"}, or the text alone.',
      validator: (argument: PersonAnswer | string) => {
        const { workflowId } = workflowInfo();
        if (this.asked === null) throw new Error(`The run asks nothing now. (${workflowId})`);
        const { answer } = asAnswer(argument);
        if (typeof answer !== 'string' || answer.trim() === '' || answer.length > MAX_WORDS)
          throw new Error(`Give an answer of 1 to ${MAX_WORDS} characters. (${workflowId})`);
      },
    });
    setHandler(steerSignal, (words) => this.steer(String(words)), {
      description: 'Tell the model something before its next step. Input: the text.',
    });
    setHandler(stopSignal, (why) => this.stop(why), {
      description: 'End the run now, with what it has. Input: why, or nothing.',
    });
    setHandler(pauseSignal, () => void this.run.controls.setPaused(true), { description: 'Begin no further step.' });
    setHandler(resumeSignal, () => void this.run.controls.setPaused(false), { description: 'Go on after a pause.' });
  }

  /** Shows a question and waits for `answer`; null where nobody did within so many milliseconds, or the run was stopped. */
  async ask(question: string, within: number): Promise<PersonAnswer | null> {
    this.asked = question;
    this.answered = null;
    try {
      await this.run.holding(`${question} (send the update \`answer\`)`, () =>
        condition(() => this.answered !== null || this.state.stopped !== null, within),
      );
      return this.answered;
    } finally {
      this.asked = null;
    }
  }

  private takeAnswer(argument: PersonAnswer | string): string {
    this.answered = asAnswer(argument);
    return 'Taken.';
  }

  private steer(words: string): void {
    this.state.notes.push(`A person says: ${words.slice(0, MAX_WORDS)}`);
    logLine(this.state, 'a person says something');
  }

  private stop(why: string | undefined): void {
    this.state.stopped ??= String(why ?? 'no reason given');
    this.onStop();
    // A run that is paused ends all the same; before, it waited to be resumed.
    if (this.run.controls.paused && patched('stop-ends-a-pause')) this.run.controls.setPaused(false);
  }
}

const asAnswer = (argument: PersonAnswer | string): PersonAnswer =>
  typeof argument === 'object' && argument !== null
    ? { answer: argument.answer, by: String(argument.by ?? 'unnamed') }
    : { answer: String(argument), by: 'unnamed' };
