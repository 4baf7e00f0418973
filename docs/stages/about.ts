import type { ErrorCode } from '../../schemas/errors';

/** What a page on a stage says that its schema does not know. */
export interface About {
  /** When people reach for it. */
  when: string;
  /** Pages of docs/ that say more, without their ending. */
  read: readonly string[];
  /** Failures of its own, by code; what may stop any stage is in ANY_STAGE. */
  wrong: readonly ErrorCode[];
}

/** Codes that may end or hold up a run of any stage. */
export const ANY_STAGE: readonly ErrorCode[] = [
  ...(['InvalidInput', 'Unavailable', 'StorageFull', 'ArtifactMissing', 'ArtifactCorrupt'] as const),
  ...(['PayloadTooLarge', 'InvariantBroken'] as const),
];

const SOURCE = ['SourceNotFound', 'SourceNotAllowed', 'SourceEmpty', 'SourceChanged', 'InvalidQuery'] as const;
const LAUNCHER = ['LauncherNotConfigured', 'LauncherNotAllowed', 'LauncherRefused'] as const;
const DEVICES = ['DevicesMissing', 'DevicesTaken', 'DevicesLost', 'MemoryTooSmall'] as const;
const MODEL = ['ModelRequestRefused', 'ModelNotAllowed', 'ContextTooLong', 'ContentFiltered'] as const;
const AGENT = ['AgentModelMissing', 'AgentToolMissing', 'GuardNotFound', ...MODEL, 'ModelUnavailable'] as const;

export const ABOUT: Readonly<Record<string, About>> = {
  cleanDataset: {
    when: 'Documents come from anywhere and are to become a dataset that others may build on: first of all stages, and every night.',
    read: ['cleaning', 'scale'],
    wrong: [...SOURCE, 'ReferenceUnreadable', 'NothingKept', 'Rejected'],
  },
  rethresholdDataset: {
    when: 'A recipe dropped too much or too little, and cleaning the whole corpus again would take hours.',
    read: ['cleaning'],
    wrong: ['DatasetNotFound', 'ScoresMissing', 'NothingKept', 'Rejected'],
  },
  buildFeatures: {
    when: 'Rows or texts are to be what a model trains on, by a transform that the online service applies in the same way.',
    read: ['features'],
    wrong: [...SOURCE, 'DatasetNotFound', 'TransformNotFound', 'FeaturesNotFound', 'ColumnNotFound', 'NothingKept'],
  },
  rebuildIndex: {
    when: 'A search index is to be built from nothing, or with another encoder or another way to cut documents, while the old one answers.',
    read: ['search', 'chunking'],
    wrong: [
      ...(['DatasetNotFound', 'ModelNotFound', 'EncoderNotConfigured', 'VerificationFailed', 'GateRefused'] as const),
      ...(['Superseded', 'BuildClosed', 'RollbackClosed', 'Rejected'] as const),
    ],
  },
  updateIndex: {
    when: 'A dataset has a new version, and most of its documents are as before: the nightly increment.',
    read: ['updates'],
    wrong: ['DatasetNotFound', 'IndexNotFound', 'IndexWithoutLedger', 'EncoderNotConfigured'],
  },
  indexFeed: {
    when: 'A change of a document is to be found within seconds: the near-line path beside the nightly one.',
    read: ['updates'],
    wrong: ['IndexNotFound', 'IndexWithoutLedger', 'EncoderNotConfigured'],
  },
  importModel: {
    when: 'A model from elsewhere is to be trained on, served or compared, with its licence on record.',
    read: ['models'],
    wrong: ['SourceNotFound', 'SourceNotAllowed', 'ModelRefused', 'LicenceUnknown', 'ModelNotFound'],
  },
  trainModel: {
    when: 'A model is to learn for minutes or weeks on devices that fail: fine-tuning, preference training, mixtures of experts.',
    read: ['training', 'launchers'],
    wrong: [
      ...(['ModelVersionNotFound', 'DatasetNotFound', 'FeaturesNotFound', 'DataUnusable'] as const),
      ...DEVICES,
      ...LAUNCHER,
      ...(['TrainingFailed', 'Rejected'] as const),
    ],
  },
  distillModel: {
    when: 'A registered model is good enough and too slow, too large or too dear.',
    read: ['distillation'],
    wrong: ['ModelVersionNotFound', 'TeacherUnfit', 'ExportDiffers', 'GateRefused', 'TrainingFailed', 'Rejected'],
  },
  evaluateModel: {
    when: 'Somebody asks whether the candidate is better than what is live, and wants to see the cases.',
    read: ['evaluation'],
    wrong: [
      ...(['CaseNotFound', 'CaseInvalid', 'SubjectUnsuitable', 'ModelVersionNotFound', 'GuardNotFound'] as const),
      ...(['CasesContaminated', 'MetricUnknown', 'MetricBroken', 'MetricDiffers'] as const),
      ...(['AgentModelMissing', ...MODEL, 'ModelUnavailable', 'Rejected'] as const),
    ],
  },
  promoteVersion: {
    when: 'A version is to be what `production` means, or no longer.',
    read: ['promotion'],
    wrong: ['ModelVersionNotFound', 'GuardNotFound', 'GateRefused', 'NothingToUndo', 'Superseded', 'Rejected'],
  },
  nightlyRefresh: {
    when: 'Every night, by a schedule: whatever has changed goes through all stages, and nothing else does.',
    read: ['nightly'],
    wrong: ['NightIncomplete', 'RolloutRunning', 'Rejected'],
  },
  rolloutStrategy: {
    when: 'A change of what users get is to reach 1% of them first, and all of them only if it does no harm.',
    read: ['rollout', 'strategies'],
    wrong: [
      ...(['StrategyRefused', 'StrategyNotFound', 'RolloutRunning', 'ReplayRefused'] as const),
      ...(['MetricNotConfigured', 'MetricUnusable', 'Superseded', 'Rejected'] as const),
    ],
  },
  controlMetric: {
    when: 'A metric of a service (clicks, latency, spend) is to stay at a target though the world moves.',
    read: ['control', 'strategies'],
    wrong: ['StrategyNotFound', 'KnobTaken', 'MetricNotConfigured', 'MetricUnusable'],
  },
  trainGuard: {
    when: 'What users write reaches a model, and some of them attack it.',
    read: ['guard'],
    wrong: [...SOURCE, 'DataUnusable', 'Rejected'],
  },
  redTeam: {
    when: 'Before a guard or a model goes live, and whenever a new disguise is heard of.',
    read: ['guard'],
    wrong: ['GuardNotFound', 'AgentModelMissing', ...MODEL, 'ModelUnavailable', 'Rejected'],
  },
  runAgent: {
    when: 'A question takes several steps (search, tools, other stages), and an endless loop would cost money.',
    read: ['agents', 'agent-tools', 'agent-loops', 'grounding'],
    wrong: [...AGENT, 'Rejected'],
  },
  converse: {
    when: 'The questions of one person hang together, over minutes or weeks.',
    read: ['agents'],
    wrong: [...AGENT, 'Rejected'],
  },
};
