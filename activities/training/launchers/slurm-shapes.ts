import * as z from 'zod';

// The API's version follows the release of Slurm: v0.0.38 (22.05) says a number or a word where later ones say
// {"set": true, "infinite": false, "number": 5} or a list of words. All of them are read by these.

/** A number of any version; undefined where none is set. */
const number = z
  .union([z.number(), z.object({ number: z.number().optional(), set: z.boolean().optional() })])
  .nullish()
  .transform((told) => (typeof told === 'object' ? (told?.set === false ? undefined : told?.number) : told));

/** Words that stand alone, joined by "+", or in a list. */
const words = z
  .union([z.string(), z.array(z.string())])
  .nullish()
  .transform((told) => (Array.isArray(told) ? told : told ? [told] : []).flatMap((text) => text.split(/[\s,+]+/)));

// Until v0.0.38 the word that wait(2) gives; from v0.0.39 on what is in it.
const exitCode = z
  .union([
    z.number().transform((status) => (status & 0x7f ? 128 + (status & 0x7f) : status >> 8)),
    z
      .object({
        return_code: number,
        signal: z.object({ id: number, signal_id: number }).nullish(),
      })
      .transform(({ return_code: code, signal }) => {
        const by = signal?.id ?? signal?.signal_id;
        return by ? 128 + by : code;
      }),
  ])
  .nullish();

/** Errors of an answer: the number of slurm_errno.h under one of three names, and words for it. */
const slurmErrors = z
  .array(
    z
      .object({
        error_number: z.number().optional(),
        error_code: z.number().optional(),
        errno: z.number().optional(),
        error: z.string().optional(),
        description: z.string().optional(),
      })
      .transform((told) => ({
        number: told.error_number ?? told.error_code ?? told.errno ?? -1,
        text: [told.description, told.error].filter(Boolean).join(': '),
      })),
  )
  .nullish()
  .transform((errors) => errors ?? []);
export type SlurmError = z.output<typeof slurmErrors>[number];

/** What every answer may hold. */
export const slurmAnswer = z.object({ errors: slurmErrors });

export const slurmSubmitted = z.object({ job_id: z.number().int().nullish() });

export const slurmJob = z
  .object({
    job_id: z.number().int(),
    name: z.string(),
    current_working_directory: z.string().nullish(),
    job_state: words,
    state_reason: z.string().nullish(),
    exit_code: exitCode,
    restart_cnt: number,
    end_time: number,
  })
  .transform((told) => ({
    id: told.job_id,
    name: told.name,
    /** Working folder. */
    dir: told.current_working_directory ?? '',
    states: told.job_state,
    reason: told.state_reason && told.state_reason !== 'None' ? told.state_reason : undefined,
    /** As a shell has it: 128 and the signal where one ended it. */
    exitCode: told.exit_code ?? undefined,
    restarts: told.restart_cnt ?? 0,
    /** Seconds since 1970; of a job that runs, when its time will be over. */
    end: told.end_time ?? 0,
  }));
export type SlurmJob = z.output<typeof slurmJob>;

/** Jobs of an answer; one that can not be read spoils no other. */
export const slurmJobs = z.object({ jobs: z.array(z.unknown()) }).transform(({ jobs }) =>
  jobs.flatMap((job) => {
    const read = slurmJob.safeParse(job);
    return read.success ? [read.data] : [];
  }),
);

// "gpu:4", "gpu:a100:4", "gpu:a100:4(S:0-1),shard:8"
const gpusOf = (gres: string): number =>
  [...gres.matchAll(/(?:^|,)gpu(?::[^:,()]+)?:(\d+)/g)].reduce((sum, [, count]) => sum + Number(count), 0);

export const slurmNodes = z.object({
  nodes: z.array(
    z
      .object({
        cpus: number,
        /** MiB. */
        real_memory: number,
        gres: z.string().nullish(),
        partitions: z.array(z.string()).nullish(),
      })
      .transform((told) => ({
        cpus: told.cpus ?? 0,
        memoryBytes: (told.real_memory ?? 0) * 2 ** 20,
        gpus: gpusOf(told.gres ?? ''),
        partitions: told.partitions ?? [],
      })),
  ),
});
