export { type ActionFormat, type ActionReading, FORMAT_INSTRUCTIONS, readAction, type Rung } from './read-action';
