import { readFile } from 'node:fs/promises';
import { guardReference, type GuardPolicyInput } from '../../schemas/guard';
import type { GuardQuality } from '../../schemas/train-guard';
import { failure } from '../errors';
import { artifactKey, type ArtifactStore } from '../stores/artifact-store';
import { findPromoted } from '../stores/find-version';
import { guardModelName, type RegisteredGuard } from '../stores/registry-guards';
import { openClassifier } from './classifier/open-classifier';
import { openGuard, type Guard } from './guard';

/** Raise it when the same text would give other views, rules, windows or features: a classifier knows only its own. */
export const GUARD_BUILD = 3;

/** Files of a guard's artifact. */
export const GUARD_FILES = { model: 'model.onnx', card: 'guard.json' } as const;

/** `guard.json`: what the classifier was made for, and how well it does. */
export interface GuardCard {
  build: number;
  falsePositives: number;
  seed: number;
  quality: GuardQuality;
}

/** Where guards are found. */
export interface GuardStores {
  store: ArtifactStore;
  registry: {
    guard(name: string, version?: number): Promise<RegisteredGuard | undefined>;
    production(kind: 'model', name: string): Promise<{ version: number } | undefined>;
  };
}

/** A version of a guard. @throws `GuardNotFound` */
export async function findGuardVersion(
  { registry }: Pick<GuardStores, 'registry'>,
  reference: string,
): Promise<RegisteredGuard> {
  return findPromoted(
    'guard',
    guardReference.parse(reference),
    (...named) => registry.guard(...named),
    (name) => registry.production('model', guardModelName(name)),
  );
}

/** The model file of a guard, on this host. @throws `ArtifactMissing`; `GuardNotFound` where it is of another build. */
export async function guardModelFile(store: ArtifactStore, guard: RegisteredGuard): Promise<string> {
  const key = artifactKey(guard.artifact);
  const { build } = JSON.parse(await readFile(await store.localFile(key, GUARD_FILES.card), 'utf8')) as GuardCard;
  if (build !== GUARD_BUILD) {
    const what = `The guard ${guard.name}@${guard.version} is of build ${build}, and this is build ${GUARD_BUILD}.`;
    throw failure('GuardNotFound', what);
  }
  return store.localFile(key, GUARD_FILES.model);
}

/** Opens a trained guard: its name for the latest version, or name@version. @throws `GuardNotFound`, `ArtifactMissing` */
export async function openTrainedGuard(
  stores: GuardStores,
  reference: string,
  policy: GuardPolicyInput = {},
): Promise<Guard & { version: number }> {
  const found = await findGuardVersion(stores, reference);
  const classifier = await openClassifier(await guardModelFile(stores.store, found));
  return { ...(await openGuard({ policy, classifier })), version: found.version };
}
