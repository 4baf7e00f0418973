import { setTimeout as sleep } from 'node:timers/promises';
import { isGrpcServiceError, type Connection } from '@temporalio/client';
import { SEARCH_ATTRIBUTES } from '../../schemas/names';
import { CliError, EXIT } from './exit';

/** What is asked of a connection; the worker's and the client's both have it. */
export type Services = Pick<Connection, 'operatorService' | 'workflowService'>;

const NAMES = Object.values(SEARCH_ATTRIBUTES);

// The API's number for the type Keyword.
const KEYWORD = 2;
// The API's gRPC codes for "you may not" and "there is no such call here" (Temporal Cloud has no operator service).
const PERMISSION_DENIED = 7;
const UNIMPLEMENTED = 12;
// A server caches what it knows of search attributes for up to a minute.
const USABLE_WITHIN_MS = 75_000;
const ASK_EVERY_MS = 500;

/**
 * Makes sure that the search attributes every run sets are registered and can be used: a run that sets one the server
 * does not know is refused. Returns the names that it had to create.
 * @throws CliError (1) with the command for someone who may create them, where this connection may not.
 */
export async function ensureSearchAttributes(services: Services, namespace: string): Promise<string[]> {
  const known = await registered(services, namespace);
  if (known === null) {
    if (!(await usable(services, namespace))) throw notAllowed(NAMES, namespace);
    return [];
  }
  const missing = NAMES.filter((name) => known[name] === undefined);
  const wrong = NAMES.filter((name) => known[name] !== undefined && known[name] !== KEYWORD);
  if (wrong.length > 0) {
    throw new CliError(
      EXIT.failed,
      `The search attribute ${wrong.join(', ')} of namespace ${namespace} is not a Keyword.`,
      'Use another namespace.',
    );
  }
  if (missing.length === 0) return [];
  await create(services, namespace, missing);
  const deadline = Date.now() + USABLE_WITHIN_MS;
  while (!(await usable(services, namespace))) {
    if (Date.now() > deadline)
      throw new CliError(
        EXIT.failed,
        `The search attributes ${missing.join(', ')} were created and can still not be used.`,
        'Start again in a minute.',
      );
    await sleep(ASK_EVERY_MS);
  }
  return missing;
}

/** Types of the registered attributes by name; null where this connection may not ask. */
async function registered({ operatorService }: Services, namespace: string): Promise<Record<string, number> | null> {
  try {
    const { customAttributes } = await operatorService.listSearchAttributes({ namespace });
    return customAttributes;
  } catch (error) {
    if (isRefusal(error)) return null;
    throw error;
  }
}

async function create({ operatorService }: Services, namespace: string, names: string[]): Promise<void> {
  try {
    const searchAttributes = Object.fromEntries(names.map((name) => [name, KEYWORD]));
    await operatorService.addSearchAttributes({ namespace, searchAttributes });
  } catch (error) {
    if (isRefusal(error)) throw notAllowed(names, namespace);
    throw error;
  }
}

/** True once a query may use them; the server refuses a query with an unknown name. */
async function usable({ workflowService }: Services, namespace: string): Promise<boolean> {
  const query = NAMES.map((name) => `${name} = 'none'`).join(' AND ');
  try {
    await workflowService.countWorkflowExecutions({ namespace, query });
    return true;
  } catch (error) {
    const INVALID_ARGUMENT = 3;
    if (isGrpcServiceError(error) && Number(error.code) === INVALID_ARGUMENT) return false;
    throw error;
  }
}

const isRefusal = (error: unknown): boolean =>
  isGrpcServiceError(error) && [PERMISSION_DENIED, UNIMPLEMENTED].includes(Number(error.code));

function notAllowed(names: readonly string[], namespace: string): CliError {
  const flags = names.map((name) => `--name ${name} --type Keyword`).join(' ');
  return new CliError(
    EXIT.failed,
    `Namespace ${namespace} lacks the search attributes ${names.join(', ')}, and this connection may not create them.`,
    `Let someone who may run: temporal operator search-attribute create --namespace ${namespace} ${flags}`,
  );
}
