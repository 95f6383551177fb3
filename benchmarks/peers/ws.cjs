"use strict";
// The peer on ws: a bare broadcast, each message encoded once.

const { WebSocketServer, WebSocket } = require("ws");
const { BareChat, crowd, serveHttp } = require("./chat.cjs");

const chat = new BareChat(crowd());
const rooms = new Map();

function room(id) {
  if (!rooms.has(id)) rooms.set(id, new Set());
  return rooms.get(id);
}

const server = new WebSocketServer({ server: serveHttp(), perMessageDeflate: false });

server.on("connection", (socket, request) => {
  const guest = chat.enter(request.headers.cookie);
  const others = room(guest.room).add(socket);
  socket.on("close", () => others.delete(socket));
  socket.on("error", () => socket.terminate());
  socket.on("message", (text) => {
    const { toRoom, toSender } = chat.take(guest, JSON.parse(text));
    if (toRoom) {
      // A Buffer: a string would be made into bytes again for every socket.
      const data = Buffer.from(JSON.stringify(toRoom));
      for (const one of others) {
        if (one.readyState === WebSocket.OPEN) one.send(data, { binary: false });
      }
    }
    if (toSender) socket.send(JSON.stringify(toSender));
  });
  socket.send(JSON.stringify(chat.welcome(guest)));
});
