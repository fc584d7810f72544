/** Which topic a message of a feed is for, where it comes by TCP, on which there are none. */
import { isCim } from './payload';

/**
 * The last part of the topic: JSON names it in a member `topic` (`scada`); of XML the root element does (`<scada>`), or what CIM
 * holds.
 *
 * @throws Error where the message names none
 */
export function messageTopic(payload: Buffer): string {
  if (isCim(payload)) return payload.includes('AnalogValue') ? 'measurements' : 'model';
  const text = payload.toString('utf8').trim();
  const named = text.startsWith('<')
    ? /^(?:<\?[^>]*>\s*)?<([\w-]{1,100})[\s/>]/.exec(text)?.[1]
    : (JSON.parse(text) as { readonly topic?: unknown } | null)?.topic;
  if (typeof named === 'string' && /^[\w-]{1,100}$/.test(named)) return named;
  throw new Error('it names no topic, as "topic": "scada" or the root element <scada>');
}
