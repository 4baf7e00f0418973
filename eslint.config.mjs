import importX, { createNodeResolver } from 'eslint-plugin-import-x';
import tseslint from 'typescript-eslint';

/** Who may import whom (docs/architecture.md): schemas ← workflows, activities ← workers. */
const only = (folder, message, ...patterns) => ({
  files: [`${folder}/**/*.ts`],
  rules: {
    '@typescript-eslint/no-restricted-imports': [
      'error',
      { patterns: patterns.map((group) => ({ ...group, message })) },
    ],
  },
});

export default tseslint.config(
  { ignores: ['dist/', 'node_modules/', '.llm-pack/', '**/*.cjs', '**/*.mjs', '*.mts'] },
  ...tseslint.configs.recommendedTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    plugins: { 'import-x': importX },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      // A message may hold any value that has a text of its own.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      'import-x/no-cycle': 'error',
      'import-x/no-extraneous-dependencies': [
        'error',
        { devDependencies: ['test/**', 'bench/**', '*.config.ts', '*.config.mts'] },
      ],
      'no-console': 'error',
    },
    settings: { 'import-x/resolver-next': [createNodeResolver({ extensions: ['.ts', '.js', '.mjs', '.json'] })] },
  },
  only('schemas', 'schemas import zod and one another, nothing else', { regex: '^(?!zod$|\\./)' }),
  only(
    'workflows',
    'workflows import schemas, the SDK, and of activities types only: anything else would break the sandbox or determinism',
    { regex: '^(?!@temporalio/(workflow|common)$|zod$|\\./|\\.\\./|\\.\\./\\.\\./)' },
    { regex: '/(activities|workers)(/|$)', allowTypeImports: true },
  ),
  only('activities', 'activities never import workflows or workers', { regex: '/(workflows|workers)(/|$)' }),
  // Activities are plain functions, written as methods of the object that their factory returns.
  { files: ['bench/**'], rules: { '@typescript-eslint/unbound-method': 'off' } },
  // Where a module is loaded only when its workflow runs: within the sandbox nothing may be awaited for it.
  { files: ['workflows/index.ts'], rules: { '@typescript-eslint/no-require-imports': 'off' } },
  { files: ['workers/cli/**', 'bench/**', 'test/**'], rules: { 'no-console': 'off' } },
);
