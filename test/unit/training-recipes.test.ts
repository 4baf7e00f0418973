import { expect, it } from 'vitest';
import { RECIPES } from '../../schemas/training';
import { RECIPE_PARAMETERS } from '../../schemas/training-recipes';

it.each(RECIPES)('%s has a default for all that it does not have to be told', (recipe) => {
  const parameters = RECIPE_PARAMETERS[recipe].parse({});
  expect(parameters).toMatchObject({ epochs: 1, parallel: 'ddp', seed: 1 });
  expect(RECIPE_PARAMETERS[recipe].parse(parameters)).toEqual(parameters);
});

it.each([
  ['sft', { learning_rate: 1 }, 'learning_rate'],
  ['sft', { lora: { ranks: 4 } }, 'ranks'],
  ['sft', { evalShare: 0.9 }, '0.5'],
  ['pretrain', { architecture: { hidden: 100, heads: 6 } }, 'even multiple of heads'],
  ['pretrain', { architecture: { heads: 6, keyValueHeads: 4 } }, 'must divide heads'],
  ['grpo', { rewards: [{ kind: 'regex' }] }, 'pattern goes with regex'],
  ['grpo', { rewards: [{ kind: 'exact', pattern: 'x' }] }, 'pattern goes with regex'],
  ['grpo', { rewards: [{ kind: 'json', most: 4 }] }, 'go with length'],
  ['grpo', { rewards: [{ kind: 'length', least: 5, most: 4 }] }, 'must not be above'],
  ['grpo', { generations: 1 }, '2'],
] as const)('%s refuses %j and says why', (recipe, parameters, why) => {
  const { error } = RECIPE_PARAMETERS[recipe].safeParse(parameters);
  expect(error?.message).toContain(why);
});
