/** Logged decisions of a strategy that explores, and what another one would gain in truth. */
import type { Logged } from '../../activities/rollout/replay';

const ACTIONS = 5;
/** Chances of the live strategy and the new one to take each action, by the kind of user. */
const LIVE = [
  [0.5, 0.2, 0.15, 0.1, 0.05],
  [0.05, 0.1, 0.15, 0.2, 0.5],
] as const;
const NEW = [
  [0.1, 0.1, 0.1, 0.2, 0.5],
  [0.05, 0.05, 0.2, 0.4, 0.3],
] as const;
/** The chance of a reward for each action, which a user's own mood moves up or down. */
const rewardOf = (kind: number, action: number): number => 0.1 + 0.04 * (kind === 0 ? action : ACTIONS - 1 - action);

export function simulatedLog(users: number, random: () => number): { logged: Logged[]; gain: number } {
  const logged: Logged[] = [];
  let gain = 0;
  for (let user = 0; user < users; user += 1) {
    const kind = random() < 0.5 ? 0 : 1;
    const [live, target] = [LIVE[kind] ?? LIVE[0], NEW[kind] ?? NEW[0]];
    const mood = 0.6 + 0.8 * random();
    for (let decision = 0; decision < 5; decision += 1) {
      const place = random();
      let action = 0;
      for (let sum = live[0]; action < ACTIONS - 1 && place >= sum; sum += live[action] ?? 0) action += 1;
      logged.push({
        user: `${user}`,
        reward: Number(random() < mood * rewardOf(kind, action)),
        propensity: live[action] ?? NaN,
        target: target[action] ?? NaN,
      });
    }
  }
  for (const kind of [0, 1]) {
    for (let action = 0; action < ACTIONS; action += 1) {
      gain += (((NEW[kind]?.[action] ?? 0) - (LIVE[kind]?.[action] ?? 0)) * rewardOf(kind, action)) / 2;
    }
  }
  return { logged, gain };
}
