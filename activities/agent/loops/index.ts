export { digestTurn, type Turn } from './digest';
