import { writeBundle } from '../bundle';

// The last step of `npm run build`: workers then start without bundling.
void writeBundle();
