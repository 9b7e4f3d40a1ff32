export { Client, createClient } from "./client.js";
export { CloseCode, LivedeskError, newClientId } from "./frames.js";
export { SocketLink } from "./socket.js";
