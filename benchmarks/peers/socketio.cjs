"use strict";
// The peer on Socket.IO: its own rooms and its own broadcast, over WebSocket only.

const { Server } = require("socket.io");
const { BareChat, crowd, serveHttp } = require("./chat.cjs");

const chat = new BareChat(crowd());
const io = new Server(serveHttp(), { transports: ["websocket"], serveClient: false });

io.on("connection", (socket) => {
  const guest = chat.enter(socket.request.headers.cookie);
  const name = `room-${guest.room}`;
  socket.join(name);
  socket.on("frame", (frame) => {
    const { toRoom, toSender } = chat.take(guest, frame);
    if (toRoom) io.to(name).emit("frame", toRoom);
    if (toSender) socket.emit("frame", toSender);
  });
  socket.emit("frame", chat.welcome(guest));
});
