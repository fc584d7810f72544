/** Benches of `flexledger bench`, for its help, which shall not load them. */
export const BENCHES = [
  { name: 'clearing', description: 'clear stored day-ahead sessions of 12 to 1,600,000 PoDs' },
  {
    name: 'live',
    description: 'a day-ahead session from first bid to published result, by REST, stage by stage',
  },
  { name: 'pareto', description: 'search Pareto fronts that are known, beside pymoo' },
  {
    name: 'powerflow',
    description: 'solve single grids, all feeders of Rome, and a session of the DSO',
  },
  { name: 'settlement', description: 'settle a window of 1,500 and 1,600,000 PoDs' },
  { name: 'ingest', description: 'take packets of Light Nodes in, by MQTT, into a durable log' },
  {
    name: 'periods',
    description: 'read months of PoDs: from the log, its archive, and of last year',
  },
  { name: 'projections', description: 'rebuild all read models from 300,000 events' },
  {
    name: 'certify',
    description: 'grow a tree of 10,000,000 leaves on disk, prove leaves of it; gas',
  },
  { name: 'store', description: 'append to, read and follow event stores: ours, and others' },
  {
    name: 'views',
    description: 'fold and read views in SQLite, in PostgreSQL and over MongoDB’s protocol',
  },
  { name: 'streams', description: 'publish to Kafka and follow it, with one node and three' },
  {
    name: 'dashboard',
    description: 'weigh the screens by page, ask Lighthouse, and read a register of 1,600,000 PoDs',
  },
] as const;

/** Name of a bench. */
export type BenchName = (typeof BENCHES)[number]['name'];

/** Stands for every one of them, in one run. */
export const ALL_BENCHES = 'all';
