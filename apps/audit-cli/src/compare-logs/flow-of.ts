/** The data flow by which an event goes from one platform to another; undefined where it is none. */
export function flowOf(type: string): string | undefined {
  return FLOWS.get(type);
}

const FLOWS: ReadonlyMap<string, string> = new Map([
  ['PodRegistered', '0'],
  ['PodDetailsChanged', '0'],
  ['PodUnregistered', '0'],
  ['BaselineDeclared', '0'],
  ['FlexibilityDeclared', '0'],
  ['AvailabilityChanged', '0'],
  ['PodLocated', '0a'],
  ['FlexibilityOffered', '2a'],
  ['OfferWithdrawn', '2a'],
  ['FlexibilityRequested', '2b'],
  ['RequestWithdrawn', '2b'],
  ['OutcomeSentForValidation', '3'],
  ['OutcomeValidated', '4'],
  ['ResultPublished', '5'],
  ['SettlementPublished', '5'],
  ['SetpointIssued', '6'],
  ['SetpointCarried', '6'],
  ['MeasurementRecorded', '7'],
]);
