// Lets a worker thread that is started from source load TypeScript. Required by thread.ts in front of such a thread
// only; the published package runs compiled files and neither needs nor contains this one.
const { createJiti } = require('jiti');

const jiti = createJiti(__filename);
require.extensions['.ts'] = (module, filename) => {
  module.exports = jiti(filename);
};
