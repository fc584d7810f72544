/** What the faults of a world do to whoever passes a point, and when. */
import { ChainUnavailable } from '@flexledger/contracts';
import type { ModelChain } from '../models/model-chain';
import type { Delivery } from '../models/model-broker';
import type { CallFate } from '../market/remote-ports';
import type { Life, Passing } from '../world/life';
import { type Fault, faultText } from './fault';

/** What faults act on. */
export interface Field {
  nowMs(): number;
  tell(line: string): void;
  /** Ends a process; it is started again so much later. */
  crash(process: string, downMs: number): void;
  cutPower(downMs: number): void;
  /** Takes back the last transaction of the chain. */
  readonly chain: Pick<ModelChain, 'reorganise'>;
}

export interface FaultEffects {
  /** What becomes of a process that passes a point. */
  passing(life: Life, point: string): Passing;
  /** What becomes of the next call from one platform to another. */
  fateOfCall(): CallFate;
  /** How a message comes to one that hears it. */
  readonly delivery: Delivery;
  /** From now on nothing goes wrong any more. */
  end(): void;
  /** How many faults came to something. */
  came(): number;
}

const FULL = 'database or disk is full';
const FAILED = 'disk I/O error';
/** Where something is written. */
const WRITES =
  /^(store\/append|state\/(acquire|renew|release|saveCheckpoint|halt|clearHalt)|views\/(commit|drop))$/;
const TRANSACTIONS = /^chain\/(award|anchor|certify|end)\/done$/;
const LATE_MESSAGE_MS = 7 * 60_000;

/** Faults that wait for their moment. */
export function faultEffects(faults: readonly Fault[], field: Field): FaultEffects {
  const spent = new Set<Fault>();
  const left = new Map(faults.map((fault) => [fault, 'count' in fault ? fault.count : 0]));
  const told = new Set<Fault>();
  let isOver = false;

  function tell(fault: Fault): void {
    if (told.has(fault)) return;
    told.add(fault);
    field.tell(`FAULT ${faultText(fault)}`);
  }

  function isDue(fault: Fault): boolean {
    if (isOver || spent.has(fault) || fault.atMs > field.nowMs()) return false;
    return !('lastsMs' in fault) || field.nowMs() < fault.atMs + fault.lastsMs;
  }

  /** Counts one passing of a fault that happens once; true where it is the one. */
  function happens(fault: Fault): boolean {
    const count = left.get(fault)! - 1;
    left.set(fault, count);
    if (count > 0) return false;
    spent.add(fault);
    tell(fault);
    return true;
  }

  function effectOf(fault: Fault, life: Life, point: string): Passing {
    switch (fault.kind) {
      case 'crash': {
        const isHere = fault.process === life.name && (fault.point ?? point) === point;
        if (!isHere || !happens(fault)) return 'goesOn';
        field.tell(`${life.name} ends at ${point}`);
        field.crash(fault.process, fault.downMs);
        return 'never';
      }
      case 'powerCut':
        if (!happens(fault)) return 'goesOn';
        field.cutPower(fault.downMs);
        return 'never';
      case 'failedWrite': {
        const isHere = point === (fault.isWritten ? 'store/appended' : 'store/append');
        return isHere && happens(fault) ? new Error(FAILED) : 'goesOn';
      }
      case 'fullDisk':
        if (!WRITES.test(point)) return 'goesOn';
        tell(fault);
        return new Error(FULL);
      case 'chainOutage':
      case 'lostReceipt':
      case 'reorganisation':
        return chainEffect(fault, point);
      case 'lateValidator':
        if (!point.startsWith('outcomes/')) return 'goesOn';
        tell(fault);
        return { waitsUntilMs: fault.atMs + fault.lastsMs };
      default:
        return 'goesOn';
    }
  }

  function chainEffect(fault: Fault, point: string): Passing {
    if (fault.kind === 'chainOutage') {
      if (!point.startsWith('chain/') || point.endsWith('/done')) return 'goesOn';
      tell(fault);
      return unavailable();
    }
    if (!TRANSACTIONS.test(point) || !happens(fault)) return 'goesOn';
    if (fault.kind === 'reorganisation') field.chain.reorganise(1);
    return unavailable();
  }

  return {
    passing(life, point) {
      for (const fault of faults) {
        const effect = isDue(fault) ? effectOf(fault, life, point) : 'goesOn';
        if (effect !== 'goesOn') return effect;
      }
      return 'goesOn';
    },
    fateOfCall() {
      for (const fault of faults) {
        if (fault.kind === 'call' && isDue(fault) && happens(fault)) return fault.what;
      }
      return 'arrives';
    },
    delivery() {
      for (const fault of faults) {
        if (fault.kind !== 'messages' || !isDue(fault)) continue;
        tell(fault);
        switch (fault.what) {
          case 'lost':
            return [];
          case 'twice':
            return [{ afterMs: 0 }, { afterMs: LATE_MESSAGE_MS }];
          case 'late':
            return [{ afterMs: LATE_MESSAGE_MS }];
        }
      }
      return [{ afterMs: 0 }];
    },
    end: () => void (isOver = true),
    came: () => told.size,
  };
}

function unavailable(): ChainUnavailable {
  return new ChainUnavailable('chain', 'it did not answer in time');
}
