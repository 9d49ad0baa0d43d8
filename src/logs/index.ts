/** Logs of finished trainings → the rate at which they ran. Text in, numbers out; the command reads the files. */
export { LOG_FORMATS, MOST_LOG_BYTES, readLog, type LogFormat, type LogReading, type Sample } from './read-log.ts'
export { steadyRate, type SteadyRate } from './steady-rate.ts'
