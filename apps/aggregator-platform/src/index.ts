export * from './portfolio/portfolio';
export * from './agreements/agreements';
export * from './offer-building/build-offers';
export * from './offer-building/offer-process';
export * from './dispatch/setpoints';
export * from './dispatch/dispatch-process';
