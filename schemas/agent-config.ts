import * as z from 'zod';
import { slug } from './common';

const seconds = (max: number) => z.int().min(1).max(max);
/** The name of a variable of the environment: what it holds is a secret and never stands in the configuration. */
const variable = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'must be the name of an environment variable');

/** Names that tools of the pack's own have. */
export const OWN_TOOLS = ['startStage', 'askPerson'] as const;
export type OwnTool = (typeof OWN_TOOLS)[number];

/** A tool's name, short enough that names made of it stay below the 64 characters that providers take. */
const toolName = z
  .string()
  .regex(/^[a-zA-Z][a-zA-Z0-9_-]{0,31}$/, 'must be a letter and up to 31 letters, digits, "_" or "-"')
  .refine((name) => !OWN_TOOLS.some((own) => own === name), 'is a tool of the pack itself');

/** What a model costs, in one currency for all models, for a million tokens. */
const prices = z.strictObject({
  input: z.number().min(0).max(1e6).default(0),
  output: z.number().min(0).max(1e6).default(0),
});

const limits = {
  /** Tokens that the model can take in, with those of its answer: a run cuts its conversation to fit. */
  contextTokens: z.int().min(256).max(10_000_000).default(32_768),
  /** One message's text is cut there, with a note: about 4 characters of English are a token. */
  messageCharacters: z.int().min(1_000).max(10_000_000).default(60_000),
  prices: prices.prefault({}),
};

const openaiModel = z.strictObject({
  provider: z.literal('openai'),
  /** Where `chat/completions` is, as in `https://api.openai.com/v1`; any server that speaks the protocol. */
  baseUrl: z.url({ protocol: /^https?$/ }),
  model: z.string().min(1),
  /** Variable that holds the key; none is sent when left out. */
  apiKeyVariable: variable.optional(),
  /**
   * `native` hands tools to the endpoint as its protocol has it; `text` describes them in the prompt and has the model
   * write its action as JSON, for endpoints and models that know no tools.
   */
  toolCalls: z.enum(['native', 'text']).default('native'),
  /** Whether the endpoint holds an answer to a JSON Schema. */
  structuredOutputs: z.boolean().default(false),
  /** Whether `completions` beside it takes several prompts, and gives them back (`echo`) with the `logprobs` of their tokens. */
  logLikelihoods: z.boolean().default(false),
  /** From the request to the last byte. */
  timeoutSeconds: seconds(3_600).default(300),
  /** Between two bytes, and to the first one, in which the model reads the conversation. */
  idleSeconds: seconds(290).default(120),
  ...limits,
});

const ggufModel = z.strictObject({
  provider: z.literal('gguf'),
  /** The file, relative to the project. */
  path: z.string().min(1),
  /** `cores` is one less than the host has. */
  threads: z.union([z.literal('cores'), z.int().min(1).max(256)]).default('cores'),
  timeoutSeconds: seconds(3_600).default(600),
  ...limits,
  contextTokens: z.int().min(256).max(1_000_000).default(4_096),
});

/** No model at all: searches, and answers with the sentences that fit the question best. */
const extractiveModel = z.strictObject({
  provider: z.literal('extractive'),
  /** The tool that it searches with. */
  tool: z.string().default('search'),
  /** Sentences of an answer. */
  sentences: z.int().min(1).max(10).default(3),
  /** A sentence that fits less well, from 0 to 1, answers nothing. */
  minScore: z.number().min(0).max(1).default(0.35),
});

export const modelConfig = z.discriminatedUnion('provider', [openaiModel, ggufModel, extractiveModel]);
export type ModelConfig = z.output<typeof modelConfig>;
export type OpenAIModelConfig = z.output<typeof openaiModel>;
export type GgufModelConfig = z.output<typeof ggufModel>;
export type ExtractiveModelConfig = z.output<typeof extractiveModel>;

const shared = {
  /** Said to the model: what the tool is good for. */
  description: z.string().min(1).max(2_000).optional(),
  /** A longer result is cut there, with a note. */
  maxCharacters: z.int().min(200).max(200_000).default(16_000),
};

const searchTool = z.strictObject({
  type: z.literal('search'),
  /** Alias of the index. */
  index: slug.default('documents'),
  /** Documents of an answer, where the model asks for no other number. */
  results: z.int().min(1).max(20).default(5),
  ...shared,
});

const sqlTool = z.strictObject({
  type: z.literal('sql'),
  /** Variable that holds the address of the database, with a role that may read what is listed and little else. */
  urlVariable: variable,
  /** What statements may read, as `schema.name`: views, or tables. */
  views: z
    .array(z.string().regex(/^[A-Za-z_][A-Za-z0-9_$]*\.[A-Za-z_][A-Za-z0-9_$]*$/, 'must be schema.name'))
    .min(1)
    .max(100),
  maxRows: z.int().min(1).max(10_000).default(100),
  /** Of one statement, in the database. */
  timeoutSeconds: seconds(300).default(15),
  ...shared,
});

const fetchTool = z.strictObject({
  type: z.literal('fetch'),
  /** Addresses below which pages may be fetched, redirects included. */
  addresses: z
    .array(
      z.strictObject({
        url: z.url({ protocol: /^https?$/ }),
        /** A larger page is cut there before it is read. */
        maxBytes: z
          .int()
          .min(1_000)
          .max(20 * 2 ** 20)
          .default(2 * 2 ** 20),
        /** Whether the host may have an address of a private network. */
        privateNetwork: z.boolean().default(false),
      }),
    )
    .min(1),
  timeoutSeconds: seconds(300).default(30),
  ...shared,
});

export const toolConfig = z.discriminatedUnion('type', [searchTool, sqlTool, fetchTool]);
export type ToolConfig = z.output<typeof toolConfig>;
export type SearchToolConfig = z.output<typeof searchTool>;
export type SqlToolConfig = z.output<typeof sqlTool>;
export type FetchToolConfig = z.output<typeof fetchTool>;

const mcpShared = {
  /** Tools that are offered, by the server's own names; all of them when left out. */
  tools: z.array(z.string().min(1)).optional(),
  /** Of these, the ones that change nothing outside. What the server itself says of that is not believed. */
  readOnly: z.array(z.string().min(1)).default([]),
  /** Of these, the ones whose use is to be asked again, as for a job's state. */
  polling: z.array(z.string().min(1)).default([]),
  /** To start, and to say what tools there are. */
  startSeconds: seconds(300).default(30),
  /** Of one call. */
  timeoutSeconds: seconds(3_600).default(60),
  maxCharacters: shared.maxCharacters,
};

/** A server of the Model Context Protocol. Its tools are named NAME_TOOL. */
export const mcpServer = z.discriminatedUnion('transport', [
  z.strictObject({
    transport: z.literal('stdio'),
    command: z.string().min(1),
    args: z.array(z.string()).default([]),
    /** Folder that it runs in, relative to the project. */
    cwd: z.string().min(1).default('.'),
    /** Variables that it is given besides PATH, HOME, LANG and TMPDIR; it sees no others. */
    variables: z.array(variable).default([]),
    ...mcpShared,
  }),
  z.strictObject({
    transport: z.literal('http'),
    url: z.url({ protocol: /^https?$/ }),
    /** Headers that are sent, each by the variable that holds it, as in `{ authorization: 'WIKI_MCP_TOKEN' }`. */
    headerVariables: z.record(z.string().regex(/^[A-Za-z0-9-]+$/), variable).default({}),
    ...mcpShared,
  }),
]);
export type McpServerConfig = z.output<typeof mcpServer>;

/** What agents may use. A run names a model and tools out of these, and has no others. */
export const agentConfig = z
  .strictObject({
    models: z.record(slug, modelConfig).default({ extractive: extractiveModel.parse({ provider: 'extractive' }) }),
    /** The model of a run that names none. */
    model: slug.default('extractive'),
    tools: z.record(toolName, toolConfig).default({ search: searchTool.parse({ type: 'search' }) }),
    mcp: z.record(toolName, mcpServer).default({}),
    /** Stages that the tool `startStage` may start; without any there is no such tool. */
    startStage: z.strictObject({ stages: z.array(z.string().min(1)).default([]) }).prefault({}),
  })
  .superRefine(({ models, model, tools, mcp }, context) => {
    const wrong = (path: string[], message: string) => context.addIssue({ code: 'custom', path, message });
    if (!Object.hasOwn(models, model)) wrong(['model'], `is none of the models: ${Object.keys(models).join(', ')}`);
    for (const name of Object.keys(mcp).filter((one) => Object.hasOwn(tools, one))) {
      wrong(['mcp', name], 'is the name of a tool, too');
    }
  });
export type AgentConfig = z.output<typeof agentConfig>;
