export { type FlowTime, flowTimes } from './flow-times';
export {
  type AssessmentReport,
  type MeasuredDay,
  type MeasuredStage,
  type MeasuredUse,
  assessmentReport,
} from './report';
export { assessmentCsv, assessmentHtml, assessmentText } from './render';
