import { proxyActivities, sleep } from '@temporalio/workflow';

/** A workflow as it was when `history.json` was recorded, and what one might make of it later. */
interface Steps {
  one(): Promise<void>;
  two(): Promise<void>;
  three(): Promise<void>;
}
const { one, two, three } = proxyActivities<Steps>({ startToCloseTimeout: '10s' });

export async function asRecorded(): Promise<void> {
  await one();
  await two();
  await sleep(100);
  await three();
  await three();
}

export async function otherActivity(): Promise<void> {
  await one();
  await two();
  await sleep(100);
  await three();
  await one();
}

export async function timerFirst(): Promise<void> {
  await one();
  await sleep(100);
  await two();
  await three();
  await three();
}

export async function endsEarly(): Promise<void> {
  await one();
}

export async function doesMore(): Promise<void> {
  await asRecorded();
  await one();
}
