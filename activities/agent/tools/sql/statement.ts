import type { Client } from 'pg';

/** A longer statement is none that anyone wrote. */
export const LONGEST_STATEMENT = 20_000;

/** The name that a statement has while it is looked at and run. It stands in the session's own schema. */
export const STATEMENT_VIEW = 'pg_temp.llm_pack_statement';

export type Parameter = string | number | boolean | null;

/** Strings, quoted names and comments, in which `$1` is only text; and what stands for a parameter. */
const PARTS =
  /'(?:[^']|'')*'|"(?:[^"]|"")*"|\$([A-Za-z_]\w*)?\$[\s\S]*?\$\1?\$|--[^\n]*|\/\*[\s\S]*?\*\/|\$(\d{1,3})\b/g;

/**
 * Puts the values of parameters into a statement, as literals that the driver quotes; PostgreSQL takes their types from
 * where they stand. What comes of it is looked at as a whole, so a value that were quoted wrongly could change what a
 * statement asks, and not what it may read.
 */
export function withParameters(
  query: string,
  values: readonly Parameter[],
  client: Pick<Client, 'escapeLiteral'>,
): string {
  return query.replace(PARTS, (part, _tag: string | undefined, number: string | undefined) => {
    const value = number === undefined ? undefined : values[Number(number) - 1];
    if (value === undefined) return part;
    return value === null ? 'null' : client.escapeLiteral(String(value));
  });
}

/**
 * Makes the statement a view of this session. PostgreSQL parses it for that, and neither plans nor runs any of it; only a
 * query can be one, so everything that writes is refused here. The extended protocol takes no second statement.
 */
export const defineView = (statement: string) => ({
  text: `create temporary view ${STATEMENT_VIEW} as\n${statement.replace(/[\s;]+$/, '')}\n`,
  values: [],
  queryMode: 'extended',
});
