import { ActivityFailure, ApplicationFailure, CancellationScope, isCancellation } from '@temporalio/workflow';
import type { BegunAgent, CheckedTurn } from '../../activities/agent';
import type { ModelTurn } from '../../activities/agent/call-model';
import type { ToolTurn } from '../../activities/agent/call-tool';
import type { TurnDigest } from '../../schemas/agent-loops';
import type { GuardVerdict } from '../../schemas/guard';
import type { AgentOutcome, RunAgentInput } from '../../schemas/run-agent';
import type { StageRun } from '../kit/stage';
import { agentCalls, quickCall, ranOutOfTime } from './calls';
import { judgeTurns } from './judge';
import { ownTool } from './own-tools';
import type { People } from './people';
import { type AgentState, callsLeft, count, exhausted, leftMs, logLine, tokensOf } from './state';

export interface AgentLoopParts {
  run: StageRun<RunAgentInput>;
  /** Key of the run's pieces. */
  key: string;
  begun: BegunAgent;
  state: AgentState;
  people: People;
}

const DAY_MS = 86_400_000;

/** The turns of a run: what the model decides, what comes of it, and when it is over. */
export class AgentLoop {
  /** The answer that was checked last, in this run of the chain. */
  checked: CheckedTurn | null = null;
  private scope: CancellationScope | null = null;

  constructor(private readonly parts: AgentLoopParts) {}

  /** Gives up the call that is under way, because the run is to end. */
  interrupt(): void {
    this.scope?.cancel();
  }

  /** Does one turn, or says in the state how the run ends. What the run was paused before it counts for no budget. */
  async turn(): Promise<void> {
    const { state } = this.parts;
    state.clock.waited += Date.now() - state.clock.idleSince;
    this.scope = new CancellationScope();
    try {
      await this.scope.run(() => this.step());
    } catch (error) {
      this.endBy(error);
    } finally {
      this.scope = null;
      state.clock.idleSince = Date.now();
    }
  }

  end(outcome: AgentOutcome, rule: string, words: string, turns: number[] = []): void {
    this.parts.state.end = { outcome, evidence: { rule, words, turns } };
  }

  /** What the guard says of a question or an answer; where a person has to look, they are waited for. True to go on. */
  private async passes(what: string, verdict: GuardVerdict): Promise<boolean> {
    const { decision, reasons } = verdict;
    const why = reasons[0] ? `${reasons[0].rule}: ${reasons[0].why}` : 'no reason given';
    if (decision === 'allow') return true;
    if (decision === 'warn') {
      this.parts.run.board.warn(`The guard warns of ${what}: ${why}`);
      return true;
    }
    if (decision === 'refuse') {
      this.end('refused', 'guard', `The guard refuses ${what}: ${why}`);
      return false;
    }
    const approved = await this.decide(`The guard keeps back ${what}: ${why}.`);
    if (approved === null) this.end('needs_human', 'guard', `The guard keeps back ${what}, and nobody decided: ${why}`);
    else if (!approved.approved)
      this.end('refused', 'guard', `${approved.by} refused ${what}: ${approved.note || why}`);
    return approved?.approved === true;
  }

  private async step(): Promise<void> {
    const { state, run, key, begun } = this.parts;
    const { budgets } = run.input;
    if (state.stopped !== null) return this.end('needs_human', 'stopped', `A person ended the run: ${state.stopped}`);
    if (!state.admitted) {
      if (!(await this.passes('the question', begun.verdict))) return;
      state.admitted = true;
    }
    const now = Date.now();
    const over = exhausted(state, budgets, now);
    if (over) return this.end('budget', over.rule, over.words);
    const step = state.step;
    const turn = await agentCalls(`step ${step + 1}: ask ${begun.model}`, leftMs(state, budgets, now)).callModel({
      ...{ run: key, step, notes: state.notes.splice(0), format: state.format },
      maxTokens: Math.max(1, budgets.tokens - tokensOf(state.usage)),
    });
    state.step += 1;
    this.account(turn);
    if (turn.kind === 'problem') return this.askAgain(step, turn);
    state.malformed = 0;
    if (turn.rung !== 'none') count(state.repairs, turn.rung);
    if (turn.kind === 'answer') return this.answer(step, turn.cut === true);
    return this.call(step, turn);
  }

  private account({ inputTokens, outputTokens, cost }: ModelTurn): void {
    const { usage } = this.parts.state;
    usage.modelCalls += 1;
    usage.inputTokens += inputTokens;
    usage.outputTokens += outputTokens;
    usage.usd += cost;
  }

  /** The last rungs of the ladder: once more with what is wrong, once in a simpler format, and then no more. */
  private askAgain(step: number, { problem = '', digest }: ModelTurn): void {
    const { state } = this.parts;
    state.malformed += 1;
    logLine(state, `${step + 1}. an action that can not be read: ${problem.split('\n')[0]?.slice(0, 120)}`);
    if (state.malformed === 1) count(state.repairs, 'asked again');
    else if (state.format === 'json') {
      state.format = 'simple';
      count(state.repairs, 'simpler format');
    } else {
      count(state.repairs, 'given up');
      const steps = Array.from({ length: state.malformed }, (_, at) => step - state.malformed + 1 + at);
      return this.end('failed', 'malformed', `The model wrote no action that can be read: ${problem}`, steps);
    }
    state.notes.push(`Your last message can not be read as an action: ${problem}`);
    if (digest) this.judge(step, digest);
  }

  private async answer(step: number, cut: boolean): Promise<void> {
    const { state, run, key } = this.parts;
    const { grounding } = run.input;
    const policy = grounding === 'return' && state.sentBack ? 'mark' : grounding;
    const checked = await agentCalls(`step ${step + 1}: check the answer`).checkAnswer({ run: key, step, policy });
    if (!(await this.passes('the answer', checked.verdict))) return;
    this.checked = checked;
    state.answeredAt = step;
    logLine(state, `${step + 1}. answers: ${checked.sentences} sentences, ${checked.unsupported} of them unsupported`);
    if (checked.problem !== null && !state.sentBack) {
      state.sentBack = true;
      state.notes.push(checked.problem);
      return;
    }
    if (checked.answer.trim() === '') {
      return this.end('failed', 'grounding', 'Nothing that was found supports any sentence of the answer.', [step]);
    }
    const words = `Answered in step ${step + 1}${cut ? ', up to where the answer was cut off at the limit of its length' : ''}.`;
    if (cut) run.board.warn(words);
    if (checked.notKnown)
      this.end('answered', 'not_known', 'The answer says that it is not known, or not to be found.', [step]);
    else this.end('answered', 'answered', words, [step]);
  }

  private async call(step: number, turn: ModelTurn): Promise<void> {
    const { state, run, key, begun } = this.parts;
    const { budgets } = run.input;
    const { tool = '', shown = '', hash = '' } = turn;
    const facts = begun.tools.find(({ name }) => name === tool);
    logLine(state, `${step + 1}. ${tool} ${shown.slice(0, 120)}`);
    let result: { text: string; failed?: true } | undefined;
    if (!facts) result = { text: `There is no tool ${tool}.`, failed: true };
    else if (callsLeft(state, budgets, tool) <= 0) {
      result = { text: `No calls of ${tool} are left. Use what you know, or another tool.`, failed: true };
    } else {
      const refusal = await this.approval(facts.effect === 'write', tool, shown, hash);
      if (state.end) return;
      if (refusal !== null) result = { text: refusal, failed: true };
      else {
        count(state.usage.toolCalls, tool);
        result = await ownTool(this.parts, { step, tool, arguments: turn.arguments ?? {} }, (waited) =>
          this.waited(waited),
        );
        // Who waits for a person in vain has said so.
        if (this.hasEnded()) return;
      }
    }
    const input = { run: key, step, ...(result ? { result } : {}) };
    const summary = `step ${step + 1}: ${tool} ${shown}`.slice(0, 200);
    const quick = result !== undefined || (facts?.effect === 'read' && !state.slow.includes(tool));
    let done = quick ? await quickCall(summary, input) : null;
    if (done === null) {
      if (quick) state.slow.push(tool);
      done = await agentCalls(summary, leftMs(state, budgets, Date.now())).callTool(input);
    }
    if (done.held && run.input.onQuarantine === 'hold') await this.holdText(step, tool, done.held);
    else if (done.guard === 'refuse' || done.guard === 'quarantine') {
      run.board.warn(`Step ${step + 1}: what ${tool} returned is kept from the model (${done.guard}).`);
    }
    if (this.hasEnded()) return;
    this.judge(step, done.digest);
  }

  /** Has a person read what the guard has quarantined, and decide on exactly that. */
  private async holdText(
    step: number,
    tool: string,
    { hash, rule, why }: NonNullable<ToolTurn['held']>,
  ): Promise<void> {
    const { run, key, state } = this.parts;
    const page = await agentCalls(`step ${step + 1}: show what is kept back`).showHeld({ run: key, step });
    run.board.showReport(page.uri);
    const what = `The guard keeps back what ${tool} returned in step ${step + 1}, ${rule}: ${why} (hash ${hash})`;
    const decision = await this.decide(`${what}. The report shows it: may the model read it?`, hash);
    if (decision === null) return this.end('needs_human', 'quarantine', `${what}, and nobody decided.`, [step]);
    const { approved, by, note } = decision;
    const summary = `step ${step + 1}: ${approved ? 'let it through' : 'keep it back'}`;
    await agentCalls(summary).decideHeld({ run: key, step, hash, approved, note });
    logLine(state, `   ${by} ${approved ? 'lets the model read it' : 'keeps it from the model'}`);
  }

  private hasEnded(): boolean {
    return this.parts.state.end !== null;
  }

  /** Waits for a person where the call needs one. Null to go on; else what the model is told. */
  private async approval(writes: boolean, tool: string, shown: string, hash: string): Promise<string | null> {
    const { approvals } = this.parts.run.input;
    if (!(approvals ? approvals.includes(tool) : writes)) return null;
    const asked = `The agent wants to call ${tool} with ${shown} (hash ${hash}).`;
    const decision = await this.decide(asked, hash);
    if (decision === null) {
      this.end('needs_human', 'approval', `${asked} Nobody decided in time.`);
      return null;
    }
    return decision.approved ? null : `A person did not allow this call${decision.note ? `: ${decision.note}` : '.'}`;
  }

  /** Time that goes by while a person is waited for counts for no budget. */
  private async decide(reason: string, hash?: string) {
    const { run } = this.parts;
    const before = Date.now();
    const within = run.input.waitDays * DAY_MS;
    const decision = await run.decide(reason, { within, ...(hash === undefined ? {} : { hash }) });
    this.waited(Date.now() - before);
    return decision;
  }

  private waited(ms: number): void {
    this.parts.state.clock.waited += ms;
  }

  private judge(step: number, digest: TurnDigest): void {
    const { state, begun } = this.parts;
    const verdict = judgeTurns(state, step, digest, begun.tools);
    if (verdict.level === 'none') return;
    const { words, turns } = verdict.evidence;
    logLine(state, `   loop rules: ${verdict.level} (${verdict.rule})`);
    if (verdict.level === 'stop') return this.end('loop_detected', verdict.rule, words, turns);
    state.notes.push(
      verdict.level === 'nudge'
        ? `You repeat yourself: ${words} Do something else, or answer with what you know.`
        : `You go round in circles: ${words} Write down in one sentence why it does not work, make a new plan, and follow that.`,
    );
  }

  /** How a call that failed for good ends the run. Anything else is not for the loop to understand. */
  private endBy(error: unknown): void {
    const { state, run } = this.parts;
    if (state.stopped !== null && isCancellation(error) && !CancellationScope.current().consideredCancelled) {
      return this.end('needs_human', 'stopped', `A person ended the run: ${state.stopped}`);
    }
    if (ranOutOfTime(error)) {
      return this.end('budget', 'minutes', `All ${run.input.budgets.minutes} minutes are used.`);
    }
    if (error instanceof ActivityFailure && error.cause instanceof ApplicationFailure) {
      const { type, message } = error.cause;
      return this.end('failed', type ?? 'Failure', message, [state.step]);
    }
    throw error;
  }
}
