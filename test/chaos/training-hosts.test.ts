import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launcherConfig } from '../../schemas/training-config';
import { ClusterTraining } from '../support/cluster-training';
import { mayMakeNetworks, type TestHost, TestNetwork } from '../support/network';
import { untilProgress } from '../support/training';

const NODE_TIMEOUT_SECONDS = 3;

describe.runIf(mayMakeNetworks())('a training on two hosts in networks of their own', () => {
  let network: TestNetwork;
  let second: TestHost;
  let training: ClusterTraining;

  beforeAll(async () => {
    network = new TestNetwork();
    const first = network.addHost('first');
    second = network.addHost('second');
    const nodes = [first, second].map(({ launcher }) => launcher);
    training = await ClusterTraining.start(
      launcherConfig.parse({
        ...{ kind: 'local', nodes, rendezvousHost: first.address },
        ...{ nodeTimeoutSeconds: NODE_TIMEOUT_SECONDS, graceSeconds: 2 },
      }),
    );
  });
  afterAll(async () => {
    await training.stop();
    network.remove();
  });

  it('goes on from its last checkpoint where one of them was cut off for a while', async () => {
    const attempts = await training.through(
      'hosts',
      async (handle) => {
        second.cutLink();
        const cutAt = Date.now();
        await untilProgress(handle, ({ findings }) => /\| 1 \| 0 – \d+ \| infrastructure \|/.test(findings.join()));
        // The supervisors', their ranks' end, and a look of the stage.
        expect(Date.now() - cutAt).toBeLessThan(NODE_TIMEOUT_SECONDS * 1_000 + 8_000);
        second.mendLink();
      },
      2,
    );
    expect(attempts.map(({ ended }) => ended)).toEqual(['infrastructure', 'done']);
  });
});
