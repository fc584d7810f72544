/**
 * The topics of a real Kafka of three nodes, of which the one that leads is killed. Skipped by name where there is none,
 * or no room for it.
 */
import { describeOnKafka, publishesWholeDay } from './kafka.spec-suite';

describeOnKafka(3, 'three nodes', publishesWholeDay);
