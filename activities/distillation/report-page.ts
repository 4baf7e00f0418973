import type { DistillationTask } from '../../schemas/distill-model';
import type { MeasuredStudent, SpeedOfBucket } from '../../schemas/distillation-gate';
import { escape, number, percent, section } from '../cleaning/output/page/html';
import { page, table, tiles } from '../cleaning/output/page/page';

/** What a report tells of a run; `report.json` beside the page. */
export interface DistillationReport {
  name: string;
  /** As name@version. */
  teacher: string;
  task: DistillationTask;
  texts: number;
  parameters: { teacher: number; student: number };
  /** Bytes of the graphs, the teacher's in 32 bits. */
  teacherBytes: number;
  tried: MeasuredStudent[];
  /** The precision that passed; null where none did. */
  passed: MeasuredStudent['precision'] | null;
  /** What an hour of a host costs; 0 where nobody has said. */
  hostHour: number;
}

const MEGA = 1e6;
const megabytes = (bytes: number): string => `${(bytes / MEGA).toFixed(1)} MB`;
const times = (value: number): string => `${Number(value.toPrecision(3))}×`;
const three = (value: number): string => value.toFixed(3);

/** What a million texts cost at a pace, by the price of an hour. */
export const costOfMillion = (perSecond: number, hostHour: number): number =>
  perSecond === 0 ? 0 : (MEGA / perSecond / 3_600) * hostHour;

/** What a student came to, for people: size, speed by length, quality, and what it saves. */
export function distillationPage(report: DistillationReport): string {
  const { name, teacher, task, texts, parameters, teacherBytes, tried, passed, hostHour } = report;
  const taken = tried.find(({ precision }) => precision === passed);
  const fastest = taken ? Math.min(...taken.speed.map((bucket) => bucket.times.median)) : Infinity;
  const lead =
    passed === null
      ? `Learnt from ${escape(teacher)}. No precision has passed.`
      : `Learnt from ${escape(teacher)}. It passed in <b>${passed}</b>.`;
  const shown: [string, string][] = [
    ['texts taught', number(texts)],
    ['parameters', `${percent(parameters.student / Math.max(1, parameters.teacher))} of ${number(parameters.teacher)}`],
    ...(taken ? ([['size', `${megabytes(taken.bytes)} of ${megabytes(teacherBytes)}`]] as [string, string][]) : []),
    ...(taken?.quality?.kept ? ([['quality kept', percent(taken.quality.kept.mean)]] as [string, string][]) : []),
    ...(Number.isFinite(fastest) ? ([['as fast, at least', times(fastest)]] as [string, string][]) : []),
  ];
  return page(
    `Student ${name}: ${task}`,
    lead,
    tiles(shown) +
      section('Precisions', precisions(report), 'The first that passes is taken; those after it were not looked at.') +
      section(
        'Quality',
        qualities(tried),
        'On the same queries or cases as the teacher, with 95% intervals by paired bootstrap.',
      ) +
      tried.map((one) => section(`Speed in ${one.precision}`, speeds(one.speed, hostHour), SPEED_LEAD)).join(''),
  );
}

const SPEED_LEAD =
  'Texts in a second by onnxruntime on one host of the gpu pool, teacher in 32 bits and student by turns: the median, with the lowest and highest round.';

function precisions({ tried, passed, teacherBytes }: DistillationReport): string {
  const rows = tried.map(({ precision, bytes, difference, objections }) => [
    precision === passed ? `<b>${precision}</b>` : precision,
    bytes === 0 ? '' : `${megabytes(bytes)} (${percent(bytes / Math.max(1, teacherBytes))})`,
    difference === null ? '' : `${difference.mean.toExponential(1)} (worst ${difference.worst.toExponential(1)})`,
    objections.length === 0 ? 'passed' : objections.map(escape).join('<br>'),
  ]);
  return table(['precision', 'size, of the teacher', 'off on average', 'what stands against it'], rows);
}

function qualities(tried: readonly MeasuredStudent[]): string {
  const rows = tried.flatMap(({ precision, quality }) => {
    if (quality === null) return [];
    const { metric, cases, teacher, student, gain, kept } = quality;
    return [
      [
        `${metric}, ${precision}`,
        number(cases),
        three(teacher),
        three(student),
        `${three(gain.mean)} (${three(gain.low)} to ${three(gain.high)})`,
        kept === null ? '' : `${percent(kept.mean)} (${percent(kept.low)} to ${percent(kept.high)})`,
      ],
    ];
  });
  return rows.length === 0 ? '' : table(['', 'cases', 'teacher', 'student', 'difference', 'kept'], rows);
}

function speeds(buckets: readonly SpeedOfBucket[], hostHour: number): string {
  if (buckets.length === 0) return '';
  const priced = hostHour > 0;
  const rows = buckets.map(({ tokens, meanTokens, teacher, student, times: { median, lowest, highest } }) => {
    const saved = costOfMillion(teacher, hostHour) - costOfMillion(student, hostHour);
    return [
      `up to ${tokens} tokens (${meanTokens.toFixed(0)} on average)`,
      teacher.toFixed(0),
      student.toFixed(0),
      `${times(median)} (${times(lowest)} to ${times(highest)})`,
      ...(priced ? [costOfMillion(student, hostHour).toFixed(4), saved.toFixed(4)] : []),
    ];
  });
  const costs = priced ? ['a million texts', 'saved'] : [];
  return table(['texts', 'teacher', 'student', 'times as fast', ...costs], rows);
}
