/**
 * Every failure the pack raises by itself: its code (the Temporal failure type), whether a retry can help, and what
 * the reader should do. A permanent code is never retried; a transient one backs off for as long as it takes.
 */
export const ERRORS = {
  InvalidInput: { retry: false, remedy: 'Correct the listed fields; a working example is in the message.' },
  SourceNotFound: {
    retry: false,
    remedy:
      'Check `source`: the path must exist on the host of the cpu pool; a relative one begins at a folder of `sources.roots`.',
  },
  SourceNotAllowed: {
    retry: false,
    remedy:
      'Allow it under `sources` in temporal.config.ts (roots, s3, http, postgres), or use a place that is allowed.',
  },
  SourceEmpty: { retry: false, remedy: 'Point `source` at documents, or widen `formats`.' },
  SourceChanged: { retry: false, remedy: 'The source changed while it was read: start the run again.' },
  InvalidQuery: {
    retry: false,
    remedy:
      'Correct `query`: one select that the role of the connection may run, with the column that `idField` names.',
  },
  ReferenceUnreadable: {
    retry: false,
    remedy: 'Correct the list or evaluation set that is named: lines of text, or one JSON object a line.',
  },
  ScoresMissing: {
    retry: false,
    remedy: 'Other thresholds need the scores of the first cleaning: for anything else run cleanDataset with `scores`.',
  },
  DatasetNotFound: { retry: false, remedy: 'Run cleanDataset under that name first; `llm-pack start cleanDataset`.' },
  TransformNotFound: {
    retry: false,
    remedy: 'Fit one first: run buildFeatures with `fit` left out, or name one that its output shows.',
  },
  FeaturesNotFound: {
    retry: false,
    remedy: 'Name features in `after` that the same transform has made, as the output of their run shows.',
  },
  ColumnNotFound: {
    retry: false,
    remedy: 'Name columns that the source has; they are listed above, and are told apart by case.',
  },
  NothingKept: {
    retry: false,
    remedy: 'Every document was rejected: read the report, choose another recipe or override its rules.',
  },
  ModelNotFound: {
    retry: false,
    remedy:
      'Run `llm-pack doctor`; set `encoder.model` (or `reranker.model`) to a folder with model.onnx and tokenizer.json.',
  },
  ModelVersionNotFound: {
    retry: false,
    remedy: 'Import it first, `llm-pack start importModel`, or train one; a model is named as name or name@version.',
  },
  ModelRefused: {
    retry: false,
    remedy:
      'A model is a folder in Hugging Face layout: config.json, weights as safetensors (convert others with `save_pretrained`), a tokenizer, and no code of its own.',
  },
  LicenceUnknown: {
    retry: false,
    remedy: 'Say `licence` in the input, as the owner of the model states it; "unknown" takes it without.',
  },
  EncoderNotConfigured: {
    retry: false,
    remedy:
      'Name it under `encoder` or `encoders` in temporal.config.ts as it was, or build the index anew with one that is there: rebuildIndex.',
  },
  GuardNotFound: {
    retry: false,
    remedy: 'Train one first, with this version of the pack: `llm-pack start trainGuard`; or leave `guard` out.',
  },
  DevicesMissing: {
    retry: false,
    remedy: 'Ask for less with `nodes`, `processesPerNode` and `perNode`, or name a launcher that has more.',
  },
  DevicesTaken: { retry: true, remedy: 'Nothing to do: the run begins when it is its turn. `priority` 1 goes first.' },
  DevicesLost: { retry: false, remedy: 'The run asks for them again by itself.' },
  MemoryTooSmall: {
    retry: false,
    remedy:
      'Raise perNode.memoryGiB, or lower microBatchSize or maxLength, shard with parallel: "fsdp", or use `lora`.',
  },
  DataUnusable: { retry: false, remedy: 'Mend the file that is named; JSON Lines has one JSON object a line.' },
  TeacherUnfit: {
    retry: false,
    remedy:
      'Name a BERT encoder with golden queries, a BERT classifier with labelled cases, or a causal language model; docs/distillation.md says what each takes.',
  },
  ExportDiffers: {
    retry: false,
    remedy:
      'The graph does not compute what PyTorch does: report it with the config.json of the student. `gate.tolerance` says what is allowed.',
  },
  TrainingFailed: {
    retry: false,
    remedy:
      'Mend what the log says. The same input again goes on from the last checkpoint; `force` begins from the beginning.',
  },
  VerificationFailed: {
    retry: false,
    remedy:
      'The new index differs from its dataset and was not swapped in: start again with `force`. If it differs again, report it with the history.',
  },
  GateRefused: {
    retry: false,
    remedy:
      'What is live stays. Read what was measured; "hold" in the place of "fail" lets a person decide, a wider margin allows more.',
  },
  Superseded: { retry: false, remedy: 'A newer version is live already: nothing to do.' },
  NothingToUndo: { retry: false, remedy: 'Name the version to make live: `llm-pack history NAME` lists what was.' },
  BuildClosed: {
    retry: false,
    remedy:
      'The build was sealed or given up while this attempt still wrote. Nothing to do where the run goes on; start it again where it has ended.',
  },
  IndexNotFound: {
    retry: false,
    remedy: 'Updates go to an index that is live: run rebuildIndex under that name first, once.',
  },
  IndexWithoutLedger: {
    retry: false,
    remedy: 'The index was built before documents were kept in a ledger: run rebuildIndex with `force` once.',
  },
  RollbackClosed: {
    retry: false,
    remedy: 'The time to go back is over: rebuild from an earlier dataset version, as name@version, with `force`.',
  },
  AgentModelMissing: {
    retry: false,
    remedy:
      'Name a model of `agent.models` in temporal.config.ts that can be opened here; what it lacks is said above.',
  },
  AgentToolMissing: {
    retry: false,
    remedy: 'Name tools of `agent.tools` or `agent.mcp` in temporal.config.ts; what the tool lacks is said above.',
  },
  ModelRequestRefused: {
    retry: false,
    remedy: 'The endpoint does not take such a request: check `baseUrl`, `model` and `toolCalls` under `agent.models`.',
  },
  ModelNotAllowed: {
    retry: false,
    remedy:
      'Check the key in the variable that `apiKeyVariable` names, what it is allowed, and what is left of its quota.',
  },
  ContextTooLong: {
    retry: false,
    remedy: 'The conversation is longer than the model takes in: shorten what tools return, or name a model with more.',
  },
  ContentFiltered: {
    retry: false,
    remedy: 'The provider refuses this content and will refuse it again: ask in other words, or name another model.',
  },
  ModelUnavailable: {
    retry: true,
    remedy:
      'The endpoint is busy, away or broke off. The call is made again by itself, at the time that the endpoint names where it names one.',
  },
  LauncherNotAllowed: {
    retry: false,
    remedy:
      'Set the variable that is named to a token that is valid (of Slurm: `scontrol token`), or give the account the rights of docs/launchers.md.',
  },
  LauncherNotConfigured: {
    retry: false,
    remedy:
      'Name a launcher that stands under `training.launchers` in temporal.config.ts; `llm-pack doctor` lists them.',
  },
  LauncherRefused: {
    retry: false,
    remedy:
      'The launcher will not take such a job: ask for what it has, or correct its settings under `training.launchers`; `llm-pack doctor` tries them.',
  },
  RolloutRunning: {
    retry: false,
    remedy:
      'Wait for it, or end it with its kill switch; `force` takes the pointer from a run that is no longer there.',
  },
  StrategyRefused: {
    retry: false,
    remedy:
      'Mend the strategy as the message says, or wait until the time that it names; `force` tries it again at once.',
  },
  StrategyNotFound: {
    retry: false,
    remedy:
      'Name one that is there, or register it first: `llm-pack start rolloutStrategy`. A control loop makes it where its input says `newStrategy`.',
  },
  KnobTaken: {
    retry: false,
    remedy: 'Wait for it, or end it with its kill switch; `force` takes the knob from a run that is no longer there.',
  },
  ReplayRefused: {
    retry: false,
    remedy:
      'Log more decisions, each with its true chance; or leave `replay` out: the rollout goes on without, and begins at 1% all the same.',
  },
  MetricNotConfigured: {
    retry: false,
    remedy:
      'Name sources that stand under `rollout.metrics`, `rollout.logs` or `control.metrics` in temporal.config.ts; docs/rollout.md, docs/control.md.',
  },
  MetricUnusable: {
    retry: false,
    remedy:
      'The source answers, but not with the rows that docs/rollout.md (of set-point control: docs/control.md) asks for: correct its query or endpoint.',
  },
  NightIncomplete: {
    retry: false,
    remedy:
      'What is live is as its own gates left it. Open the run of the step that failed (this run, a dash, the step); the next night does it again by itself.',
  },
  Rejected: {
    retry: false,
    remedy: 'A person rejected this run, for the reason above: nothing of it went live. Mend that, and start it again.',
  },
  CaseNotFound: {
    retry: false,
    remedy:
      'Start the run again with the same input and `seed`: what it has tried is kept. Then approve with ids of its report (`llm-pack report`).',
  },
  CaseInvalid: {
    retry: false,
    remedy:
      'Correct the line that is named. A case is one object: {"id": "refund-1", "input": "How long …?", "expected": "30 days", "slices": {"topic": "refunds"}}.',
  },
  CasesContaminated: {
    retry: false,
    remedy:
      'Take other cases, or run it with `contamination: { "action": "exclude" }`, which leaves those out for both sides.',
  },
  MetricUnknown: {
    retry: false,
    remedy: 'Name a metric that stands under `evaluation.metrics` in temporal.config.ts.',
  },
  MetricDiffers: {
    retry: true,
    remedy: 'Give every worker the same temporal.config.ts, and start those anew that were started before it changed.',
  },
  MetricBroken: {
    retry: false,
    remedy: 'Correct the metric in temporal.config.ts, raise its `version`, and make this case one of its examples.',
  },
  SubjectUnsuitable: {
    retry: false,
    remedy: 'Name a subject that can do the task: docs/evaluation.md lists which can do what.',
  },
  PayloadTooLarge: {
    retry: false,
    remedy:
      'An activity gave back more than a history should hold: publish the data as an artifact, and return its ArtifactRef.',
  },
  InvariantBroken: { retry: false, remedy: 'A defect in the pack: report it with the history of this run.' },
  ArtifactMissing: {
    retry: true,
    remedy:
      'Check that every pool uses the same artifact store, and that nothing else deletes from it; the run goes on by itself.',
  },
  ArtifactCorrupt: {
    retry: false,
    remedy: 'The stored bytes do not match their hash: restore the store or run again with `force`.',
  },
  StorageFull: { retry: true, remedy: 'Free space on the disk that is named; the run goes on by itself.' },
  Unavailable: {
    retry: true,
    remedy:
      'The part that is named does not answer, or refuses the password or key that it was given: `llm-pack doctor` says where it was sought.',
  },
} as const satisfies Record<string, { retry: boolean; remedy: string }>;

export type ErrorCode = keyof typeof ERRORS;

/** The text of a failure: what happened, then what to do. The code is the failure's type. */
export const errorMessage = (code: ErrorCode, what: string): string => `${what}\nRemedy: ${ERRORS[code].remedy}`;
