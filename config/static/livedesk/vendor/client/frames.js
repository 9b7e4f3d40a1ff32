export const CloseCode = {
malformed: 4400,
unauthorized: 4401,
unauthorizedLegacy: 4001,
forbidden: 4403,
idle: 4408,
slowReader: 4409,
tooLarge: 4413,
tooMany: 4429,
serverError: 4500,
restarting: 4503,
};
export class LivedeskError extends Error {
code;
data;
name = "LivedeskError";
constructor(code, message = code, data = {}) {
super(message);
this.code = code;
this.data = data;
}
static from(frame) {
const { reason, code = "server_error", error } = frame.data ?? {};
return new LivedeskError(reason ?? code, error, frame.data);
}
}
let counter = 0;
const origin = randomText(6);
export function newRef(owner) {
return `${owner}.${(++counter).toString(36)}`;
}
export function newOwner() {
return `${origin}.${(++counter).toString(36)}`;
}
export function ownerOf(ref) {
return ref.slice(0, ref.lastIndexOf("."));
}
export function newClientId() {
return randomText(16);
}
function randomText(bytes) {
return Array.from(crypto.getRandomValues(new Uint8Array(bytes)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
