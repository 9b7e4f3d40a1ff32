/** Hooks for React 18 and later. */

import { useCallback, useEffect, useRef, useState } from "react";
import type { Client } from "./client.js";
import type { EventOf } from "./events.js";
import type { Frame, Member } from "./frames.js";
import type { ConnectionStatus } from "./link.js";
import type { Draft } from "./outbox.js";
import type { RoomState, SubscribeOptions } from "./subscription.js";

export function useConnection(client: Client): ConnectionStatus {
  const [status, setStatus] = useState(client.status);
  useEffect(() => {
    setStatus(client.status);
    return client.onState(setStatus);
  }, [client]);
  return status;
}

export interface Room {
  state: RoomState;
  members: Member[];
  send(draft: Draft | string): ReturnType<Client["send"]>;
  typing(active?: boolean): void;
  read(seq: number): void;
}

/** Subscribes while mounted. `room` null: to nothing. Changed callbacks are used without subscribing again. */
export function useRoom<T extends string = string>(
  client: Client,
  room: string | null,
  options: SubscribeOptions<T> = {},
): Room {
  const [state, setState] = useState<RoomState>("waiting");
  const [members, setMembers] = useState<Member[]>([]);
  const latest = useRef(options);
  latest.current = options;
  useEffect(() => {
    if (room === null) return;
    const { snapshot } = latest.current;
    const subscription = client.subscribe<T>(room, {
      ...latest.current,
      ...(snapshot && { snapshot: () => latest.current.snapshot!() }),
      onEvent: (event: EventOf<T>) => latest.current.onEvent?.(event),
      onJoined: (joined) => latest.current.onJoined?.(joined),
      onState: (next) => {
        setState(next);
        latest.current.onState?.(next);
      },
      onMembers: (next) => {
        setMembers(next);
        latest.current.onMembers?.(next);
      },
    });
    setState(subscription.state);
    return () => {
      subscription.close();
      setMembers([]);
    };
  }, [client, room]);
  return {
    state,
    members,
    send: useCallback((draft: Draft | string) => client.send(room ?? "", draft), [client, room]),
    typing: useCallback((active?: boolean) => client.typing(room ?? "", active), [client, room]),
    read: useCallback((seq: number) => client.read(room ?? "", seq), [client, room]),
  };
}

/** Who is in the room now. */
export function usePresence(client: Client, room: string | null): Member[] {
  return useRoom(client, room).members;
}

export interface Notifications {
  /** Since mounted, each once, the one that was told last first. */
  items: Frame[];
  /** Absolute, once the server has told. */
  counts: { unread: number; unseen: number } | null;
}

/** The user's own notifications. `userId` null: not signed in yet. */
export function useNotifications(
  client: Client,
  userId: string | null,
  onNotification?: (event: Frame) => void,
): Notifications {
  const [items, setItems] = useState<Frame[]>([]);
  const [counts, setCounts] = useState<Notifications["counts"]>(null);
  useEffect(
    () => () => {
      setItems([]);
      setCounts(null);
    },
    [client, userId],
  );
  useRoom(client, userId === null ? null : `user:${userId}`, {
    onEvent(event) {
      if (event.type === "notification.counts") return setCounts(event.data);
      if (event.type === "notification.updated") {
        return setItems((known) => known.map((one) => (one.data.id === event.data.id ? event : one)));
      }
      if (!event.type.startsWith("notification.")) return;
      // A bundle that grew comes again with the same id.
      setItems((known) => [event, ...known.filter(({ data }) => data.id !== event.data.id)]);
      onNotification?.(event);
    },
  });
  return { items, counts };
}
