/** Writes docs/stages/*.md: `npm run docs`. A test compares them with what this makes. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { pages } from './pages';

for (const [name, text] of pages()) writeFileSync(path.join(__dirname, name), text);
