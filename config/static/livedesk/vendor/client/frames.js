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
    name = "LivedeskError";
    constructor(code, message = code) {
        super(message);
        this.code = code;
    }
    static from(frame) {
        return new LivedeskError(frame.data?.code ?? "server_error", frame.data?.error);
    }
}
let counter = 0;
const origin = randomText();
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
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
function randomText() {
    return Array.from(crypto.getRandomValues(new Uint8Array(6)), (byte) => byte.toString(36)).join("");
}
