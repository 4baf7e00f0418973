import { nameOfTask, type TaskInput } from '../../../schemas/evaluate-model';
import { failure } from '../../errors';
import type { PinnedSubject } from '../interfaces';
import type { OpenPlan } from '../plan';
import { openSubject, pinSubject, type SubjectParts } from '../subjects';
import { judgeAsk } from './prompt';

/**
 * Pins the judges of the tasks that have one.
 * @throws `InvalidInput` where there is nothing to compare with, `SubjectUnsuitable` for a judge that only quotes, `AgentModelMissing`
 */
export async function pinJudges(
  tasks: readonly TaskInput[],
  reference: PinnedSubject | null,
  parts: SubjectParts,
): Promise<Pick<OpenPlan, 'judges'>> {
  const judges: Record<string, PinnedSubject> = {};
  for (const task of tasks) {
    if (task.type !== 'pairwise') continue;
    const name = nameOfTask(task);
    if (!reference) throw failure('InvalidInput', `The task "${name}" compares two subjects: name a \`reference\`.`);
    const { endpoint } = task.judge;
    const { config } = await parts.agent.model(endpoint);
    if (config.provider === 'extractive') {
      throw failure('SubjectUnsuitable', `"${endpoint}" only quotes, and can not judge.`);
    }
    judges[name] = await pinSubject({ system: '', ...task.judge }, parts);
  }
  return Object.keys(judges).length > 0 ? { judges } : {};
}

/** What judging all cases of a plan may cost at most: answers that nobody knows yet are taken to be as long as they may be. */
export async function mostJudging(
  { tasks, cases, judges = {}, subjects }: OpenPlan,
  parts: SubjectParts,
): Promise<{ calls: number; tokens: number; usd: number }> {
  const most = { calls: 0, tokens: 0, usd: 0 };
  for (const task of tasks) {
    const judge = judges[nameOfTask(task)];
    if (task.type !== 'pairwise' || !judge?.paid) continue;
    const subject = await openSubject(judge, parts);
    const [first, second] = [subjects.candidate, subjects.reference].map((one) => longest(one?.input.maxTokens ?? 0));
    for (const { case: one } of cases) {
      if (one.task !== nameOfTask(task)) continue;
      const { tokens, usd } = subject.most(judgeAsk(task, one, { first: first ?? '', second: second ?? '' }));
      // In both orders.
      most.calls += 2;
      most.tokens += 2 * tokens;
      most.usd += 2 * usd;
    }
  }
  return most;
}

/** A text of so many tokens, at four characters each. */
const longest = (tokens: number): string => 'text'.repeat(tokens);
