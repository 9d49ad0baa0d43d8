/** Report → comment, check, summary, outputs. Best effort: what fails here is a warning and never changes a verdict. */
export type * from './types.ts'
export { checkName, publishCheck, type CheckOptions } from './check.ts'
export { publishComment, type CommentOptions } from './comment.ts'
export { writeAnnotations, writeOutputs, writeSummary } from './job.ts'
export { publishReport, type ReportOptions, type ReportPublished } from './report.ts'
export { writeReportFiles, type WrittenFiles } from './files.ts'
