import type { DatasetDocument } from '../../activities/indexing/chunk-record';

const document = (id: string, title: string, text: string): DatasetDocument => ({
  id,
  source: `docs/${id}`,
  title,
  text,
});

/** Documents on subjects that are far apart, in two languages; one is blank, one is long enough for many chunks. */
export const DOCUMENTS: readonly DatasetDocument[] = [
  document(
    'bread.md',
    'Sourdough bread',
    '# Sourdough bread\n\nMix flour, water and a ripe starter. Let the dough rest overnight in a cool place.\n\n## Baking\n\nBake the loaf in a hot oven until the crust is dark. Let it cool before you slice it.',
  ),
  document(
    'volcano.md',
    'Volcanoes',
    '# Volcanoes\n\nMolten rock rises through the crust and erupts as lava. Ash clouds can stop air traffic for weeks.',
  ),
  document(
    'tea.zh.md',
    '茶的历史',
    '# 茶的历史\n\n中国是茶的故乡。唐代的陆羽写了《茶经》，记录了种茶、制茶和饮茶的方法。\n\n## 绿茶\n\n绿茶不经过发酵，保留了鲜叶的天然物质。龙井是最有名的绿茶之一。',
  ),
  document('rail.zh.md', '高速铁路', '# 高速铁路\n\n高速列车的时速可以超过三百公里。北京到上海只需要四个多小时。'),
  document(
    'postgres.md',
    'PostgreSQL replication',
    '# PostgreSQL replication\n\nThe primary server streams its write-ahead log to standby servers. A replication slot keeps the log until every standby has read it.\n\n```sql\nselect * from pg_stat_replication;\n```',
  ),
  document('blank.txt', '', ' \n\n '),
  document(
    'no-title.txt',
    '',
    'Bees dance to tell their hive where the flowers are. The angle of the dance shows the direction.',
  ),
  document(
    'long.md',
    'Letters of a gardener',
    Array.from(
      { length: 40 },
      (_, at) =>
        `## Week ${at + 1}\n\nIn week ${at + 1} I planted bed ${at * 3} with seeds of kind ${at * 7}. Rain fell on ${at % 6} days, and the snails ate what was green.`,
    ).join('\n\n'),
  ),
  ...Array.from({ length: 8 }, (_, at) =>
    document(
      `note-${at}.md`,
      `Note ${at}`,
      `Meeting number ${at} was about budget line ${at * 11}. Nothing was decided.`,
    ),
  ),
];
