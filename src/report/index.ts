/** Strings made from a verdict: comment, job summary, terminal, JSON, HTML, annotations, outputs. Nothing is written here. */
import { plainly } from './span.ts'
import { headlineSentence } from './situation.ts'
import type { Report } from './types.ts'

export type * from './types.ts'
export { annotations } from './annotations.ts'
export { commentMarker, plainText } from './escape.ts'
export { renderEstimates, type EstimateFormat, type EstimateOptions } from './estimates.ts'
export { renderCalibration, type CalibrationReport, type MeasuredLog } from './calibration.ts'
export { explainable, EXPLAINABLE_SECTIONS, renderExplanation, type Explanation } from './explanation.ts'
export { renderHtml } from './html.ts'
export { renderHistory, type History, type HistoryFormat, type HistoryNumbers, type HistoryVersion } from './history.ts'
export { renderJson } from './json.ts'
export { JSON_SCHEMAS } from './json-schema.ts'
export { renderMarkdown, renderSummary } from './markdown.ts'
export { outputs } from './outputs.ts'
export { renderText, type TextOptions } from './text.ts'

/** The verdict in one line of plain text, number first: the title of the check run. */
export function headline(report: Report): string {
  return plainly(headlineSentence(report))
}
