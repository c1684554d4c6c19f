/**
 * From an event to every device it is for, wherever that is connected. The instance that takes an event from the bus serves
 * its own sessions, and hands the same bytes to the other instances that hold a receiver, and to no others.
 *
 * At least once: what cannot be handed over is tried again under the same id; who has it already drops it.
 */
import type { Clock, Core, FanOut, Packet } from '@parley/core';
import { LRUCache } from 'lru-cache';
import { Frame } from '../frame.ts';
import type { Hub } from '../hub.ts';
import { ChatOrder } from './chat-order.ts';
import { Departures } from './departures.ts';
import type { PassedOn } from './passed-on.ts';
import { Remote } from './remote.ts';
import { packShares, type Share, unpackShares } from './shares.ts';

/** Ids of frames that were delivered lately. */
const remembered = 20_000;
/** Packets that are bus events for handlers here, not frames for clients. */
const eventPrefix = 'bus:';
/** A place in a chat's order of messages. */
export interface Place {
  chatId: string;
  version: number;
}

export interface Delivery {
  /** Tells a repeat of the same delivery; null for what is worth nothing later, like typing. */
  id: string | null;
  /** The connection that does not get it. */
  except?: string | null;
}

const placePattern = /^place:([^:]+):(\d+)$/;

const noShares: readonly Share[] = [];

export class Deliverer {
  /** Whom frames of a chat do not reach any more. */
  readonly departures: Departures;
  readonly #fanOut: FanOut;
  readonly #remote: Remote;
  readonly #hub: Hub;
  readonly #clock: Clock;
  readonly #order: ChatOrder;
  readonly #seen = new LRUCache<string, true>({ max: remembered });
  readonly #handlers = new Map<string, (json: string) => void>();

  constructor(core: Pick<Core, 'fanOut' | 'clock' | 'log'>, hub: Hub, holdMs: number) {
    this.#fanOut = core.fanOut;
    this.#remote = new Remote(core.fanOut, core.log);
    this.#clock = core.clock;
    this.#hub = hub;
    this.departures = new Departures(
      (userId) => hub.since(userId),
      () => core.clock.now(),
    );
    this.#order = new ChatOrder({
      holdMs,
      quietHoldMs: 50,
      quietMs: 2_000,
      now: () => core.clock.now(),
    });
  }

  /** Takes what other instances send; returns how to stop. */
  start(): () => void {
    const stop = this.#fanOut.subscribe((packet) => this.#onPacket(packet));
    return () => {
      stop();
      this.#remote.stop();
    };
  }

  /** Handles events that other instances pass on with `passOn`. */
  on<E extends keyof PassedOn>(event: E, handler: (data: PassedOn[E]) => void): void {
    this.#handlers.set(eventPrefix + event, (json) => handler(JSON.parse(json) as PassedOn[E]));
  }

  /**
   * A frame of a message, in the order of its chat. Members who get nothing are among the `shares`, so that their instances learn that
   * its number is none to wait for. It resolves when the frame is handed to the other instances, or waits because these cannot be reached.
   */
  toMembers(
    users: string[],
    frame: Frame,
    place: Place,
    except: string | null,
    shares: readonly Share[] = noShares,
  ): Promise<void> | undefined {
    if (this.#fanOut.solitary) {
      this.#deliverAll(users, frame, shares, except);
      return undefined;
    }
    const id = `place:${place.chatId}:${place.version}`;
    if (this.#isNew(id)) this.#inOrder(place, users, frame, shares, except);
    if (shares.length === 0) return this.#send(users, frame.event, frame.json, id, except);
    const { event, data } = packShares(frame, shares);
    return this.#send([users, ...shares.map((share) => share.users)].flat(), event, data, id, except);
  }

  /** Any other frame for all devices of these users. */
  toUsers(users: string[], frame: Frame, delivery: Delivery): Promise<void> | undefined {
    const { id, except = null } = delivery;
    if (this.#fanOut.solitary) {
      this.#deliver(users, frame, except);
      return undefined;
    }
    if (this.#isNew(id)) this.#deliver(users, frame, except);
    return this.#send(users, frame.event, frame.json, id, except);
  }

  /** Lets the instances that hold these topics handle an event as this one does. */
  passOn<E extends keyof PassedOn>(
    topics: string[],
    event: E,
    data: PassedOn[E],
    id: string | null,
  ): Promise<void> | undefined {
    if (this.#fanOut.solitary) return undefined;
    return this.#send(topics, eventPrefix + event, JSON.stringify(data), id, null);
  }

  #send(
    topics: string[],
    event: string,
    data: string,
    id: string | null,
    except: string | null,
  ): Promise<void> | undefined {
    return topics.length === 0 ? undefined : this.#remote.send({ id, topics, except, event, data });
  }

  #onPacket(packet: Packet): void {
    const { id, topics, event, data } = packet;
    if (!this.#isNew(id)) return;
    const handler = this.#handlers.get(event);
    if (handler) {
      handler(data);
      return;
    }
    const now = this.#clock.now();
    const apart = unpackShares(packet, now);
    if (apart) this.#onFrame(packet, apart.users, apart.frame, apart.shares);
    else this.#onFrame(packet, topics, Frame.fromJson(event, data, now), noShares);
  }

  #onFrame({ id, except }: Packet, users: string[], frame: Frame, shares: readonly Share[]): void {
    const place = id === null ? null : placePattern.exec(id);
    if (!place) this.#deliver(users, frame, except);
    else {
      const [, chatId, version] = place as unknown as [string, string, string];
      this.#inOrder({ chatId, version: Number(version) }, users, frame, shares, except);
    }
  }

  #inOrder(
    place: Place,
    users: string[],
    frame: Frame,
    shares: readonly Share[],
    except: string | null,
  ): void {
    const isHere = (user: string) => this.#hub.has(user);
    const { chatId, version } = place;
    // Nobody waits for a message that is for nobody here; where its members are it takes its turn, though it be for none of them.
    if (!users.some(isHere) && !shares.some((share) => share.users.some(isHere))) {
      this.#order.pass(chatId, version);
    } else this.#order.take(chatId, version, () => this.#deliverAll(users, frame, shares, except));
  }

  #deliverAll(users: string[], frame: Frame, shares: readonly Share[], except: string | null): void {
    this.#deliver(users, frame, except);
    for (const share of shares) if (share.frame) this.#deliver(share.users, share.frame, except);
  }

  #deliver(users: string[], frame: Frame, except: string | null): void {
    this.#hub.deliver(this.departures.present(users, frame), frame, except);
  }

  #isNew(id: string | null): boolean {
    if (id === null) return true;
    if (this.#seen.has(id)) return false;
    this.#seen.set(id, true);
    return true;
  }
}
