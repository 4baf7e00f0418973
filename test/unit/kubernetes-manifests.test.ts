import { readFileSync } from 'node:fs';
import path from 'node:path';
import * as kubernetes from '@kubernetes/client-node';
import { Ajv2020 } from 'ajv/dist/2020';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { packConfig } from '../../schemas/config';
import { POOLS, QUEUES } from '../../schemas/names';
import scaledObjectSchema from '../support/kubernetes-schemas/ScaledObject.json';

const folder = path.join(__dirname, '..', '..', 'docs', 'kubernetes');
const read = (name: string) => readFileSync(path.join(folder, name), 'utf8');

interface Attribute {
  baseName: string;
  type: string;
}
/** The models of the client are made from Kubernetes' own OpenAPI document. */
const modelOf = (type: string): Attribute[] | undefined =>
  (kubernetes as unknown as Record<string, { getAttributeTypeMap?(): Attribute[] }>)[type]?.getAttributeTypeMap?.();

/** Every place at which an object is not of that type of the Kubernetes API, as paths. */
function misfits(value: unknown, type: string, at = ''): string[] {
  const list = /^Array<(.+)>$/.exec(type)?.[1];
  if (list)
    return Array.isArray(value) ? value.flatMap((one, i) => misfits(one, list, `${at}[${i}]`)) : [`${at}: no list`];
  const map = /^\{ \[key: string\]: (.+); \}$/.exec(type)?.[1];
  if (map) return Object.entries(value as object).flatMap(([key, one]) => misfits(one, map, `${at}.${key}`));
  const model = modelOf(type);
  if (!model)
    return ['string', 'number', 'boolean'].includes(type) && typeof value !== type ? [`${at}: not a ${type}`] : [];
  if (typeof value !== 'object' || value === null) return [`${at}: no object`];
  return Object.entries(value).flatMap(([key, one]) => {
    const attribute = model.find(({ baseName }) => baseName === key);
    return attribute ? misfits(one, attribute.type, `${at}.${key}`) : [`${at}.${key}: not a field of ${type}`];
  });
}

describe('the manifests for Kubernetes', () => {
  const deployments = POOLS.map((pool) => ({ pool, manifest: parse(read(`${pool}.yaml`)) as kubernetes.V1Deployment }));
  const scaled = parseAllDocuments(read('scaling.yaml')).map((document) => document.toJS() as Record<string, unknown>);

  it.each(deployments)('deploy $pool with fields that Kubernetes knows', ({ manifest }) => {
    expect(misfits(manifest, 'V1Deployment')).toEqual([]);
  });

  it('would be refused with a field that it does not know, or of another type', () => {
    const [first] = deployments;
    const wrong = { ...first?.manifest, spec: { ...first?.manifest.spec, replica: 2, paused: 'no' } };
    expect(misfits(wrong, 'V1Deployment')).toEqual([
      '.spec.replica: not a field of V1DeploymentSpec',
      '.spec.paused: not a boolean',
    ]);
  });

  it.each(deployments)(
    'run the workers of $pool, and stop them no sooner than they hand over what they did',
    ({ pool, manifest }) => {
      const pod = manifest.spec?.template.spec;
      expect(pod?.containers[0]?.args).toEqual(['worker', '--pool', pool]);
      const pools = packConfig.parse({}).pools as Record<string, { shutdownGraceSeconds?: number }>;
      expect(pod?.terminationGracePeriodSeconds).toBeGreaterThan(pools[pool]?.shutdownGraceSeconds ?? 0);
    },
  );

  it('scale each pool by its own queue, by the schema of KEDA', () => {
    const validate = new Ajv2020({ strict: false }).compile(scaledObjectSchema);
    for (const object of scaled) expect(validate(object), JSON.stringify(validate.errors)).toBe(true);
    const byTarget = scaled.map(({ spec }) => {
      const { scaleTargetRef, triggers } = spec as {
        scaleTargetRef: { name: string };
        triggers: { metadata: { taskQueue: string } }[];
      };
      return [scaleTargetRef.name, triggers.map(({ metadata }) => metadata.taskQueue)];
    });
    expect(byTarget).toEqual(POOLS.map((pool) => [`llm-pack-${pool}`, [QUEUES[pool]]]));
  });

  it('are all in the kustomization', () => {
    const { resources } = parse(read('kustomization.yaml')) as { resources: string[] };
    expect(resources).toEqual([...POOLS.map((pool) => `${pool}.yaml`), 'scaling.yaml']);
  });
});
