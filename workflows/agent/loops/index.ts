export { judgeLoops } from './judge';
