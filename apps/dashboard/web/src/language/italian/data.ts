/** Italian of words of the data, such as states, which `named` looks up. */
export const DATA = {
  scheduled: 'programmata',
  open: 'aperta',
  closed: 'chiusa',
  published: 'pubblicata',
  halted: 'fermo',
  running: 'in funzione',
  stopped: 'spento',
  enabled: 'abilitato',
  disabled: 'disabilitato',
  requested: 'richiesto',
  offered: 'offerto',
  gates: 'gate',
  up: 'a salire',
} as const;
