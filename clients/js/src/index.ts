export { Client, createClient, type ClientOptions, type HistoryPage } from "./client.js";
export type { EventMap, EventOf, EventType } from "./events.js";
export { CloseCode, LivedeskError, newClientId, type Command, type Cursor, type Frame, type Member } from "./frames.js";
export type { ConnectionState, ConnectionStatus, StopReason } from "./link.js";
export type { Draft, Pending, Receipt } from "./outbox.js";
export { SocketLink, type SocketOptions } from "./socket.js";
export type { Joined, RoomState, SubscribeOptions, Subscription } from "./subscription.js";
