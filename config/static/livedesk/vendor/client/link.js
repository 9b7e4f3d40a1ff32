export class RoomOwners {
#owners = new Map();
#asked = new Map();
admit(command, owner) {
const { room } = command;
if (!room)
return true;
if (command.type === "join_room") {
this.#asked.set(command.ref, command.since);
const owners = this.#owners.get(room) ?? new Set();
this.#owners.set(room, owners.add(owner));
}
else if (command.type === "leave_room") {
const owners = this.#owners.get(room);
owners?.delete(owner);
if (owners?.size)
return false;
this.#owners.delete(room);
}
return true;
}
annotate(frame) {
if (!frame.ref || !this.#asked.has(frame.ref))
return frame;
const since = this.#asked.get(frame.ref);
this.#asked.delete(frame.ref);
return since === undefined ? frame : { ...frame, since };
}
clear() {
this.#owners.clear();
this.#asked.clear();
}
}
