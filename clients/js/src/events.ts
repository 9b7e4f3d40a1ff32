/** The events of the server's AsyncAPI document. Written by scripts/events.mjs: `make client`. */

import type { Frame } from "./frames.js";

/** The server doesn't describe it. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Anything = any;

export interface EventMap {
  /** A file was uploaded; the message that it belongs to may follow. */
  "attachment.added": {
    content_type: string;
    created_at: string;
    height: number | null;
    id: string;
    internal: boolean;
    message_id: string | null;
    name: string;
    size: number;
    thumbnail_url: Anything;
    ticket_id: string;
    uploader: {
      id: string;
      name: Anything;
      username: string;
    } | null;
    url: Anything;
    width: number | null;
  };
  /** A file is gone. */
  "attachment.removed": {
    content_type: string;
    created_at: string;
    height: number | null;
    id: string;
    internal: boolean;
    message_id: string | null;
    name: string;
    size: number;
    thumbnail_url: Anything;
    ticket_id: string;
    uploader: {
      id: string;
      name: Anything;
      username: string;
    } | null;
    url: Anything;
    width: number | null;
  };
  "channel.created": {
    id: number;
    name: string;
    project: number | string | null;
  };
  "channel.deleted": {
    id: number;
    name: string;
    project: number | string | null;
  };
  "channel.updated": {
    id: number;
    name: string;
    project: number | string | null;
  };
  /** The value of a board, as it is now. */
  "dashboard.update": {
    active: number;
    by_status: {
      closed: number;
      merged: number;
      new: number;
      on_hold: number;
      open: number;
      pending: number;
      resolved: number;
    };
    created_today: number;
    resolved_today: number;
    total: number;
    unassigned: number;
    urgent: number;
  };
  "flag.updated": {
    active: boolean;
    name: string;
  };
  "gift.assigned": {
    assignee_id: number | null;
    id: number;
    name: string;
    occasion_id: number;
    status: "idea" | "ready" | "given";
  };
  "gift.created": {
    assignee_id: number | null;
    id: number;
    name: string;
    occasion_id: number;
    status: "idea" | "ready" | "given";
  };
  "gift.deleted": {
    assignee_id: number | null;
    id: number;
    name: string;
    occasion_id: number;
    status: "idea" | "ready" | "given";
  };
  "gift.status_changed": {
    assignee_id: number | null;
    id: number;
    name: string;
    occasion_id: number;
    status: "idea" | "ready" | "given";
  };
  "gift.updated": {
    assignee_id: number | null;
    id: number;
    name: string;
    occasion_id: number;
    status: "idea" | "ready" | "given";
  };
  /** The quantity of these items fell to their threshold or below. */
  "inventory.low_stock": {
    items: ({
      id: number;
      name: string;
      quantity: number;
      threshold: number;
    })[];
  };
  "item.assigned": {
    assignee_id: number | null;
    id: number;
    list_id: number;
    name: string;
    status: "open" | "reserved" | "bought";
  };
  "item.created": {
    assignee_id: number | null;
    id: number;
    list_id: number;
    name: string;
    status: "open" | "reserved" | "bought";
  };
  "item.deleted": {
    assignee_id: number | null;
    id: number;
    list_id: number;
    name: string;
    status: "open" | "reserved" | "bought";
  };
  "item.status_changed": {
    assignee_id: number | null;
    id: number;
    list_id: number;
    name: string;
    status: "open" | "reserved" | "bought";
  };
  "item.updated": {
    assignee_id: number | null;
    id: number;
    list_id: number;
    name: string;
    status: "open" | "reserved" | "bought";
  };
  "list.created": {
    family: number | string | null;
    id: number;
    name: string;
  };
  "list.deleted": {
    family: number | string | null;
    id: number;
    name: string;
  };
  "list.updated": {
    family: number | string | null;
    id: number;
    name: string;
  };
  /** A message says nothing any more. */
  "message.deleted": {
    attachments: Anything;
    author: {
      id: string;
      name: Anything;
      username: string;
    } | null;
    client_id: string | null;
    content: Anything;
    created_at: string;
    deleted_at: string | null;
    edited_at: string | null;
    html: Anything;
    id: string;
    in_reply_to: string | null;
    kind: "reply" | "note" | "event";
    mentions: Anything;
    reactions: Anything;
    seq: number | null;
    ticket: string;
  } | {
    author: Anything;
    client_id: string | null;
    content: string;
    created_at: string;
    edited_at: string | null;
    id: number;
    room: Anything;
    seq: number | null;
  } | {
    author_id: number;
    content: string;
    created_at: string;
    id: number;
    item: number | string | null;
  };
  /** A message says something else now. */
  "message.edited": {
    attachments: Anything;
    author: {
      id: string;
      name: Anything;
      username: string;
    } | null;
    client_id: string | null;
    content: Anything;
    created_at: string;
    deleted_at: string | null;
    edited_at: string | null;
    html: Anything;
    id: string;
    in_reply_to: string | null;
    kind: "reply" | "note" | "event";
    mentions: Anything;
    reactions: Anything;
    seq: number | null;
    ticket: string;
  } | {
    author: Anything;
    client_id: string | null;
    content: string;
    created_at: string;
    edited_at: string | null;
    id: number;
    room: Anything;
    seq: number | null;
  } | {
    author_id: number;
    content: string;
    created_at: string;
    id: number;
    item: number | string | null;
  };
  /** A reply, or in the room of the notes a note. */
  "message.new": {
    attachments: Anything;
    author: {
      id: string;
      name: Anything;
      username: string;
    } | null;
    client_id: string | null;
    content: Anything;
    created_at: string;
    deleted_at: string | null;
    edited_at: string | null;
    html: Anything;
    id: string;
    in_reply_to: string | null;
    kind: "reply" | "note" | "event";
    mentions: Anything;
    reactions: Anything;
    seq: number | null;
    ticket: string;
  } | {
    author: Anything;
    client_id: string | null;
    content: string;
    created_at: string;
    edited_at: string | null;
    id: number;
    room: Anything;
    seq: number | null;
  } | {
    author_id: number;
    content: string;
    created_at: string;
    id: number;
    item: number | string | null;
  };
  /** How far somebody has read: ``user_id`` and ``seq``. */
  "message.read": Record<string, Anything>;
  /** The user's absolute counters, after something was seen, read or archived. */
  "notification.counts": {
    unread: number;
    unseen: number;
  };
  /** Somebody mentioned the user. */
  "notification.mentioned": {
    actor: {
      id: string;
      username: string;
    } | null;
    count: number;
    counts: Anything;
    created_at: string;
    data: Record<string, Anything>;
    event: string;
    id: string;
    last_at: string;
    mention: boolean;
    message: string;
    read: Anything;
    seen: Anything;
    target: string;
    title: string;
    type: "info" | "success" | "warning" | "error";
    url: string;
  };
  /** Something the user is told about. */
  "notification.new": {
    actor: {
      id: string;
      username: string;
    } | null;
    count: number;
    counts: Anything;
    created_at: string;
    data: Record<string, Anything>;
    event: string;
    id: string;
    last_at: string;
    mention: boolean;
    message: string;
    read: Anything;
    seen: Anything;
    target: string;
    title: string;
    type: "info" | "success" | "warning" | "error";
    url: string;
  };
  /** What a notification quotes was changed, or taken back: its text is another one now. */
  "notification.updated": {
    actor: {
      id: string;
      username: string;
    } | null;
    count: number;
    counts: Anything;
    created_at: string;
    data: Record<string, Anything>;
    event: string;
    id: string;
    last_at: string;
    mention: boolean;
    message: string;
    read: Anything;
    seen: Anything;
    target: string;
    title: string;
    type: "info" | "success" | "warning" | "error";
    url: string;
  };
  "occasion.created": {
    date: string | null;
    family: number | string | null;
    id: number;
    name: string;
  };
  "occasion.deleted": {
    date: string | null;
    family: number | string | null;
    id: number;
    name: string;
  };
  "occasion.updated": {
    date: string | null;
    family: number | string | null;
    id: number;
    name: string;
  };
  /** Somebody takes part in a ticket. */
  "participant.added": {
    role: "requester" | "cc" | "watcher" | "agent";
    since: string;
    user: {
      id: string;
      name: Anything;
      username: string;
    };
  };
  /** Somebody takes part in another role. */
  "participant.changed": {
    role: "requester" | "cc" | "watcher" | "agent";
    since: string;
    user: {
      id: string;
      name: Anything;
      username: string;
    };
  };
  /** Somebody takes part no more. */
  "participant.removed": {
    role: "requester" | "cc" | "watcher" | "agent";
    since: string;
    user: {
      id: string;
      name: Anything;
      username: string;
    };
  };
  /** A project was put away; it stays readable. */
  "project.archived": {
    archived: boolean;
    description: string;
    id: number;
    name: string;
  };
  "project.created": {
    archived: boolean;
    description: string;
    id: number;
    name: string;
  };
  "project.deleted": {
    archived: boolean;
    description: string;
    id: number;
    name: string;
  };
  "project.updated": {
    archived: boolean;
    description: string;
    id: number;
    name: string;
  };
  /** Somebody reacted to a message. */
  "reaction.added": {
    emoji: string;
    message_id: string;
    ticket_id: string;
    user: {
      id: string;
      name: Anything;
      username: string;
    };
  } | {
    emoji: string;
    message_id: number;
    user: Anything;
  };
  /** Somebody took a reaction back. */
  "reaction.removed": {
    emoji: string;
    message_id: string;
    ticket_id: string;
    user: {
      id: string;
      name: Anything;
      username: string;
    };
  } | {
    emoji: string;
    message_id: number;
    user: Anything;
  };
  /** A promise was broken. */
  "sla.breached": {
    breached_at: string | null;
    due_at: string | null;
    metric: "first_response" | "resolution";
    number: number;
    remaining: number;
    state: "running" | "paused" | "stopped";
    ticket_id: string;
    warned_at: string | null;
  };
  /** A clock of a ticket runs, rests or stops. */
  "sla.changed": {
    breached_at: string | null;
    due_at: string | null;
    metric: "first_response" | "resolution";
    number: number;
    remaining: number;
    state: "running" | "paused" | "stopped";
    ticket_id: string;
    warned_at: string | null;
  };
  /** Most of the time that was promised has passed. */
  "sla.warning": {
    breached_at: string | null;
    due_at: string | null;
    metric: "first_response" | "resolution";
    number: number;
    remaining: number;
    state: "running" | "paused" | "stopped";
    ticket_id: string;
    warned_at: string | null;
  };
  "task.assigned": {
    assignee: number | string | null;
    description: string;
    id: number;
    project: number | string | null;
    status: "todo" | "in_progress" | "done";
    title: string;
  };
  "task.created": {
    assignee: number | string | null;
    description: string;
    id: number;
    project: number | string | null;
    status: "todo" | "in_progress" | "done";
    title: string;
  };
  "task.deleted": {
    assignee: number | string | null;
    description: string;
    id: number;
    project: number | string | null;
    status: "todo" | "in_progress" | "done";
    title: string;
  };
  "task.status_changed": {
    assignee: number | string | null;
    description: string;
    id: number;
    project: number | string | null;
    status: "todo" | "in_progress" | "done";
    title: string;
  };
  "task.updated": {
    assignee: number | string | null;
    description: string;
    id: number;
    project: number | string | null;
    status: "todo" | "in_progress" | "done";
    title: string;
  };
  /** It was assigned to somebody, or to nobody. */
  "ticket.assigned": {
    assignee: {
      id: string;
      name: Anything;
      username: string;
    } | null;
    closed_at: string | null;
    created_at: string;
    first_reply_at: string | null;
    id: string;
    last_reply_at: string | null;
    merged_into: string | null;
    number: number;
    priority: "low" | "normal" | "high" | "urgent";
    queue: string;
    queue_name: string;
    requester: {
      id: string;
      name: Anything;
      username: string;
    } | null;
    resolved_at: string | null;
    status: "new" | "open" | "pending" | "on_hold" | "resolved" | "closed" | "merged";
    subject: string;
    title: string;
    updated_at: string;
    version: number;
  };
  /** A ticket was filed, or has come into view. */
  "ticket.created": {
    assignee: {
      id: string;
      name: Anything;
      username: string;
    } | null;
    closed_at: string | null;
    created_at: string;
    first_reply_at: string | null;
    id: string;
    last_reply_at: string | null;
    merged_into: string | null;
    number: number;
    priority: "low" | "normal" | "high" | "urgent";
    queue: string;
    queue_name: string;
    requester: {
      id: string;
      name: Anything;
      username: string;
    } | null;
    resolved_at: string | null;
    status: "new" | "open" | "pending" | "on_hold" | "resolved" | "closed" | "merged";
    subject: string;
    title: string;
    updated_at: string;
    version: number;
  };
  /** A ticket was deleted, or has gone out of view. */
  "ticket.deleted": {
    assignee: {
      id: string;
      name: Anything;
      username: string;
    } | null;
    closed_at: string | null;
    created_at: string;
    first_reply_at: string | null;
    id: string;
    last_reply_at: string | null;
    merged_into: string | null;
    number: number;
    priority: "low" | "normal" | "high" | "urgent";
    queue: string;
    queue_name: string;
    requester: {
      id: string;
      name: Anything;
      username: string;
    } | null;
    resolved_at: string | null;
    status: "new" | "open" | "pending" | "on_hold" | "resolved" | "closed" | "merged";
    subject: string;
    title: string;
    updated_at: string;
    version: number;
  };
  /** What only agents see of a ticket changed: tags, custom fields, snoozing. */
  "ticket.details_changed": {
    assignee: {
      id: string;
      name: Anything;
      username: string;
    } | null;
    clocks: Anything;
    closed_at: string | null;
    created_at: string;
    custom_fields: Record<string, Anything>;
    first_reply_at: string | null;
    id: string;
    last_agent_reply_at: string | null;
    last_customer_reply_at: string | null;
    last_reply_at: string | null;
    merged_into: string | null;
    number: number;
    priority: "low" | "normal" | "high" | "urgent";
    queue: string;
    queue_name: string;
    requester: {
      id: string;
      name: Anything;
      username: string;
    } | null;
    resolved_at: string | null;
    snoozed_until: string | null;
    status: "new" | "open" | "pending" | "on_hold" | "resolved" | "closed" | "merged";
    subject: string;
    tags: Anything;
    title: string;
    updated_at: string;
    version: number;
  };
  /** The customer said how it was. */
  "ticket.rated": {
    comment: string;
    created_at: string;
    score: number;
    ticket_id: string;
  };
  /** Something was said in a ticket: for lists, which don't hear its room. */
  "ticket.replied": {
    id: string;
    last_reply_at: string;
    number: number;
  };
  /** Its status changed. */
  "ticket.status_changed": {
    assignee: {
      id: string;
      name: Anything;
      username: string;
    } | null;
    closed_at: string | null;
    created_at: string;
    first_reply_at: string | null;
    id: string;
    last_reply_at: string | null;
    merged_into: string | null;
    number: number;
    priority: "low" | "normal" | "high" | "urgent";
    queue: string;
    queue_name: string;
    requester: {
      id: string;
      name: Anything;
      username: string;
    } | null;
    resolved_at: string | null;
    status: "new" | "open" | "pending" | "on_hold" | "resolved" | "closed" | "merged";
    subject: string;
    title: string;
    updated_at: string;
    version: number;
  };
  /** Something about a ticket changed. */
  "ticket.updated": {
    assignee: {
      id: string;
      name: Anything;
      username: string;
    } | null;
    closed_at: string | null;
    created_at: string;
    first_reply_at: string | null;
    id: string;
    last_reply_at: string | null;
    merged_into: string | null;
    number: number;
    priority: "low" | "normal" | "high" | "urgent";
    queue: string;
    queue_name: string;
    requester: {
      id: string;
      name: Anything;
      username: string;
    } | null;
    resolved_at: string | null;
    status: "new" | "open" | "pending" | "on_hold" | "resolved" | "closed" | "merged";
    subject: string;
    title: string;
    updated_at: string;
    version: number;
  };
  /** A user's last connection is gone. */
  "user.offline": {
    user_id: string;
  };
  /** A user's first connection opened. */
  "user.online": {
    user_id: string;
  };
  "user.typing": {
    state?: "start" | "stop";
    user_id: string;
    username: string;
  };
}

export type EventType = keyof EventMap;

/** An event of type `T`, with its data; of any type, for names that the server's document doesn't know. */
export type EventOf<T extends string> = Frame & { type: T; data: T extends EventType ? EventMap[T] : Anything };
