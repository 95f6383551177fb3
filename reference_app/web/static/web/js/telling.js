// How a reader is told of a message from somebody else. Pure.

// `isOpen`: its conversation is the open one.
// By voice where it is read already, elsewhere by a toast. `isAnnounced`: by sound and by the
// browser's notification too, in one of the tabs (tabs.js). A muted conversation is silent.
export const howToTell = ({ isOpen, isMuted, quiet }) => ({
  voice: isOpen,
  isAnnounced: !isMuted && !quiet,
  toast: !isOpen && !isMuted && !quiet,
});
