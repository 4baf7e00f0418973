import * as z from 'zod';
import { describe, expect, it } from 'vitest';
import { CHILD_STAGES, STAGES } from '../../../schemas';
import { parseInput } from '../../../schemas/stage';
import * as workflows from '../../../workflows';

describe.each(STAGES)('the definition of $name', (stage) => {
  const schema = z.toJSONSchema(stage.input, { io: 'input' }) as {
    properties: Record<string, { description?: string; default?: unknown }>;
    required?: string[];
  };

  it('has an example that its own schema accepts', () => {
    expect(parseInput(stage.input, stage.example)).toMatchObject({ ok: true });
  });

  it('asks for no more than one field, and describes every field in the form', () => {
    expect(schema.required?.length ?? 0).toBeLessThanOrEqual(1);
    for (const [name, field] of Object.entries(schema.properties)) {
      // A nested object describes its own fields.
      if (!('properties' in field)) expect(field.description ?? '', name).not.toBe('');
    }
  });

  it('is a workflow of the same name in the barrel', () => {
    expect(Object.keys(workflows)).toContain(stage.name);
  });

  it('names its subject from the parsed example', () => {
    expect(stage.subject(stage.input.parse(stage.example))).toMatch(/^[a-z0-9][a-z0-9._-]*$/);
  });

  it('rejects unknown fields at every depth, each by its path', () => {
    const parsed = parseInput(stage.input, { ...stage.example, surplus: 1 });
    expect(parsed).toEqual({ ok: false, issues: [{ path: 'surplus', problem: 'is not a field of this input' }] });
  });
});

it('has no workflow that is not a stage', () => {
  const known = [...STAGES, ...CHILD_STAGES].map(({ name }) => name);
  expect(Object.keys(workflows).sort()).toEqual(known.sort());
});
