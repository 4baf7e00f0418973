/** Names of variables that hold secrets, by the words that they have. */
const SECRET_NAME = /(KEY|TOKEN|SECRET|PASSWORD|PASSWD|JWT|CREDENTIALS?)(_|$)/i;
/** Names of variables that say where a secret is, and hold none: whoever mends the place has to read it. */
const PLACE_NAME = /_(PATH|FILE|DIR)$/i;
/** A shorter value may stand in any text. */
const LEAST_LENGTH = 8;
/** User and password before a host. */
const LOGIN = /(:\/\/)[^\s/@]{1,512}@/g;
const REDACTED = '[redacted]';

/**
 * Takes the secrets of an environment out of texts: values of variables whose names say that they are some, passwords in its
 * addresses, and logins before any host. Failures hold none by themselves; this is for what libraries put into theirs.
 */
export function redactor(env: NodeJS.ProcessEnv): (text: string) => string {
  const secrets = new Set<string>();
  for (const [name, value = ''] of Object.entries(env)) {
    const isSecret = SECRET_NAME.test(name) && !PLACE_NAME.test(name);
    if (isSecret && value.length >= LEAST_LENGTH) secrets.add(value);
    const password = passwordOf(value);
    if (password.length >= LEAST_LENGTH) for (const form of [password, decoded(password)]) secrets.add(form);
  }
  // A secret that holds another one goes first, so that nothing is left of it.
  const known = [...secrets].sort((a, b) => b.length - a.length);
  return (text) =>
    known
      .reduce((rest, secret) => rest.replaceAll(secret, REDACTED), text)
      .replace(LOGIN, (_all, before: string) => `${before}${REDACTED}@`);
}

const passwordOf = (value: string): string => (URL.canParse(value) ? new URL(value).password : '');

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
