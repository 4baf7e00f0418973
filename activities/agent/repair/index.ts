export { type ActionFormat, type ActionReading, readAction, type Rung } from './read-action';
