/**
 * Carries setpoints to their Light Nodes and takes the nodes' answers (FR_DTP_SCO_1/2, flow 6). What
 * is issued together is published together; answers wait until they are recorded together, by window
 * and PoD, so that the log does not depend on whose answer came first.
 *
 * A setpoint is carried again, with a growing delay, until its node answers or its window is over. To
 * a node that is known to be away nothing is sent; when it comes back it gets every setpoint whose
 * window is not over, also those it has answered: it may have forgotten them.
 *
 * A setpoint counts as carried once the broker has it. Between that and the event a crash may fall:
 * then it is carried twice, and the node, which knows it by its id, answers twice.
 *
 * What is on its way stands in memory, of the one instance that is handed the setpoints; every instance
 * hears every answer, and those that have been handed nothing pass it over. An instance that takes over
 * is handed again the setpoints whose windows may not be over (`replayAfter`) and takes each up where
 * the log has it; one that has been taken over from without knowing reads the log again before it
 * carries anything again, and what it still records has the ids that the other records under.
 */
import {
  type ActivationCommand,
  activationDecider,
  DomainError,
  type RecordedEvent,
} from '@flexledger/domain';
import {
  type AddressedCommand,
  createCommandHandler,
  type EventStore,
  type Processor,
} from '@flexledger/event-store';
import type { ReceivedMessage, SetpointMessage, SetpointReceipt } from '@flexledger/messaging';
import { type Clock, inOrder, sleep, type Timers } from '@flexledger/runtime';
import {
  answersOf,
  type Carriage,
  carriageOf,
  carriedBy,
  failedFor,
  inLogOrder,
  messageOf,
  step,
  windowEndMs,
} from './carriage';
import { createNodeRegistry, type KnownNode, type NodeRegistry } from './node-registry';
import { readReceipt } from './read-receipt';

export interface SetpointCarrierOptions {
  readonly log: EventStore;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly publish: (podId: string, setpoint: SetpointMessage) => Promise<void>;
  /** Told of what could not be carried or was not believed, and why. */
  readonly onProblem: (problem: string) => void;
}

export interface SetpointCarrier {
  /** Queues each issued setpoint; what an earlier run left open is taken up again. */
  readonly processor: Processor;
  /** Takes a message of the topic `setpoint/ack`; resolves once it is believed or not. */
  receive(message: ReceivedMessage): Promise<void>;
  /** Setpoints queued or carried whose answer nobody has waited for in vain since. */
  awaitedAcks(): number;
  /**
   * Carries what is queued, waits for so many answers, at most `timeoutMs` of real time, and records
   * them. In real time nobody needs to call it: timers do the same.
   *
   * @returns how many answers were recorded
   */
  collect(expected: number, timeoutMs: number): Promise<number>;
  /** Records the answers that have come in; afterwards timers do nothing any more. */
  stop(): Promise<void>;
}

/** An unanswered setpoint is carried again after a minute, then two, and so on up to a quarter-hour. */
const ANSWER_DUE_MS = 60_000;
const LONGEST_DUE_MS = 15 * ANSWER_DUE_MS;
/** Answers of a fleet are recorded together. */
const RECORD_AFTER_MS = 200;
/** How long after its window a setpoint's late answer is still known. */
const REMEMBERED_MS = 86_400_000;
const TIMER = 'setpoint-carrying';

export function createSetpointCarrier(options: SetpointCarrierOptions): SetpointCarrier {
  return new Carrier(options);
}

class Carrier implements SetpointCarrier {
  readonly processor: Processor = {
    name: 'dso/setpoint-carrying',
    types: ['SetpointIssued', 'NodeConnected'],
    handle: (event) => this.follow(event),
  };

  private readonly handler;
  private readonly nodeOf: NodeRegistry;
  /** This instance has been handed an event: it is the one that carries. */
  private isCarrying = false;
  /** By stream: one setpoint for a window and PoD at a time. */
  private readonly carriages = new Map<string, Carriage>();
  private readonly streamOf = new Map<string, string>();
  /** Instants at which a timer looks after what is overdue. */
  private readonly armed = new Set<number>();
  private isCarryingDue = false;
  /** Answers whose signatures are being checked. */
  private readonly incoming = new Set<Promise<void>>();
  /** Answers that wait to be recorded, by setpoint. */
  private answers = new Map<string, SetpointReceipt>();
  private answersAwaited = Infinity;
  private answersIn = new AbortController();
  /** Publishing and recording never overlap. */
  private readonly inTurn = inOrder();
  private isStopped = false;

  constructor(private readonly options: SetpointCarrierOptions) {
    const { log, clock } = options;
    this.handler = createCommandHandler({ store: log, clock, decider: activationDecider });
    this.nodeOf = createNodeRegistry(log);
  }

  async receive(message: ReceivedMessage): Promise<void> {
    if (!this.isCarrying) return;
    const taken = this.take(message);
    this.incoming.add(taken);
    await taken.finally(() => this.incoming.delete(taken));
  }

  private async take(message: ReceivedMessage): Promise<void> {
    const { podId } = message;
    const read = readReceipt(message, (await this.nodeOf(podId)).publicKey);
    if (!read.ok) return this.report(`An answer of ${podId} to a setpoint: ${read.reason}`);
    const { receipt } = read;
    const { setpointId } = receipt;
    const carriage = this.carriages.get(this.streamOf.get(setpointId) ?? '');
    if (carriage?.setpoint.setpointId !== setpointId || carriage.setpoint.podId !== podId) {
      return this.report(`An answer of ${podId} to the unknown setpoint ${setpointId}`);
    }
    carriage.isAwaited = false;
    if (this.answers.size === 0) this.after(RECORD_AFTER_MS, () => this.recordAnswers());
    this.answers.set(setpointId, receipt);
    if (this.answers.size >= this.answersAwaited) this.answersIn.abort();
  }

  awaitedAcks(): number {
    return this.all((carriage) => carriage.isAwaited).length;
  }

  async collect(expected: number, timeoutMs: number): Promise<number> {
    await this.inTurn(() => this.carryQueued());
    // Some may have been given up, or could not be sent.
    const answersToCome = Math.min(expected, this.answers.size + this.awaitedAcks());
    if (this.answers.size < answersToCome) {
      this.answersAwaited = answersToCome;
      this.answersIn = new AbortController();
      await sleep(timeoutMs, this.answersIn.signal);
      this.answersAwaited = Infinity;
    }
    for (const carriage of this.carriages.values()) carriage.isAwaited = false;
    return this.inTurn(() => this.recordAnswers());
  }

  async stop(): Promise<void> {
    await Promise.allSettled(this.incoming);
    await this.inTurn(() => this.recordAnswers());
    this.isStopped = true;
  }

  private async follow(event: RecordedEvent): Promise<void> {
    this.isCarrying = true;
    if (event.type === 'SetpointIssued') return this.queue(event);
    const { podId } = event.data as { podId: string };
    await this.inTurn(() => this.welcome(podId));
  }

  private async queue(event: RecordedEvent): Promise<void> {
    const carriage = await carriageOf(event, this.options.log);
    if (!carriage) return;
    this.carriages.set(carriage.streamId, carriage);
    this.streamOf.set(carriage.setpoint.setpointId, carriage.streamId);
    if (carriage.phase === 'queued') this.carrySoon();
  }

  private carrySoon(): void {
    if (this.isCarryingDue) return;
    this.isCarryingDue = true;
    this.after(0, () => this.carryQueued());
  }

  /** A node has come back: what it has not answered is due, what it has answered is repeated. */
  private async welcome(podId: string): Promise<void> {
    const { clock, publish } = this.options;
    const valid = this.all(
      ({ setpoint }) => setpoint.podId === podId && windowEndMs(setpoint) > clock.nowMs(),
    );
    for (const carriage of await this.readAgain(valid.sort(inLogOrder))) {
      const { phase, isApplied, setpoint } = carriage;
      if (phase === 'settled') {
        // Nothing waits for this one: should it be lost, the node comes back once more.
        if (isApplied) await publish(podId, messageOf(setpoint)).catch(() => {});
        continue;
      }
      if (this.answers.has(setpoint.setpointId)) continue;
      carriage.phase = 'queued';
      carriage.isAwaited = true;
      this.carrySoon();
    }
  }

  /**
   * Brings carriages to where the log has them: another instance may have gone on with them. Those whose
   * place another setpoint has taken are forgotten.
   */
  private async readAgain(carriages: readonly Carriage[]): Promise<Carriage[]> {
    const standing: Carriage[] = [];
    for (const carriage of carriages) {
      const { cause, streamId, setpoint } = carriage;
      const logged = await carriageOf(cause, this.options.log);
      if (!logged) {
        if (this.carriages.get(streamId) === carriage) this.carriages.delete(streamId);
        this.streamOf.delete(setpoint.setpointId);
        continue;
      }
      carriage.attempts = Math.max(carriage.attempts, logged.attempts);
      if (logged.phase === 'settled') {
        carriage.phase = 'settled';
        carriage.isApplied = logged.isApplied;
        carriage.isAwaited = false;
      }
      standing.push(carriage);
    }
    return standing;
  }

  /** Publishes what is queued, then records what the broker has taken. */
  private async carryQueued(): Promise<void> {
    this.isCarryingDue = false;
    this.forgetPast();
    const queued = this.all(({ phase }) => phase === 'queued').sort(inLogOrder);
    if (queued.length === 0) return;
    const hopeless: [Carriage, string][] = [];
    const ready: Carriage[] = [];
    for (const carriage of queued) {
      const node = await this.nodeOf(carriage.setpoint.podId);
      const reason = this.hopelessness(carriage, node);
      if (reason !== undefined) hopeless.push([carriage, reason]);
      else if (!node.isAway) ready.push(carriage);
      else {
        carriage.isAwaited = false;
        this.lookAgainAt(windowEndMs(carriage.setpoint));
      }
    }
    await this.giveUp(hopeless);
    await this.carry(ready);
  }

  private async carry(carriages: readonly Carriage[]): Promise<void> {
    const { clock, publish } = this.options;
    const results = await Promise.allSettled(
      carriages.map(({ setpoint }) => publish(setpoint.podId, messageOf(setpoint))),
    );
    const commands: AddressedCommand<ActivationCommand>[] = [];
    carriages.forEach((carriage, index) => {
      const result = results[index]!;
      const delayMs = Math.min(LONGEST_DUE_MS, ANSWER_DUE_MS * 2 ** carriage.attempts);
      carriage.phase = 'carried';
      carriage.attempts += 1;
      carriage.dueMs = Math.min(clock.nowMs() + delayMs, windowEndMs(carriage.setpoint));
      this.lookAgainAt(carriage.dueMs);
      if (result.status === 'fulfilled') {
        return commands.push(step(carriage, carriedBy(carriage, carriage.attempts)));
      }
      carriage.isAwaited = false;
      this.report(`The setpoint of ${carriage.setpoint.podId} was not sent: ${result.reason}`);
    });
    await this.record(commands);
  }

  /** Why nobody could answer, or follow, this setpoint. */
  private hopelessness(
    { setpoint, attempts }: Carriage,
    { publicKey, isAway }: KnownNode,
  ): string | undefined {
    if (publicKey === undefined) return 'no Light Node is enrolled for this PoD';
    if (windowEndMs(setpoint) > this.options.clock.nowMs()) return undefined;
    if (attempts > 0) return `the node has not answered ${attempts} attempts`;
    return isAway ? 'its node was away until the window had passed' : 'its window has passed';
  }

  private async carryOverdue(): Promise<void> {
    const nowMs = this.options.clock.nowMs();
    const overdue = this.all(
      ({ phase, dueMs, setpoint }) =>
        phase === 'carried' && dueMs <= nowMs && !this.answers.has(setpoint.setpointId),
    );
    for (const carriage of await this.readAgain(overdue)) {
      if (carriage.phase === 'settled') continue;
      carriage.phase = 'queued';
      carriage.isAwaited = true;
    }
    await this.carryQueued();
  }

  /** @param hopeless each with why */
  private async giveUp(hopeless: readonly (readonly [Carriage, string])[]): Promise<void> {
    const unrecorded = await this.record(
      hopeless.map(([carriage, reason]) => step(carriage, failedFor(carriage, reason))),
    );
    for (const [carriage] of hopeless) {
      carriage.isAwaited = false;
      if (!unrecorded.has(carriage.streamId)) carriage.phase = 'settled';
    }
  }

  private async recordAnswers(): Promise<number> {
    const answers = this.answers;
    this.answers = new Map();
    const answered = this.all(({ setpoint }) => answers.has(setpoint.setpointId)).sort(inLogOrder);
    const unrecorded = await this.record(
      answered.flatMap((carriage) =>
        answersOf(carriage, answers.get(carriage.setpoint.setpointId)!),
      ),
    );
    for (const carriage of answered) {
      if (unrecorded.has(carriage.streamId)) continue;
      carriage.phase = 'settled';
      carriage.isApplied = 'emsReceivedAt' in answers.get(carriage.setpoint.setpointId)!;
    }
    return answered.length - unrecorded.size;
  }

  /** @returns streams of what the log did not take; it will be carried and answered again */
  private async record(
    commands: readonly AddressedCommand<ActivationCommand>[],
  ): Promise<ReadonlySet<string>> {
    const unrecorded = new Set<string>();
    const results = await this.handler.handleInOrder(commands);
    results.forEach((result, index) => {
      if (result.status === 'fulfilled') return;
      const { streamId, command } = commands[index]!;
      if (!(result.reason instanceof DomainError)) unrecorded.add(streamId);
      this.report(`${command.kind} of ${command.podId} was not recorded: ${result.reason}`);
    });
    return unrecorded;
  }

  private forgetPast(): void {
    const longAgoMs = this.options.clock.nowMs() - REMEMBERED_MS;
    for (const { setpoint, streamId } of this.all((it) => windowEndMs(it.setpoint) < longAgoMs)) {
      this.carriages.delete(streamId);
      this.streamOf.delete(setpoint.setpointId);
    }
  }

  private all(wanted: (carriage: Carriage) => boolean): Carriage[] {
    return [...this.carriages.values()].filter(wanted);
  }

  private lookAgainAt(atMs: number): void {
    if (this.armed.has(atMs)) return;
    this.armed.add(atMs);
    this.after(atMs - this.options.clock.nowMs(), () => {
      this.armed.delete(atMs);
      return this.carryOverdue();
    });
  }

  private after(delayMs: number, task: () => Promise<unknown>): void {
    const { clock, timers } = this.options;
    timers.at(clock.nowMs() + delayMs, TIMER, async () => {
      if (!this.isStopped) await this.inTurn(task);
    });
  }

  private report(problem: string): void {
    this.options.onProblem(problem);
  }
}
