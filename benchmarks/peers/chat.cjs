"use strict";
// What both Node peers have in common: the rules of bare.py, without a socket.

const { readFileSync } = require("node:fs");
const { createServer } = require("node:http");

const [host, port] = process.argv.slice(2);

/** What a message carries that nobody has edited, answered or reacted to. */
const PLAIN = {
  edited_at: null, removed: false, reply_to: null, mentions: [], reactions: [], files: [],
};

class BareChat {
  #members = new Map();
  #seqs = new Map();
  #messages = 0;

  constructor(crowd) {
    for (const member of crowd) this.#members.set(member.session, member);
  }

  /** Who a Cookie header is of. */
  enter(cookie) {
    const session = /(?:^|;\s*)sessionid=([^;]*)/.exec(cookie)[1];
    const { id, room } = this.#members.get(session);
    return { room, person: { id, username: `member${id}`, name: `Member ${id}` } };
  }

  welcome(guest) {
    return { type: "welcome", me: guest.person, heads_every: 20 };
  }

  /** What a frame leads to: a frame for everybody in the room, one for its sender. */
  take(guest, frame) {
    if (frame.type === "sync") return { toSender: this.#changes(guest.room) };
    if (frame.type !== "send") return {};
    const seq = (this.#seqs.get(guest.room) ?? 0) + 1;
    this.#seqs.set(guest.room, seq);
    this.#messages += 1;
    const stored = {
      client_id: frame.client_id, conversation: guest.room, epoch: 1, seq,
      id: this.#messages, at: Date.now(),
    };
    return {
      toRoom: { type: "message", actor: guest.person, text: frame.text, ...stored, ...PLAIN },
      toSender: { type: "ack", duplicate: false, ...stored },
    };
  }

  #changes(room) {
    const state = {
      id: room, epoch: 1, seq: this.#seqs.get(room) ?? 0, kind: "group", title: "",
      members: [], last_message: null, owner: null, read: 0, read_by: {}, unread: 0,
      mentioned: [],
    };
    return { type: "changes", cursor: "", reset: [state], events: [], gone: [], typing: [] };
  }
}

/** An HTTP server that answers the readiness check, and says its port once it listens. */
function serveHttp() {
  const http = createServer((_request, response) => response.end());
  http.listen(Number(port), host, () => {
    console.log(JSON.stringify({ port: http.address().port }));
  });
  return http;
}

const crowd = () => JSON.parse(readFileSync(process.env.FAWRAN_BENCH_CROWD, "utf8"));

module.exports = { BareChat, crowd, serveHttp };
