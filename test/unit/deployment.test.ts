import { describe, expect, it } from 'vitest';
import { packConfig } from '../../schemas/config';
import { VERSIONING } from '../../schemas/versioning';
import * as workflows from '../../workflows';
import * as versioned from '../../workflows/versioned';
import { buildIdOf, deploymentVersion } from '../../workers/deployment';

const code = () => Promise.resolve('the code');
const version = (deployment: object | undefined, env: NodeJS.ProcessEnv = {}) =>
  deploymentVersion({ config: packConfig.parse(deployment ? { deployment } : {}), env }, code);

describe('the table of what becomes of open runs', () => {
  it('says it of every workflow, and of no other, with a reason', () => {
    expect(Object.keys(VERSIONING).sort()).toEqual(Object.keys(workflows).sort());
    for (const { why } of Object.values(VERSIONING)) expect(why).not.toBe('');
  });

  it.each(Object.keys(VERSIONING))('is what the bundle for versioned workers says of %s', (name) => {
    const workflow = (versioned as Record<string, unknown>)[name];
    expect(workflow).toHaveProperty('workflowDefinitionOptions', { versioningBehavior: VERSIONING[name]?.behavior });
  });
});

describe('the version that a worker is', () => {
  it('is none unless it is asked for', async () => {
    expect(await version(undefined)).toBeUndefined();
    expect(await version(undefined, { TEMPORAL_DEPLOYMENT_NAME: '' })).toBeUndefined();
  });

  it('is of the configuration, and of its code where no build is named', async () => {
    expect(await version({})).toEqual({
      deploymentName: 'llm-pack',
      buildId: expect.stringMatching(/^0\.1\.0-[0-9a-f]{12}$/) as string,
    });
    expect(await version({ name: 'agents', buildId: 'b1' })).toEqual({ deploymentName: 'agents', buildId: 'b1' });
  });

  it('is what the environment says before that', async () => {
    const env = { TEMPORAL_DEPLOYMENT_NAME: 'team/llm', TEMPORAL_WORKER_BUILD_ID: 'v7' };
    expect(await version({ name: 'agents', buildId: 'b1' }, env)).toEqual({
      deploymentName: 'team/llm',
      buildId: 'v7',
    });
    expect(await version({ name: 'agents' }, { TEMPORAL_WORKER_BUILD_ID: 'v7' })).toMatchObject({ buildId: 'v7' });
  });

  it.each([
    ['a build of no deployment', { TEMPORAL_WORKER_BUILD_ID: 'v7' }, 'TEMPORAL_DEPLOYMENT_NAME'],
    ['a name with a colon', { TEMPORAL_DEPLOYMENT_NAME: 'a:b' }, 'TEMPORAL_DEPLOYMENT_NAME is "a:b"'],
    ['a build with a blank', { TEMPORAL_DEPLOYMENT_NAME: 'a', TEMPORAL_WORKER_BUILD_ID: 'v 7' }, 'is "v 7"'],
  ])('is refused for %s', async (_, env, words) => {
    await expect(version(undefined, env)).rejects.toThrow(words);
  });

  it('is the same wherever the same code was built, and another for other code', () => {
    const built = (map: string, text = 'exports.a = 1;') =>
      buildIdOf('1.0.0', `${text}\n//# sourceMappingURL=${map}\n`);
    expect(built('data:here')).toBe(built('data:there'));
    expect(built('data:here', 'exports.a = 2;')).not.toBe(built('data:here'));
  });
});
