/** The loss over the steps, thinned so that it stays small however long a training is. */
export interface Curve {
  /** Steps that one point stands for. */
  stride: number;
  points: { step: number; loss: number }[];
}

/** Points that a line of block characters has room for. */
const MOST_POINTS = 60;

export const emptyCurve = (): Curve => ({ stride: 1, points: [] });

/** Takes in the loss of a step. What was there from that step on is of an attempt that was thrown away. */
export function addPoint(curve: Curve, step: number, loss: number): Curve {
  const before = cutCurve(curve, step - 1);
  const last = before.points.at(-1);
  if (last && step - last.step < before.stride) return before;
  const points = [...before.points, { step, loss }];
  if (points.length <= MOST_POINTS) return { ...before, points };
  return { stride: before.stride * 2, points: points.filter((_, at) => at % 2 === 0) };
}

/** What is left of a curve when a training goes back to a step. */
export function cutCurve(curve: Curve, step: number): Curve {
  if ((curve.points.at(-1)?.step ?? 0) <= step) return curve;
  return { ...curve, points: curve.points.filter((point) => point.step <= step) };
}
