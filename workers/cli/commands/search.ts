import type { Command } from 'commander';
import { describeFusion } from '../../../activities/search/describe-fusion';
import { answerQuery } from '../../../activities/search/hybrid-search';
import { slug } from '../../../schemas/common';
import { ownModelFolders } from '../../registered-models';
import { openConfiguredReranker, openIndexEncoder } from '../../dependencies';
import { openElasticsearch } from '../../elasticsearch';
import { resolveElasticsearch } from '../../settings';
import type { Cli } from '../cli';
import { projectSettings, reachable } from '../client';
import { CliError, EXIT, type ExitCode } from '../exit';
import { wholeNumber } from '../options';
import { printHits, searchError } from '../hits';

interface SearchOptions {
  index: string;
  k: number;
  json?: boolean;
}

export function searchCommand(cli: Cli): Command {
  return cli
    .command(
      'search',
      'Ask an index: words and meaning together (BM25 and vectors), as was fitted to its golden queries.',
      [
        'llm-pack search "How do I cancel a running activity?"',
        'llm-pack search "retry policy" --index documents --k 3 --json',
      ],
    )
    .argument('<question>', 'what to look for')
    .option('--index <name>', 'index to ask; rebuildIndex names it', 'demo')
    .option('-k, --k <number>', 'hits to show, 1 to 100', wholeNumber(1, 100), 5)
    .action(async (question: string, options: SearchOptions) => {
      cli.exitCode = await search(cli, question, options);
    });
}

async function search(cli: Cli, question: string, options: SearchOptions): Promise<ExitCode> {
  const out = cli.output(options);
  if (!slug.safeParse(options.index).success)
    throw new CliError(EXIT.wrongUse, `"${options.index}" can not be an index.`);
  if (question.trim() === '') throw new CliError(EXIT.wrongUse, 'The question is empty.');
  const settings = await projectSettings(cli);
  const elasticsearch = await reachable(resolveElasticsearch(settings));
  const client = openElasticsearch({ elasticsearch });
  try {
    const encoder = await openIndexEncoder(
      settings,
      client,
      options.index,
      (message) => out.note(message),
      ownModelFolders(settings),
    );
    const rerank = await openConfiguredReranker(settings, (message) => out.note(message));
    try {
      const { hits, index, fusion } = await answerQuery(client, encoder, {
        alias: options.index,
        query: question,
        k: options.k,
        ...(rerank ? { rerank } : {}),
      });
      out.data({ question, index: options.index, physical: index, fusion, hits });
      printHits(out, hits);
      out.print(out.style.dim(`${index}: ${describeFusion(fusion)}${rerank ? ', then reranked' : ''}`));
      return EXIT.done;
    } finally {
      await encoder.close();
      await rerank?.reranker.close();
    }
  } catch (error) {
    throw searchError(error);
  } finally {
    await client.close();
  }
}
