import type { PackConfigInput } from './schemas/config';

/**
 * The one file a team edits. Every field may be left out; schemas/config.ts documents each with its range and default.
 *
 * Addresses and secrets are not written here but taken from the environment: TEMPORAL_ADDRESS (or a profile),
 * DATABASE_URL, ELASTICSEARCH_URL, AWS_*. A part with no address is started beside the workers for development.
 */
export default {
  pools: {
    // A unit of cleaning is bound by one core; more units than cores only add memory.
    cpu: { slots: 'cores', shutdownGraceSeconds: 30 },
    // One slot a device: two models at once on one GPU run out of its memory sooner than they gain time.
    gpu: { devices: 1, provider: 'auto', shutdownGraceSeconds: 60 },
  },
  // On more than one host this becomes { type: 's3', bucket: '…' }, or a folder that all of them mount.
  artifacts: { type: 'file', dir: '.llm-pack/artifacts' },
  // Inputs name sources inside these and nowhere else. Besides folders: buckets, addresses and databases, as in
  //   s3: [{ bucket: 'corpora', prefix: 'crawls' }], http: [{ url: 'https://data.example.org/sets/' }],
  //   postgres: { wiki: { urlVariable: 'WIKI_DATABASE_URL' } },
  sources: { roots: ['.'] },
  // 384 dimensions, 23 M parameters: the smallest encoder that search quality does not suffer from in English.
  encoder: { model: 'sentence-transformers/all-MiniLM-L6-v2', threads: 'cores' },
  // Others by name, and the languages that rebuildIndex takes them for, as in
  //   { chinese: { model: 'models/chinese-encoder', languages: ['zh'] } }.
  encoders: {},
  // One old index is what a rollback needs; each costs as much disk as the live one.
  index: { keepOld: 1, shards: 1, replicas: 0 },
  // torchrun on this host. Clusters by name, as in { cluster: { kind: 'ray', url: 'http://head:8265' } }; docs/launchers.md.
  training: { dir: '.llm-pack/training', launchers: { local: { kind: 'local' } } },
  // Where old and new workers run side by side while code is deployed: deployment: { name: 'llm-pack' }; docs/deploying.md.
  // Metrics for Prometheus at http://127.0.0.1:9464/metrics, and logs for machines, as in
  //   { metrics: '127.0.0.1:9464', logs: 'json' }; docs/monitoring.md.
  monitoring: {},
  schedules: [
    {
      id: 'refresh-documents',
      workflow: 'nightlyRefresh',
      // Each step is the input of a stage; docs/nightly.md shows one that trains, promotes and rolls out as well.
      input: {
        name: 'refresh-documents',
        clean: { source: 'docs', name: 'documents' },
        index: { dataset: 'documents' },
      },
      cron: '0 2 * * *', // two in the morning: after the day's changes, before anyone looks
      timezone: 'UTC',
      // A night that waits for a person, or takes longer, is not overtaken: one more waits behind it.
      overlap: 'BUFFER_ONE',
      paused: true, // an example: unpause it in the UI, or set this to false
      note: 'Cleans what is in docs/ every night and brings the index up to it; rebuildIndex makes the index once.',
    },
  ],
} satisfies PackConfigInput;
