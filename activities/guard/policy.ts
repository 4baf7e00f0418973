import type { GuardDecision, GuardPolicy, GuardSurface, GuardVerdict } from '../../schemas/guard';

const SEVERITY: readonly GuardDecision[] = ['allow', 'warn', 'quarantine', 'refuse'];

export const severer = (a: GuardDecision, b: GuardDecision): GuardDecision =>
  SEVERITY.indexOf(a) >= SEVERITY.indexOf(b) ? a : b;

/** What the policy says of a score on a surface. */
export function decide(policy: GuardPolicy, surface: GuardSurface, score: number): GuardDecision {
  const { warn, quarantine, refuse } = policy[surface];
  const reached = (threshold: number | null) => threshold !== null && score >= threshold;
  if (reached(refuse)) return 'refuse';
  if (reached(quarantine)) return 'quarantine';
  return reached(warn) ? 'warn' : 'allow';
}

/** A verdict on a turn of a user whose risk is known: a high one makes the decision severer, and stands among its reasons. */
export function withRisk(verdict: GuardVerdict, risk: number, policy: GuardPolicy): GuardVerdict {
  const { quarantine, refuse } = policy.risk;
  const reached = (threshold: number | null) => threshold !== null && risk >= threshold;
  const wanted = reached(refuse) ? 'refuse' : reached(quarantine) ? 'quarantine' : 'allow';
  const decision = severer(verdict.decision, wanted);
  if (decision === verdict.decision) return verdict;
  const reason = { rule: 'risk', why: 'comes from a user whose turns were risky before', view: 'plain', weight: 1 };
  return { ...verdict, decision, reasons: [reason, ...verdict.reasons].slice(0, 10) };
}
