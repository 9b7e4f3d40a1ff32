// A list of messages that is loaded once and then follows the room: the query cache of TanStack Query is changed by events, and
// only a lost log makes it load again.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import type { Client, Cursor, EventMap } from "@livedesk/client";
import { useRoom } from "@livedesk/client/react";

type Message = EventMap["message.new"];
type Page = Cursor & { results: Message[] };

/** The last page: what came before it is loaded when somebody scrolls up. */
async function loadMessages(client: Client, ticketId: string): Promise<Page> {
  const token = await client.options.getToken({ refresh: false });
  const answer = await fetch(`/api/v1/tickets/${ticketId}/messages/?before_seq=${Number.MAX_SAFE_INTEGER}`, {
    headers: { Authorization: `Bearer ${token}` },
  });
  if (!answer.ok) throw new Error(answer.statusText);
  return answer.json();
}

export function Messages({ client, ticketId }: { client: Client; ticketId: string }) {
  const cache = useQueryClient();
  const key = ["messages", ticketId];
  const { data: page } = useQuery({ queryKey: key, queryFn: () => loadMessages(client, ticketId), staleTime: Infinity });

  const change = (update: (messages: Message[]) => Message[]) =>
    cache.setQueryData<Page>(key, (known) => known && { ...known, results: update(known.results) });

  // Nothing is joined before the snapshot is there: its `seq` is where the events begin.
  const room = useRoom<"message.new" | "message.edited">(client, page ? `ticket:${ticketId}` : null, {
    since: page?.seq,
    epoch: page?.epoch,
    snapshot: () => cache.fetchQuery({ queryKey: key, queryFn: () => loadMessages(client, ticketId), staleTime: 0 }),
    onEvent(event) {
      if (event.type === "message.new") change((messages) => [...messages, event.data]);
      if (event.type === "message.edited")
        change((messages) => messages.map((one) => (one.id === event.data.id ? event.data : one)));
    },
  });

  return (
    <section aria-busy={room.state !== "live"}>
      {page?.results.map((message) => <p key={message.id}>{message.content}</p>)}
      <input
        onChange={() => room.typing()}
        onKeyDown={(event) => {
          if (event.key !== "Enter") return;
          void room.send(event.currentTarget.value);
          event.currentTarget.value = "";
        }}
      />
    </section>
  );
}
